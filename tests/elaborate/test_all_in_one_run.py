"""A spec with several independent faults gives one problem for each, in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import archspec

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
archspec: 1
name: faulty
inputs: {image: [3, 28, 28]}
blocks:
  branches:
    params: {channels: int}
    graph:
      a: {op: conv, from: input, out_channels: channels, kernel_size: 1}
      b: {op: conv, from: input, out_channels: channels, kernel_size: 5}
      concat: {op: concat, from: [a, b]}
graph:
  misspelt_op: {op: convv, out_channels: 8, kernel_size: 3}
  misspelt_key: {op: conv, from: image, out_chanels: 8, kernel_size: 3}
  branches: {op: branches, from: image, channels: 4}
  large: {op: conv, from: image, out_channels: 4, kernel_size: 31}
  twice: {op: conv, from: image, out_channels: 4, kernel_size: 3, out_channels: 4}
"""


def test_five_faults(tmp_path: Path) -> None:
    spec = tmp_path / "faulty.yaml"
    spec.write_text(SPEC)
    problems = archspec.check(spec)
    assert [(problem.code, problem.node) for problem in problems] == [
        ("AS204", "branches.concat"),
        ("AS301", "misspelt_op"),
        ("AS302", "misspelt_key"),
        ("AS202", "large"),
        ("AS025", "twice"),
    ]
    lines = SPEC.splitlines()
    marked = ["concat, from", "convv", "out_chanels", "31", "out_channels: 4}"]
    for problem, text in zip(problems, marked, strict=True):
        assert problem.help()
        assert problem.span is not None
        assert lines[problem.span.line - 1][problem.span.column - 1 :].startswith(text)
