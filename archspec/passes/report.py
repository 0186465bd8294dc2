"""The table of a network: one row per node or block, and the document that other programs read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.machine import problem_records
from archspec.ir.graph import Node, Value
from archspec.passes.cost import Cost, total
from archspec.passes.precision import precision_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.diagnostics.machine import Json
    from archspec.diagnostics.problem import Problem
    from archspec.ir.graph import Graph, Scope
    from archspec.ir.tensor import Shape
    from archspec.passes.pipeline import Analysis
    from archspec.passes.receptive_field import ReceptiveField

# The version of the document; it changes when a key changes its meaning or goes.
DOCUMENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. All figures are for as many samples as were asked for.

    Attributes:
        name: the path of the node or, in a collapsed table, of the block.
        op: the op; for a block its name, for a repeat `3 x name`.
        inputs: the rows (or inputs of the network) that it reads; a result of several as `split.0`.
        shape: the shape of the (first) result, without the batch.
        shapes: those of all results.
        formulas: those that depend on sizes which the spec leaves open, as formulas; None for the others.
        params: trained elements.
        buffers: elements that are not trained.
        macs: multiply-accumulates.
        elementwise: other arithmetic operations.
        weight_bytes: bytes of params and buffers.
        activation_bytes: bytes of the results; in a block, of all nodes in it.
        saved_bytes: bytes that are kept for the backward pass, as far as no row before keeps them.
        moved_bytes: bytes that inference reads and writes.
        receptive_field: what a unit sees of the input.
        batch: how many samples that is; None is one, called N.
        nodes: how many nodes the row stands for.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    shape: Shape
    shapes: tuple[Shape, ...]
    params: int
    buffers: int
    macs: int
    elementwise: int
    weight_bytes: int
    activation_bytes: int
    saved_bytes: int
    moved_bytes: int
    receptive_field: ReceptiveField
    batch: int | None = None
    nodes: int = 1
    formulas: tuple[tuple[str, ...] | None, ...] = ()

    @property
    def cost(self) -> Cost:
        """What the row costs."""
        return Cost(**{each.name: getattr(self, each.name) for each in fields(Cost)})

    @property
    def flops(self) -> int:
        """Floating point operations: 2 per multiply-accumulate."""
        return self.cost.flops

    @property
    def intensity(self) -> float:
        """Floating point operations per byte moved."""
        return self.cost.intensity


def rows(graph: Graph, analysis: Analysis, depth: int | None = None) -> list[Row]:
    """Return the table, in execution order.

    Args:
        graph: the network, or as much of it as could be made.
        analysis: what the passes found on it.
        depth: how many parts of a dotted path to tell apart: with 1, `layer1.0.conv1` counts into `layer1`. None for
            a row per node.
    """
    members: dict[str, list[Node]] = {}
    for node in graph.nodes.values():
        members.setdefault(_clip(node.path, depth), []).append(node)
    scopes = scopes_by_path(graph)
    groups = {name: _represent(graph, name, nodes, scopes) for name, nodes in members.items()}
    return [_row(graph, analysis, name, group, depth) for name, group in groups.items()]


def document(graph: Graph, analysis: Analysis, problems: Iterable[Problem] = (), depth: int | None = None) -> Json:
    """Return what `archspec shapes --format json` prints: plain data with stable keys."""
    totals = analysis.totals
    return {
        "archspec": DOCUMENT_VERSION,
        "name": graph.name,
        "inputs": {name: list(tensor.shape) for name, tensor in graph.inputs.items()},
        "outputs": {output.name: list(graph.type_of(output.value).shape) for output in graph.outputs},
        "batch": analysis.samples,
        "dtype": analysis.dtype or precision_of(graph),
        "nodes": [row_record(row) for row in rows(graph, analysis, depth)],
        "totals": {
            "params": totals.params,
            "buffers": totals.buffers,
            "macs": totals.macs,
            "flops": totals.flops,
            "elementwise": totals.elementwise,
            "weight_bytes": totals.weight_bytes,
            "activation_bytes": analysis.memory.activation_bytes,
            "saved_bytes": totals.saved_bytes,
            "peak_bytes": analysis.memory.peak_bytes,
            "peak_node": analysis.memory.peak_node or None,
            "moved_bytes": totals.moved_bytes,
            "intensity": round(totals.intensity, 3),
        },
        **({} if analysis.sizes is None else {"sizes": analysis.sizes.record()}),
        "problems": problem_records(problems),
    }


def row_record(row: Row) -> dict[str, Json]:
    """Return a row as plain data."""
    return {
        "name": row.name,
        "op": row.op,
        "inputs": list(row.inputs),
        "shape": list(row.shape),
        "shapes": [list(shape) for shape in row.shapes],
        **({"symbolic_shapes": [[*each] if each else None for each in row.formulas]} if row.formulas else {}),
        "params": row.params,
        "buffers": row.buffers,
        "macs": row.macs,
        "flops": row.flops,
        "elementwise": row.elementwise,
        "weight_bytes": row.weight_bytes,
        "activation_bytes": row.activation_bytes,
        "saved_bytes": row.saved_bytes,
        "moved_bytes": row.moved_bytes,
        "intensity": round(row.intensity, 3),
        "receptive_field": field_record(row.receptive_field),
    }


def field_record(field: ReceptiveField) -> dict[str, Json]:
    """Return a receptive field as plain data."""
    return {
        "size": list(field.size),
        "stride": list(field.stride),
        "start": list(field.start),
        "smallest": list(field.smallest),
        "global": field.global_,
        "aligned": field.aligned,
        "exact": field.exact,
        "coverage": list(field.coverage),
        "sees_all": field.sees_all,
        "input": field.source or None,
    }


# ------------------------------------------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True)
class _Group:
    """The nodes of a row, and what stands for them: the op, and the node whose result is the block's."""

    nodes: list[Node]
    op: str
    last: Node


def _represent(graph: Graph, name: str, nodes: list[Node], scopes: dict[str, Scope[Any]]) -> _Group:
    if len(nodes) == 1 and nodes[0].path == name:
        return _Group(nodes, nodes[0].op.op, nodes[0])
    scope = scopes.get(name)
    if scope is None:
        return _Group(nodes, "group", nodes[-1])
    result = scope.outputs.get("")
    # A block that hands on its own input has no node of its own at the end.
    last = graph.nodes[result.node] if result and result.node in graph.nodes else nodes[-1]
    return _Group(nodes, title_of(scope), last)


def _row(graph: Graph, analysis: Analysis, name: str, group: _Group, depth: int | None) -> Row:
    inside = {node.path for node in group.nodes}
    read = (value for node in group.nodes for value in node.inputs if value.node not in inside)
    return Row(
        name=name,
        op=group.op,
        inputs=tuple(dict.fromkeys(_value_name(graph, value, depth) for value in read)),
        shape=group.last.output.shape,
        shapes=tuple(result.shape for result in group.last.output_types),
        formulas=_formulas(analysis, group.last),
        receptive_field=analysis.receptive_fields[group.last.path],
        batch=analysis.batch,
        nodes=len(group.nodes),
        **asdict(total(analysis.costs[node.path] for node in group.nodes)),
    )


def _formulas(analysis: Analysis, node: Node) -> tuple[tuple[str, ...] | None, ...]:
    if analysis.sizes is None:
        return ()
    return tuple(analysis.sizes.shape(Value(node.path, index)) for index in range(len(node.output_types)))


def _value_name(graph: Graph, value: Value, depth: int | None) -> str:
    """Return what the table calls a value: the row that makes it, and which of several results it is."""
    name = _clip(value.node, depth)
    if name != value.node or name in graph.inputs:
        return name
    producer = graph.nodes[name]
    results = producer.op.results(producer.input_types)
    return f"{name}.{results[value.index]}" if results else name


def _clip(path: str, depth: int | None) -> str:
    return path if depth is None else ".".join(path.split(".")[:depth])


def scopes_by_path(graph: Graph) -> dict[str, Scope[Any]]:
    """Return the blocks, groups and repeats of a network; of several at one path, the outermost."""
    found: dict[str, Scope[Any]] = {}
    for scope in graph.root.walk():
        found.setdefault(scope.path, scope)
    return found


def title_of(scope: Scope[Any]) -> str:
    """Return what a block is called: its definition, or how often a repeat holds what."""
    if scope.block:
        return scope.block
    copies = [child.item for child in scope.children if child.item is not None]
    if scope.kind not in {"repeat", "splice"} or not copies:
        return "group"
    titles = {copy.op.op if isinstance(copy, Node) else copy.block or "group" for copy in copies}
    return f"{len(copies)} x {titles.pop() if len(titles) == 1 else 'group'}"
