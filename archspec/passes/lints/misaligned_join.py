"""Joins of units that stand at different places of the input."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_design import MisalignedJoin
from archspec.ops.join import Concat, ElementwiseJoin
from archspec.passes.reach import Strip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archspec.ir.graph import Node
    from archspec.passes.lints.network import Network
    from archspec.passes.reach import AxisReach
    from archspec.passes.receptive_field import ReceptiveField

# What is less than half a unit apart cannot be brought closer by moving whole units. A map that was made larger has no
# finer units than it had before.
_TOLERANCE = Fraction(1, 2)


def find(network: Network) -> Iterator[MisalignedJoin]:
    """Yield joins of maps whose units lie half a unit or more apart, at the first unit or at the last."""
    for node in network.graph.nodes.values():
        if not _joins_places(node):
            continue
        fields = _fields(node, network)
        for axis, reaches in enumerate(zip(*(field.axes for _, field in fields), strict=True)):
            units = node.output.spatial[axis]
            gap = _gap(reaches, units)
            if gap is not None:
                names = tuple(name for name, _ in fields)
                strides = tuple(float(reach.stride) for reach in reaches)
                yield MisalignedJoin(span=node.span, node=node.path, read=names, strides=strides, gap=float(gap))
                break


def _joins_places(node: Node) -> bool:
    if isinstance(node.op, Concat):
        return node.op.axis in (0, -node.output.rank)
    return isinstance(node.op, ElementwiseJoin) and len(node.inputs) > 1


def _fields(node: Node, network: Network) -> list[tuple[str, ReceptiveField]]:
    """Return the local fields that meet in a node, with the nodes that they are of: those of the same input."""
    found: list[tuple[str, ReceptiveField]] = []
    for value, tensor in zip(node.inputs, node.input_types, strict=True):
        field = network.field_of(value)
        whole = tensor.spatial == node.output.spatial
        if field.local and field.mapped and not field.order and whole:
            found.append((value.node, field))
    return [
        each for each in found if each[1].source == found[0][1].source and len(each[1].axes) == len(node.output.spatial)
    ]


def _gap(reaches: Sequence[AxisReach], units: int) -> Fraction | None:
    """Return how far apart units are at most, in input elements, if that is too far; a single unit has no place."""
    distinct = tuple(dict.fromkeys(reaches))
    if units == 1 or len(distinct) == 1 or len({_regular(reach) for reach in distinct}) == 1:
        return None
    gap = max(_spread(distinct, unit) for unit in (0, units - 1))
    return gap if gap >= _TOLERANCE * max(map(_step, distinct)) else None


def _regular(reach: AxisReach) -> tuple[int, int] | AxisReach:
    """Return stride and twice the centre of a regular reach, which is quick; another one is itself."""
    if isinstance(reach, Strip) or reach.period > 1 or reach.lows[0] is None or reach.highs[0] is None:
        return reach
    return reach.advance, reach.lows[0] + reach.highs[0]


def _spread(reaches: Sequence[AxisReach], unit: int) -> Fraction:
    centres = [Fraction(reach.offset) / 2 + reach.stride * unit for reach in reaches]
    return max(centres) - min(centres)


def _step(reach: AxisReach) -> Fraction:
    """Return how far it is from unit to unit where that is most: behind an interpolation, a unit of the coarser map."""
    spans = [] if isinstance(reach, Strip) else [reach.span(unit) for unit in range(reach.period + 1)]
    places = [span[0] for span in spans if span is not None]
    steps = [abs(behind - before) for before, behind in pairwise(places)]
    return max([Fraction(step) for step in steps], default=reach.stride) or Fraction(1)
