"""Types of tensors: shape per sample (the batch is implied) and dtype."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Shape = tuple[int, ...]
Batch: TypeAlias = Literal["each", "one", "none"]

# Bytes of one element, for the dtypes that a spec may name.
ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "uint8": 1, "bool": 1}

# Those of floating point numbers.
PRECISIONS = tuple(dtype for dtype in ITEM_BYTES if "float" in dtype)

SPATIAL_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


@dataclass(frozen=True, slots=True)
class TensorType:
    """A tensor's shape per sample, channels first, and its dtype.

    An image of 3 x 224 x 224 has shape (3, 224, 224); what `flatten` makes of it has shape (150528,).

    `batch` tells how often it is there: for each sample; once ("one"), with an axis of size 1 for the batch, which is
    what a parameter is and what is computed of parameters alone; or once and without that axis ("none").
    """

    shape: Shape
    dtype: str = "float32"
    batch: Batch = "each"

    @property
    def channels(self) -> int:
        """The size of the first axis."""
        return self.shape[0]

    @property
    def features(self) -> int:
        """The size of the last axis: what `linear` works on."""
        return self.shape[-1]

    @property
    def spatial(self) -> Shape:
        """The sizes behind the channels."""
        return self.shape[1:]

    @property
    def rank(self) -> int:
        """How many axes a sample has; 3 for an image."""
        return len(self.shape)

    @property
    def elements(self) -> int:
        """How many numbers a sample has."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """How many bytes a sample takes."""
        return self.elements * ITEM_BYTES[self.dtype]

    def bytes_of(self, batch: int) -> int:
        """Return how many bytes a batch takes: what is there once for all samples is counted once."""
        return self.size_bytes * (batch if self.batch == "each" else 1)

    def with_shape(self, *shape: int) -> TensorType:
        """Return the same type with another shape."""
        return replace(self, shape=tuple(shape))

    def with_dtype(self, dtype: str) -> TensorType:
        """Return the same type with another dtype."""
        return replace(self, dtype=dtype)

    def in_precision(self, dtype: str | None) -> TensorType:
        """Return the same type with another dtype, if it is one of floating point numbers; None changes nothing."""
        return self if dtype is None or "float" not in self.dtype else replace(self, dtype=dtype)

    def with_channels(self, channels: int) -> TensorType:
        """Return the same type with another first axis."""
        return replace(self, shape=(channels, *self.spatial))

    def with_spatial(self, *spatial: int) -> TensorType:
        """Return the same type with other sizes behind the channels."""
        return replace(self, shape=(self.channels, *spatial))

    def __str__(self) -> str:
        return "x".join(str(size) for size in self.shape) if self.shape else "scalar"


def axis_name(axis: int, spatial_rank: int) -> str:
    """Return what a spatial axis (0-based, behind the channels) is called."""
    names = SPATIAL_NAMES.get(spatial_rank, ())
    return names[axis] if axis < len(names) else f"axis {axis + 1}"
