from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def model(run: Run, folder: Path) -> None:
    """Put a model, an image and an array of two examples into the current folder."""
    assert run("build", "good.yaml", "--emit", "onnx", "-o", ".").exit_code == 0
    Image.fromarray(np.full((20, 20), 200, np.uint8)).save(folder / "image.png")
    np.save(folder / "two.npy", np.zeros((2, 1, 8, 8), np.float32))


def test_text(run: Run) -> None:
    result = run("predict", "small.onnx", "image.png", "two.npy", "--top", "2")

    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[::3] == ["image.png", "two.npy[0]", "two.npy[1]"]
    assert len(lines) == 9
    share, label = lines[1].split()
    assert share.endswith("%")
    assert label in "0123456789"


def test_json(run: Run) -> None:
    result = run("predict", "small.onnx", "image.png", "--top", "10", "--format", "json")

    (prediction,) = json.loads(result.stdout)["predictions"]
    assert (prediction["path"], prediction["index"]) == ("image.png", None)
    assert sum(candidate["probability"] for candidate in prediction["candidates"]) == pytest.approx(1)


def test_what_cannot_be_read_is_all_reported(run: Run, folder: Path) -> None:
    (folder / "notes.txt").write_text("no image")

    result = run("predict", "small.onnx", "nowhere.png", "image.png", "notes.txt")

    assert (result.exit_code, result.stdout) == (3, "")
    assert "error[AS801]: cannot read nowhere.png" in result.stderr
    assert "error[AS632]: cannot read notes.txt" in result.stderr


def test_no_images_is_wrong_usage(run: Run) -> None:
    assert run("predict", "small.onnx").exit_code == 2
