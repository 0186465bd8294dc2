from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run

GATED = """\
archspec: 1
name: gated
inputs: {image: [3, 32, 48]}
blocks:
  stage:
    params: {stride: 1}
    graph:
      conv: {op: conv, out_channels: 8, kernel_size: [3, 5], stride: stride, padding: [1, 2]}
      pool: global_avg_pool
      gate: sigmoid
      mul: {op: mul, from: [conv, gate]}
graph:
  stage1: {op: stage, stride: 2}
  left: {op: max_pool, kernel_size: 2}
  right: {op: conv, from: stage1, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  add: {op: add, from: [left, right]}
  split: {op: chunk, chunks: 2}
  flatten: {op: flatten, from: split.1}
  fc: {op: linear, out_features: 10}
"""
TWO_INPUTS = """\
archspec: 1
name: two
inputs: {left: [1, 16, 16], right: [1, 16, 16]}
graph:
  a: {op: conv, from: left, out_channels: 2, kernel_size: 3, padding: 1}
  b: {op: conv, from: right, out_channels: 2, kernel_size: 5, padding: 2}
  add: {op: add, from: [b, a]}
"""

TEXT = """\
conv (conv): N x 4 x 6 x 6
what its units see of image (8 x 8):

        size  stride  start  smallest path  sees
------  ----  ------  -----  -------------  ------
height     3       1      0              3  3 of 8
width      3       1      0              3  3 of 8

unit 3,3 sees height 3 to 5, width 3 to 5; the centre is 4,4
all paths are local and aligned, and the figures exact

where it grows, along the path of the largest field:

node  op    window  size  stride  growth
----  ----  ------  ----  ------  ------
conv  conv  3x3      3x3       1      +2
"""


@pytest.fixture
def gated(folder: Path) -> str:
    (folder / "gated.yaml").write_text(GATED, encoding="utf-8")
    return "gated.yaml"


def test_the_text(run: Run) -> None:
    result = run("field", "good.yaml", "conv")
    assert (result.exit_code, result.stdout, result.stderr) == (0, TEXT, "")


def test_quiet_leaves_out_where_it_grows(run: Run) -> None:
    assert run("field", "good.yaml", "conv", "--quiet").stdout == TEXT.partition("\nwhere")[0]


def test_what_is_global_and_misaligned_is_named(run: Run, gated: str) -> None:
    out = run("field", gated, "add", "--unit", "0,11").stdout
    assert "global: every unit depends on the whole input, through stage1.pool\n" in out
    assert "misaligned: paths that differ in stride or centre are joined in add\n" in out
    assert "unit 0,11 sees height -3 to 3, width 40 to 48;" in out
    assert "of that, the input has height 0 to 3, width 40 to 47\n" in out


def test_a_unit_in_json(run: Run, gated: str) -> None:
    document = json.loads(run("field", gated, "stage1", "--unit", "1,2", "--format", "json").stdout)
    (found,) = document["fields"]
    assert (document["name"], found["node"], found["units"]) == ("gated", "stage1.mul", [16, 24])
    assert found["region"] == found["inside"] == [[1, 3], [2, 6]]
    assert found["receptive_field"]["size"] == [3, 5]
    assert found["receptive_field"]["coverage"] == [0.0938, 0.1042]
    assert [(step["node"], step["window"], step["growth"]) for step in found["steps"]] == [
        ("stage1.conv", "3x5 /2", [2, 4])
    ]


def test_behind_global_operations_a_unit_sees_everything(run: Run, gated: str) -> None:
    out = run("field", gated, "stage1.pool").stdout
    assert "unit 0,0 sees the whole input\n" in out
    assert "no path is local" in out


def test_a_part_of_a_node_and_a_vector(run: Run, gated: str) -> None:
    assert run("field", gated, "split.1").stdout.startswith("split (chunk): N x 4 x 8 x 12\n")
    assert "each element sees height -3 to 31" in run("field", gated, "fc").stdout


def test_several_inputs(run: Run, folder: Path) -> None:
    (folder / "two.yaml").write_text(TWO_INPUTS, encoding="utf-8")
    both = json.loads(run("field", "two.yaml", "add", "--format", "json").stdout)["fields"]
    assert [(each["receptive_field"]["input"], each["receptive_field"]["size"]) for each in both] == [
        ("left", [3, 3]),
        ("right", [5, 5]),
    ]
    only = run("field", "two.yaml", "add", "--of", "right").stdout
    assert "of right (16 x 16)" in only
    assert "of left" not in only
    result = run("field", "two.yaml", "a", "--of", "right")
    assert result.exit_code == 1
    assert "there is no input that a depends on, of the name 'right'" in result.stderr


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        ("convv", "did you mean 'conv'?"),
        ("stage1.mull", "did you mean 'stage1.mul'?"),
        ("stage9.convolution", "what there is: stage1, left, right, add, split, flatten, fc"),
        ("", "what there is: stage1"),
        ("split.2", "did you mean 'split'?"),
    ],
)
def test_an_unknown_node(run: Run, gated: str, node: str, wanted: str) -> None:
    result = run("field", "good.yaml" if node == "convv" else gated, node)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[AS805]: there is no node" in result.stderr
    assert wanted in result.stderr
    assert ".yaml:1:1" in result.stderr


@pytest.mark.parametrize(
    ("node", "unit", "wanted"),
    [
        ("stage1", "16,0", "give 0 to 15 (height) and 0 to 23 (width), with commas between"),
        ("stage1", "1", "there is no unit 1 in a map of 16 x 24 units"),
        ("fc", "0", "this is no map"),
    ],
)
def test_a_unit_out_of_range(run: Run, gated: str, node: str, unit: str, wanted: str) -> None:
    result = run("field", gated, node, "--unit", unit)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[AS806]" in result.stderr
    assert wanted in result.stderr


def test_wrong_usage(run: Run) -> None:
    result = run("field", "good.yaml", "conv", "--unit", "a,b")
    assert result.exit_code == 2
    assert "as in --unit 3,3" in result.stderr
