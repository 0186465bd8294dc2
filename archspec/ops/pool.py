"""Pools with a sliding window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from pydantic import Field

from archspec.ir.fields import Bool, NonNegativeInt, PaddingPair, PerAxis
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, Temporary, TorchExpression, TorchFunction, TorchModule
from archspec.ir.window import Window
from archspec.ops.lowering import X, step
from archspec.ops.spatial import (
    collapse,
    limit_padding,
    onnx_pads,
    pad_argument,
    padding_pairs,
    per_axis,
    require_map,
    slide,
)

if TYPE_CHECKING:
    from archspec.ir.records import TorchCode
    from archspec.ir.tensor import TensorType
    from archspec.ops.spatial import Pair

PoolPadding: TypeAlias = Literal["valid", "same"] | NonNegativeInt | list[NonNegativeInt | PaddingPair]


class SlidingPool(Op):
    """What max and average pooling share: where the windows are."""

    kernel_size: PerAxis = Field(description="Size of the window: one number, or one per spatial axis.")
    stride: PerAxis | None = Field(None, description="Step of the window; left out, it is kernel_size.")
    padding: PoolPadding = Field(
        0,
        description="Padding of both sides, at most half the window: a number, one per axis, a pair [low, high] per "
        "axis, or `valid` or `same` (output = input / stride, rounded up).",
    )
    ceil_mode: Bool = Field(
        default=False, description="Whether a last window counts that only partly lies on the input."
    )

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Window, ...]:
        kernels, strides = self._per_axis("kernel_size", inputs), self._strides(inputs)
        unpadded = [Window(*steps) for steps in zip(kernels, strides, self._dilations(inputs), strict=True)]
        pairs = padding_pairs(self.op, self.padding, inputs[0], unpadded)
        return tuple(
            Window(window.kernel, window.stride, window.dilation, low, high, self.ceil_mode)
            for window, (low, high) in zip(unpadded, pairs, strict=True)
        )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor)
        windows = self.windows(inputs)
        limit_padding(self.op, _pairs(windows), [window.extent // 2 for window in windows], "half its window")
        return (tensor.with_spatial(*slide(self.op, tensor, windows)),)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation per element of each window."""
        return self.infer(inputs)[0].elements * math.prod(window.kernel for window in self.windows(inputs))

    def _per_axis(self, param: str, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return per_axis(self.op, param, getattr(self, param), inputs[0])

    def _strides(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return self._per_axis("kernel_size" if self.stride is None else "stride", inputs)

    def _dilations(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return (1,) * len(inputs[0].spatial)

    def _args(self, inputs: tuple[TensorType, ...]) -> tuple[Arg, ...]:
        """Return the arguments that all pools take; uneven padding is done beforehand, so it is none of them."""
        pairs = _pairs(self.windows(inputs))
        stride = None if self.stride is None else collapse(self._strides(inputs))
        padding = collapse([low for low, _ in pairs]) if _even(pairs) else 0
        return (
            Arg("kernel_size", collapse(self._per_axis("kernel_size", inputs)), source="kernel_size"),
            Arg("stride", stride, None, source="stride"),
            Arg("padding", padding, 0, source="padding"),
            Arg("ceil_mode", self.ceil_mode, default=False, source="ceil_mode"),
        )


class MaxPool(SlidingPool):
    """Largest element of each window (torch.nn.MaxPool1d, 2d, 3d, by the rank of the input).

    Shape: C x H x W -> C x H' x W' with H' = floor((H + padding - dilation * (kernel_size - 1) - 1) / stride) + 1,
    where `padding` is the sum of both sides. Padding never wins: it counts as minus infinity.
    """

    op: ClassVar[str] = "max_pool"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 9, 8),), {"kernel_size": 2}),
        Sample(((3, 9, 8),), {"kernel_size": 3, "stride": 2, "padding": 1}),
        Sample(((3, 9, 8),), {"kernel_size": 3, "stride": 2, "ceil_mode": True}),
        Sample(((3, 9, 8),), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
        Sample(((3, 6, 6),), {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True}),
        Sample(((3, 2, 2),), {"kernel_size": 3, "stride": 2, "ceil_mode": True}),
        Sample(((3, 9, 8),), {"kernel_size": [3, 2], "stride": [1, 2], "dilation": [2, 1], "padding": [1, 0]}),
        Sample(((3, 9, 8),), {"kernel_size": 2, "stride": 2, "padding": "same"}),
        Sample(((3, 9, 8),), {"kernel_size": 3, "stride": 2, "padding": [[0, 1], [1, 0]]}),
        Sample(((3, 10, 8),), {"kernel_size": 4, "stride": 3, "padding": [[1, 2], [0, 1]], "ceil_mode": True}),
        Sample(((3, 20),), {"kernel_size": 3, "stride": 2}),
        Sample(((3, 5, 6, 7),), {"kernel_size": 2, "padding": "valid"}),
        Sample(((10,),), {"kernel_size": 2}, fault="wrong-rank"),
        Sample(((3, 9, 8),), {"kernel_size": [2]}, fault="wrong-axis-count"),
        Sample(((3, 9, 8),), {"kernel_size": 2, "padding": 2}, fault="padding-too-large"),
        Sample(((3, 2, 2),), {"kernel_size": 3}, fault="kernel-larger-than-input"),
    )

    dilation: PerAxis = Field(1, description="Distance between the elements of the window.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        windows = self.windows(inputs)
        dilation = Arg("dilation", collapse(self._dilations(inputs)), 1, source="dilation")
        args = (*self._args(inputs), dilation)
        suffix = f"{len(windows)}d"
        if _even(_pairs(windows)):
            return TorchFunction(f"F.max_pool{suffix}", args, module=f"nn.MaxPool{suffix}")
        pads = pad_argument(_pads_before(windows, inputs[0]))
        return TorchModule(f"nn.MaxPool{suffix}", args, wrap=f'F.pad({{0}}, {pads}, value=float("-inf"))')

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("MaxPool", attributes={**_onnx_window(self.windows(inputs), inputs[0]), "storage_order": 0}),)

    def _dilations(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return self._per_axis("dilation", inputs)


class AvgPool(SlidingPool):
    """Mean of each window (torch.nn.AvgPool1d, 2d, 3d, by the rank of the input).

    Shape: C x H x W -> C x H' x W' with H' = floor((H + padding - kernel_size) / stride) + 1, where `padding` is the
    sum of both sides. What `ceil_mode` lets stand out over the padding is never counted.
    """

    op: ClassVar[str] = "avg_pool"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 9, 8),), {"kernel_size": 2}),
        Sample(((3, 9, 8),), {"kernel_size": 3, "stride": 1, "padding": 1}),
        Sample(((3, 9, 8),), {"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False}),
        Sample(((3, 9, 8),), {"kernel_size": 2, "ceil_mode": True, "count_include_pad": False}),
        Sample(((3, 9, 8),), {"kernel_size": 2, "ceil_mode": True}),
        Sample(((3, 9, 8),), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
        Sample(((3, 8, 8),), {"kernel_size": 4, "stride": 3, "padding": 1, "ceil_mode": True}),
        Sample(
            ((3, 8, 8),),
            {"kernel_size": 4, "stride": 3, "padding": 1, "ceil_mode": True, "count_include_pad": False},
        ),
        Sample(((3, 9, 8),), {"kernel_size": [3, 2], "stride": [2, 1], "padding": "same"}),
        Sample(((3, 9, 8),), {"kernel_size": 2, "padding": "same", "count_include_pad": False}),
        Sample(((3, 10, 8),), {"kernel_size": 4, "stride": 3, "padding": [[1, 2], [0, 1]], "ceil_mode": True}),
        Sample(((3, 20),), {"kernel_size": 3, "stride": 2, "padding": 1}),
        Sample(((3, 5, 6, 7),), {"kernel_size": [1, 2, 2]}),
        Sample(((3, 9, 8),), {"kernel_size": 2, "padding": 2}, fault="padding-too-large"),
        Sample(((3, 2, 2),), {"kernel_size": 3}, fault="kernel-larger-than-input"),
    )

    count_include_pad: Bool = Field(default=True, description="Whether padding counts as zeros in the mean.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        windows = self.windows(inputs)
        suffix = f"{len(windows)}d"
        args = self._args(inputs)
        include = Arg("count_include_pad", self.count_include_pad, default=True, source="count_include_pad")
        if _even(_pairs(windows)):
            return TorchFunction(f"F.avg_pool{suffix}", (*args, include), module=f"nn.AvgPool{suffix}")
        pads = pad_argument(_pads_before(windows, inputs[0]))
        if self.count_include_pad:
            return TorchModule(f"nn.AvgPool{suffix}", args, wrap=f"F.pad({{0}}, {pads})")
        # PyTorch can leave out only padding that is equal on both sides: divide by the share of each window inside.
        kernel, stride = collapse(self._per_axis("kernel_size", inputs)), collapse(self._strides(inputs))
        pool = f"F.avg_pool{suffix}(F.pad({{}}, {pads}), {kernel}, {stride}, ceil_mode={self.ceil_mode})"
        return TorchExpression(f"{pool.format('{0}')} / {pool.format('torch.ones_like({0})')}", "product")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        windows = self.windows(inputs)
        pairs = _pairs(windows)
        attributes = _onnx_window(windows, inputs[0])
        include = self.count_include_pad and any(map(any, pairs))
        if not include or attributes["pads"] == onnx_pads(pairs):
            return (OnnxNode("AveragePool", attributes={**attributes, "count_include_pad": int(include)}),)
        # The padding counts, but not what stands out over it: ONNX can only count both or neither.
        out = [(0, high - pair[1]) for pair, (_, high) in zip(pairs, _pads_within(windows, inputs[0]), strict=True)]
        attributes |= {"pads": onnx_pads(out), "count_include_pad": 0}
        padded = step("Pad", X, Constant(onnx_pads(((0, 0), (0, 0), *pairs))), to="padded", mode="constant")
        return (padded, OnnxNode("AveragePool", (Temporary("padded"),), attributes))


def _pairs(windows: tuple[Window, ...]) -> tuple[Pair, ...]:
    return tuple((window.low, window.high) for window in windows)


def _even(pairs: tuple[Pair, ...]) -> bool:
    return all(low == high for low, high in pairs)


def _reach(window: Window, size: int) -> int:
    """Return the high padding with which the last window ends exactly at the border."""
    return (window.output(size) - 1) * window.stride + window.extent - size - window.low


def _pads_before(windows: tuple[Window, ...], tensor: TensorType) -> tuple[Pair, ...]:
    """Return the padding to do before a pool without padding of its own.

    With `ceil_mode` the pool takes that padding for input, and would keep a window that starts in it. Where there is
    no such window, the padding stops at the border of the last one.
    """
    sizes = zip(tensor.spatial, windows, strict=True)
    return tuple((axis.low, min(axis.high, _reach(axis, size)) if axis.ceil else axis.high) for size, axis in sizes)


def _pads_within(windows: tuple[Window, ...], tensor: TensorType) -> tuple[Pair, ...]:
    """Return the padding with which rounding down gives what `ceil_mode` gives: all that the windows reach."""
    sizes = zip(tensor.spatial, windows, strict=True)
    return tuple((axis.low, max(axis.high, _reach(axis, size)) if axis.ceil else axis.high) for size, axis in sizes)


def _onnx_window(windows: tuple[Window, ...], tensor: TensorType) -> dict[str, object]:
    """Return the attributes of an ONNX pool.

    ONNX's own `ceil_mode` is used only without padding and where no window can start behind the input: PyTorch drops
    such a window, and ONNX's shape inference and onnxruntime have disagreed about it.
    """
    native = all(axis.ceil and not axis.low and not axis.high and axis.stride <= axis.extent for axis in windows)
    pairs = _pairs(windows) if native else _pads_within(windows, tensor)
    attributes: dict[str, object] = {
        "kernel_shape": tuple(window.kernel for window in windows),
        "strides": tuple(window.stride for window in windows),
        "pads": onnx_pads(pairs),
        "ceil_mode": int(native),
        "auto_pad": "NOTSET",
    }
    dilations = tuple(window.dilation for window in windows)
    return attributes if set(dilations) == {1} else {**attributes, "dilations": dilations}
