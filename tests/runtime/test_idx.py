from __future__ import annotations

import gzip
import re
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from archspec.diagnostics.catalog.runtime import CorruptData
from archspec.diagnostics.problem import ProblemError
from archspec.runtime.idx import read_idx

if TYPE_CHECKING:
    from pathlib import Path

# Two images of 2 x 3.
HEADER = struct.pack(">HBB3I", 0, 8, 3, 2, 2, 3)
CONTENT = HEADER + bytes(range(12))
PACKED = gzip.compress(CONTENT, mtime=0)  # without the time, so that all workers see the same


def test_reads_what_the_header_says(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(CONTENT)

    array = read_idx(path, axes=3)

    assert array.dtype == np.uint8
    assert array.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


def test_unpacks_gzip(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(PACKED)

    assert read_idx(path, axes=3).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG\r\n\x1a\n", "begins with 89504e47, not 00000803"),
        (struct.pack(">HBB1I", 0, 8, 1, 4) + b"\0\1\2\3", "not an IDX file of 3 axes"),
        (struct.pack(">HBB3I", 0, 13, 3, 1, 1, 1) + bytes(4), "begins with 00000d03"),
        (HEADER[:9], "ends within its header"),
        (CONTENT[:-1], "announces 12 bytes of data, but there are 11"),
        (CONTENT + b"\0", "announces 12 bytes of data, but there are more"),
        (struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 2**31), "more than can be real"),
    ],
)
def test_damage_is_a_problem(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "images"
    path.write_bytes(content)

    with pytest.raises(ProblemError, match=re.escape(reason)) as caught:
        read_idx(path, axes=3)

    assert isinstance(caught.value.problems[0], CorruptData)


@pytest.mark.parametrize("packed", [CONTENT, PACKED[:-10], PACKED[:12] + b"xxxxxxxx"])
def test_damaged_gzip_is_a_problem(tmp_path: Path, packed: bytes) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(packed)

    with pytest.raises(ProblemError, match="damaged gzip file"):
        read_idx(path, axes=3)
