"""Receptive fields of random graphs against the support of PyTorch's gradients."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from archspec.ir.graph import Value
from archspec.ir.window import Resample, TransposedWindow, Window
from archspec.passes.receptive_field import receptive_fields
from tests.passes.build import Builder, Moved, Same
from tests.passes.truth import spans

if TYPE_CHECKING:
    from archspec.ir.graph import Graph
    from archspec.ir.window import AxisMap
    from tests.passes.truth import Span

SIZE = {1: 220, 2: 72}
# Maps grow in the middle of the network; this keeps the gradients quick.
LARGEST_MAP = {1: 900, 2: 150}


@st.composite
def windows(draw: st.DrawFn) -> Window:
    kernel, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    low, high = draw(st.integers(-1, 3)), draw(st.integers(-1, 3))
    return Window(kernel, draw(st.integers(1, 3)), dilation, low, high)


@st.composite
def transposed_windows(draw: st.DrawFn) -> TransposedWindow:
    stride, kernel, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    rest = draw(st.integers(0, max(stride, dilation) - 1))
    return TransposedWindow(kernel, stride, dilation, draw(st.integers(0, 2)), draw(st.integers(0, 2)), rest)


@st.composite
def resamples(draw: st.DrawFn, sizes: tuple[int, ...]) -> tuple[Resample, ...]:
    reach, corners = draw(st.sampled_from([(0, False), (1, False), (1, True)]))
    above, below = draw(st.sampled_from([(1, 2), (2, 1), (3, 1), (3, 2), (4, 3), (2, 3)]))
    sizes = tuple(max(below, size // below * below) for size in sizes)
    return tuple(Resample(size, size * above // below, reach, corners) for size in sizes)


class Drawing:
    """A random DAG in the making, with the stride of each map, so that only maps of one stride are joined."""

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.net = Builder(image=(1, *(SIZE[rank],) * rank))
        self.strides: dict[str, tuple[Fraction, ...]] = {"image": (Fraction(1),) * rank}

    def sizes(self, name: str) -> tuple[int, ...]:
        return self.net.type_of(Value(name)).spatial

    def move(self, path: str, source: str, maps: tuple[AxisMap, ...]) -> str:
        self.net.add(path, Moved(maps=maps), source)
        assume(all(8 <= size <= LARGEST_MAP[self.rank] for size in self.sizes(path)))
        pairs = zip(self.strides[source], maps, strict=True)
        self.strides[path] = tuple(stride * _scale(axis) for stride, axis in pairs)
        return path

    def crop(self, path: str, source: str, sizes: tuple[int, ...]) -> str:
        pairs = zip(sizes, self.sizes(source), strict=True)
        return self.move(path, source, tuple(Window(high=wanted - size) for wanted, size in pairs))

    def join(self, path: str, sources: list[str]) -> None:
        smallest = tuple(map(min, zip(*map(self.sizes, sources), strict=True)))
        cropped = [self.crop(f"crop{index}_{path}", source, smallest) for index, source in enumerate(sources)]
        self.net.add(path, Same(), *cropped)
        self.strides[path] = self.strides[sources[0]]


def _scale(axis: AxisMap) -> Fraction:
    if isinstance(axis, Window):
        return Fraction(axis.stride)
    if isinstance(axis, TransposedWindow):
        return Fraction(1, axis.stride)
    assert isinstance(axis, Resample)
    corners = int(axis.align_corners)
    return Fraction(axis.source - corners, axis.target - corners)


@st.composite
def graphs(draw: st.DrawFn, rank: int) -> Graph:
    drawing = Drawing(rank)
    names = ["image"]
    for step in range(draw(st.integers(1, 6))):
        path, source = f"n{step}", draw(st.sampled_from(names))
        partners = [name for name in names if drawing.strides[name] == drawing.strides[source]]
        kind = draw(st.sampled_from(["window", "window", "transposed", "resample", "join", "join"]))
        if kind == "join":
            others = draw(st.lists(st.sampled_from(partners), min_size=1, max_size=3, unique=True))
            drawing.join(path, [source, *others])
        elif kind == "resample":
            maps = draw(resamples(drawing.sizes(source)))
            drawing.crop(f"crop_{path}", source, tuple(axis.source for axis in maps))
            drawing.move(path, f"crop_{path}", maps)
        else:
            axes = windows() if kind == "window" else transposed_windows()
            drawing.move(path, source, tuple(draw(axes) for _ in range(rank)))
        names.append(path)
    return drawing.net.graph()


def _interior(graph: Graph, path: str, wanted: int) -> list[tuple[int, ...]]:
    """Return units around the middle of a map, whose every path stays off the borders of all maps."""
    sizes = graph.nodes[path].output.spatial
    return [tuple(min(size - 1, size // 2 + turn) for size in sizes) for turn in range(wanted)]


def _agrees(graph: Graph, units: int) -> None:
    path = list(graph.nodes)[-1]
    field = receptive_fields(graph)[path]
    chosen = _interior(graph, path, units)
    assume(all(_inside(graph, field.region(unit)) for unit in chosen))
    for unit, truth in zip(chosen, spans(graph, path, chosen), strict=True):
        region = field.region(unit)
        expected = None if None in region else region
        note(f"{graph.nodes}\n{path}{unit}: {region}")
        assert truth == expected or (not field.exact and _covers(expected, truth))


def _covers(region: tuple[Span | None, ...] | None, truth: tuple[Span, ...] | None) -> bool:
    if truth is None or region is None:
        return truth is None
    return all(a and a[0] <= b[0] and b[1] <= a[1] for a, b in zip(region, truth, strict=True))


def _inside(graph: Graph, region: tuple[tuple[int, int] | None, ...]) -> bool:
    # A quarter of the input on either side keeps the units off all borders in between, too.
    size = next(iter(graph.inputs.values())).spatial[0]
    return all(span is None or (size // 4 <= span[0] and span[1] < size - size // 4) for span in region)


@pytest.mark.parametrize("rank", [1, 2])
@settings(deadline=None, max_examples=35, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(data=st.data())
def test_regions_are_the_support_of_the_gradient(rank: int, data: st.DataObject) -> None:
    _agrees(data.draw(graphs(rank)), units=12 if rank == 1 else 4)
