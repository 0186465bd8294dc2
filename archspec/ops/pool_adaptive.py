"""Pools whose output has a given size, and global ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.ir.fields import Bool, PositiveInt
from archspec.ir.kept import INPUT, Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, Temporary, TorchExpression, TorchFunction
from archspec.ir.window import AxisMap, Whole, Window
from archspec.ops.lowering import X, step
from archspec.ops.spatial import collapse, per_axis, require_map

if TYPE_CHECKING:
    from archspec.ir.records import OnnxInput, TorchCode
    from archspec.ir.tensor import Shape, TensorType


class AdaptivePool(Op):
    """What adaptive max and average pooling share; `pooling` is "avg" or "max", `reduction` ONNX's name of it."""

    pooling: ClassVar[str]
    module: ClassVar[str]
    onnx_pool: ClassVar[str]
    onnx_reduction: ClassVar[str]

    output_size: PositiveInt | list[PositiveInt | None] = Field(
        description="Size of the output: one number, or one per spatial axis, where null keeps the input's."
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_map(self.op, inputs[0])
        return (inputs[0].with_spatial(*self._sizes(inputs[0])),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return regular windows where the division is exact; uneven ones count as the whole axis."""
        sizes = zip(inputs[0].spatial, self._sizes(inputs[0]), strict=True)
        return tuple(
            Whole() if size % target or target == 1 < size else Window(size // target, size // target)
            for size, target in sizes
        )

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation per element of the input."""
        return inputs[0].elements

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        suffix = f"{len(inputs[0].spatial)}d"
        # torch.jit.script knows no null here, so the sizes that are kept are written out.
        args = (Arg("output_size", collapse(self._sizes(inputs[0])), source="output_size", positional=True),)
        return TorchFunction(f"F.adaptive_{self.pooling}_pool{suffix}", args, f"nn.{self.module}{suffix}")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        (tensor,) = inputs
        targets = self._sizes(tensor)
        if set(targets) == {1}:
            return (OnnxNode(f"Global{self.onnx_pool}"),)
        if any(size % target for size, target in zip(tensor.spatial, targets, strict=True)):
            return self._axis_by_axis(tensor.spatial, targets)
        kernel = tuple(size // target for size, target in zip(tensor.spatial, targets, strict=True))
        return (OnnxNode(self.onnx_pool, attributes={"kernel_shape": kernel, "strides": kernel}),)

    def _axis_by_axis(self, sizes: Shape, targets: Shape) -> tuple[OnnxNode, ...]:
        """Return records that slice out each window, reduce it and join the results, one axis after the other."""
        records: list[OnnxNode] = []
        source: OnnxInput = X
        for axis, (size, target) in enumerate(zip(sizes, targets, strict=True), start=2):
            for index in range(target):
                first, last = index * size // target, -(-(index + 1) * size // target)
                cut, result = f"window_{axis}_{index}", f"reduced_{axis}_{index}"
                ends = (Constant((first,)), Constant((last,)), Constant((axis,)))
                records.append(step("Slice", source, *ends, to=cut))
                records.append(step(self.onnx_reduction, Temporary(cut), ends[2], to=result, keepdims=1))
            parts = (Temporary(f"reduced_{axis}_{index}") for index in range(target))
            records.append(step("Concat", *parts, to=f"pooled_{axis}", axis=axis))
            source = Temporary(f"pooled_{axis}")
        last_record = records.pop()
        return (*records, OnnxNode("Concat", last_record.inputs, last_record.attributes))

    def _sizes(self, tensor: TensorType) -> Shape:
        targets = per_axis(self.op, "output_size", self.output_size, tensor)
        return tuple(target or size for size, target in zip(tensor.spatial, targets, strict=True))


class AdaptiveAvgPool(AdaptivePool):
    """Mean over windows that divide the map into a given number (torch.nn.AdaptiveAvgPool1d, 2d, 3d).

    Shape: C x H x W -> C x output_size. Output i reads from floor(i * H / H') to ceil((i + 1) * H / H') - 1. It makes
    a network take images of any size; where the division is not exact, windows overlap and ONNX needs a slice each.
    """

    op: ClassVar[str] = "adaptive_avg_pool"
    pooling: ClassVar[str] = "avg"
    module: ClassVar[str] = "AdaptiveAvgPool"
    onnx_pool: ClassVar[str] = "AveragePool"
    onnx_reduction: ClassVar[str] = "ReduceMean"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 12, 8),), {"output_size": [3, 4]}),
        Sample(((3, 12, 8),), {"output_size": 1}),
        Sample(((3, 7, 7),), {"output_size": 7}),
        Sample(((3, 12, 8),), {"output_size": [None, 2]}),
        Sample(((3, 12, 9),), {"output_size": 7}),
        Sample(((3, 10, 9),), {"output_size": [5, 2]}),
        Sample(((3, 3, 3),), {"output_size": 5}),
        Sample(((3, 10),), {"output_size": 4}),
        Sample(((3, 4, 5, 6),), {"output_size": [2, 2, 3]}),
        Sample(((8,),), {"output_size": 1}, fault="wrong-rank"),
        Sample(((3, 8, 8),), {"output_size": [1]}, fault="wrong-axis-count"),
    )

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the input; PyTorch takes a plain mean, which keeps nothing, where one element is left."""
        return Kept() if set(self._sizes(inputs[0])) == {1} else INPUT


class AdaptiveMaxPool(AdaptivePool):
    """Maximum over windows that divide the map into a given number (torch.nn.AdaptiveMaxPool1d, 2d, 3d).

    Shape: C x H x W -> C x output_size, with the windows of `adaptive_avg_pool`.
    """

    op: ClassVar[str] = "adaptive_max_pool"
    pooling: ClassVar[str] = "max"
    module: ClassVar[str] = "AdaptiveMaxPool"
    onnx_pool: ClassVar[str] = "MaxPool"
    onnx_reduction: ClassVar[str] = "ReduceMax"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 12, 8),), {"output_size": [3, 4]}),
        Sample(((3, 12, 9),), {"output_size": 7}),
        Sample(((3, 10),), {"output_size": 1}),
        Sample(((3, 10),), {"output_size": 4}),
        Sample(((3, 4, 5, 6),), {"output_size": [2, 5, 2]}),
        Sample(((8,),), {"output_size": 1}, fault="wrong-rank"),
    )

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return Kept((0,), others=(self.infer(inputs)[0].with_dtype("int64"),))


class GlobalPool(Op):
    """What global max and average pooling share."""

    pooling: ClassVar[str]
    module: ClassVar[str]
    onnx_pool: ClassVar[str]
    onnx_reduction: ClassVar[str]
    torch_reduction: ClassVar[str]

    keepdim: Bool = Field(default=True, description="Whether to keep the spatial axes, with size 1.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        axes = require_map(self.op, tensor)
        return (tensor.with_spatial(*(1,) * axes if self.keepdim else ()),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Whole(),) * len(inputs[0].spatial) if self.keepdim else ()

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation per element of the input."""
        return inputs[0].elements

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        suffix = f"{len(inputs[0].spatial)}d"
        if self.keepdim:
            one = Arg("output_size", 1, positional=True)
            return TorchFunction(f"F.adaptive_{self.pooling}_pool{suffix}", (one,), f"nn.{self.module}{suffix}")
        axes = tuple(range(2, inputs[0].rank + 1))
        # The backward pass of amax looks for the maximum in the input, so it keeps the output.
        saved = self.pooling == "max"
        return TorchExpression(f"{self.torch_reduction}({{0}}, dim={axes})", output_is_saved=saved)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        if self.keepdim:
            return (OnnxNode(f"Global{self.onnx_pool}"),)
        return (step(self.onnx_reduction, X, Constant(tuple(range(2, inputs[0].rank + 1))), keepdims=0),)


class GlobalAvgPool(GlobalPool):
    """Mean of each channel over the whole map (torch.nn.AdaptiveAvgPool2d(1)).

    Shape: C x H x W -> C x 1 x 1, or C if `keepdim` is false.
    """

    op: ClassVar[str] = "global_avg_pool"
    pooling: ClassVar[str] = "avg"
    module: ClassVar[str] = "AdaptiveAvgPool"
    onnx_pool: ClassVar[str] = "AveragePool"
    onnx_reduction: ClassVar[str] = "ReduceMean"
    torch_reduction: ClassVar[str] = "torch.mean"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 7, 5),)),
        Sample(((3, 7, 5),), {"keepdim": False}),
        Sample(((3, 9),)),
        Sample(((3, 3, 4, 5),)),
        Sample(((3,),), fault="wrong-rank"),
    )


class GlobalMaxPool(GlobalPool):
    """Largest element of each channel of the whole map (torch.nn.AdaptiveMaxPool2d(1)).

    Shape: C x H x W -> C x 1 x 1, or C if `keepdim` is false.
    """

    op: ClassVar[str] = "global_max_pool"
    pooling: ClassVar[str] = "max"
    module: ClassVar[str] = "AdaptiveMaxPool"
    onnx_pool: ClassVar[str] = "MaxPool"
    onnx_reduction: ClassVar[str] = "ReduceMax"
    torch_reduction: ClassVar[str] = "torch.amax"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 7, 5),)),
        Sample(((3, 7, 5),), {"keepdim": False}),
        Sample(((3, 9),)),
        Sample(((3, 3, 4, 5),)),
        Sample(((3,),), fault="wrong-rank"),
    )

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        if not self.keepdim:
            return Kept((0,), results=True)
        return Kept((0,), others=(self.infer(inputs)[0].with_dtype("int64"),))
