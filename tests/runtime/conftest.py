"""A tiny data set in MNIST's files: the lit column tells the class."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 12


def idx(array: NDArray[np.uint8]) -> bytes:
    """Return an array of unsigned bytes in the IDX format."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def columns(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return noisy images (count, 12, 12), in each of which one of ten columns is lit, and which one it is."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count, dtype=np.uint8)
    images = random.integers(0, 120, (count, SIDE, SIDE), dtype=np.uint8)
    images[np.arange(count), :, labels + 1] = 255
    return images, labels


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the folder of a data set of 600 training and 100 test images."""
    folder = tmp_path / "digits"
    folder.mkdir()
    for part, count in (("train", 600), ("t10k", 100)):
        images, labels = columns(count, seed=count)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return folder
