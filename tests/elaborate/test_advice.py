"""What is said of shapes that do not fit: where they came from. What mends them is tried in `archspec.repair`."""

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
    ("graph", "label", "notes"),
    [
        pytest.param(
            "  a: {op: conv, from: image, out_channels: 4, kernel_size: 1}\n"
            "  b: {op: conv, from: image, out_channels: 4, kernel_size: 5}\n"
            "  join: {op: concat, from: [a, b]}\n",
            "b: 3x28x28 -> conv 4x24x24",
            ["b is made here", "a: 3x28x28 -> conv 4x28x28"],
            id="a branch without padding",
        ),
        pytest.param(
            "  a: {op: conv, from: image, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}\n"
            "  b: {op: conv, from: image, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}\n"
            "  c: {op: conv, from: image, out_channels: 4, kernel_size: 3, padding: 1}\n"
            "  join: {op: concat, from: [a, b, c]}\n",
            "c: 3x28x28 -> conv 4x28x28",
            ["c is made here", "a: 3x28x28 -> conv 4x14x14"],
            id="a branch with another stride",
        ),
        pytest.param(
            "  a: {op: conv, from: image, out_channels: 4, kernel_size: 3, padding: 1}\n"
            "  b: {op: conv, out_channels: 4, kernel_size: 3, padding: 1, dilation: 2}\n"
            "  add: {op: add, from: [a, b]}\n",
            "b: 3x28x28 -> conv 4x28x28 -> conv 4x26x26",
            ["b is made here", "a: 3x28x28 -> conv 4x28x28"],
            id="dilation",
        ),
    ],
)
def test_where_shapes_came_from(tmp_path: Path, graph: str, label: str, notes: list[str]) -> None:
    problem = only_problem(tmp_path, graph)
    assert problem.label == label
    assert [note.message for note in problem.notes] == notes
