"""MNIST from its four original files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from archspec.diagnostics.catalog.runtime import CorruptData, DataNotFound
from archspec.diagnostics.problem import ProblemError
from archspec.runtime.idx import read_idx

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT_VARIABLE = "ARCHSPEC_DATA"
CLASSES = 10

# `../shared/data` is where checkouts that stand side by side keep one copy of the data.
_USUAL_ROOTS = ("data", "../shared/data")
# torchvision keeps the files in MNIST/raw; others put them straight into a folder.
_FOLDERS = ("", "raw", "MNIST/raw")


@dataclass(frozen=True)
class Examples:
    """Images, (count, 1, height, width) of 0..255, and their labels, (count) of 0..9."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: NDArray[np.intp]) -> Examples:
        """Return the examples at these indices."""
        return Examples(self.images[indices], self.labels[indices])


@dataclass(frozen=True)
class Mnist:
    """The published training and test examples."""

    train: Examples
    test: Examples

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example, channels first."""
        return self.train.images.shape[1:]


def load_mnist(root: str | None = None) -> Mnist:
    """Load the data set.

    Args:
        root: the folder of the files, or one that holds them in MNIST/raw. None searches $ARCHSPEC_DATA, `data` and
            `../shared/data`.

    Raises:
        ProblemError: a file is missing or damaged, or the files do not belong together.
        OSError: a file cannot be read.
    """
    folder = find_mnist(root)
    mnist = Mnist(_load(folder, "train"), _load(folder, "t10k"))
    if mnist.train.images.shape[1:] != mnist.test.images.shape[1:]:
        reason = "its images have another size than those of the training set"
        raise ProblemError(CorruptData(path=str(folder / "t10k-images-idx3-ubyte"), reason=reason))
    return mnist


def find_mnist(root: str | None = None) -> Path:
    """Return the folder with the four files.

    Raises:
        ProblemError: there is none.
    """
    roots = _roots(root)
    for candidate in roots:
        for folder in _FOLDERS:
            if _file(candidate / folder, "train-images-idx3-ubyte") is not None:
                return candidate / folder
    searched = tuple(str(candidate) for candidate in roots)
    raise ProblemError(DataNotFound(kind="mnist", missing="train-images-idx3-ubyte", searched=searched))


def _roots(root: str | None) -> list[Path]:
    if root is not None:
        return [Path(root).expanduser()]
    stated = os.environ.get(ROOT_VARIABLE)
    return [Path(stated).expanduser()] if stated else [Path(usual) for usual in _USUAL_ROOTS]


def _file(folder: Path, name: str) -> Path | None:
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def _load(folder: Path, part: str) -> Examples:
    images_path = _existing(folder, f"{part}-images-idx3-ubyte")
    labels_path = _existing(folder, f"{part}-labels-idx1-ubyte")
    images, labels = read_idx(images_path, axes=3), read_idx(labels_path, axes=1)
    if len(images) != len(labels):
        reason = f"it has {len(labels)} labels for {len(images)} images"
        raise ProblemError(CorruptData(path=str(labels_path), reason=reason))
    if not images.size:
        raise ProblemError(CorruptData(path=str(images_path), reason="it holds no images"))
    if labels.max() >= CLASSES:
        raise ProblemError(CorruptData(path=str(labels_path), reason=f"it has a label {labels.max()}, above 9"))
    return Examples(np.expand_dims(images, 1), labels)


def _existing(folder: Path, name: str) -> Path:
    path = _file(folder, name)
    if path is None:
        raise ProblemError(DataNotFound(kind="mnist", missing=name, searched=(str(folder),)))
    return path
