"""How one spatial axis of an op's output depends on its input.

This arithmetic is written once: shapes, receptive fields, PyTorch's padding and ONNX's pads all come from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window: output `i` reads `[i * stride - low, i * stride - low + extent - 1]`.

    `low` and `high` are the padding on both sides, in elements; negative padding crops.
    """

    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    low: int = 0
    high: int = 0
    ceil: bool = False

    @property
    def extent(self) -> int:
        """How far the window reaches, holes of dilation included."""
        return self.dilation * (self.kernel - 1) + 1

    def output(self, size: int) -> int:
        """Return how many positions fit on an axis of `size` elements.

        With `ceil`, a last window that only partly fits counts too, unless it would start in the padding behind the
        input (PyTorch's rule, see the shape section of torch.nn.MaxPool2d).
        """
        room = size + self.low + self.high - self.extent
        if not self.ceil:
            return room // self.stride + 1
        count = -(-room // self.stride) + 1
        return count - 1 if (count - 1) * self.stride >= size + self.low else count

    def lost(self, size: int) -> int:
        """Return how many elements at the far border no window reads, because the division was floored."""
        return max(0, size + self.low + self.high - self.extent - (self.output(size) - 1) * self.stride)


@dataclass(frozen=True, slots=True)
class TransposedWindow:
    """A transposed convolution: input `i` writes `[i * stride - low, i * stride - low + extent - 1]`."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    low: int = 0
    high: int = 0
    output_padding: int = 0

    @property
    def extent(self) -> int:
        """How far the window reaches, holes of dilation included."""
        return self.dilation * (self.kernel - 1) + 1

    def output(self, size: int) -> int:
        """Return the size of the output for an axis of `size` elements."""
        return (size - 1) * self.stride - self.low - self.high + self.extent + self.output_padding


@dataclass(frozen=True, slots=True)
class Resample:
    """Interpolation from `source` to `target` elements.

    `reach` is how many input elements beside the nearest ones an output reads: 0 for nearest, 1 for linear, 2 for
    cubic interpolation. `align_corners` as in torch.nn.functional.interpolate.
    """

    source: int
    target: int
    reach: int = 0
    align_corners: bool = False


@dataclass(frozen=True, slots=True)
class Blocks:
    """Every output reads the block of `size` elements that it lies in; blocks begin at `shift` and its like.

    That is attention within windows.
    """

    size: int
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Whole:
    """Every output reads the whole axis: global pooling, attention, norms over a map."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No output reads anything of the axis: only the size of the input counts."""


AxisMap: TypeAlias = "Window | TransposedWindow | Resample | Blocks | Whole | Nothing"

POINTWISE = Window()


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the padding (low, high) with which the output has `ceil(size / stride)` elements.

    What is odd goes to the high side, as in PyTorch's `padding="same"` and TensorFlow's SAME.
    """
    extent = dilation * (kernel - 1) + 1
    outputs = -(-size // stride)
    total = max(0, (outputs - 1) * stride + extent - size)
    return total // 2, total - total // 2
