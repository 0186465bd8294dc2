"""How images become a network's input, as a spec states it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from archspec.ir.fields import Bool, Number, PositiveInt, PositiveNumber
from archspec.ir.op import Parametrised, Sample

_Given = TypeVar("_Given")
_SIZES = 2


class PreprocessFacts(Parametrised):
    """Pixels are scaled to 0..1, then `(pixel - mean) / std` per channel; nothing stated is left as it is."""

    op: ClassVar[str] = "preprocess"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample((), {"mean": 0.5, "std": 0.25, "size": 224, "labels": ["cat", "dog"], "probabilities": True}),
    )

    mean: Number | list[Number] | None = Field(None, description="What is taken from pixels in 0..1.")
    std: PositiveNumber | list[PositiveNumber] | None = Field(None, description="What the difference is divided by.")
    size: PositiveInt | list[PositiveInt] | None = Field(None, description="Height and width of the input.")
    labels: list[str] | None = Field(None, description="Names of the classes, in the order of the outputs.")
    probabilities: Bool | None = Field(None, description="Whether the outputs already are probabilities.")

    @field_validator("mean", "std")
    @classmethod
    def _not_empty(cls, value: _Given) -> _Given:
        if value == []:
            raise PydanticCustomError("empty", "expected a number, or a list with one for each channel")
        return value

    @field_validator("size")
    @classmethod
    def _of_two_axes(cls, value: _Given) -> _Given:
        if isinstance(value, list) and len(value) != _SIZES:
            raise PydanticCustomError("size", "expected an integer, or a list of two: height and width")
        return value

    def height_and_width(self) -> tuple[int, int] | None:
        """Return the size of the input, or None where it is not stated."""
        if self.size is None:
            return None
        sizes = self.size if isinstance(self.size, list) else [self.size]
        return (sizes[0], sizes[-1])

    def fits(self, channels: int) -> bool:
        """Return whether the mean and standard deviation are for so many channels."""
        return all(not isinstance(value, list) or len(value) == channels for value in (self.mean, self.std))

    def stated(self) -> dict[str, object]:
        """Return what is stated, as plain values."""
        return self.model_dump(exclude_none=True)
