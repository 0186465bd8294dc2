from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from archspec.diagnostics.catalog.runtime import CorruptData, DataNotFound
from archspec.diagnostics.problem import ProblemError
from archspec.runtime.mnist import find_mnist, load_mnist
from tests.runtime.conftest import columns, idx

if TYPE_CHECKING:
    from pathlib import Path


def test_loads_images_with_a_channel_axis(data: Path) -> None:
    mnist = load_mnist(str(data))

    assert mnist.shape == (1, 12, 12)
    assert (len(mnist.train), len(mnist.test)) == (600, 100)
    assert mnist.train.images.shape == (600, 1, 12, 12)
    assert mnist.train.labels.tolist() == columns(600, seed=600)[1].tolist()


def test_packed_files_are_found_too(data: Path) -> None:
    for path in data.iterdir():
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()

    assert len(load_mnist(str(data)).train) == 600


@pytest.mark.parametrize("place", ["", "raw", "MNIST/raw"])
def test_the_variable_names_the_folder(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    root = tmp_path / "root"
    folder = root / place
    folder.parent.mkdir(parents=True, exist_ok=True)
    data.rename(folder)
    monkeypatch.setenv("ARCHSPEC_DATA", str(root))

    assert find_mnist() == folder


def test_usual_folders_are_searched(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARCHSPEC_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProblemError, match=r"in none of data, \.\./shared/data"):
        find_mnist()

    data.rename(tmp_path / "data")

    assert len(load_mnist().test) == 100


def test_a_stated_folder_is_the_only_one_searched(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        load_mnist(str(tmp_path / "nowhere"))

    (problem,) = caught.value.problems
    assert isinstance(problem, DataNotFound)
    assert problem.searched == (str(tmp_path / "nowhere"),)


def test_each_file_must_be_there(data: Path) -> None:
    (data / "t10k-labels-idx1-ubyte").unlink()

    with pytest.raises(ProblemError, match="t10k-labels-idx1-ubyte"):
        load_mnist(str(data))


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("train-labels-idx1-ubyte", np.zeros(3, np.uint8), "3 labels for 600 images"),
        ("train-labels-idx1-ubyte", np.full(600, 10, np.uint8), "a label 10"),
        ("t10k-images-idx3-ubyte", np.zeros((100, 8, 8), np.uint8), "another size"),
    ],
)
def test_files_must_belong_together(data: Path, name: str, array: np.ndarray, reason: str) -> None:
    (data / name).write_bytes(idx(array))

    with pytest.raises(ProblemError, match=reason) as caught:
        load_mnist(str(data))

    assert isinstance(caught.value.problems[0], CorruptData)


def test_an_empty_set_is_a_problem(data: Path) -> None:
    (data / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((0, 12, 12), np.uint8)))
    (data / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(0, np.uint8)))

    with pytest.raises(ProblemError, match="no images"):
        load_mnist(str(data))
