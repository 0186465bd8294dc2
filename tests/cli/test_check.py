from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run

GOOD = "good.yaml"
BAD = "bad.yaml"


def test_a_good_spec(run: Run) -> None:
    result = run("check", GOOD)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "1 spec: no problems\n", "")


def test_quiet(run: Run) -> None:
    result = run("check", GOOD, "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_a_bad_spec_goes_to_standard_error(run: Run) -> None:
    result = run("check", BAD)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[AS202]" in result.stderr
    assert "bad.yaml:6:54" in result.stderr
    assert result.stderr.endswith("1 error in bad.yaml\n")


def test_several_specs_in_one_run(run: Run) -> None:
    result = run("check", BAD, GOOD, "missing.yaml", BAD)
    assert result.exit_code == 3
    assert result.stderr.count("error[AS202]") == 1
    assert "cannot read missing.yaml: no such file or directory" in result.stderr
    assert result.stderr.endswith("2 errors in 2 files\n")


def test_a_folder(run: Run, folder: Path) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    os.link(folder / BAD, folder / "deep" / "er" / "also_bad.yml")
    os.link(folder / BAD, folder / ".hidden" / "bad.yaml")
    (folder / "deep" / "recipe.yaml").write_text("data: {kind: mnist}\n", encoding="utf-8")
    (folder / "deep" / "notes.txt").write_text("archspec: 1\n", encoding="utf-8")
    (folder / "deep" / "commented.yaml").write_text("# a\n\n---\narchspec: 2\n", encoding="utf-8")
    problems = json.loads(run("check", ".", "--format", "json").stdout)["problems"]
    assert [problem["path"] for problem in problems] == ["bad.yaml", "deep/commented.yaml", "deep/er/also_bad.yml"]


def test_a_pattern(run: Run) -> None:
    assert run("check", "*.yaml").exit_code == 1
    assert run("check", "g*.yaml").exit_code == 0


@pytest.mark.parametrize("place", ["empty", "*.nothing"])
def test_no_specs(run: Run, folder: Path, place: str) -> None:
    (folder / "empty").mkdir()
    result = run("check", place)
    assert result.exit_code == 2
    assert f"error[AS804]: there are no specs in {place}" in result.stderr


def test_standard_input(run: Run, folder: Path) -> None:
    text = (folder / BAD).read_text()
    result = run("check", "-", text=text)
    assert result.exit_code == 1
    assert "<stdin>:6:54" in result.stderr
    assert "6 |   conv: {op: conv, out_channels: width, kernel_size: 30}" in result.stderr
    assert run("check", "-", text=(folder / GOOD).read_text()).exit_code == 0


@pytest.mark.parametrize(
    ("data", "code"), [(b"a" * 6_000_000, "AS002"), (b"\xff\xfea\x00", "AS003"), (b"name: \xe9", "AS004"), (b"", "AS")]
)
def test_standard_input_that_is_no_spec(run: Run, data: bytes, code: str) -> None:
    result = run("check", "-", text=data)
    assert result.exit_code == 1
    assert f"error[{code}" in result.stderr
    assert len(result.stderr.encode()) <= 4096


def test_json(run: Run) -> None:
    result = run("check", BAD, GOOD, "--format", "json")
    assert (result.exit_code, result.stderr) == (1, "")
    (problem,) = json.loads(result.stdout)["problems"]
    assert list(problem) == [
        "code",
        "slug",
        "severity",
        "path",
        "line",
        "column",
        "end_line",
        "end_column",
        "node",
        "message",
        "help",
        "notes",
        "fix",
    ]
    assert (problem["code"], problem["path"], problem["line"], problem["column"]) == ("AS202", BAD, 6, 54)
    assert json.loads(run("check", GOOD, "--format", "json").stdout) == {"problems": []}


def test_sarif(run: Run) -> None:
    result = run("check", BAD, "missing.yaml", "--format", "sarif")
    assert result.exit_code == 3
    (log,) = json.loads(result.stdout)["runs"]
    assert [found["ruleId"] for found in log["results"]] == ["AS202", "AS801"]
    assert log["tool"]["driver"]["version"]


def test_variant_parameters_and_inputs(run: Run) -> None:
    assert run("check", GOOD, "--set", "classes=3", "--set", "width=8", "--input", "1x4x4").exit_code == 0
    assert run("check", GOOD, "--input", "image=1x2x2").exit_code == 1
    assert "AS109" in run("check", GOOD, "--set", "clases=3").stderr
    assert "AS108" in run("check", GOOD, "--variant", "large").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--set", "classes"),
        ("--set", "=1"),
        ("--set", "classes="),
        ("--set", "classes={a: 1}"),
        ("--set", "classes=[1"),
        ("--set", "cl-asses=1"),
        ("--input", "1x0x2"),
        ("--input", "1,2,3"),
        ("--input", "="),
        ("--input", "image="),
        ("--format", "xml"),
        ("--nonsense",),
        (),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("check", *([GOOD] if arguments else []), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_colors(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run("check", BAD, color=True).stderr
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31merror[AS202]\x1b[0m" in run("check", BAD, color=True).stderr
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("check", BAD, color=True).stderr
