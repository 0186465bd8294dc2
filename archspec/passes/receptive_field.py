"""Receptive fields on graphs: which part of the input each unit of each node depends on.

After Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks" (Distill, 2019), widened
from (size, stride, start) to periodic reaches (`archspec.passes.reach`), so that transposed convolutions,
interpolation and misaligned joins come out exactly. The conventions are explained in docs/receptive_fields.md:

- The plane is infinite: padding has coordinates like the input, and nothing is clipped.
- A field is the hull of the union over all local paths. Paths through global operations (global pooling, attention,
  the gate of squeeze-and-excitation) set `global_` and never change the size; if there is no other path, the field is
  that of the map that the global operation read.
- Behind `flatten` a unit sees all that the units of the flattened map see.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from archspec.ir.window import POINTWISE, Nothing, Whole, Window
from archspec.passes.reach import ITSELF, Reach, aligned, join
from archspec.passes.walk import walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archspec.ir.graph import Graph, Node
    from archspec.ir.tensor import Shape, TensorType
    from archspec.ir.window import AxisMap
    from archspec.passes.reach import AxisReach

_Reads: TypeAlias = "list[tuple[tuple[AxisMap, ...], ...]]"

_NOTHING = Nothing()
_NO_PLACE: frozenset[AxisMap] = frozenset({Whole(), Nothing()})

# A field beyond this stops growing: no input is that large, and numbers of thousands of digits would only be slow.
LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """What the units of one node see of one input of the network, per spatial axis of that input.

    Attributes:
        source: the input; empty for a node that depends on none.
        axes: what the units read, along each axis.
        smallest_axes: the same along the narrowest path, taken for each axis by itself.
        global_: some path leads through a global operation, so every unit depends on the whole input as well.
        aligned: all local paths that were joined on the way agreed in stride and in centre.
        local: some path leads through no global operation; the field is the hull of these only.
        mapped: the node has the axes of the input. False behind `flatten`.
        order: which axis of a sample each axis of the input has become, if they were moved; empty where they stand
            behind the channels, as usual.
        tight: no step on the way had to give up exactness.
        extent: the size of the input, per axis.
    """

    source: str
    axes: tuple[AxisReach, ...]
    smallest_axes: tuple[AxisReach, ...]
    global_: bool = False
    aligned: bool = True
    local: bool = True
    mapped: bool = True
    order: tuple[int, ...] = ()
    tight: bool = True
    extent: tuple[int, ...] = ()

    @property
    def size(self) -> tuple[int, ...]:
        """How many input elements a unit spans, holes included; the largest of all units."""
        return tuple(axis.size for axis in self.axes)

    @property
    def smallest(self) -> tuple[int, ...]:
        """The size along the smallest path."""
        return tuple(axis.size for axis in self.smallest_axes)

    @property
    def stride(self) -> tuple[int | float, ...]:
        """How many input elements the field moves from unit to unit; a fraction behind upsampling to more than 1:1."""
        strides = (axis.stride for axis in self.axes)
        return tuple(int(stride) if stride.denominator == 1 else float(stride) for stride in strides)

    @property
    def start(self) -> tuple[int, ...]:
        """The lowest input coordinate that unit 0 reads; negative in the padding."""
        return tuple(axis.start for axis in self.axes)

    @property
    def places(self) -> tuple[int, ...]:
        """Which axis of a sample each axis of the input is."""
        return self.order or tuple(range(1, len(self.axes) + 1))

    @property
    def exact(self) -> bool:
        """Whether the field is exact; otherwise it is an upper bound (a sound one)."""
        return self.tight and all(isinstance(axis, Reach) for axis in (*self.axes, *self.smallest_axes))

    @property
    def coverage(self) -> tuple[float, ...]:
        """The size as a part of the input's, per axis; more than 1 reaches into the padding everywhere."""
        return tuple(round(size / whole, 4) for size, whole in zip(self.size, self.extent, strict=True))

    @property
    def sees_all(self) -> bool:
        """Whether a unit in the middle sees all of the input: by its size, or through a global operation."""
        return self.global_ or all(size >= whole for size, whole in zip(self.size, self.extent, strict=True))

    def region(self, unit: tuple[int, ...]) -> tuple[tuple[int, int] | None, ...]:
        """Return the first and the last input coordinate that a unit reads, per axis; None where it reads nothing.

        Behind `flatten` all units see the same region, and `unit` should be all zeros.
        """
        return tuple(axis.span(place) for axis, place in zip(self.axes, unit, strict=True))


def receptive_fields(graph: Graph) -> Mapping[str, ReceptiveField]:
    """Return the receptive field of each node, by path; where it has several results, that of the first.

    In a network of several inputs, a node's field is that in the first of them which it depends on and which has
    spatial axes. Takes time linear in nodes and edges.
    """
    reached = fields_by_input(graph)
    return MappingProxyType({path: principal(graph, reached[path][0]) for path in graph.nodes})


def fields_by_input(graph: Graph) -> Mapping[str, Sequence[Mapping[str, ReceptiveField]]]:
    """Return the receptive fields of all results of each node (and of the inputs), by path, result and input."""
    # By path, for each result: the fields in the inputs that it depends on.
    reached: dict[str, tuple[Mapping[str, ReceptiveField], ...]] = {
        name: ({name: itself(name, tensor)},) for name, tensor in graph.inputs.items()
    }
    known: dict[tuple[int, tuple[TensorType, ...]], _Reads] = {}  # equal ops are mostly one object

    def visit(node: Node) -> None:
        read = [reached[value.node][value.index] for value in node.inputs]
        results = len(node.output_types)
        key = (id(node.op), node.input_types)
        if key not in known:
            known[key] = [node.op.reads(node.input_types, result) for result in range(results)]
        reads = known[key]
        first = _arrived(node, 0, reads[0], read)
        others = (
            first if reads[result] == reads[0] else _arrived(node, result, reads[result], read)
            for result in range(1, results)
        )
        reached[node.path] = (first, *others)

    walk(graph, visit)
    return MappingProxyType(reached)


def principal(graph: Graph, fields: Mapping[str, ReceptiveField]) -> ReceptiveField:
    """Return the field that is shown where there is room for one: that in the first input that has spatial axes."""
    seen = [fields[name] for name in graph.inputs if name in fields]
    nothing = seen[0] if seen else ReceptiveField("", (), ())
    return next((field for field in seen if field.axes), nothing)


def _arrived(
    node: Node, result: int, reads: Sequence[Sequence[AxisMap]], fields: Sequence[Mapping[str, ReceptiveField]]
) -> Mapping[str, ReceptiveField]:
    """Return the fields of a result, by the network's inputs; `fields` are those of what the node reads."""
    output = node.output_types[result]
    moves = node.op.moves(node.input_types)
    arrivals: dict[str, list[ReceptiveField]] = {}
    for tensor, maps, sources in zip(node.input_types, reads, fields, strict=True):
        if _NOTHING not in maps:
            for source, field in sources.items():
                arrivals.setdefault(source, []).append(_read(field, tensor, maps, moves, output))
    joined = {source: _join(each, output) for source, each in arrivals.items()}
    if len(reads) > 1:
        return {source: _pieced(field, arrivals[source], reads) for source, field in joined.items()}
    return joined


def _pieced(
    joined: ReceptiveField, fields: Sequence[ReceptiveField], reads: Sequence[Sequence[AxisMap]]
) -> ReceptiveField:
    """Return what a join sees; where maps lie side by side, each unit reads one of them, and their hull is a bound."""
    along = [maps for maps in reads if len(maps) == len(joined.axes) + 1] if joined.mapped else []
    if all(maps[place] is along[0][place] for place in joined.places for maps in along):
        return joined
    side_by_side = any(len({maps[place] for maps in along} - _NO_PLACE) > 1 for place in joined.places)
    return replace(joined, tight=False) if side_by_side and any(field != joined for field in fields) else joined


def itself(name: str, tensor: TensorType) -> ReceptiveField:
    """Return the receptive field of an input of the network: each element sees itself."""
    axes = (ITSELF,) * len(tensor.spatial)
    return ReceptiveField(name, axes, axes, extent=tensor.spatial)


# ------------------------------------------------------------------------------------------------- through one op


def _read(
    field: ReceptiveField,
    tensor: TensorType,
    reads: Sequence[AxisMap],
    moves: Sequence[int] | None,
    output: TensorType,
) -> ReceptiveField:
    """Return what units see through an input of an op.

    Args:
        field: the field of the input.
        tensor: its type.
        reads: how the axes of the output read it, the first one too.
        moves: where the axes go, for an op that only moves them.
        output: the type of the result.
    """
    if not field.mapped:
        return _read_vector(field, output.spatial)
    if moves is not None and len(moves) == len(field.axes) + 1:
        return _moved(field, moves)
    if not len(reads) == len(tensor.shape) == len(output.shape) == len(field.axes) + 1:
        return _flatten(field, _sizes(field, tensor), pooled=output.elements < tensor.elements)
    maps = [reads[place] for place in field.places]
    inside, outside = _sizes(field, tensor), _sizes(field, output)
    if inside == outside and all(axis is POINTWISE or axis == POINTWISE for axis in maps):
        return field
    # A single unit that all units read, wherever they are, is a gate or comes from a pooling, and counts as global.
    whole = [
        isinstance(axis, Whole) or (before == 1 < after and axis == POINTWISE)
        for axis, before, after in zip(maps, inside, outside, strict=True)
    ]
    if not any(whole):
        return _through(field, maps)
    moved = _through(field, [Whole() if mixed else axis for axis, mixed in zip(maps, whole, strict=True)])
    # An op that keeps the size but mixes the axis (group norm, attention) has a local path too: to the unit itself.
    lost = any(mixed and before != after for mixed, before, after in zip(whole, inside, outside, strict=True))
    return replace(moved, global_=True, local=moved.local and not lost)


def _sizes(field: ReceptiveField, tensor: TensorType) -> Shape:
    """Return the sizes of the axes that are those of the input."""
    return tuple(tensor.shape[place] for place in field.order) if field.order else tensor.spatial


def _moved(field: ReceptiveField, moves: Sequence[int]) -> ReceptiveField:
    """Return a field whose axes stand elsewhere: axis `i` of a sample is what was axis `moves[i]`."""
    places = tuple(moves.index(place) for place in field.places)
    return replace(field, order=() if places == tuple(range(1, len(moves))) else places)


def _through(field: ReceptiveField, maps: Sequence[AxisMap]) -> ReceptiveField:
    """Return a field behind windows; along an axis that is read as a whole it stays.

    Without a local path it stays too: it is that of the map which a global operation read, wherever units are now.
    """
    if not field.local:
        return field
    axes = _slide(field.axes, maps)
    smallest = axes if field.smallest_axes is field.axes else _slide(field.smallest_axes, maps)
    if any(map(_immense, axes)):
        return replace(field, global_=True, tight=False)
    return replace(field, axes=axes, smallest_axes=smallest)


def _slide(axes: tuple[AxisReach, ...], maps: Sequence[AxisMap]) -> tuple[AxisReach, ...]:
    return tuple(
        axis if isinstance(mapped, Whole | Nothing) or mapped == POINTWISE else axis.through(mapped)
        for axis, mapped in zip(axes, maps, strict=True)
    )


def _immense(axis: AxisReach) -> bool:
    if isinstance(axis, Reach):
        return axis.advance > LARGEST or axis.size > LARGEST
    # A slope of many digits below the point is as slow as one above it.
    return max(axis.slope.numerator, axis.slope.denominator, axis.size) > LARGEST


def _flatten(field: ReceptiveField, inside: Shape, *, pooled: bool) -> ReceptiveField:
    """Return the field of a vector made from a map: it sees what all units of the map see.

    It is that of a window over the whole map, so the stride stays, as if the network were made fully convolutional.
    With fewer elements than the map it was pooled as a whole, and global operations never change a size.
    """
    if pooled:
        return replace(field, global_=True, local=False, mapped=False, order=())
    return replace(_through(field, [Window(kernel=units) for units in inside]), mapped=False, order=())


def _read_vector(field: ReceptiveField, outside: Shape) -> ReceptiveField:
    """Return the field behind an op on what was flattened before: all units already see the same, and all of it."""
    if all(units == 1 for units in outside):
        return field
    # Reshaped into a map: its units do not move over the input.
    axes = tuple(axis.frozen() for axis in field.axes)
    return replace(field, axes=axes, smallest_axes=tuple(axis.frozen() for axis in field.smallest_axes))


# ------------------------------------------------------------------------------------------------- joins


def _join(fields: Sequence[ReceptiveField], output: TensorType) -> ReceptiveField:
    """Return the hull of the fields that meet in a node."""
    first = fields[0]
    if all(field is first for field in fields):
        return first
    # Local paths over the map count; without any, what came through global operations stands for the field.
    best = max((field.local, field.mapped) for field in fields)
    chosen = [field for field in fields if (field.local, field.mapped) == best]
    if (
        len({field.order for field in chosen}) > 1
    ):  # an axis meets another one, so there is no place in the map any more
        chosen = [replace(field, mapped=False, order=()) for field in chosen]
    joined = _union(chosen, output) if len(chosen) > 1 else chosen[0]
    return replace(joined, global_=any(field.global_ for field in fields) or len(chosen) < len(fields))


def _union(fields: Sequence[ReceptiveField], output: TensorType) -> ReceptiveField:
    first = fields[0]
    units = _sizes(first, output) if first.mapped and len(output.spatial) == len(first.axes) else (1,) * len(first.axes)
    along = list(zip(*(field.axes for field in fields), strict=True))
    axes = tuple(join(reaches, count) for reaches, count in zip(along, units, strict=True))
    narrow = zip(*(field.smallest_axes for field in fields), strict=True)
    smallest = tuple(min(reaches, key=_width) for reaches in narrow)
    agree = all(aligned(reaches, count) for reaches, count in zip(along, units, strict=True))
    return ReceptiveField(
        first.source,
        axes,
        axes if smallest == axes else smallest,
        aligned=all(field.aligned for field in fields) and (agree or not first.mapped),
        local=first.local,
        mapped=first.mapped,
        order=first.order,
        extent=first.extent,
        # A unit whose path reads nothing along one axis reads nothing at all, so beside another path that axis must not
        # count; seen axis by axis, it does.
        tight=all(field.tight for field in fields)
        and not (len(axes) > 1 and any(map(_has_holes, [axis for reaches in along for axis in reaches]))),
    )


def _has_holes(reach: AxisReach) -> bool:
    return isinstance(reach, Reach) and None in reach.lows


def _width(reach: AxisReach) -> int:
    return reach.size
