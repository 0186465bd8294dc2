from __future__ import annotations

import pytest

from tests.compiling import spec
from tests.passes.lints.linting import found_in, of

SLUG = "field-smaller-than-input"
LARGE = "{x: [3, 64, 64]}"
CONVS = """\
a: {op: conv, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
b: {op: conv, out_channels: 8, kernel_size: 3}"""


def test_pooled_units_that_see_a_part() -> None:
    text = spec(f"{CONVS}\npool: global_avg_pool\nflatten: flatten\nfc: {{op: linear, out_features: 5}}", inputs=LARGE)
    (problem,) = found_in(text)
    assert problem.message() == (
        "the units that this global_avg_pool reads see 7 of 64 in height and 7 of 64 in width of x"
    )
    assert found_in(text, inputs={"x": (3, 7, 7)}) == ()


@pytest.mark.parametrize(
    "head",
    [
        # Each place has weights of its own.
        "flatten: flatten\nfc: {op: linear, out_features: 5}",
        # The result is a map.
        "out: {op: conv, out_channels: 5, kernel_size: 1}",
        # A gate has shown everything to each unit.
        "squeeze: global_avg_pool\ngate: sigmoid\nmul: {op: mul, from: [b, gate]}\npool: global_avg_pool",
        # So has a norm over the map.
        "norm: {op: group_norm, num_groups: 2}\npool: global_avg_pool\nflatten: flatten",
    ],
)
def test_where_a_local_view_is_enough(head: str) -> None:
    assert of(SLUG, f"{CONVS}\n{head}", inputs=LARGE) == []


def test_of_several_maps_the_one_that_sees_most_counts() -> None:
    graph = """
        a: {op: conv, out_channels: 8, kernel_size: 3, padding: 1}
        b: {op: conv, from: a, out_channels: 8, kernel_size: 9}
        pool_a: {op: global_avg_pool, from: a}
        pool_b: {op: global_avg_pool, from: b}
        concat: {op: concat, from: [pool_a, pool_b]}
        flatten: flatten
    """
    assert of(SLUG, graph, inputs="{x: [3, 11, 11]}") == []
    assert of(SLUG, graph, inputs="{x: [3, 12, 12]}") == [(4, "pool_b")]


def test_one_axis_is_enough() -> None:
    graph = "conv: {op: conv, out_channels: 8, kernel_size: [8, 1]}\npool: global_avg_pool"
    (problem,) = found_in(spec(graph))
    assert problem.message().endswith("see 1 of 8 in width of x")
