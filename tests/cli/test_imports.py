from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from archspec.cli import COMMANDS, cli
from tests.cli.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run

HEAVY = ("torch", "torchvision", "onnx", "onnx_ir", "onnxruntime", "pytorch_lightning")
ONLY_FOR_ERRORS = (
    "archspec.repair",
    "archspec.diagnostics.proposal",
    "archspec.diagnostics.suggestion",
    "archspec.elaborate.advice",
    "archspec.elaborate.likely",
    "archspec.elaborate.search",
    "archspec.spec.expressions.rewriting",
)
SCRIPT = """
import sys
from archspec.cli import cli
code = cli(sys.argv[2:], prog_name="archspec", standalone_mode=False)
assert code == 0, code
loaded = [name for name in sys.argv[1].split(",") if name in sys.modules]
assert not loaded, loaded
"""


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--help",), ("networkx", "pydantic", "yaml", "numpy", "rich")),
        (("--version",), ("networkx", "pydantic", "yaml", "numpy", "rich")),
        (("check", "--help"), ("networkx", "pydantic", "yaml", "numpy", "rich")),
        (("check", "good.yaml"), ("numpy", "rich", *ONLY_FOR_ERRORS)),
        (("shapes", "good.yaml"), ONLY_FOR_ERRORS),
        (("shapes", str(ROOT / "specs" / "resnet152.yaml")), ONLY_FOR_ERRORS),  # of a family with blocks it leaves out
        (("field", "good.yaml", "fc"), ("numpy", "rich")),
        (("build", "good.yaml", "--emit", "torch,summary"), ()),
        (("expand", "good.yaml"), ()),
        (("scan", "good.yaml", "--set", "width=4,8"), ("numpy", "rich")),
        (("diff", "good.yaml", "--set-b", "width=8"), ("rich",)),
        (("explain", "AS204"), ("networkx", "pydantic", "numpy", "rich")),
        (("ops", "conv"), ()),
        (("zoo",), ()),
        (("init", "residual_mnist"), ()),
    ],
)
def test_what_a_command_does_not_import(folder: Path, arguments: tuple[str, ...], unwanted: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", SCRIPT, ",".join(HEAVY + unwanted), *arguments]
    result = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"archspec {name}" in result.stdout


def test_the_overview_lists_every_command(run: Run) -> None:
    help_text = run("--help").stdout
    for name, entry in COMMANDS.items():
        assert name in help_text
        assert entry.short_help in help_text
    assert set(COMMANDS) == set(cli.entries)  # type: ignore[attr-defined]
