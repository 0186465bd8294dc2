"""Pools with a sliding window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.ir.fields import Bool, PerAxis  # noqa: TC001  (pydantic evaluates the annotations)
from archspec.ir.kept import INPUT, Kept
from archspec.ir.op import Sample
from archspec.ir.records import Arg, Constant, OnnxNode, Temporary, TorchExpression, TorchFunction, TorchModule
from archspec.ops.lowering import X, scalar, step
from archspec.ops.sliding import SlidingPool, onnx_window, pads_before, pads_within, pairs_of
from archspec.ops.spatial import collapse, kept_padded, onnx_pads, pad_argument, slide

if TYPE_CHECKING:
    from archspec.ir.records import TorchCode
    from archspec.ir.tensor import TensorType
    from archspec.ir.window import Window

# Spatial axes of a volume.
VOLUME = 3


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
        Sample(((3, 9, 8),), {"kernel_size": 3, "stride": 2, "dilation": 2, "padding": "same"}),
        Sample(((3, 10, 8),), {"kernel_size": 4, "stride": 3, "padding": [[1, 2], [0, 1]], "ceil_mode": True}),
        Sample(((3, 10),), {"kernel_size": 2, "dilation": 6, "padding": "same"}),
        Sample(((3, 20),), {"kernel_size": 3, "stride": 2}),
        Sample(((3, 5, 6, 7),), {"kernel_size": 2, "padding": "valid"}),
        Sample(((10,),), {"kernel_size": 2}, fault="wrong-rank"),
        Sample(((3, 9, 8),), {"kernel_size": [2]}, fault="wrong-axis-count"),
        Sample(((3, 9, 8),), {"kernel_size": 2, "padding": 2}, fault="padding-too-large"),
        Sample(((3, 2, 2),), {"kernel_size": 3}, fault="kernel-larger-than-input"),
        Sample(((3, 1),), {"kernel_size": 2, "dilation": 2, "padding": 1}, fault="padding-too-large"),
    )

    dilation: PerAxis = Field(1, description="Distance between the elements of the window.")

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        indices = self.infer(inputs)[0].with_dtype("int64")
        if self.pads_itself(inputs):
            return Kept((0,), others=(indices,))
        padded = kept_padded(inputs[0], pads_before(self.windows(inputs), inputs[0]))
        return Kept(others=(*padded.others, indices))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        windows = self.windows(inputs)
        dilation = Arg("dilation", collapse(self.dilations(inputs)), 1, source="dilation")
        args = (*self.arguments(inputs), dilation)
        suffix = f"{len(windows)}d"
        if self.pads_itself(inputs):
            return TorchFunction(f"F.max_pool{suffix}", args, module=f"nn.MaxPool{suffix}")
        pads = pad_argument(pads_before(windows, inputs[0]))
        return TorchModule(f"nn.MaxPool{suffix}", args, wrap=f'F.pad({{0}}, {pads}, value=float("-inf"))')

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        windows = self.windows(inputs)
        attributes = {**onnx_window(windows, inputs[0]), "storage_order": 0}
        pairs = pads_within(windows, inputs[0])
        if all(max(pair) < window.kernel for pair, window in zip(pairs, windows, strict=True)):
            return (OnnxNode("MaxPool", attributes=attributes),)
        # onnxruntime limits the padding of a pool by the kernel without its dilation. Naming the axes of the Pad keeps
        # it from being fused into the pool all the same.
        axes = Constant(tuple(range(2, len(windows) + 2)))
        lowest = scalar(float("-inf"), inputs[0])
        padded = step("Pad", X, Constant(onnx_pads(pairs)), lowest, axes, to="padded", mode="constant")
        unpadded = {**attributes, "pads": (0,) * 2 * len(windows)}
        return (padded, OnnxNode("MaxPool", (Temporary("padded"),), unpadded))

    def dilations(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return self.each("dilation", inputs)


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
        Sample(((3, 2, 6, 7),), {"kernel_size": 3, "stride": 2, "padding": 1}),
        Sample(((3, 2, 6, 7),), {"kernel_size": 3, "padding": 1, "count_include_pad": False}),
        Sample(((3, 2, 6, 7),), {"kernel_size": 3, "stride": 2, "ceil_mode": True}, fault="kernel-larger-than-input"),
        Sample(((3, 9, 8),), {"kernel_size": 2, "padding": 2}, fault="padding-too-large"),
        Sample(((3, 2, 2),), {"kernel_size": 3}, fault="kernel-larger-than-input"),
    )

    count_include_pad: Bool = Field(default=True, description="Whether padding counts as zeros in the mean.")

    def check(self, tensor: TensorType, windows: tuple[Window, ...]) -> None:
        super().check(tensor, windows)
        if len(windows) == VOLUME:
            # PyTorch's AvgPool3d, unlike all others, wants the whole kernel on the input even with ceil_mode.
            slide(self.op, tensor, [replace(window, ceil=False) for window in windows])

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        if self.pads_itself(inputs):
            return INPUT
        padded = kept_padded(inputs[0], pads_before(self.windows(inputs), inputs[0]))
        shares = () if self.count_include_pad else self.infer(inputs)
        return Kept(others=(*padded.others, *shares))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        windows = self.windows(inputs)
        suffix = f"{len(windows)}d"
        args = self.arguments(inputs)
        include = Arg("count_include_pad", self.count_include_pad, default=True, source="count_include_pad")
        if self.pads_itself(inputs):
            return TorchFunction(f"F.avg_pool{suffix}", (*args, include), module=f"nn.AvgPool{suffix}")
        pads = pad_argument(pads_before(windows, inputs[0]))
        if self.count_include_pad:
            return TorchModule(f"nn.AvgPool{suffix}", args, wrap=f"F.pad({{0}}, {pads})")
        # PyTorch can leave out only padding that is equal on both sides: divide by the share of each window inside.
        kernel, stride = collapse(self.each("kernel_size", inputs)), collapse(self.strides(inputs))
        pool = f"F.avg_pool{suffix}(F.pad({{}}, {pads}), {kernel}, {stride}, ceil_mode={self.ceil_mode})"
        return TorchExpression(f"{pool.format('{0}')} / {pool.format('torch.ones_like({0})')}", "product")

    def pads_itself(self, inputs: tuple[TensorType, ...]) -> bool:
        # AvgPool3d does not count the padding when it looks whether the kernel fits.
        sizes = zip(inputs[0].spatial, self.windows(inputs), strict=True)
        fits = len(inputs[0].spatial) < VOLUME or all(axis.kernel <= size for size, axis in sizes)
        return fits and super().pads_itself(inputs)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        windows = self.windows(inputs)
        pairs = pairs_of(windows)
        attributes = onnx_window(windows, inputs[0])
        include = self.count_include_pad and any(map(any, pairs))
        if not include or attributes["pads"] == onnx_pads(pairs):
            return (OnnxNode("AveragePool", attributes={**attributes, "count_include_pad": int(include)}),)
        # The padding counts, but not what stands out over it: ONNX can only count both or neither.
        out = [(0, high - pair[1]) for pair, (_, high) in zip(pairs, pads_within(windows, inputs[0]), strict=True)]
        attributes |= {"pads": onnx_pads(out), "count_include_pad": 0}
        padded = step("Pad", X, Constant(onnx_pads(((0, 0), (0, 0), *pairs))), to="padded", mode="constant")
        return (padded, OnnxNode("AveragePool", (Temporary("padded"),), attributes))
