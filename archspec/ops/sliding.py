"""What pools with a sliding window share: where the windows are, and who does the padding."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import Field

from archspec.ir.fields import Bool, NonNegativeInt, PaddingPair, PerAxis
from archspec.ir.op import Op
from archspec.ir.records import Arg
from archspec.ir.sizes import fixed
from archspec.ir.window import POINTWISE, AxisMap, Window
from archspec.ops.spatial import collapse, limit_padding, onnx_pads, padding_pairs, per_axis, require_map, slide

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType
    from archspec.ops.spatial import Pair

PoolPadding: TypeAlias = Literal["valid", "same"] | NonNegativeInt | list[NonNegativeInt | PaddingPair]


class SlidingPool(Op):
    """What max and average pooling share: where the windows are."""

    kernel_size: PerAxis = Field(description="Size of the window: one number, or one per spatial axis.")
    stride: PerAxis | None = Field(None, description="Step of the window; left out, it is kernel_size.")
    padding: PoolPadding = Field(
        0,
        description="Padding of both sides, at most half of kernel_size: a number, one per axis, a pair [low, high] "
        "per axis, or `valid` or `same` (output = input / stride, rounded up).",
    )
    ceil_mode: Bool = Field(
        default=False, description="Whether a last window counts that only partly lies on the input."
    )

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Window, ...]:
        kernels, strides = self.each("kernel_size", inputs), self.strides(inputs)
        unpadded = [Window(*steps) for steps in zip(kernels, strides, self.dilations(inputs), strict=True)]
        pairs = padding_pairs(self.op, self.padding, inputs[0], unpadded)
        return tuple(
            Window(window.kernel, window.stride, window.dilation, low, high, self.ceil_mode)
            for window, (low, high) in zip(unpadded, pairs, strict=True)
        )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor)
        windows = self.windows(inputs)
        self.check(tensor, windows)
        return (tensor.with_spatial(*slide(self.op, tensor, windows)),)

    def check(self, tensor: TensorType, windows: tuple[Window, ...]) -> None:
        """Check that each window sees some of the input.

        Raises:
            ProblemError: one would see padding only.
        """
        if self.padding != "same":
            limit_padding(
                self.op, pairs_of(windows), [window.kernel // 2 for window in windows], "half its kernel_size"
            )
        blind = [_steps_over(window, size) for size, window in zip(tensor.spatial, windows, strict=True)]
        if any(blind):
            why = "with which no dilated window steps over the input"
            limits = [0 if bad else max(axis.low, axis.high) for bad, axis in zip(blind, windows, strict=True)]
            limit_padding(self.op, pairs_of(windows), limits, why)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation per element of each window."""
        return self.infer(inputs)[0].elements * math.prod(window.kernel for window in self.windows(inputs))

    def pads_itself(self, inputs: tuple[TensorType, ...]) -> bool:
        """Return whether PyTorch's pool takes the padding as it is: equal on both sides, up to half the kernel."""
        return all(axis.low == axis.high <= axis.kernel // 2 for axis in self.windows(inputs))

    def each(self, param: str, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return per_axis(self.op, param, getattr(self, param), inputs[0])

    def strides(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return self.each("kernel_size" if self.stride is None else "stride", inputs)

    def dilations(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return (1,) * len(inputs[0].spatial)

    def arguments(self, inputs: tuple[TensorType, ...]) -> tuple[Arg, ...]:
        """Return the arguments that all pools take; uneven padding is done beforehand, so it is none of them."""
        windows = self.windows(inputs)
        stride = None if self.stride is None else collapse(self.strides(inputs))
        padding = collapse([window.low for window in windows]) if self.pads_itself(inputs) else 0
        return (
            Arg("kernel_size", collapse(self.each("kernel_size", inputs)), source="kernel_size"),
            Arg("stride", stride, None, source="stride"),
            Arg("padding", padding, 0, source="padding"),
            Arg("ceil_mode", self.ceil_mode, default=False, source="ceil_mode"),
        )


def pairs_of(windows: tuple[Window, ...]) -> tuple[Pair, ...]:
    """Return the padding of each window."""
    return tuple((window.low, window.high) for window in windows)


def _steps_over(window: Window, size: int) -> bool:
    """Return whether some output sees padding only, since its elements lie on both sides of a small input."""
    if window.dilation <= size:
        return False
    outputs = range(max(0, fixed(window.output(size))))
    firsts = (output * window.stride - window.low for output in outputs)
    taps = range(0, window.extent, window.dilation)
    return any(not any(0 <= first + tap < size for tap in taps) for first in firsts)


def _reach(window: Window, size: int) -> int:
    """Return the high padding with which the last window ends exactly at the border."""
    return (window.output(size) - 1) * window.stride + window.extent - size - window.low


def pads_before(windows: tuple[Window, ...], tensor: TensorType) -> tuple[Pair, ...]:
    """Return the padding to do before a pool without padding of its own.

    With `ceil_mode` the pool takes that padding for input, and would keep a window that starts in it. Where there is
    no such window, the padding stops at the border of the last one.
    """
    sizes = zip(tensor.spatial, windows, strict=True)
    return tuple((axis.low, min(axis.high, _reach(axis, size)) if axis.ceil else axis.high) for size, axis in sizes)


def pads_within(windows: tuple[Window, ...], tensor: TensorType) -> tuple[Pair, ...]:
    """Return the padding with which rounding down gives what `ceil_mode` gives: all that the windows reach."""
    sizes = zip(tensor.spatial, windows, strict=True)
    return tuple((axis.low, max(axis.high, _reach(axis, size)) if axis.ceil else axis.high) for size, axis in sizes)


def onnx_window(windows: tuple[Window, ...], tensor: TensorType) -> dict[str, object]:
    """Return the attributes of an ONNX pool.

    ONNX's own `ceil_mode` is used only without padding and where no window can start behind the input: PyTorch drops
    such a window, and ONNX's shape inference and onnxruntime have disagreed about it.
    """
    native = all(axis.ceil and not axis.low and not axis.high and axis.stride <= axis.extent for axis in windows)
    pairs = pairs_of(windows) if native else pads_within(windows, tensor)
    attributes: dict[str, object] = {
        "kernel_shape": tuple(window.kernel for window in windows),
        "strides": tuple(window.stride for window in windows),
        "pads": onnx_pads(pairs),
        "ceil_mode": int(native),
        "auto_pad": "NOTSET",
    }
    dilations = tuple(window.dilation for window in windows)
    return attributes if set(dilations) == {1} else {**attributes, "dilations": dilations}
