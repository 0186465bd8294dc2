from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any

import pytest

from archspec.repair import mending
from tests.cli.conftest import GOOD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run

MISSPELT = GOOD.replace("relu: relu", "relu: rleu  # an activation").replace("out_features", "out_feature")
HOPELESS = GOOD.replace("width, kernel_size: 3", "nothing_like_it, kernel_size: 3").replace("relu: relu", "relu: rleu")


@pytest.fixture(autouse=True)
def specs(folder: Path) -> None:
    (folder / "misspelt.yaml").write_text(MISSPELT, encoding="utf-8")
    (folder / "hopeless.yaml").write_text(HOPELESS, encoding="utf-8")


def test_what_can_be_mended_is(run: Run, folder: Path) -> None:
    result = run("fix", "misspelt.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "misspelt.yaml:7: relu for rleu (AS301)",
        "misspelt.yaml:9: out_features for out_feature (AS302)",
    ]
    assert (folder / "misspelt.yaml").read_text("utf-8") == GOOD.replace("relu: relu", "relu: relu  # an activation")


def test_what_cannot_be_mended_is_reported(run: Run, folder: Path) -> None:
    result = run("fix", "hopeless.yaml")
    assert result.exit_code == 1
    assert result.stdout == "hopeless.yaml:7: relu for rleu (AS301)\n"
    assert "error[AS127]" in result.stderr
    assert result.stderr.endswith("1 error in hopeless.yaml\n")
    assert "relu: relu" in (folder / "hopeless.yaml").read_text("utf-8")


def test_a_good_spec_stays_as_it_is(run: Run, folder: Path) -> None:
    before = (folder / "good.yaml").stat()
    result = run("fix", "good.yaml")
    assert (result.exit_code, result.stdout) == (0, "no errors to fix\n")
    after = (folder / "good.yaml").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


DOUBTFUL = GOOD.replace("  relu: relu\n", "  norm: batch_norm\n  dead: relu\n").replace(
    "  flatten: flatten\n", "  flatten: {op: flatten, from: norm}\n"
)


def test_warnings_are_mended_only_when_asked(run: Run, folder: Path) -> None:
    place = folder / "doubtful.yaml"
    place.write_text(DOUBTFUL, encoding="utf-8")
    result = run("fix", "doubtful.yaml")
    assert (result.exit_code, result.output) == (0, "no errors to fix\n")
    result = run("fix", "doubtful.yaml", "--warnings", "--allow", "bias-before-norm", "--diff")
    assert "-  dead: relu\n" in result.stdout
    assert "bias" not in result.stdout
    result = run("fix", "doubtful.yaml", "--warnings")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "doubtful.yaml:6: bias: false in conv (AS701)",
        "doubtful.yaml:8: without dead (AS702)",
    ]
    assert (
        "kernel_size: 3, bias: false}\n  norm: batch_norm\n  flatten: {op: flatten, from: norm}\n" in place.read_text()
    )


def test_warnings_that_are_left_are_shown(run: Run, folder: Path) -> None:
    text = DOUBTFUL.replace("  flatten: {op: flatten, from: norm}\n", "  pool: {op: global_avg_pool, from: norm}\n")
    (folder / "doubtful.yaml").write_text(text.replace("  dead: relu\n", ""), encoding="utf-8")
    result = run("fix", "doubtful.yaml", "--warnings")
    assert (result.exit_code, result.stdout) == (0, "doubtful.yaml:6: bias: false in conv (AS701)\n")
    assert result.stderr.startswith("warning[AS708]")
    assert result.stderr.endswith("1 warning in doubtful.yaml\n")


def test_a_diff_writes_nothing(run: Run, folder: Path) -> None:
    result = run("fix", "misspelt.yaml", "--diff")
    assert result.exit_code == 0
    assert result.stdout.startswith("--- misspelt.yaml\n+++ misspelt.yaml\n@@ ")
    assert "-  relu: rleu  # an activation\n+  relu: relu  # an activation\n" in result.stdout
    assert (folder / "misspelt.yaml").read_text("utf-8") == MISSPELT


def test_standard_input_is_filtered(run: Run) -> None:
    result = run("fix", "-", text=MISSPELT)
    assert result.exit_code == 0
    assert result.stdout == GOOD.replace("relu: relu", "relu: relu  # an activation")
    assert "relu for rleu" in result.stderr


def test_as_json(run: Run) -> None:
    document: dict[str, Any] = json.loads(run("fix", "hopeless.yaml", "--format", "json").stdout)
    assert [problem["fix"]["replacement"] for problem in document["fixed"]] == ["relu"]
    assert [problem["code"] for problem in document["problems"]] == ["AS127"]


def test_a_folder_is_mended_at_once(run: Run, folder: Path) -> None:
    assert run("fix", ".").exit_code == 1
    assert "relu: relu" in (folder / "misspelt.yaml").read_text("utf-8")
    assert "relu: relu" in (folder / "hopeless.yaml").read_text("utf-8")


def test_two_specs_that_extend_one_file_mend_it_once(run: Run, folder: Path) -> None:
    for name in ("one", "two"):
        text = f"archspec: 1\nname: {name}\nextends: misspelt.yaml\n"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    result = run("fix", "one.yaml", "two.yaml")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2
    assert "out_features" in (folder / "misspelt.yaml").read_text("utf-8")


def test_what_is_shipped_is_not_edited_for_a_spec_of_ones_own(run: Run, folder: Path) -> None:
    text = "archspec: 1\nname: mine\nextends: families/resnet.yaml\nvariant: resnet81\n"
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    assert run("fix", "mine.yaml").exit_code == 0
    assert "variant: resnet18\n" in (folder / "mine.yaml").read_text("utf-8")


def test_a_byte_order_mark_stays(run: Run, folder: Path) -> None:
    (folder / "marked.yaml").write_bytes(codecs.BOM_UTF8 + MISSPELT.encode())
    assert run("fix", "marked.yaml").exit_code == 0
    data = (folder / "marked.yaml").read_bytes()
    assert data.startswith(codecs.BOM_UTF8 + b"archspec: 1")
    assert b"relu: relu" in data


def test_a_file_that_changed_meanwhile_is_left_alone(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mend = mending.mend

    def slow(*args: Any, **kwargs: Any) -> mending.Mended:
        found = mend(*args, **kwargs)
        (folder / "misspelt.yaml").write_text(MISSPELT + "# edited\n", encoding="utf-8")
        return found

    monkeypatch.setattr(mending, "mend", slow)
    result = run("fix", "misspelt.yaml")
    assert result.exit_code != 0
    assert (folder / "misspelt.yaml").read_text("utf-8") == MISSPELT + "# edited\n"


def test_a_missing_file(run: Run) -> None:
    result = run("fix", "missing.yaml")
    assert result.exit_code == 3
    assert "no such file or directory" in result.stderr


def test_check_proposes_what_fix_does(run: Run) -> None:
    (problem, _) = json.loads(run("check", "misspelt.yaml", "--format", "json").stdout)["problems"]
    fix = problem["fix"]
    assert (fix["line"], fix["column"], fix["end_column"], fix["replacement"]) == (7, 9, 13, "relu")
    assert fix["edits"] == [{key: value for key, value in fix.items() if key not in ("description", "edits")}]


def test_sarif_is_read_by_sarif_tools(run: Run, folder: Path) -> None:
    from sarif import loader

    log = folder / "problems.sarif"
    log.write_text(run("check", "misspelt.yaml", "--format", "sarif").stdout, encoding="utf-8")
    found: Any = loader.load_sarif_file(str(log))
    assert found.get_distinct_tool_names() == ["archspec"]
    records = found.get_records()
    assert [(record["Code"], record["Line"], record["Severity"]) for record in records] == [
        ("AS301", 7, "error"),
        ("AS302", 9, "error"),
    ]
    (change,) = found.get_results()[0]["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "relu"}
    assert change["replacements"][0]["deletedRegion"]["startLine"] == 7
