from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from archspec.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from click.testing import Result

    Run = Callable[..., Result]
    Start = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parent.parent.parent

GOOD = """\
archspec: 1
name: small
params: {classes: 10, width: 4}
inputs: {image: [1, 8, 8]}
graph:
  conv: {op: conv, out_channels: width, kernel_size: 3}
  relu: relu
  flatten: flatten
  fc: {op: linear, out_features: classes}
"""
BAD = GOOD.replace("kernel_size: 3", "kernel_size: 30")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a good and a bad spec in it."""
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Run a command in this process."""
    del folder

    def invoke(*args: str, text: str | bytes | None = None, color: bool = False) -> Result:
        return CliRunner().invoke(cli, args, input=text, prog_name="archspec", color=color)

    return invoke


@pytest.fixture
def start(folder: Path) -> Start:
    """Run a command in a process of its own."""

    def invoke(*args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        command = [sys.executable, "-c", "from archspec.cli import main; main()", *args]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return invoke
