"""What differs between two networks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from archspec.ir.text import stated
from archspec.passes.diff.matching import input_names, match
from archspec.passes.diff.weights import Transfer, transfer
from archspec.passes.pipeline import Analysis, analyse
from archspec.passes.summary import Summary, summary_of
from archspec.source.writing import flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from archspec.ir.graph import Graph, Node, Value
    from archspec.ir.op import Parametrised

    _Fills: TypeAlias = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that is in both networks, with other parameters or of another op.

    Attributes:
        before: the node in A.
        after: the node in B.
        settings: the values in A and B of what differs, by parameter; `op`, `share` and `init TENSOR` among them. Where
            the op differs, its parameters are not compared.
    """

    before: Node
    after: Node
    settings: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Rewiring:
    """A node that is in both networks and reads something else, beyond what was put in before it, or taken out.

    `reads_before` and `reads_after` are what it reads, under the names of A and B.
    """

    before: Node
    after: Node
    reads_before: tuple[str, ...]
    reads_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two networks, with what the passes found on it."""

    graph: Graph
    analysis: Analysis
    summary: Summary


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between the networks A and B.

    Attributes:
        before: A.
        after: B.
        pairs: the nodes that are in both: their paths in B by those in A.
        removed: nodes of A that are not in B.
        added: nodes of B that are not in A.
        changed: nodes with other parameters, or another op.
        renamed: nodes with another path: in A, in B.
        rewired: nodes that read something else.
        reshaped: nodes whose results have another shape or dtype.
        facts: what else differs, as text in A and B, by what it is: inputs, outputs, init, preprocess. None: it is not
            there.
        params: parameters of the specs with other values, which need not change anything.
        weights: what becomes of the weights of A.
    """

    before: Side
    after: Side
    pairs: Mapping[str, str]
    removed: tuple[Node, ...]
    added: tuple[Node, ...]
    changed: tuple[NodeChange, ...]
    renamed: tuple[tuple[str, str], ...]
    rewired: tuple[Rewiring, ...]
    reshaped: tuple[tuple[Node, Node], ...]
    facts: Mapping[str, tuple[Any, Any]]
    params: Mapping[str, tuple[Any, Any]]
    weights: Transfer

    @property
    def equal(self) -> bool:
        """Whether both are the same network, in all but its own name and its parameters."""
        lists = (self.removed, self.added, self.changed, self.renamed, self.rewired, self.reshaped, self.facts)
        return not any(lists)


def compare(before: Graph, after: Graph) -> Comparison:
    """Return what differs between two networks that have no errors.

    Takes time about linear in their nodes.
    """
    pairs = match(before, after)
    found = set(pairs.values())
    both = [(before.nodes[one], after.nodes[other]) for one, other in pairs.items()]
    return Comparison(
        before=_side(before),
        after=_side(after),
        pairs=pairs,
        removed=tuple(node for path, node in before.nodes.items() if path not in pairs),
        added=tuple(node for path, node in after.nodes.items() if path not in found),
        changed=tuple(_changes(both, pairs, _fills(before), _fills(after))),
        renamed=tuple((one, other) for one, other in pairs.items() if one != other),
        rewired=tuple(_Wiring(before, after, pairs).changes()),
        reshaped=tuple((one, other) for one, other in both if one.output_types != other.output_types),
        facts=dict(_facts(before, after, pairs)),
        params=_differing(before.params, after.params),
        weights=transfer(before, after, pairs),
    )


def _side(graph: Graph) -> Side:
    analysis = analyse(graph)
    return Side(graph, analysis, summary_of(graph, analysis.totals, analysis.receptive_fields))


# ----------------------------------------------------------------------------------------------------- nodes


def _changes(
    both: list[tuple[Node, Node]], pairs: Mapping[str, str], fills_before: _Fills, fills_after: _Fills
) -> Iterator[NodeChange]:
    for one, other in both:
        settings: dict[str, tuple[Any, Any]] = {}
        if one.op.op != other.op.op:
            settings["op"] = (one.op.op, other.op.op)
        elif one.op is not other.op:
            settings |= _differing(_parameters(one), _parameters(other))
        if pairs.get(one.shares or "", one.shares) != other.shares:
            settings["share"] = (one.shares, other.shares)
        filled = _differing(fills_before.get(one.path, {}), fills_after.get(other.path, {}))
        settings |= {f"init {tensor}": values for tensor, values in filled.items()}
        if settings:
            yield NodeChange(one, other, settings)


def _parameters(node: Node) -> dict[str, Any]:
    return {name: getattr(node.op, name) for name in type(node.op).model_fields}


def _fills(graph: Graph) -> _Fills:
    """Return what fills the tensors of each node at the start, where that is not PyTorch's default."""
    found: dict[str, dict[str, str]] = {}
    for rule in graph.init:
        for path in rule.nodes:
            owned = {spec.name for spec in graph.nodes[path].parameters()}
            fills = {fill.tensor: parametrised_text(fill.initialiser) for fill in rule.fills if fill.tensor in owned}
            found.setdefault(path, {}).update(fills)  # later rules win
    return found


def parametrised_text(item: Parametrised) -> str:
    """Return an op or initialiser with the parameters that are not its defaults: `conv(out_channels=8)`."""
    given = ", ".join(f"{name}={flow(value)}" for name, value in stated(item).items())
    return f"{item.op}({given})" if given else item.op


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two tables; what is only in one of them is None in the other."""
    names = dict.fromkeys((*before, *after))
    return {
        name: (before.get(name), after.get(name))
        for name in names
        if name not in before or name not in after or before[name] != after[name]
    }


# ----------------------------------------------------------------------------------------------------- connections


@dataclass(slots=True)
class _Wiring:
    """Finds the nodes that read something else."""

    before: Graph
    after: Graph
    pairs: Mapping[str, str]
    inputs: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.inputs = input_names(self.before, self.after)

    def changes(self) -> Iterator[Rewiring]:
        behind_removed = _origins(self.before, self.pairs.keys())
        behind_added = _origins(self.after, set(self.pairs.values()))
        for path, its in self.pairs.items():
            one, other = self.before.nodes[path], self.after.nodes[its]
            same_count = len(one.inputs) == len(other.inputs)
            if same_count and all(
                self._agree(value, found, behind_removed, behind_added)
                for value, found in zip(one.inputs, other.inputs, strict=True)
            ):
                continue
            reads_before = tuple(value_name(self.before, value) for value in one.inputs)
            yield Rewiring(one, other, reads_before, tuple(value_name(self.after, value) for value in other.inputs))

    def _agree(
        self,
        value: Value,
        found: Value,
        behind_removed: Mapping[str, frozenset[str]],
        behind_added: Mapping[str, frozenset[str]],
    ) -> bool:
        """Tell whether two values are the same, but for new or removed nodes between."""
        direct = self._paired(value.node)
        if direct == found.node:
            return value.index == found.index
        return any(self._paired(path) in behind_added[found.node] for path in behind_removed[value.node])

    def _paired(self, name: str) -> str | None:
        return self.inputs.get(name) if name in self.before.inputs else self.pairs.get(name)


def _origins(graph: Graph, matched: AbstractSet[str]) -> dict[str, frozenset[str]]:
    """Return, for each node, the nearest ones before it that are in both networks: itself, if it is."""
    found = {name: frozenset({name}) for name in graph.inputs}
    for path, node in graph.nodes.items():
        if path in matched:
            found[path] = frozenset({path})
        else:
            found[path] = frozenset[str]().union(*(found[value.node] for value in node.inputs))
    return found


def value_name(graph: Graph, value: Value) -> str:
    """Return what a value is called: the node, and which of its results if it has several."""
    if value.node in graph.inputs:
        return value.node
    node = graph.nodes[value.node]
    names = node.op.results(node.input_types)
    return f"{value.node}.{names[value.index]}" if names else value.node


# ----------------------------------------------------------------------------------------------------- the rest


def _facts(before: Graph, after: Graph, pairs: Mapping[str, str]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    names = input_names(before, after)
    old = {f"input {names.get(name, name)}": _described(before, name) for name in before.inputs}
    new = {f"input {name}": _described(after, name) for name in after.inputs}
    yield from _differing(old, new).items()
    results = [(output.name, output.value.index, output.training_only) for output in after.outputs]
    expected = [(output.name, output.value.index, output.training_only) for output in before.outputs]
    nodes = [output.value.node for output in after.outputs]
    if expected != results or [pairs.get(output.value.node, output.value.node) for output in before.outputs] != nodes:
        yield "outputs", (_outputs(before), _outputs(after))
    stated_before = before.preprocess.stated() if before.preprocess else {}
    stated_after = after.preprocess.stated() if after.preprocess else {}
    for name, values in _differing(stated_before, stated_after).items():
        yield f"preprocess {name}", values


def _described(graph: Graph, name: str) -> str:
    """Return an input's name, shape and dtype; with sizes that are left open: `image: 3xHxW, made at 3x224x224`."""
    tensor = graph.inputs[name]
    dtype = "" if tensor.dtype == "float32" else f" {tensor.dtype}"
    marks = graph.symbolic_inputs.get(name, ())
    if not any(marks):
        return f"{name}: {tensor}{dtype}"
    sizes = (mark or str(size) for mark, size in zip(marks, tensor.shape, strict=True))
    return f"{name}: {'x'.join(sizes)}{dtype}, made at {tensor}"


def _outputs(graph: Graph) -> str:
    return ", ".join(
        f"{output.name}: {value_name(graph, output.value)}" + (" (training only)" if output.training_only else "")
        for output in graph.outputs
    )
