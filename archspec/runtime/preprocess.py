"""How pixels become a network's input. Training and prediction must do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from archspec.ir.fields import Number, PositiveInt, PositiveNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# The key of the ONNX model's metadata under which this model stands as JSON.
METADATA_KEY = "archspec.preprocess"


class Preprocess(BaseModel):
    """Pixels are scaled to 0..1, then `(pixel - mean) / std` per channel; nothing stated is left as it is.

    Attributes:
        mean: one number, or one per channel.
        std: one number, or one per channel.
        size: height and width of the input, or one number for both.
        labels: the names of the classes, in the order of the outputs.
        probabilities: whether the outputs already are probabilities; None where that is not stated.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    mean: Number | Annotated[list[Number], Field(min_length=1)] | None = None
    std: PositiveNumber | Annotated[list[PositiveNumber], Field(min_length=1)] | None = None
    size: PositiveInt | Annotated[list[PositiveInt], Field(min_length=2, max_length=2)] | None = None
    labels: list[str] | None = None
    probabilities: bool | None = None

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Preprocess:
        """Return what a model's metadata says; without an entry, nothing is stated.

        Raises:
            ValueError: the entry is damaged; the message says where.
        """
        try:
            return cls.model_validate_json(metadata.get(METADATA_KEY, "{}"))
        except ValidationError as error:
            first = error.errors()[0]
            raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'preprocess'}: {first['msg']}") from None

    def height_and_width(self) -> tuple[int, int] | None:
        """Return the size of the input, or None where it is not stated."""
        if self.size is None:
            return None
        sizes = self.size if isinstance(self.size, list) else [self.size]
        return (sizes[0], sizes[-1])

    def fits(self, channels: int) -> bool:
        """Return whether the mean and standard deviation are for so many channels."""
        return all(not isinstance(value, list) or len(value) == channels for value in (self.mean, self.std))

    def mean_per_channel(self, channels: int) -> NDArray[np.float32]:
        """Return the mean of each channel, of shape (channels, 1, 1)."""
        return _per_channel(self.mean, channels, 0.0)

    def std_per_channel(self, channels: int) -> NDArray[np.float32]:
        """Return the standard deviation of each channel, of shape (channels, 1, 1)."""
        return _per_channel(self.std, channels, 1.0)


def _per_channel(value: float | list[float] | None, channels: int, default: float) -> NDArray[np.float32]:
    filled = np.full(channels, default, dtype=np.float32)
    if value is not None:
        filled[:] = value
    return filled.reshape(channels, 1, 1)
