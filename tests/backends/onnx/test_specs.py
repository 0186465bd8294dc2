"""Whole specs, through the generated module and the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import pytest
import torch
from click.testing import CliRunner

import archspec
from archspec.cli import cli

if TYPE_CHECKING:
    from click.testing import Result

SPECS = Path(__file__).parents[3] / "specs"
SMALL = SPECS / "residual_mnist.yaml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["export", *map(str, arguments)])


@pytest.mark.parametrize("name", ["residual_mnist", "inception_mnist", "resnet18", "vgg11_bn"])
def test_specs_become_onnx(name: str, tmp_path: Path) -> None:
    # A smaller image is the same network, and much quicker.
    inputs = None if name.endswith("mnist") else {"": (3, 64, 64)}
    architecture = archspec.load(SPECS / f"{name}.yaml", inputs=inputs)
    torch.manual_seed(0)
    report = architecture.export_onnx(tmp_path / "model.onnx")
    assert report.largest_difference <= 1e-5 * report.scale
    model = onnx.load(tmp_path / "model.onnx")
    assert {node.name for node in model.graph.node if "/" not in node.name} <= set(architecture.graph.nodes)
    assert not any(node.op_type in ("BatchNormalization", "Identity", "Dropout") for node in model.graph.node)
    assert {entry.key: entry.value for entry in model.metadata_props} == architecture.metadata()


def test_the_command_exports_trained_weights(tmp_path: Path) -> None:
    architecture = archspec.load(SMALL)
    module = architecture.module()
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(1.5)
    torch.save(module.state_dict(), tmp_path / "best.pth")
    path = tmp_path / "model.onnx"
    result = run(SMALL, "--weights", tmp_path / "best.pth", "-o", path, "--format", "json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["path"], report["size_bytes"]) == (str(path), path.stat().st_size)
    assert architecture.export_onnx(tmp_path / "again.onnx", module).size_bytes == path.stat().st_size
    assert (tmp_path / "again.onnx").read_bytes() == path.read_bytes()


def test_the_command_says_that_a_model_is_untrained(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    result = run(SMALL, "--no-fold", "-o", path)
    assert result.exit_code == 0, result.output
    assert "untrained" in result.stderr
    assert result.stdout.startswith(f"wrote {path}: ")
    assert "largest difference from PyTorch" in result.stdout


def test_the_command_refuses_the_weights_of_another_network(tmp_path: Path) -> None:
    torch.save(archspec.load(SPECS / "inception_mnist.yaml").module().state_dict(), tmp_path / "other.pth")
    path = tmp_path / "model.onnx"
    result = run(SMALL, "--weights", tmp_path / "other.pth", "-o", path)
    assert result.exit_code == 1
    assert "AS510" in result.stderr
    assert not path.exists()


def test_the_command_without_a_file_of_weights(tmp_path: Path) -> None:
    result = run(SMALL, "--weights", tmp_path / "none.pth", "-o", tmp_path / "model.onnx")
    assert result.exit_code == 3
    assert "AS801" in result.stderr
