from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run, Start

MODULE = """\
from torch import nn
class Twice(nn.Module):
    def forward(self, x):
        return 2 * x
"""
SPEC = """\
archspec: 1
name: small
inputs: {image: [1, 8, 8]}
graph:
  twice: mine.layers:Twice
  relu: relu
"""


@pytest.fixture
def own(folder: Path) -> Path:
    """The current folder, with a package and a spec that uses it."""
    (folder / "mine").mkdir()
    (folder / "mine" / "layers.py").write_text(MODULE, encoding="utf-8")
    (folder / "own.yaml").write_text(SPEC, encoding="utf-8")
    return folder


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("command", ["check", "shapes", "expand"])
def test_without_permission_they_are_refused(run: Run, command: str) -> None:
    refused = run(command, "own.yaml")
    assert refused.exit_code == 1
    assert "AS311" in refused.stderr
    assert "--allow-imports" in refused.stderr
    assert "mine.layers" not in sys.modules


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("command", [("check",), ("build", "--emit", "torch,summary")])
def test_modules_of_the_current_folder_are_found(start: Start, command: tuple[str, ...]) -> None:
    allowed = start(*command, "own.yaml", "--allow-imports")
    assert allowed.returncode == 0, allowed.stderr
    assert "Traceback" not in allowed.stderr


@pytest.mark.usefixtures("own")
def test_a_network_that_cannot_be_exported_is_refused(start: Start) -> None:
    result = start("export", "own.yaml", "--allow-imports", "-o", "own.onnx")
    assert result.returncode == 1
    assert "AS521" in result.stderr
    assert "node: twice" in result.stderr
