"""A scope in the making, and the placing of a node in it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from archspec.elaborate.environment import opened, unknown
from archspec.ir.graph import Child, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.diagnostics.problem import Note
    from archspec.elaborate.environment import Environment
    from archspec.elaborate.guesses import Guesses
    from archspec.ir.graph import Node, Value
    from archspec.ir.tensor import TensorType
    from archspec.source.span import Span
    from archspec.spec.template import BlockTemplate, NodeTemplate, Ref

_LONGEST_CHAIN = 12

# The results of a node by name ("" for a single one); None while they are unknown.
Results: TypeAlias = "Mapping[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Source:
    """One input of a node: what the spec calls it, and the results that it names."""

    name: str
    results: Results
    ref: Ref | None = None

    @property
    def value(self) -> Value | None:
        """The one value that is meant; None while it is unknown."""
        return next(iter(self.results.values())) if self.results else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a node: an item (None if it was left out or failed) and its results (None if unknown)."""

    item: Node | Scope[Any] | None
    results: Results

    @property
    def left_out(self) -> bool:
        """Whether `when` was false."""
        return self.item is None and self.results is not None


FAILED = Outcome(None, None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was built before a node failed.

    Attributes:
        nodes: the nodes so far, by path.
        types: the types of all values so far.
        within: the path of the scope that the node stands in.
        guesses: which of the values are guessed.
    """

    nodes: Mapping[str, Node]
    types: Mapping[Value, TensorType]
    within: str
    guesses: Guesses

    def chain(self, value: Value) -> list[Node]:
        """Return the nodes of this scope that led to a value one after another, first node first."""
        found: list[Node] = []
        prefix = f"{self.within}." if self.within else ""
        while len(found) < _LONGEST_CHAIN:
            node = self.nodes.get(value.node)
            if node is None or not node.path.startswith(prefix) or len(node.inputs) != 1:
                break
            found.insert(0, node)
            value = node.inputs[0]
        return found


@dataclass(slots=True)
class Numbers:
    """The next free number of a list graph; a guess, once it is not known how many nodes came before."""

    next: int = 0
    certain: bool = True


@dataclass(slots=True)
class Frame:
    """A scope in the making.

    Attributes:
        path: its dotted path.
        env: what its expressions see.
        inputs: the results that its inputs are bound to, by name.
        names: the names of all its nodes, to tell a forward reference from a misspelling.
        context: the uses and copies that led here, for problems.
        blocks: the blocks that this is in, outermost first.
        results: the results of its nodes so far, by name.
        previous: the results of the node before.
        children: what became of its nodes so far.
        numbers: how far its numbers are given, if it is a list.
        made: what became of its nodes so far, by name.
        around: the names in the graphs around it, which cannot be named here.
        open: not all of its names are known, so one that is not is no mistake.
        only_checked: nothing is expanded here: what it says is checked as far as one can without values.
        use: the placing of the node whose block this is in, if it is in one.
    """

    path: str
    env: Environment
    inputs: Mapping[str, Results]
    names: frozenset[str]
    context: tuple[Note, ...] = ()
    blocks: tuple[BlockTemplate, ...] = ()
    results: dict[str, Results] = field(default_factory=dict[str, "Results"])
    previous: Results = None
    children: list[Child[NodeTemplate]] = field(default_factory=list[Child["NodeTemplate"]])
    numbers: Numbers = field(default_factory=Numbers)
    made: dict[str, Child[NodeTemplate]] = field(default_factory=dict[str, "Child[NodeTemplate]"])
    around: frozenset[str] = frozenset()
    open: bool = False
    only_checked: bool = False
    use: Site | None = None

    def join(self, name: str) -> str:
        """Return the path of a node of this scope."""
        return f"{self.path}.{name}" if self.path else name

    def inner(self, path: str, env: Environment, inputs: Mapping[str, Results], names: frozenset[str]) -> Frame:
        """Return a frame for a scope inside this one."""
        previous = next(iter(inputs.values()))
        return Frame(
            path,
            env,
            inputs,
            names,
            self.context,
            self.blocks,
            previous=previous,
            only_checked=self.only_checked,
            use=self.use,
        )

    def sharing(self, env: Environment, inputs: Mapping[str, Results]) -> Frame:
        """Return a frame for nodes that are put into this list: it shares path, numbers and results."""
        return dataclasses.replace(self, env=env, inputs=inputs, previous=next(iter(inputs.values())), children=[])


@dataclass(frozen=True, slots=True)
class Site:
    """The placing of a node: where, under which path, what its expressions see, and what it reads."""

    template: NodeTemplate
    frame: Frame
    env: Environment
    path: str
    sources: tuple[Source, ...]

    @property
    def span(self) -> Span:
        """The place to mark for what is wrong with the node as a whole."""
        return span_of(self.template)

    def only_checked(self) -> Site:
        """Return the same placing with nothing known."""
        frame = dataclasses.replace(self.frame, only_checked=True)
        sources = tuple(Source(source.name, None, source.ref) for source in self.sources)
        env = opened(unknown(self.env)) if self.template.broken else unknown(self.env)
        return Site(self.template, frame, env, self.path, sources)


def span_of(template: NodeTemplate) -> Span:
    """Return the place to mark for what is wrong with a node as a whole: the name of its op, if it has one."""
    return template.span if template.op is None else template.op.span
