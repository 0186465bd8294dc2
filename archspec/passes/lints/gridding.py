"""Dilated convolutions, one behind the other, whose units see a grid of points with holes in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_design import Gridding
from archspec.ir.tensor import axis_name
from archspec.ir.window import POINTWISE, Window
from archspec.ops.convolution import Conv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archspec.ir.graph import Node
    from archspec.ir.window import AxisMap
    from archspec.passes.lints.network import Network

# What spans more is taken as dense: no map is that wide.
_WIDEST = 4096
# As many dilations are told.
_MOST_RATES = 8


@dataclass(frozen=True, slots=True)
class _Seen:
    """Which places of a map a unit sees, along one axis: bit `i` of `bits` is place `low + i`.

    The map is the latest one that was made with a stride, or by anything that is no window.
    `rates` are the dilations of the convolutions since then, and `last` is the
    latest one that is dilated.
    """

    bits: int = 1
    low: int = 0
    rates: tuple[int, ...] = ()
    last: str = ""

    @property
    def span(self) -> int:
        return self.bits.bit_length()

    @property
    def count(self) -> int:
        return self.bits.bit_count()

    @property
    def has_holes(self) -> bool:
        return self.count < self.span

    def through(self, window: Window, node: Node) -> _Seen:
        bits = 0
        for tap in range(window.kernel):
            bits |= self.bits << tap * window.dilation
        if bits.bit_length() > _WIDEST:
            return _Seen(rates=self.rates, last=self.last)
        rates, last = self.rates, self.last
        if isinstance(node.op, Conv) and window.kernel > 1:
            rates = (*rates[-_MOST_RATES:], window.dilation)
            last = node.path if window.dilation > 1 else last
        return _Seen(bits, self.low - window.low, rates, last)

    def joined(self, other: _Seen) -> _Seen:
        low = min(self.low, other.low)
        bits = self.bits << (self.low - low) | other.bits << (other.low - low)
        longer = max(self, other, key=lambda each: sum(rate > 1 for rate in each.rates))
        return replace(longer, bits=bits, low=low)


_ITSELF = _Seen()


def find(network: Network) -> Iterator[Gridding]:
    """Yield the last of some dilated convolutions of which no unit sees all places between those that it sees."""
    nodes = network.graph.nodes
    if not any(isinstance(node.op, Conv) and node.op.dilation != 1 for node in nodes.values()):
        return
    seen: dict[str, tuple[_Seen, ...]] = {
        name: (_ITSELF,) * len(tensor.spatial) for name, tensor in network.graph.inputs.items()
    }
    ends: dict[str, tuple[int, _Seen]] = {}
    for node in nodes.values():
        seen[node.path] = _seen_by(node, seen, network)
        if node.path in network.needed and not _is_read_further(node, network):
            _note_ends(seen[node.path], ends)
    for value in network.results:
        _note_ends(seen[value.node], ends)
    for path, (axis, found) in ends.items():
        node = nodes[path]
        yield Gridding(
            span=node.span,
            node=path,
            axis=axis_name(axis, len(node.output.spatial)),
            rates=found.rates,
            seen=found.count,
            spanned=found.span,
        )


def _is_read_further(node: Node, network: Network) -> bool:
    """Tell whether windows that do not move on in steps read a node: then its map does not end there."""
    readers = network.graph.consumers[node.path]
    return any(
        _goes_on(reader, len(node.output.spatial), network) for reader in readers if reader.path in network.needed
    )


def _goes_on(node: Node, axes: int, network: Network) -> bool:
    """Tell whether the units of a node stand where those that it reads stand."""
    if node.op.moves(node.input_types) is not None or len(node.output.spatial) != axes:
        return False
    return all(map(_is_step, network.windows(node)))


def _is_step(axis: AxisMap) -> bool:
    return isinstance(axis, Window) and axis.stride == 1


def _seen_by(node: Node, seen: Mapping[str, tuple[_Seen, ...]], network: Network) -> tuple[_Seen, ...]:
    axes = len(node.output.spatial)
    arriving: list[tuple[_Seen, ...]] = []
    for index, value in enumerate(node.inputs):
        before = seen[value.node]
        windows = node.op.windows(node.input_types, index) if index else network.windows(node)
        if _goes_on(node, len(before), network) and len(windows) == len(before) == axes and all(map(_is_step, windows)):
            arriving.append(tuple(_through(place, axis, node) for place, axis in zip(before, windows, strict=True)))
    if not arriving:
        return (_ITSELF,) * axes
    joined = arriving[0]
    for other in arriving[1:]:
        joined = tuple(mine.joined(theirs) for mine, theirs in zip(joined, other, strict=True))
    return joined


def _through(place: _Seen, axis: AxisMap, node: Node) -> _Seen:
    return place if axis == POINTWISE or not isinstance(axis, Window) else place.through(axis, node)


def _note_ends(places: tuple[_Seen, ...], ends: dict[str, tuple[int, _Seen]]) -> None:
    """Note what has holes where a map ends, if there is more than one dilated convolution behind it."""
    for axis, place in enumerate(places):
        if place.has_holes and sum(rate > 1 for rate in place.rates) > 1:
            ends.setdefault(place.last, (axis, place))
