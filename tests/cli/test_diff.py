from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run, Start

FAMILY = """\
archspec: 1
name: family
params: {width: 8, classes: 10}
inputs: {image: [3, 16, 16]}
graph:
  conv: {op: conv, out_channels: width, kernel_size: 3}
  pool: global_avg_pool
  flatten: flatten
  fc: {op: linear, out_features: classes}
variants:
  narrow: {width: 4}
  wide: {width: 16}
"""


@pytest.fixture
def family(folder: Path) -> str:
    (folder / "family.yaml").write_text(FAMILY, encoding="utf-8")
    return "family.yaml"


def test_two_specs(run: Run, family: str) -> None:
    result = run("diff", "good.yaml", family)
    assert result.exit_code == 0
    assert result.stdout.startswith("A: small (good.yaml)\nB: family (family.yaml)\n\nstructure: 4 -> 4 nodes")


@pytest.mark.parametrize(
    "arguments",
    [
        ("family.yaml@narrow", "family.yaml@wide"),
        ("family.yaml@narrow", "@wide"),
        ("family.yaml", "--set-a", "width=4", "--set-b", "width=16"),
        ("family.yaml@narrow", "--set-b", "width=16"),
        ("family.yaml", "family.yaml@wide", "--set-a", "width=4", "--set", "classes=10"),
    ],
)
def test_variants_and_settings_of_one_spec(run: Run, family: str, arguments: tuple[str, ...]) -> None:
    del family
    result = run("diff", *arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert [change["settings"] for change in found["changed"]] == [{"out_channels": {"before": 4, "after": 16}}]
    assert found["params"] == {"width": {"before": 4, "after": 16}}


def test_inputs(run: Run, family: str) -> None:
    result = run("diff", family, "--input-b", "3x32x32")
    assert "input image  image: 3x16x16 -> image: 3x32x32" in result.stdout
    assert "(100%) fit by name and shape (load_state_dict takes them with strict=True)" in result.stdout


def test_a_file_whose_name_has_an_at_sign(run: Run, folder: Path) -> None:
    (folder / "odd@name.yaml").write_text(FAMILY, encoding="utf-8")
    assert "the networks are the same" in run("diff", "odd@name.yaml", "odd@name.yaml").stdout
    assert run("diff", "odd@name.yaml@narrow", "@wide", "--exit-code").exit_code == 1


def test_exit_codes(run: Run, family: str) -> None:
    assert run("diff", family, family, "--exit-code").exit_code == 0
    assert run("diff", family, "good.yaml").exit_code == 0
    result = run("diff", family, "good.yaml", "--exit-code", "--quiet")
    assert (result.exit_code, result.stdout) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "code", "wanted"),
    [
        (("good.yaml",), 2, "there is nothing to compare A with"),
        ((), 2, "Missing argument 'A'"),
        (("-", "-"), 2, "standard input can be read once only"),
        (("good.yaml", "missing.yaml"), 3, "missing.yaml"),
        (("good.yaml", "bad.yaml"), 1, "bad.yaml:"),
        (("good.yaml@large", "good.yaml"), 1, "AS108"),
        (("good.yaml", "--set-b", "widht=3"), 1, "did you mean 'width'"),
        (("good.yaml", "--set-b", "width"), 2, "write NAME=VALUE"),
        (("good.yaml", "--input-b", "3xx4"), 2, "write sizes with x between them"),
    ],
)
def test_what_is_wrong_is_said(run: Run, arguments: tuple[str, ...], code: int, wanted: str) -> None:
    result = run("diff", *arguments)
    assert result.exit_code == code
    assert wanted in result.stderr
    assert result.stdout == ""


def test_errors_of_both_are_shown(run: Run, folder: Path) -> None:
    (folder / "worse.yaml").write_text(FAMILY.replace("width,", "widht,"), encoding="utf-8")
    result = run("diff", "bad.yaml", "worse.yaml")
    assert result.exit_code == 1
    assert "--> bad.yaml:" in result.stderr
    assert "--> worse.yaml:" in result.stderr


def test_standard_input(start: Start, run: Run, family: str) -> None:
    del start
    result = run("diff", family, "-", text=FAMILY.replace("width: 8", "width: 9"))
    assert "~ conv  conv out_channels 8 -> 9" in result.stdout


def test_colours_only_where_they_are_wanted(start: Start, family: str) -> None:
    plain = start("diff", family, "good.yaml")
    assert "\x1b" not in plain.stdout
    assert "\x1b[1mA: family" in start("diff", family, "good.yaml", env={"FORCE_COLOR": "1"}).stdout


def test_sizes_that_are_left_open(run: Run, folder: Path) -> None:
    (folder / "open.yaml").write_text(FAMILY.replace("16, 16", "H, W"), encoding="utf-8")
    assert "the networks are the same" in run("diff", "open.yaml", "open.yaml").stdout
    result = run("diff", "open.yaml", "--input-b", "3xHxH")
    assert "image: 3xHxW, made at 3x224x224 -> image: 3xHxH, made at 3x224x224" in result.stdout


def test_a_warning_about_both_is_printed_once(run: Run, family: str) -> None:
    result = run("diff", family, "--set-b", "classes=3")
    assert result.stderr.count("warning[AS708]") == 1
    assert run("diff", family, "--set-b", "classes=3", "--quiet").stderr == ""
