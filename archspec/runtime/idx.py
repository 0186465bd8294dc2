"""The IDX format, in which MNIST was published.

Two zero bytes, a byte for the element type, a byte for the number of axes, the sizes as big-endian 32-bit integers,
then the elements. Only unsigned bytes (type 8) are read; image sets hold nothing else.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from archspec.diagnostics.catalog.runtime import CorruptData
from archspec.diagnostics.problem import ProblemError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_UNSIGNED_BYTE = 8
# Larger than any published IDX set; a damaged header must not make us allocate what it says.
_LARGEST_SIZE_BYTES = 2**31


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Read an array of unsigned bytes.

    Args:
        path: the file; `.gz` is unpacked on the way.
        axes: how many axes the array must have: 3 for images (count, height, width), 1 for labels (count).

    Raises:
        ProblemError: the file is damaged or no such array.
        OSError: it cannot be read.
    """
    try:
        with _open(path) as file:
            return _read(file, axes)
    except _Fault as fault:
        raise ProblemError(CorruptData(path=str(path), reason=str(fault))) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ProblemError(CorruptData(path=str(path), reason=f"damaged gzip file ({error})")) from None


class _Fault(Exception):  # noqa: N818 - never leaves this file
    pass


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _read(file: BinaryIO, axes: int) -> NDArray[np.uint8]:
    shape = _read_shape(file, axes)
    size = math.prod(shape)
    if size > _LARGEST_SIZE_BYTES:
        raise _Fault(f"its header gives sizes {list(shape)}, more than can be real")
    # One byte more than there should be tells a file that is too long, without reading all of it.
    content = file.read(size + 1)
    if len(content) != size:
        found = "more" if len(content) > size else f"{len(content):,}"
        raise _Fault(f"its header announces {size:,} bytes of data, but there are {found}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_shape(file: BinaryIO, axes: int) -> tuple[int, ...]:
    magic = file.read(4)
    wanted = bytes([0, 0, _UNSIGNED_BYTE, axes])
    if magic != wanted:
        raise _Fault(f"not an IDX file of {axes} axes: it begins with {magic.hex() or 'nothing'}, not {wanted.hex()}")
    sizes = file.read(4 * axes)
    if len(sizes) != 4 * axes:
        raise _Fault("it ends within its header")
    return struct.unpack(f">{axes}I", sizes)
