"""Blocks of other files, and whole specs as blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec import api
from tests.compiling import Fault, faults, flat, nodes

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "archspec: 1\nname: example\ninputs: {x: [3, 16, 16]}\n"
BLOCKS = """archspec: 1
blocks:
  gate:
    params: {channels: int}
    graph: [global_avg_pool, {op: conv, out_channels: channels, kernel_size: 1}, sigmoid]
  squeeze:
    params: {act: {type: op, default: gate}}
    graph:
      gate: {op: $act, channels: input.channels}
      scaled: {op: mul, from: [input, gate]}
"""
BASE = """archspec: 1
name: base
params: {width: 4, classes: 10}
let: {double: width * 2}
inputs: {image: [3, 32, 32]}
blocks:
  unit: {params: {n: int}, graph: [{op: conv, out_channels: n, kernel_size: 1}, relu]}
graph:
  stem: {op: unit, n: width}
  body: {op: unit, n: "double * input.channels"}
  pool: global_avg_pool
  flatten: flatten
  fc: {op: linear, out_features: classes}
variants:
  wide: {width: 16}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "blocks.yaml").write_text(BLOCKS)
    (tmp_path / "copy.yaml").write_text(BLOCKS)
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def paths(text: str, path: Path) -> list[str]:
    return [line.partition(" = ")[0] for line in nodes(text, path)]


def test_blocks_of_a_file_see_one_another(folder: Path) -> None:
    # A block of the same name here is not theirs.
    text = f"{HEAD}import: [blocks.yaml]\nblocks: {{relu: {{graph: [tanh]}}}}\ngraph: {{a: squeeze, b: relu}}\n"
    assert paths(text, folder / "x.yaml") == ["a.gate.0", "a.gate.1", "a.gate.2", "a.scaled", "b.0"]


def test_a_block_that_comes_on_two_ways_is_one(folder: Path) -> None:
    (folder / "more.yaml").write_text("archspec: 1\nimport: blocks.yaml\nblocks: {one: {graph: [squeeze]}}\n")
    text = f"{HEAD}import: [more.yaml, blocks.yaml]\ngraph: [one, {{op: gate, channels: 3}}]\n"
    assert paths(text, folder / "x.yaml")[-1] == "1.2"


def test_a_file_imports_others_and_a_spec_can_be_imported(folder: Path) -> None:
    (folder / "more.yaml").write_text(
        "archspec: 1\nimport: [blocks.yaml, base.yaml]\nblocks: {both: {graph: [squeeze, {op: unit, n: 2}]}}\n"
    )
    assert paths(f"{HEAD}import: more.yaml\ngraph: [both]\n", folder / "x.yaml")[-2:] == ["0.1.0", "0.1.1"]


def test_the_first_part_of_a_spec_is_a_block(folder: Path) -> None:
    text = f"{HEAD}blocks: {{part: {{spec: base.yaml, variant: wide, until: body}}}}\ngraph: {{body: part}}\n"
    lines = flat(text, folder / "x.yaml").splitlines()
    assert lines[2] == "body.stem.0 = conv(x, out_channels=16, kernel_size=1): 16x16x16"
    assert lines[4] == "body.body.0 = conv(body.stem.1, out_channels=96, kernel_size=1): 96x16x16"
    assert lines[-1] == "output body = body.body.1"


def test_params_are_given_to_the_block_or_where_it_is_used(folder: Path) -> None:
    part = "blocks: {part: {spec: base.yaml, params: {width: 2, classes: 5}}}"
    text = f"{HEAD}{part}\ngraph: {{a: {{op: part, classes: 7}}}}\n"
    given = flat(text, folder / "x.yaml")
    assert "a.stem.0 = conv(x, out_channels=2, kernel_size=1): 2x16x16" in given
    assert "a.fc = linear(a.flatten, out_features=7): 7" in given


def test_several_results_of_a_part_are_named(folder: Path) -> None:
    part = "blocks: {part: {spec: base.yaml, until: body, outputs: {low: stem, high: body}}}"
    text = f"{HEAD}{part}\ngraph:\n  p: part\n  j: {{op: concat, from: [p.low, p.high]}}\n"
    assert "j = concat(p.stem.1, p.body.1): 28x16x16" in flat(text, folder / "x.yaml")


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("import: [block.yaml]", Fault("AS110", 4, 10, None)),
        ("import: ../blocks.yaml", Fault("AS111", 4, 9, None)),
        ("import: [blocks.yaml, copy.yaml]", Fault("AS406", 4, 23, None)),
        ("import: blocks.yaml\nblocks: {gate: {graph: [relu]}}", Fault("AS406", 5, 10, None)),
        ("blocks: {p: {spec: base.yaml, until: boddy}}", Fault("AS401", 4, 38, "p")),
        ("blocks: {p: {spec: base.yaml, variant: wid}}", Fault("AS108", 4, 40, "p")),
        ("blocks: {p: {spec: base.yaml, params: {witdh: 2}}}", Fault("AS109", 4, 40, "p")),
        ("blocks: {p: {spec: base.yaml, untl: body}}", Fault("AS101", 4, 31, "p")),
        ("blocks: {p: {spec: x.yaml}}", Fault("AS112", 4, 20, "p")),
    ],
)
def test_what_is_wrong_is_said_where_it_is(head: str, fault: Fault, folder: Path) -> None:
    path = folder / "x.yaml"
    path.write_text(f"{HEAD}{head}\ngraph: {{r: relu}}\n")
    found = faults(path.read_text(), path)
    assert fault in found
    assert {other.code for other in found} <= {fault.code, "AS406"}


def test_a_file_of_blocks_can_be_checked_and_is_no_network(folder: Path) -> None:
    assert not api.check(folder / "blocks.yaml")
    with pytest.raises(api.SpecError, match="no nodes"):
        api.load(folder / "blocks.yaml")
    (folder / "blocks.yaml").write_text(BLOCKS.replace("sigmoid", "sigmoidd"))
    assert [problem.code for problem in api.check(folder / "blocks.yaml")] == ["AS301"]
