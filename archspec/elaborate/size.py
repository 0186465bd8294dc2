"""How many nodes an expansion makes at least, counted by arithmetic before anything is expanded."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.environment import ANY_WORD, NO_WORDS, value_of
from archspec.elaborate.loops import entries_of
from archspec.spec.expressions import UNKNOWN
from archspec.spec.parameters import takes_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from archspec.elaborate.environment import Environment
    from archspec.source.tree import Tree
    from archspec.spec.template import BlockTemplate, GraphTemplate, NodeTemplate, Repeat

_DEEPEST = 64


class Sizer:
    """Counts nodes. What depends on shapes, or on the index of a copy, is taken as the least that it can be."""

    def __init__(self, blocks: Mapping[str, BlockTemplate]) -> None:
        """Look up blocks in `blocks`."""
        self._blocks = blocks
        self._known: dict[tuple[int, str], int] = {}

    def least(self, template: NodeTemplate, env: Environment, depth: int = 0) -> int:
        """Return how many nodes a node makes at least, all copies taken together."""
        counts: list[int] = []
        for loop in template.repeats:
            counts.append(_count(loop, env, self._blocks))
            env = env.new_child(dict.fromkeys((loop.index, *loop.names), UNKNOWN))
        size = self._one(template, env, depth)
        for count in reversed(counts):
            size = count * max(1, size)  # a copy in which there is nothing has to be looked at as well
        return size

    def largest(self, template: NodeTemplate, env: Environment, limit: int) -> tuple[int, NodeTemplate]:
        """Return the size of a node; of one beyond the limit, that of the innermost node of its groups that is, too."""
        size = self.least(template, env)
        if size > limit and template.graph is not None:
            for loop in template.repeats:
                env = env.new_child(dict.fromkeys((loop.index, *loop.names), UNKNOWN))
            found = (self.largest(node, env, limit) for node in template.graph.nodes)
            return next((inner for inner in found if inner[0] > limit), (size, template))
        return size, template

    def _one(self, template: NodeTemplate, env: Environment, depth: int) -> int:
        if depth > _DEEPEST or (template.when is not None and _value(template.when, env) is not True):
            return 0
        if template.graph is not None:
            return self._graph(template.graph, env, depth)
        if template.op is None:
            return 1
        name = _value(template.op, env) if template.op.text.startswith("$") else template.op.text
        block = self._blocks.get(name) if isinstance(name, str) else None
        return 1 if block is None else self._block(block, template, env, depth)

    def _graph(self, graph: GraphTemplate, env: Environment, depth: int) -> int:
        return sum(self.least(node, env, depth + 1) for node in graph.nodes)

    def _block(self, block: BlockTemplate, template: NodeTemplate, env: Environment, depth: int) -> int:
        given = {argument.name: argument.value for argument in template.arguments}
        inner: Environment = ChainMap(dict.fromkeys(block.inputs, UNKNOWN))
        for parameter in block.params:
            tree, scope = (given[parameter.name], env) if parameter.name in given else (parameter.default, inner)
            words = takes_words(parameter.type)
            inner[parameter.name] = UNKNOWN if tree is None else _value(tree, scope, words=words)
        key = (id(block), repr(sorted(inner.items(), key=lambda item: item[0])))
        if key not in self._known:
            self._known[key] = 1  # of a block that contains itself, which expansion reports
            for let in block.lets:
                inner[let.name] = _value(let.value, inner)
            around = self._blocks
            self._blocks = around if block.home is None else block.home.blocks
            self._known[key] = self._graph(block.graph, inner, depth)
            self._blocks = around
        return self._known[key]


def _count(loop: Repeat, env: Environment, blocks: Collection[str]) -> int:
    try:
        entries = entries_of(loop, env, blocks)
    except ProblemError:
        return 1
    return 1 if entries is UNKNOWN else len(entries)


def _value(tree: Tree, env: Environment, *, words: bool = False) -> Any:
    try:
        return value_of(tree, env, ANY_WORD if words else NO_WORDS)
    except ProblemError:
        return UNKNOWN
