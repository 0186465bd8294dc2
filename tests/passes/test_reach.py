from __future__ import annotations

from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (PyTorch's own name for it)

from archspec.ir.window import Resample, TransposedWindow, Window
from archspec.passes.reach import ITSELF, Reach, Strip, aligned, join
from archspec.passes.taps import LONGEST_PERIOD


def test_a_window_gives_size_stride_and_start() -> None:
    reach = ITSELF.through(Window(kernel=7, stride=2, low=3)).through(Window(kernel=3, stride=2, low=1))
    assert (reach.size, reach.stride, reach.start) == (11, 4, -5)


def test_padding_behind_the_map_does_not_count() -> None:
    assert ITSELF.through(Window(kernel=3, high=5)) == ITSELF.through(Window(kernel=3, ceil=True))


def test_a_transposed_convolution_has_a_size_for_each_phase() -> None:
    reach = ITSELF.through(TransposedWindow(kernel=3, stride=2, low=1))
    assert reach == Reach((0, 0), (0, 1), 1)
    assert (reach.size, reach.stride, reach.start) == (2, Fraction(1, 2), 0)


def test_a_transposed_convolution_with_a_small_kernel_leaves_holes() -> None:
    reach = ITSELF.through(TransposedWindow(kernel=1, stride=3))
    assert [reach.span(unit) for unit in range(-1, 4)] == [None, (0, 0), None, None, (1, 1)]
    # A window over them sees what is beside the holes.
    assert reach.through(Window(kernel=2)).span(1) is None
    assert reach.through(Window(kernel=3)).span(1) == (1, 1)


def test_holes_can_hide_everything() -> None:
    reach = ITSELF.through(TransposedWindow(kernel=1, stride=2)).through(Window(stride=2, low=1))
    assert (reach.size, reach.start) == (0, 0)


def test_undone_strides_become_regular_again() -> None:
    reach = ITSELF.through(TransposedWindow(kernel=2, stride=2)).through(Window(kernel=2, stride=2))
    assert reach == ITSELF


def test_a_join_takes_the_hull_of_every_phase() -> None:
    up = ITSELF.through(Window(kernel=2, stride=2)).through(TransposedWindow(kernel=2, stride=2))
    joined = join([ITSELF, up], 8)
    assert joined == Reach((0, 0), (1, 1), 2)
    assert aligned([ITSELF, up], 8)


def test_shifted_paths_can_span_more_than_each_of_them() -> None:
    left, right = ITSELF.through(Window(kernel=3, low=2)), ITSELF.through(Window(kernel=3))
    assert join([left, right], 8).size == 5
    assert not aligned([left, right], 8)


def test_unequal_strides_are_joined_for_the_units_that_there_are() -> None:
    slow, fast = ITSELF.through(Window(kernel=3)), ITSELF.through(Window(kernel=3, stride=2))
    joined = join([slow, fast], 10)
    assert isinstance(joined, Strip)
    assert not aligned([slow, fast], 10)
    for unit in range(10):
        low, high = joined.span(unit)
        assert low <= min(unit, 2 * unit)
        assert high >= max(unit, 2 * unit) + 2


def test_one_unit_has_no_stride_to_disagree_in() -> None:
    slow, fast = ITSELF.through(Window(kernel=4)), ITSELF.through(Window(kernel=4, stride=4))
    assert join([slow, fast], 1) == slow
    assert aligned([slow, fast], 1)


def test_long_periods_give_way_to_a_bound() -> None:
    resample = Resample(LONGEST_PERIOD * 2 + 3, LONGEST_PERIOD * 2 + 1, reach=1)
    bound = ITSELF.through(resample)
    assert isinstance(bound, Strip)
    assert bound.stride == Fraction(resample.source, resample.target)
    for unit in (0, 1, 777, resample.target - 1):
        place = (unit + 0.5) * resample.source / resample.target - 0.5
        low, high = bound.span(unit)
        assert low <= int(place)
        assert high >= int(place) + 1
    assert bound.through(Window(kernel=3)).size <= 3 + 4


@pytest.mark.parametrize("stride", [2, LONGEST_PERIOD + 1])
def test_strips_hold_what_reaches_hold(stride: int) -> None:
    window = TransposedWindow(kernel=5, stride=stride, low=1, dilation=2)
    exact, bound = ITSELF.through(window), ITSELF.strip().through(window)
    for unit in range(-3, 9):
        low, high = bound.span(unit)
        inside = exact.span(unit)
        assert inside is None or (low <= inside[0] and inside[1] <= high)


@pytest.mark.parametrize("sizes", [(7, 14), (14, 7), (6, 9), (9, 6), (10, 7), (5, 32), (1, 4), (8, 1)])
@pytest.mark.parametrize(
    ("mode", "reach", "corners"),
    [("nearest", 0, None), ("linear", 1, False), ("linear", 1, True), ("bicubic", 2, False), ("bicubic", 2, True)],
)
def test_interpolation_reads_what_pytorch_reads(
    sizes: tuple[int, int], mode: str, reach: int, *, corners: bool | None
) -> None:
    source, target = sizes
    found = ITSELF.through(Resample(source, target, reach, align_corners=bool(corners)))
    unit_vectors = torch.eye(source, dtype=torch.float64)[:, None]
    if mode == "bicubic":
        read = F.interpolate(unit_vectors[:, None], (1, target), mode=mode, align_corners=corners)[:, 0, 0]
    else:
        read = F.interpolate(unit_vectors, target, mode=mode, align_corners=corners)[:, 0]
    for unit in range(target):
        seen = (read[:, unit].abs() > 1e-12).nonzero()
        span = found.span(unit)
        assert span is not None
        # PyTorch repeats the border where the plane goes on.
        clipped = tuple(min(max(end, 0), source - 1) for end in span)
        assert (int(seen.min()), int(seen.max())) == clipped
