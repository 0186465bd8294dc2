"""How pixels become a network's input. Training and prediction must do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import ConfigDict, ValidationError

from archspec.ir.preprocess import PreprocessFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# The key of the ONNX model's metadata under which this model stands as JSON.
METADATA_KEY = "archspec.preprocess"


class Preprocess(PreprocessFacts):
    """What a model's metadata states of its input, ready to be used."""

    model_config = ConfigDict(extra="ignore")  # a later version may state more

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
