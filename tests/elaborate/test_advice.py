"""Help for shapes that do not fit: it says where they came from, and what it proposes works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archspec

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "archspec: 1\nname: example\ninputs: {image: [3, 28, 28]}\ngraph:\n"


def only_problem(tmp_path: Path, graph: str) -> archspec.Problem:
    spec = tmp_path / "spec.yaml"
    spec.write_text(HEAD + graph)
    (problem,) = archspec.check(spec)
    return problem


@pytest.mark.parametrize(
    ("graph", "label", "advice"),
    [
        pytest.param(
            "  a: {op: conv, from: image, out_channels: 4, kernel_size: 1}\n"
            "  b: {op: conv, from: image, out_channels: 4, kernel_size: 5}\n"
            "  join: {op: concat, from: [a, b]}\n",
            "b: 3x28x28 -> conv 4x24x24",
            ("b", "kernel_size: 5", "kernel_size: 5, padding: 2"),
            id="a branch without padding",
        ),
        pytest.param(
            "  a: {op: conv, from: image, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}\n"
            "  b: {op: conv, from: image, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}\n"
            "  c: {op: conv, from: image, out_channels: 4, kernel_size: 3, padding: 1}\n"
            "  join: {op: concat, from: [a, b, c]}\n",
            "c: 3x28x28 -> conv 4x28x28",
            ("c", "kernel_size: 3, padding: 1}\n  join", "kernel_size: 3, padding: 1, stride: 2}\n  join"),
            id="a branch with another stride",
        ),
        pytest.param(
            "  a: {op: conv, from: image, out_channels: 4, kernel_size: 3, padding: 1}\n"
            "  b: {op: conv, out_channels: 4, kernel_size: 3, padding: 1, dilation: 2}\n"
            "  add: {op: add, from: [a, b]}\n",
            "b: 3x28x28 -> conv 4x28x28 -> conv 4x26x26",
            ("b", "padding: 1, dilation: 2", "padding: 2, dilation: 2"),
            id="dilation",
        ),
    ],
)
def test_proposed_edit_cures_the_spec(tmp_path: Path, graph: str, label: str, advice: tuple[str, str, str]) -> None:
    problem = only_problem(tmp_path, graph)
    name, wrong, right = advice
    assert problem.label == label
    proposed = (problem.help() or "").split("; ")[1].split(" gives ")[0]
    assert (problem.help() or "").startswith(f"{name} has ")
    assert proposed in right
    assert graph.count(wrong) == 1
    spec = tmp_path / "spec.yaml"
    spec.write_text(HEAD + graph.replace(wrong, right))
    assert archspec.check(spec) == ()


def test_shortcut_is_projected(tmp_path: Path) -> None:
    graph = (
        "  conv: {op: conv, from: image, out_channels: 8, kernel_size: 3, padding: 1, stride: 2}\n"
        "  add: {op: add, from: [input, conv]}\n"
    )
    problem = only_problem(tmp_path, graph)
    wanted = "{op: conv, from: input, out_channels: 8, kernel_size: 1, stride: 2}"
    assert problem.help() == f"project input before the add: {wanted}"
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        HEAD
        + graph.replace("  add: {op: add, from: [input", f"  shortcut: {wanted}\n  add: {{op: add, from: [shortcut")
    )
    assert archspec.check(spec) == ()


def test_no_edit_is_proposed_that_was_not_found_to_work(tmp_path: Path) -> None:
    problem = only_problem(
        tmp_path,
        "  a: {op: upsample, from: image, scale_factor: 3}\n  join: {op: concat, from: [a, image]}\n",
    )
    assert problem.help() == "give all inputs the same stride, and padding that keeps the same sizes"
