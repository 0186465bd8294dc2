from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import generate_docs

if TYPE_CHECKING:
    from pathlib import Path


def test_the_reference_is_up_to_date(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["generate_docs.py", "--check"])
    assert generate_docs.main() == 0, capsys.readouterr().out


def test_drift_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "docs" / "reference"
    monkeypatch.setattr(generate_docs, "FOLDER", folder)
    monkeypatch.setattr("sys.argv", ["generate_docs.py"])
    assert generate_docs.main() == 0
    monkeypatch.setattr("sys.argv", ["generate_docs.py", "--check"])
    assert generate_docs.main() == 0
    with (folder / "ops.md").open("a") as file:
        file.write("\n")
    assert generate_docs.main() == 1


@pytest.mark.parametrize("page", generate_docs.PAGES)
def test_pages_hold_no_paths_of_this_machine(page: str, tmp_path: Path) -> None:
    text = "\n".join(generate_docs.PAGES[page]())
    assert str(generate_docs.FOLDER.parent.parent) not in text
    assert str(tmp_path.parent) not in text
