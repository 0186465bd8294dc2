"""One node's receptive field, explained: where it comes from, what it covers, and what one unit of it sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from archspec.diagnostics.catalog.usage import NoSuchNode, UnitOutOfRange
from archspec.diagnostics.problem import ProblemError
from archspec.ir.graph import Value
from archspec.ir.tensor import axis_name
from archspec.ir.window import POINTWISE, Blocks, Nothing, Resample, TransposedWindow, Whole, Window
from archspec.passes.receptive_field import fields_by_input, principal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archspec.diagnostics.machine import Json
    from archspec.ir.graph import Graph, Node
    from archspec.ir.tensor import Shape
    from archspec.ir.window import AxisMap
    from archspec.passes.receptive_field import ReceptiveField

Span: TypeAlias = "tuple[int, int] | None"
Fields: TypeAlias = "Mapping[str, Sequence[Mapping[str, ReceptiveField]]]"


@dataclass(frozen=True, slots=True)
class Step:
    """A node on the way to another one that makes the field grow, or that changes its stride.

    Attributes:
        node: its path.
        op: its op.
        window: how it reads what came before, in words: `3x3 /2`.
        size: the size of its field.
        stride: the stride of its field.
        growth: how much larger the field is than before, per axis.
    """

    node: str
    op: str
    window: str
    size: tuple[int, ...]
    stride: tuple[int | float, ...]
    growth: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What is to be said of a node's receptive field in one input.

    Attributes:
        node: the path of the node; of a block, the node that its result comes from.
        op: its op.
        shape: the shape of the result.
        field: the receptive field.
        axes: the names of the input's axes.
        units: how many units the node has along each of these; empty for a vector, whose units all see the same.
        unit: the unit that is looked at; all zeros for a vector.
        region: the first and the last input coordinate that it reads along local paths, per axis, padding included; the
            whole input where no path is local.
        inside: the same without the padding; None where nothing is left.
        global_nodes: where paths through global operations begin.
        misaligned_nodes: where paths are joined that disagree in stride or centre.
        bounded_nodes: where the field becomes an upper bound.
        steps: the nodes along the path of the largest field that change it, from the input on.
    """

    node: str
    op: str
    shape: Shape
    field: ReceptiveField
    axes: tuple[str, ...]
    units: tuple[int, ...]
    unit: tuple[int, ...]
    region: tuple[Span, ...]
    inside: tuple[Span, ...]
    global_nodes: tuple[str, ...]
    misaligned_nodes: tuple[str, ...]
    bounded_nodes: tuple[str, ...]
    steps: tuple[Step, ...]


def report_field(
    graph: Graph, path: str, unit: Sequence[int] | None = None, source: str | None = None
) -> list[FieldReport]:
    """Return what is to be said of a node's receptive field, in each input of the network that has spatial axes.

    Args:
        graph: the network.
        path: a node, a block or group (which means its result), or one result of several (`split.1`).
        unit: the unit to look at, one number per spatial axis, counted from 0; None for the one in the middle.
        source: the only input to tell of; None for all that the node depends on.

    Raises:
        ProblemError: there is no such node, input or unit.
    """
    value = find_value(graph, path)
    fields = fields_by_input(graph)
    seen = fields[value.node][value.index]
    if source is None:
        chosen = [seen[name] for name in graph.inputs if name in seen and seen[name].axes]
        chosen = chosen or [principal(graph, seen)]
    elif source in seen:
        chosen = [seen[source]]
    else:
        raise ProblemError(_no_such(graph, source, tuple(seen), f"input that {path} depends on, of the name"))
    return [_report(graph, fields, value, field, unit) for field in chosen]


def find_value(graph: Graph, path: str) -> Value:
    """Return the value that a path means: a node's (first) result, one of several, or the result of a block.

    Raises:
        ProblemError: there is none of that name.
    """
    if path in graph.nodes:
        return Value(path)
    node, _, result = path.rpartition(".")
    if node in graph.nodes:
        producer = graph.nodes[node]
        names = producer.op.results(producer.input_types)
        if result in names:
            return Value(node, names.index(result))
    scopes = {scope.path: scope for scope in graph.root.walk() if scope.path and scope.outputs}
    if path in scopes:
        value = next(iter(scopes[path].outputs.values()))
        if value.node in graph.nodes:
            return value
    known = dict.fromkeys((*scopes, *graph.nodes))
    raise ProblemError(_no_such(graph, path, tuple(known), "node"))


def _no_such(graph: Graph, name: str, known: tuple[str, ...], what: str) -> NoSuchNode:
    template = graph.root.template
    return NoSuchNode(span=template.span if template else None, name=name, known=known, what=what)


def _report(
    graph: Graph, fields: Fields, value: Value, field: ReceptiveField, unit: Sequence[int] | None
) -> FieldReport:
    node, shape = graph.nodes[value.node], graph.type_of(value).shape
    names = tuple(axis_name(axis, len(field.axes)) for axis in range(len(field.axes)))
    units = tuple(shape[place] for place in field.places) if _is_map(field, shape) else ()
    chosen = _unit(node, units, names, unit)
    # Where every path is global, the field is that of another map, in which this one's units have no place.
    whole = tuple((0, size - 1) for size in field.extent)
    region = field.region(chosen or (0,) * len(field.axes)) if field.local else whole
    inside = tuple(_clipped(span, size) for span, size in zip(region, field.extent, strict=True))

    def begins(flag: Callable[[ReceptiveField], bool]) -> tuple[str, ...]:
        return tuple(_origins(graph, fields, value, field.source, flag)) if flag(field) else ()

    return FieldReport(
        node=value.node,
        op=node.op.op,
        shape=shape,
        field=field,
        axes=names,
        units=units,
        unit=chosen,
        region=region,
        inside=inside if None not in inside else (None,) * len(inside),
        global_nodes=begins(lambda each: each.global_),
        misaligned_nodes=begins(lambda each: not each.aligned),
        bounded_nodes=begins(lambda each: not each.exact),
        steps=tuple(_steps(graph, fields, value, field.source)),
    )


def _is_map(field: ReceptiveField, shape: Shape) -> bool:
    return field.mapped and len(shape) == len(field.axes) + 1


def _unit(node: Node, units: tuple[int, ...], names: tuple[str, ...], wanted: Sequence[int] | None) -> tuple[int, ...]:
    if wanted is None:
        return tuple(size // 2 for size in units)
    fits = len(wanted) == len(units) and all(0 <= each < size for each, size in zip(wanted, units, strict=True))
    if not fits:
        raise ProblemError(
            UnitOutOfRange(span=node.span, node=node.path, unit=tuple(wanted), units=units, axes=names[: len(units)])
        )
    return tuple(wanted)


def _clipped(span: Span, size: int) -> Span:
    if span is None or span[1] < 0 or span[0] >= size:
        return None
    return max(span[0], 0), min(span[1], size - 1)


# ------------------------------------------------------------------------------------------------- where it comes from


def _origins(
    graph: Graph, fields: Fields, value: Value, source: str, flag: Callable[[ReceptiveField], bool]
) -> list[str]:
    """Return the nodes on the way to `value` whose field has a flag that nothing before them has, in order."""
    found: set[str] = set()
    looked: set[Value] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if each in looked or each.node not in graph.nodes:
            continue
        looked.add(each)
        before = [
            read
            for read in graph.nodes[each.node].inputs
            if (field := fields[read.node][read.index].get(source)) is not None and flag(field)
        ]
        waiting += before
        if not before:
            found.add(each.node)
    return [path for path in graph.nodes if path in found]


def _steps(graph: Graph, fields: Fields, value: Value, source: str) -> list[Step]:
    """Return the nodes that change the field along the path of the largest one, from the input on."""
    steps: list[Step] = []
    if not source:  # it depends on no input
        return steps
    while value.node in graph.nodes:
        node, field = graph.nodes[value.node], fields[value.node][value.index][source]
        index = _widest(node, fields, source)
        value = node.inputs[index]
        before = fields[value.node][value.index][source]
        if (before.size, before.stride) != (field.size, field.stride):
            growth = tuple(after - size for after, size in zip(field.size, before.size, strict=True))
            window = _window(node, index, before)
            steps.append(Step(node.path, node.op.op, window, field.size, field.stride, growth))
    return steps[::-1]


def _widest(node: Node, fields: Fields, source: str) -> int:
    """Return the input of a node whose own field is the largest; of equal ones, the first."""
    reads = node.op.reads(node.input_types)
    sizes = {
        index: (field.local, sum(field.size))
        for index, value in enumerate(node.inputs)
        if (field := fields[value.node][value.index].get(source)) is not None and Nothing() not in reads[index]
    }
    return max(sizes, key=sizes.__getitem__)


def _window(node: Node, index: int, before: ReceptiveField) -> str:
    """Return how a node reads an input, in words: `3x3 /2`."""
    maps = node.op.reads(node.input_types)[index]
    if len(node.inputs) > 1 and all(each == POINTWISE for each in maps[1:]):
        return "join"
    if not before.mapped or len(maps) != len(before.axes) + 1:
        return "the whole map"
    return show_windows([maps[place] for place in before.places])


def show_windows(maps: Sequence[AxisMap]) -> str:
    """Return windows along several axes in words: `3x3 /2`, `3x3 dilated by 2`, `2x2 *2` (transposed), `7 to 14`."""
    axes = [axis for axis in maps if isinstance(axis, Window | TransposedWindow)]
    if len(axes) < len(maps):
        return " by ".join(dict.fromkeys(map(_show_axis, maps)))
    factors = "x".join(dict.fromkeys(str(axis.stride) for axis in axes))
    mark = "*" if isinstance(axes[0], TransposedWindow) else "/"
    dilations = "x".join(dict.fromkeys(str(axis.dilation) for axis in axes))
    return (
        "x".join(str(axis.kernel) for axis in axes)
        + (f" {mark}{factors}" if factors != "1" else "")
        + (f" dilated by {dilations}" if dilations != "1" else "")
    )


def _show_axis(axis: AxisMap) -> str:
    match axis:
        case Window() | TransposedWindow():
            return show_windows([axis])
        case Resample():
            return f"{axis.source} to {axis.target}"
        case Blocks():
            return f"blocks of {axis.size}"
        case Whole():
            return "all"
        case Nothing():
            return "none"


# ------------------------------------------------------------------------------------------------- for programs


def field_record(report: FieldReport) -> dict[str, Json]:
    """Return a report as plain data."""
    from archspec.passes.report import field_record as figures

    return {
        "node": report.node,
        "op": report.op,
        "shape": list(report.shape),
        "receptive_field": figures(report.field),
        "axes": list(report.axes),
        "units": list(report.units),
        "unit": list(report.unit),
        "region": [None if span is None else list(span) for span in report.region],
        "inside": [None if span is None else list(span) for span in report.inside],
        "global_nodes": list(report.global_nodes),
        "misaligned_nodes": list(report.misaligned_nodes),
        "bounded_nodes": list(report.bounded_nodes),
        "steps": [
            {
                "node": step.node,
                "op": step.op,
                "window": step.window,
                "size": list(step.size),
                "stride": list(step.stride),
                "growth": list(step.growth),
            }
            for step in report.steps
        ],
    }
