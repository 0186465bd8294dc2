"""Where interpolation reads along one axis, as PyTorch and ONNX compute it."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Stretch:
    """An axis of `size` elements that becomes `target` elements, by a given factor or (None) by these sizes."""

    size: int
    target: int
    factor: float | None = None

    @property
    def rounded(self) -> bool:
        """Whether the target is not exactly the size times the factor."""
        return self.factor is not None and self.size * self.factor != self.target

    def by_size(self) -> Stretch:
        """Return the same without the factor."""
        return Stretch(self.size, self.target)

    def ratio(self) -> tuple[int, int]:
        """Return the sizes, or numbers in the ratio of the factor where rounding has made that another one."""
        if self.factor is None or not self.rounded:
            return self.size, self.target
        exact = Fraction(repr(self.factor))
        return exact.denominator, exact.numerator

    def scale(self) -> float:
        """Return the factor in single precision, moved by the least step where it would give another target.

        ONNX's shape inference multiplies in double precision, onnxruntime in single; both then round down.
        """
        scale = _single(self.factor or self.target / self.size)
        while (targets := {math.floor(self.size * scale), math.floor(_single(self.size * scale))}) != {self.target}:
            scale = _single(scale * (1 + 2**-23 if min(targets) < self.target else 1 - 2**-23))
        return scale

    def nearest(self) -> tuple[int, ...]:
        """Return the elements that PyTorch takes, stepping in single precision."""
        step = _single(1 / self.factor if self.factor else self.size / self.target)
        return tuple(min(self.size - 1, math.floor(_single(index * step))) for index in range(self.target))


def _single(value: float) -> float:
    """Return the nearest number in single precision."""
    (rounded,) = struct.unpack("f", struct.pack("f", value))
    return rounded
