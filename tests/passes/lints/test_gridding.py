from __future__ import annotations

import pytest

from tests.compiling import spec
from tests.passes.lints.linting import found_in, of

SLUG = "gridding"


def _stack(*rates: int, kernel: int = 3) -> str:
    conv = f"{{op: conv, out_channels: 4, kernel_size: {kernel}, padding: same, dilation: RATE}}"
    lines = (f"c{place}: {conv.replace('RATE', str(rate))}\nr{place}: relu" for place, rate in enumerate(rates))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("rates", "seen"),
    [
        ((2, 2, 2), (7, 13)),
        ((2, 4), (7, 13)),
        ((1, 2, 9), (21, 25)),  # the example of Wang et al. for what is too far apart
        ((2, 2), (5, 9)),
    ],
)
def test_grids(rates: tuple[int, ...], seen: tuple[int, int]) -> None:
    (problem,) = found_in(spec(_stack(*rates), inputs="{x: [3, 64, 64]}"))
    told = ", ".join(map(str, rates))
    assert problem.node == f"c{len(rates) - 1}"
    assert problem.message() == f"behind dilations of {told} a unit sees {seen[0]} of {seen[1]} places in height"


@pytest.mark.parametrize(
    "rates", [(1, 2, 5), (1, 2, 3), (1, 2, 2), (2, 2, 1), (2, 1, 2), (1, 1), (2,), (6,), (1, 2, 4, 8)]
)
def test_what_leaves_no_holes(rates: tuple[int, ...]) -> None:
    assert of(SLUG, _stack(*rates), inputs="{x: [3, 64, 64]}") == []


def test_doubling_dilations_of_kernels_of_two() -> None:
    assert of(SLUG, _stack(1, 2, 4, 8, 16, kernel=2), inputs="{x: [3, 64]}") == []


def test_a_map_that_was_pooled_starts_anew() -> None:
    stem, pool = "stem: {op: conv, out_channels: 4, kernel_size: 3, padding: 1}", "pool: {op: max_pool, kernel_size: 2}"
    assert of(SLUG, f"{stem}\n{_stack(2, 2)}", inputs="{x: [3, 64, 64]}") == []
    assert of(SLUG, f"{stem}\n{pool}\n{_stack(2, 2)}", inputs="{x: [3, 64, 64]}") == [(5, "c1")]


def test_parallel_dilations_are_no_stack() -> None:
    graph = """
        pool: {op: max_pool, kernel_size: 2}
        a: {op: conv, from: pool, out_channels: 4, kernel_size: 1}
        b: {op: conv, from: pool, out_channels: 4, kernel_size: 3, padding: 6, dilation: 6}
        c: {op: conv, from: pool, out_channels: 4, kernel_size: 3, padding: 12, dilation: 12}
        concat: {op: concat, from: [a, b, c]}
    """
    assert of(SLUG, graph, inputs="{x: [3, 64, 64]}") == []


def test_shortcuts_do_not_fill_the_grid() -> None:
    head = """
    blocks:
      unit:
        graph:
          conv: {op: conv, out_channels: 3, kernel_size: 3, padding: 2, dilation: 2}
          add: {op: add, from: [input, conv]}
    """
    assert of(SLUG, "body: {op: unit, repeat: 3}", head=head, inputs="{x: [3, 64, 64]}") == [(-2, "body.2.conv")]


def test_a_gate_beside_a_convolution_that_fills_the_holes() -> None:
    graph = """
        a: {op: conv, out_channels: 4, kernel_size: 3, padding: 2, dilation: 2}
        b: {op: conv, out_channels: 4, kernel_size: 3, padding: 2, dilation: 2}
        gate: global_avg_pool
        mul: {op: mul, from: [b, gate]}
        c: {op: conv, out_channels: 4, kernel_size: 3, padding: 1}
    """
    assert of(SLUG, graph, inputs="{x: [3, 64, 64]}") == []


def test_a_side_branch_that_nothing_needs() -> None:
    side = "side: {op: conv, out_channels: 4, kernel_size: 1}"
    fill = "fill: {op: conv, from: r1, out_channels: 4, kernel_size: 3}"
    assert of(SLUG, f"{_stack(2, 2)}\n{side}\n{fill}", inputs="{x: [3, 64, 64]}") == []
