"""docs/new_network.md: what it shows of Xception is in the spec, and what it says to run runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "new_network.md").read_text(encoding="utf-8")


def fences(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_blocks_are_those_of_the_spec() -> None:
    spec = yaml.safe_load((ROOT / "specs" / "legacy_xception.yaml").read_text(encoding="utf-8"))
    shown: dict[str, Any] = {}
    for text in fences("yaml"):
        shown |= yaml.safe_load(text)
    for block in spec["blocks"].values():
        del block["description"]
    assert shown == spec["blocks"]


def test_weights_load_and_results_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    _, comparison = fences("python")
    exec(compile(comparison, "new_network.md", "exec"), {})  # noqa: S102
