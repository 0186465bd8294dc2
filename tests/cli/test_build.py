from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archspec.source.atomic import PREFIX, claim

if TYPE_CHECKING:
    from tests.cli.conftest import Run, Start


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_everything(run: Run, folder: Path) -> None:
    result = run("build", "good.yaml", "-o", "out")
    assert (result.exit_code, result.stderr) == (0, "")
    assert names(folder / "out") == ["small.json", "small.onnx", "small.py"]
    assert "wrote out/small.py\n" in result.stdout
    assert "differs from PyTorch by at most" in result.stdout
    assert "fc" in result.stdout
    summary = json.loads((folder / "out" / "small.json").read_text())
    assert (summary["name"], summary["inputs"]) == ("small", {"image": [1, 8, 8]})
    assert summary["totals"]["params"] == 4 * 9 + 4 + 4 * 36 * 10 + 10


def test_the_default_folder(run: Run, folder: Path) -> None:
    assert run("build", "good.yaml", "--emit", "torch").exit_code == 0
    assert names(folder / "build") == ["small.py"]


def test_the_same_bytes_each_time(run: Run, start: Start, folder: Path) -> None:
    assert run("build", "good.yaml", "-o", "a").exit_code == 0
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    assert start("build", "good.yaml", "-o", "b", env=environment).returncode == 0
    for name in ("small.py", "small.json", "small.onnx"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes(), name


def test_quiet(run: Run) -> None:
    result = run("build", "good.yaml", "--emit", "torch", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_json(run: Run) -> None:
    document = json.loads(run("build", "good.yaml", "--emit", "torch,summary", "--format", "json").stdout)
    assert [record["path"] for record in document["written"]] == ["build/small.py", "build/small.json"]
    assert document["nodes"][0]["name"] == "conv"


def test_a_bad_spec_writes_nothing(run: Run, folder: Path) -> None:
    result = run("build", "bad.yaml", "-o", "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "AS202" in result.stderr
    assert not (folder / "out").exists()


@pytest.mark.parametrize("kinds", ["", ",", "pytorch", "torch,"])
def test_emit(run: Run, folder: Path, kinds: str) -> None:
    result = run("build", "good.yaml", "--emit", kinds)
    assert result.exit_code == (0 if kinds == "torch," else 2)
    assert (folder / "build").exists() == (kinds == "torch,")


def test_an_unwritable_folder(run: Run) -> None:
    for place in ("/proc/archspec", "good.yaml"):
        result = run("build", "good.yaml", "-o", place)
        assert result.exit_code == 3
        assert f"error[AS802]: cannot write {place}" in result.stderr


def test_a_busy_folder(run: Run, folder: Path) -> None:
    with claim(folder / "out"):
        result = run("build", "good.yaml", "-o", "out")
    assert result.exit_code == 4
    assert "error[AS803]: another archspec is writing into out" in result.stderr
    assert run("build", "good.yaml", "-o", "out", "--emit", "torch").exit_code == 0


def test_a_failing_second_file_leaves_nothing(run: Run, folder: Path) -> None:
    (folder / "build").mkdir()
    (folder / "build" / "small.json").mkdir()
    result = run("build", "good.yaml", "--emit", "torch,summary")
    assert result.exit_code == 3
    assert "cannot write" in result.stderr
    assert names(folder / "build") == ["small.json"]


def test_what_an_earlier_run_left_is_removed(run: Run, folder: Path) -> None:
    (folder / "build").mkdir()
    (folder / "build" / f"{PREFIX}123-small.py").write_text("half")
    assert run("build", "good.yaml", "--emit", "torch").exit_code == 0
    assert names(folder / "build") == ["small.py"]


def test_standard_input_and_options(run: Run, folder: Path) -> None:
    text = Path("good.yaml").read_text()
    result = run("build", "-", "--set", "classes=3", "--input", "1x10x10", "--emit", "summary", text=text)
    assert result.exit_code == 0
    summary = json.loads((folder / "build" / "small.json").read_text())
    assert (summary["inputs"], summary["nodes"][-1]["shape"]) == ({"image": [1, 10, 10]}, [3])
