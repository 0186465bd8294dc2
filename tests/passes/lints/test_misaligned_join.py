from __future__ import annotations

import pytest

from tests.compiling import spec
from tests.passes.lints.linting import found_in, of

SLUG = "misaligned-join"


@pytest.mark.parametrize(
    ("branch", "gap"),
    [
        ("op: conv, kernel_size: 5, out_channels: 3, padding: 2", None),
        ("op: conv, kernel_size: 5, out_channels: 3, padding: [[0, 4], [0, 4]]", 2),
        ("op: conv, kernel_size: 5, out_channels: 3, padding: [[2, 2], [1, 3]]", 1),
        ("op: conv, kernel_size: 4, out_channels: 3, padding: same", 0.5),
        ("op: max_pool, kernel_size: 3, stride: 1, padding: 1", None),
        ("op: pad, padding: [[1, -1], [1, -1]]", 1),
    ],
)
@pytest.mark.parametrize("join", ["add", "concat", "mul"])
def test_branches_beside_the_input(branch: str, gap: float | None, join: str) -> None:
    found = found_in(spec(f"branch: {{{branch}}}\njoin: {{op: {join}, from: [input, branch]}}"))
    messages = [problem.message() for problem in found if problem.slug == SLUG]
    expected = f"the units that meet here look at places of the input that are {gap:g} pixels apart" if gap else ""
    assert messages == ([expected] if gap else [])


@pytest.mark.parametrize(
    ("left", "right", "is_found"),
    [
        # A quarter of a unit cannot be helped: the shortcut of ResNet-D.
        ("op: conv, kernel_size: 3, stride: 2, padding: 1", "op: conv, kernel_size: 2, stride: 2", False),
        ("op: conv, kernel_size: 3, stride: 2, padding: 1", "op: conv, kernel_size: 1, stride: 2", False),
        (
            "op: conv, kernel_size: 3, stride: 2, padding: 1",
            "op: conv, kernel_size: 3, stride: 2, padding: [[0, 1], [0, 1]]",
            True,
        ),
        ("op: conv, kernel_size: 3, stride: 2, padding: 1", "op: conv, kernel_size: 9, stride: 1", True),
    ],
)
def test_branches_with_a_stride(left: str, right: str, *, is_found: bool) -> None:
    graph = f"""
        left: {{{left}, out_channels: 4}}
        right: {{{right}, from: input, out_channels: 4}}
        add: {{op: add, from: [left, right]}}
    """
    assert of(SLUG, graph, inputs="{x: [3, 16, 16]}") == ([(3, "add")] if is_found else [])


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_a_map_that_was_made_larger_has_no_finer_units(mode: str) -> None:
    graph = f"""
        fine: {{op: conv, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}}
        coarse: {{op: conv, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}}
        up: {{op: upsample, scale_factor: 2, mode: {mode}}}
        add: {{op: add, from: [fine, up]}}
    """
    assert of(SLUG, graph, inputs="{x: [3, 32, 32]}") == []


def test_gates_and_parameters_have_no_place() -> None:
    graph = """
        branch: {op: conv, kernel_size: 5, out_channels: 3, padding: 2}
        gate: global_avg_pool
        mul: {op: mul, from: [branch, gate]}
        bias: {op: parameter, shape: [3, 8, 8]}
        add: {op: add, from: [mul, bias]}
    """
    assert of(SLUG, graph) == []


def test_a_join_behind_a_misaligned_one_is_not_reported_again() -> None:
    graph = """
        shifted: {op: conv, kernel_size: 3, out_channels: 3, padding: [[0, 2], [0, 2]]}
        add: {op: add, from: [input, shifted]}
        conv: {op: conv, kernel_size: 3, out_channels: 3, padding: 1}
        sum: {op: add, from: [add, conv]}
    """
    assert of(SLUG, graph) == [(2, "add")]
