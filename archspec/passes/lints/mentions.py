"""Which names a spec mentions, as it was written: in all variants, in branches that are not taken, anywhere.

Text is not parsed but searched for words, so a name counts as mentioned rather too often than too rarely.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archspec.ops.catalog import BY_NAME
from archspec.source.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archspec.source.tree import Tree
    from archspec.spec.template import BlockTemplate, GraphTemplate, NodeTemplate, Parameter, SpecTemplate

# A word that does not stand behind a dot: `width` in `width * 2`, not in `input.width`.
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def scalars(tree: Tree | None) -> Iterator[Scalar]:
    """Yield the scalars in a value, those that are keys left out."""
    if isinstance(tree, Scalar):
        yield tree
    elif isinstance(tree, Sequence):
        for item in tree.items:
            yield from scalars(item)
    elif isinstance(tree, Mapping):
        for entry in tree.entries:
            yield from scalars(entry.value)


def words(trees: Iterable[Tree | None]) -> set[str]:
    """Return the words in some values."""
    return {word for tree in trees for scalar in scalars(tree) for word in _WORD.findall(scalar.text)}


def nodes_of(graph: GraphTemplate) -> Iterator[NodeTemplate]:
    """Yield the nodes of a graph and of the groups in it, but not those of blocks that it uses."""
    for node in graph.nodes:
        yield node
        if node.graph is not None:
            yield from nodes_of(node.graph)


def values_of(graph: GraphTemplate) -> Iterator[Tree | None]:
    """Yield what can be an expression or a word in a graph: names of ops, arguments, conditions, loops."""
    for node in nodes_of(graph):
        yield node.op
        yield from (argument.value for argument in node.arguments)
        yield node.when
        for loop in node.repeats:
            yield from (loop.count, loop.each, loop.name)


def values_of_block(block: BlockTemplate) -> Iterator[Tree | None]:
    """Yield what can mention a parameter of a block, in the block."""
    yield from values_of(block.graph)
    yield from (let.value for let in block.lets)
    yield from (parameter.default for parameter in block.params)


def values_of_spec(spec: SpecTemplate) -> Iterator[Tree | None]:
    """Yield what can mention a parameter of a spec, in the spec: its blocks cannot."""
    yield from values_of(spec.graph)
    yield from (let.value for let in spec.lets)
    yield from (parameter.default for parameter in spec.params)
    yield from (size for template in spec.inputs for size in template.shape)
    yield from (fill.value for entry in spec.init for fill in entry.fills)
    yield from (argument.value for argument in spec.settings)
    yield from (argument.value for variant in spec.variants.values() for argument in variant.arguments)
    yield spec.preprocess


def references(graph: GraphTemplate, outputs: Iterable[str]) -> set[str]:
    """Return what the nodes of a graph itself read by name, and what their expressions mention.

    `outputs` are what the graph's results are. A result of a node (`split.0`) counts as the node.
    """
    refs = [ref.text for node in graph.nodes for ref in (*(node.sources or ()), node.otherwise) if ref is not None]
    return {text.partition(".")[0] for text in (*refs, *outputs)} | words(values_of(graph))


def reads_what_comes_in(graph: GraphTemplate) -> bool:
    """Tell whether the first node that reads anything does not say what: it reads the graph's first input."""
    first = next((node for node in graph.nodes if not _reads_nothing(node)), None)
    return first is not None and first.sources is None


def _reads_nothing(node: NodeTemplate) -> bool:
    op = None if node.op is None else BY_NAME.get(node.op.text)
    return node.sources is None and op is not None and op.arity.most == 0


def is_mentioned(parameter: Parameter, mentioned: set[str]) -> bool:
    """Tell whether a parameter is mentioned, or says itself that only one value is right, which uses it."""
    return parameter.name in mentioned or len(parameter.choices) == 1
