from __future__ import annotations

import json
import os
import re
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
    assert result.stderr.endswith("1 error in bad.yaml (with a fix: archspec fix)\n")


SHOWN_FIX = """\
  = fix: kernel_size: 3 in conv
  |
6 |   conv: {op: conv, out_channels: width, kernel_size: 3}
  |                                                      ~
"""


def test_text_shows_the_fix_that_json_has_and_archspec_fix_makes(run: Run) -> None:
    assert SHOWN_FIX in run("check", BAD).stderr
    (problem,) = json.loads(run("check", BAD, "--format", "json").stdout)["problems"]
    assert problem["fix"]["description"] == "kernel_size: 3 in conv"
    assert "\n+  conv: {op: conv, out_channels: width, kernel_size: 3}\n" in run("fix", BAD, "--diff").stdout


@pytest.mark.parametrize("command", ["shapes", "expand", "build", "field"])
def test_other_commands_show_it_too(run: Run, command: str) -> None:
    arguments = (BAD, "conv") if command == "field" else (BAD,)
    assert SHOWN_FIX in run(command, *arguments).stderr


def test_several_specs_in_one_run(run: Run) -> None:
    result = run("check", BAD, GOOD, "missing.yaml", BAD)
    assert result.exit_code == 3
    assert result.stderr.count("error[AS202]") == 1
    assert "cannot read missing.yaml: no such file or directory" in result.stderr
    assert result.stderr.endswith("2 errors in 2 files (1 with a fix: archspec fix)\n")


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


def test_lines_from_which_editors_jump(run: Run) -> None:
    result = run("check", BAD, "missing.yaml", GOOD, "--format", "short")
    assert (result.exit_code, result.stderr) == (3, "")
    lines = result.stdout.splitlines()
    assert re.fullmatch(rf"{re.escape(BAD)}:6:54: error: .*kernel_size.* \[AS202\]", lines[0])
    assert all(line.startswith((f"{BAD}:6:54: note: ", "missing.yaml:1:1: ")) for line in lines[1:])
    assert run("check", GOOD, "--format", "short").stdout == ""


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


DOUBTFUL = """\
archspec: 1
name: doubtful
inputs: {image: [1, 9, 9]}
graph:
  conv: {op: conv, out_channels: 4, kernel_size: 3, padding: 1}
  norm: batch_norm
  pool: {op: max_pool, kernel_size: 2}
"""


@pytest.fixture
def doubtful(folder: Path) -> str:
    (folder / "doubtful.yaml").write_text(DOUBTFUL, encoding="utf-8")
    return "doubtful.yaml"


def test_warnings(run: Run, doubtful: str) -> None:
    result = run("check", doubtful)
    assert (result.exit_code, result.stdout) == (0, "")
    assert (
        "warning[AS701]: the bias of this conv has no effect: batch_norm (norm) takes it away again\n" in result.stderr
    )
    assert "5 |   conv: {op: conv," in result.stderr
    assert "warning[AS706]" in result.stderr
    assert "kernel_size: 3, padding: 1, bias: false}\n" in result.stderr
    assert result.stderr.endswith("\n2 warnings in doubtful.yaml (1 with a fix: archspec fix --warnings)\n")


def test_warnings_and_errors_together(run: Run, doubtful: str) -> None:
    result = run("check", doubtful, BAD)
    assert result.exit_code == 1
    assert result.stderr.endswith("\n1 error, 2 warnings in 2 files (2 with a fix: archspec fix --warnings)\n")


def test_strictly_a_warning_counts(run: Run, doubtful: str) -> None:
    assert run("check", doubtful, "--strict").exit_code == 1
    assert run("check", GOOD, "--strict").exit_code == 0


@pytest.mark.parametrize(
    ("allowed", "left"),
    [
        (("--allow", "AS701"), ["AS706"]),
        (("--allow", "as701", "--allow", "border-lost"), []),
        (("--allow", "bias-before-norm, AS706"), []),
    ],
)
def test_warnings_that_are_allowed(run: Run, doubtful: str, allowed: tuple[str, ...], left: list[str]) -> None:
    result = run("check", doubtful, "--strict", "--format", "json", *allowed)
    assert [problem["code"] for problem in json.loads(result.stdout)["problems"]] == left
    assert result.exit_code == bool(left)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("bias-before-nrom", "did you mean 'bias-before-norm'?"), ("AS204", "did you mean 'AS7"), (",", "codes or names")],
)
def test_what_cannot_be_allowed(run: Run, doubtful: str, name: str, remedy: str) -> None:
    result = run("check", doubtful, "--allow", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert remedy in " ".join(result.stderr.split())


def test_warnings_for_machines(run: Run, doubtful: str) -> None:
    found = json.loads(run("check", doubtful, "--format", "json").stdout)["problems"]
    assert [(each["code"], each["severity"], each["line"], each["node"]) for each in found] == [
        ("AS701", "warning", 5, "conv"),
        ("AS706", "warning", 7, "pool"),
    ]
    (log,) = json.loads(run("check", doubtful, "--format", "sarif").stdout)["runs"]
    assert [each["level"] for each in log["results"]] == ["warning", "warning"]


def test_other_commands_show_warnings_too(run: Run, doubtful: str) -> None:
    result = run("build", doubtful, "--emit", "torch", "--allow", "AS706")
    assert result.exit_code == 0
    assert "warning[AS701]" in result.stderr
    assert "AS706" not in result.stderr
    assert run("shapes", doubtful, "--quiet").stderr == ""
    document = json.loads(run("shapes", doubtful, "--format", "json", "--allow", "AS701").stdout)
    assert [problem["code"] for problem in document["problems"]] == ["AS706"]
