from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

from tests.runtime.conftest import columns, idx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Run

RECIPE = """\
data: {kind: mnist, root: digits, holdout: 50}
epochs: 2
batch_size: 20
optimizer: {lr: 0.01}
accelerator: cpu
"""
SPEC = """\
archspec: 1
name: small
params: {classes: 10, width: 4}
inputs: {image: [1, 12, 12]}
graph:
  conv: {op: conv, out_channels: width, kernel_size: 3}
  relu: relu
  flatten: flatten
  fc: {op: linear, out_features: classes}
"""


@pytest.fixture(autouse=True)
def digits(folder: Path) -> Iterator[None]:
    """Put a data set, a recipe and a spec that fits them into the current folder."""
    (folder / "digits").mkdir()
    for part, count in (("train", 300), ("t10k", 50)):
        images, labels = columns(count, seed=count)
        (folder / "digits" / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / "digits" / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "small.yaml").write_text(SPEC)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_a_training_says_what_came_of_it_and_what_is_next(run: Run, folder: Path) -> None:
    result = run("train", "small.yaml", "--recipe", "recipe.yaml", "--set", "width=5")

    assert (result.exit_code, result.stderr) == (0, "")
    out = folder / "runs" / "small"
    assert sorted(path.name for path in out.iterdir()) == ["curves.csv", "result.json", "weights.safetensors"]
    document = json.loads((out / "result.json").read_text())
    first, _, _, last = result.stdout.splitlines()
    assert first == f"test accuracy {document['test_accuracy']:.2%} ({document['test_correct']} of 50)"
    assert last == (
        "next: archspec export small.yaml --set width=5 --weights runs/small/weights.safetensors -o small.onnx"
    )


def test_options_come_before_the_recipe(run: Run, folder: Path) -> None:
    options = ("--epochs", "1", "--seed", "7", "-o", "here", "--quiet")

    result = run("train", "small.yaml", "--recipe", "recipe.yaml", *options)

    assert (result.exit_code, result.output) == (0, "")
    document = json.loads((folder / "here" / "result.json").read_text())
    assert (document["epochs"], document["seed"], document["recipe"]["epochs"]) == (1, 7, 1)


def test_the_same_command_gives_the_same_bytes(run: Run, folder: Path) -> None:
    for out in ("a", "b"):
        assert run("train", "small.yaml", "--recipe", "recipe.yaml", "-o", out).exit_code == 0

    for name in ("weights.safetensors", "curves.csv", "result.json"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes(), name


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("bad.yaml",), 1, "error[AS202]"),
        (("good.yaml",), 1, "error[AS620]: the examples of mnist are 1x12x12, but the network takes image 1x8x8"),
        (
            ("small.yaml", "--set", "classes=7"),
            1,
            "error[AS621]: mnist has 10 classes, but the network's output is Nx7",
        ),
        (("nowhere.yaml",), 3, "nowhere.yaml"),
        (("small.yaml", "--epochs", "0"), 2, "--epochs"),
    ],
)
def test_what_does_not_fit_is_refused(run: Run, folder: Path, args: tuple[str, ...], code: int, message: str) -> None:
    result = run("train", *args, "--recipe", "recipe.yaml", "-o", "out")

    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert not (folder / "out").exists()


def test_a_wrong_recipe_is_shown(run: Run, folder: Path) -> None:
    (folder / "recipe.yaml").write_text(RECIPE.replace("epochs: 2", "epoch: 2"))

    result = run("train", "small.yaml", "--recipe", "recipe.yaml")

    assert result.exit_code == 1
    assert "--> recipe.yaml:2:1" in result.stderr
    assert "did you mean 'epochs'?" in result.stderr


def test_missing_data_is_shown(run: Run, folder: Path) -> None:
    (folder / "digits").rename(folder / "elsewhere")

    result = run("train", "small.yaml", "--recipe", "recipe.yaml")

    assert result.exit_code == 1
    assert "error[AS610]" in result.stderr


def test_a_network_of_open_sizes_is_made_at_those_of_the_data(run: Run, folder: Path) -> None:
    (folder / "small.yaml").write_text(SPEC.replace("[1, 12, 12]", "[1, H, W]"))
    result = run("train", "small.yaml", "--recipe", "recipe.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    command = result.stdout.splitlines()[-1].removeprefix("next: archspec ")
    assert "--input 1x12x12" in command
    assert run(*command.split()).exit_code == 0
