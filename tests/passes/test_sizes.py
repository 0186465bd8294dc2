"""Sizes that a spec leaves open: shapes as formulas, and which sizes work, tried one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from archspec.cli import cli
from archspec.passes.pipeline import analyse
from archspec.passes.sizes import sizes
from tests.compiling import compiled, faults, problems, spec

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.ir.graph import Graph

OPEN = "{x: [3, H, W]}"

U_NET = """
    down1: {op: conv, out_channels: 4, kernel_size: 3, padding: 1}
    pool1: {op: max_pool, kernel_size: 2}
    down2: {op: conv, out_channels: 8, kernel_size: 3, padding: 1}
    pool2: {op: max_pool, kernel_size: 2}
    up2: {op: conv_transpose, out_channels: 8, kernel_size: 2, stride: 2}
    join2: {op: concat, from: [up2, down2]}
    up1: {op: conv_transpose, out_channels: 4, kernel_size: 2, stride: 2}
    join1: {op: concat, from: [up1, down1]}
"""

HALVED_AND_DOUBLED = """
    a: {op: conv, out_channels: 3, kernel_size: 3, stride: 2, padding: 1}
    b: {op: upsample, scale_factor: 2}
    c: {op: add, from: [input, b]}
"""

CEILED = """
    - {op: conv, out_channels: 2, kernel_size: 5, stride: 3}
    - {op: max_pool, kernel_size: 3, stride: 2, ceil_mode: true}
"""


def made(text: str) -> Graph:
    graph, _, found = compiled(text)
    assert graph is not None
    assert not found
    return graph


def lines(graph_text: str, inputs: str = OPEN) -> list[str]:
    found = sizes(made(spec(graph_text, inputs=inputs)))
    assert found is not None
    return found.lines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- relu", ["H and W: any"]),
        ("- {op: conv, out_channels: 4, kernel_size: 7}", ["H and W: at least 7"]),
        ("- {op: conv, out_channels: 4, kernel_size: [3, 5]}", ["H: at least 3", "W: at least 5"]),
        (U_NET, ["H and W: multiples of 4"]),
        ("- {op: pixel_unshuffle, downscale_factor: 8}", ["H and W: multiples of 8"]),
        ("- {op: window_partition, window_size: 7}", ["H and W: multiples of 7"]),
        ("- {op: pad, padding: 3, mode: reflect}", ["H and W: at least 4"]),
        (
            "- flatten\n- {op: linear, out_features: 2}",
            [
                "H = W: 224",
                "H = W: any, if made anew: the shape of 1.weight depends on the size",
            ],
        ),
        (
            HALVED_AND_DOUBLED,
            ["H and W: multiples of 2"],
        ),
        (
            "a: {op: upsample, scale_factor: 1.5}\nb: {op: upsample, scale_factor: 0.3}",
            ["H and W: at least 3"],
        ),
        ("- {op: slice, start: 10, axis: 1}\n- {op: chunk, chunks: 2, axis: 2}", ["H: at least 11", "W: at least 2"]),
        ("- {op: permute, axes: [0, 2, 1]}\n- {op: add, from: [input, input]}", ["H and W: any"]),
    ],
)
def test_which_sizes_work(text: str, said: list[str]) -> None:
    assert lines(text) == said


@pytest.mark.parametrize(
    "text",
    [
        U_NET,
        CEILED,
    ],
)
def test_they_are_those_at_which_the_network_can_be_made(text: str) -> None:
    found = sizes(made(spec(text, inputs=OPEN)))
    assert found is not None
    (rule,) = found.rules
    for size in range(1, 60):
        fails = bool(problems(spec(text, inputs=f"{{x: [3, {size}, 224]}}")))
        assert fails == (size not in rule.makes)


@pytest.mark.parametrize("size", [12, 64, 100, 224])
def test_formulas_give_the_shapes_at_other_sizes(size: int) -> None:
    found = sizes(made(spec(U_NET, inputs=OPEN)))
    assert found is not None
    other = made(spec(U_NET, inputs=f"{{x: [3, {size}, 224]}}"))
    for value, formulas in found.formulas.items():
        shape = tuple(formula.value({"H": size, "W": 224}) for formula in formulas)
        assert shape == other.type_of(value).shape


def test_one_name_is_one_size() -> None:
    assert lines("- flatten\n- {op: reshape, shape: [3, -1]}", "{x: [3, S, S]}") == ["S: any"]
    joined = "join: {op: concat, from: [a, b]}"
    assert lines(joined, "{a: [3, S, 8], b: [4, S, 8]}") == ["S: any"]
    assert lines(joined, "{a: [3, S, 8], b: [4, T, 8]}") == ["S = T: any", "S and T alone: 224"]


def test_sequences_may_be_of_any_length() -> None:
    assert lines("- {op: embedding, num_embeddings: 9, embedding_dim: 4}", "{x: {shape: [T], dtype: int64}}") == [
        "T: any"
    ]
    assert lines("- {op: conv, out_channels: 4, kernel_size: 3}", "{x: [3, L]}") == ["L: at least 3"]


def test_a_network_is_made_at_a_size_that_works() -> None:
    graph = made(spec("- {op: window_partition, window_size: 9}\n- {op: mean, axis: 0}", inputs="{x: [3, H, 9]}"))
    assert graph.symbols["H"] % 9 == 0


def test_where_no_size_works_the_first_one_is_reported() -> None:
    (problem,) = problems(spec("- {op: conv, out_channels: 4, kernel_size: 3, groups: 2}", inputs=OPEN))
    assert problem.code.startswith("AS2")
    assert "3" in problem.message()


def test_channels_cannot_be_open() -> None:
    assert [fault.code for fault in faults(spec("- relu", inputs="{x: [C, H, W]}"))] == ["AS114"]


def test_a_name_without_a_capital_is_told_what_leaves_a_size_open() -> None:
    (problem,) = problems(spec("- relu", inputs="{x: [3, 8, width]}"))
    assert problem.code == "AS127"
    assert "a name with a capital, such as H" in (problem.help() or "")


def test_a_network_of_given_sizes_has_none_open() -> None:
    assert sizes(made(spec("- relu"))) is None


def test_a_rule_that_cannot_be_followed_is_asked_size_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    from archspec.ops.pool import MaxPool

    monkeypatch.setattr(MaxPool, "follows_sizes", False)
    assert lines(
        "- {op: max_pool, kernel_size: 4}\n- {op: pixel_unshuffle, downscale_factor: 2}", "{x: [3, H, 16]}"
    ) == ["H: multiples of 8, or up to 3 more, at least 8"]


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli, arguments, prog_name="archspec")
    assert result.exit_code == code, result.output
    return result.output


def test_the_table_shows_formulas_and_which_sizes_work(tmp_path: Path) -> None:
    path = tmp_path / "unet.yaml"
    path.write_text(spec(U_NET, inputs=OPEN), encoding="utf-8")
    table = run("shapes", str(path))
    assert "example (x: N x 3 x H x W)" in table
    assert "N x 8 x H/4 x W/4" in table
    assert "N x 4 x H/2 x W/2" in table
    assert "sizes that work: H and W: multiples of 4\nfigures are for H = 224, W = 224\n" in table


def test_the_document_has_formulas_beside_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / "unet.yaml"
    path.write_text(spec(U_NET, inputs=OPEN), encoding="utf-8")
    document = json.loads(run("shapes", str(path), "--format", "json", "--input", "3x64xW"))
    assert document["inputs"] == {"x": [3, 64, 224]}
    assert document["nodes"][1]["symbolic_shapes"] == [["4", "32", "W/2"]]
    assert document["nodes"][1]["shape"] == [4, 32, 112]
    assert document["sizes"]["symbols"] == {"W": 224}
    assert document["sizes"]["rules"][0]["works"]["text"] == "multiples of 4"


def test_a_wrong_size_is_told_the_nearest_that_work(tmp_path: Path) -> None:
    path = tmp_path / "unet.yaml"
    path.write_text(spec(U_NET, inputs="{x: [3, 64, 64]}"), encoding="utf-8")
    document = json.loads(run("check", str(path), "--input", "3x65x64", "--format", "json", code=1))
    (problem,) = document["problems"]
    said = "sizes that work: H: multiples of 4; the nearest to 65: 64 and 68"
    assert said in [note["message"] for note in problem["notes"]]


def test_the_expanded_spec_leaves_them_open(tmp_path: Path) -> None:
    path = tmp_path / "unet.yaml"
    path.write_text(spec(U_NET, inputs=OPEN), encoding="utf-8")
    assert "inputs: {x: [3, H, W]}" in run("expand", str(path))


def test_analysis_holds_them() -> None:
    found = analyse(made(spec("- relu", inputs=OPEN))).sizes
    assert found is not None
    assert found.chosen == {"H": 224, "W": 224}
