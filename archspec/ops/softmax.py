"""Activations that see a whole axis: softmax, gated linear units, maxout."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes_axes import AxisDoesNotDivide
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Int, PositiveInt
from archspec.ir.kept import INPUT, RESULT, Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, Temporary, TorchExpression, TorchFunction
from archspec.ir.window import POINTWISE, AxisMap, Whole, Window
from archspec.ops.axes import AXIS, mixed_axes, sample_axis, with_batch
from archspec.ops.dtypes import require_float
from archspec.ops.lowering import X, step

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class AxisActivation(Op):
    """What activations along an axis share. Counted as 3 operations per element."""

    axis: Int = Field(0, description=AXIS)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_float(self.op, inputs[0])
        sample_axis(self.op, self.axis, inputs[0])
        return inputs

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return Whole() if sample_axis(self.op, self.axis, inputs[0]) == 0 else POINTWISE

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return mixed_axes(inputs[0], (sample_axis(self.op, self.axis, inputs[0]),))

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 3 * inputs[0].elements

    def _dim(self) -> Arg:
        return Arg("dim", with_batch(self.axis))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return RESULT


class Softmax(AxisActivation):
    """exp(x), divided by its sum over an axis (torch.nn.Softmax)."""

    op: ClassVar[str] = "softmax"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((10,),)),
        Sample(((3, 4, 5),)),
        Sample(((3, 4, 5),), {"axis": -1}),
        Sample(((3, 4, 5),), {"axis": 1}),
        Sample(((10,),), {"axis": 1}, fault="axis-out-of-range"),
    )

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.softmax", (self._dim(),), module="nn.Softmax", output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Softmax", X, axis=with_batch(self.axis)),)


class LogSoftmax(AxisActivation):
    """Logarithm of softmax, computed without loss of precision (torch.nn.LogSoftmax)."""

    op: ClassVar[str] = "log_softmax"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((10,),)), Sample(((3, 4, 5),), {"axis": -1}))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.log_softmax", (self._dim(),), module="nn.LogSoftmax", output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("LogSoftmax", X, axis=with_batch(self.axis)),)


class Softmin(AxisActivation):
    """Softmax of -x (torch.nn.Softmin)."""

    op: ClassVar[str] = "softmin"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((10,),)), Sample(((3, 4, 5),), {"axis": -1}))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.softmin", (self._dim(),), module="nn.Softmin", output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Neg", X, to="negative"), step("Softmax", Temporary("negative"), axis=with_batch(self.axis)))


class Glu(AxisActivation):
    """a * sigmoid(b), where a and b are the halves of an axis (torch.nn.GLU; Dauphin et al., 2016).

    Shape: the axis is halved. As in PyTorch it is the last one by default; `axis: 0` halves the channels.
    """

    op: ClassVar[str] = "glu"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((10,),)),
        Sample(((4, 4, 5),), {"axis": 0}),
        Sample(((4, 4, 5),), {"axis": 1}),
        Sample(((4, 4, 5),), fault="axis-does-not-divide"),
    )

    axis: Int = Field(-1, description=AXIS)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = super().infer(inputs)
        axis = sample_axis(self.op, self.axis, tensor)
        size = tensor.shape[axis]
        if size % 2:
            raise ProblemError(AxisDoesNotDivide(op=self.op, param="axis", axis=axis, size=size, parts=2))
        return (tensor.with_shape(*tensor.shape[:axis], size // 2, *tensor.shape[axis + 1 :]),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return two taps, half the axis apart, along a halved spatial axis."""
        halved = sample_axis(self.op, self.axis, inputs[0])
        half = inputs[0].shape[halved] // 2
        apart = Window(2, dilation=half)
        return tuple(apart if axis == halved else POINTWISE for axis in range(1, inputs[0].rank))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return INPUT

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.glu", (Arg("dim", with_batch(self.axis), -1),), module="nn.GLU")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        half = inputs[0].shape[self.axis] // 2
        halves = OnnxNode("Split", (X, Constant((half, half))), {"axis": with_batch(self.axis)}, ("value", "gate"))
        opened = step("Sigmoid", Temporary("gate"), to="open")
        return (halves, opened, step("Mul", Temporary("value"), Temporary("open")))


class Maxout(AxisActivation):
    """Largest of each `pool_size` neighbours on an axis (Goodfellow et al., 2013).

    Shape: the axis, by default the channels, is divided by `pool_size`. Counted as one operation per element of the
    input.
    """

    op: ClassVar[str] = "maxout"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((6, 4, 5),), {"pool_size": 2}),
        Sample(((12,),), {"pool_size": 3}),
        Sample(((3, 4, 6),), {"pool_size": 3, "axis": -1}),
        Sample(((6, 4, 5),), {"pool_size": 4}, fault="axis-does-not-divide"),
        Sample(((12,),), {"pool_size": 3, "axis": 1}, fault="axis-out-of-range"),
    )

    pool_size: PositiveInt = Field(description="How many neighbours become one.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = super().infer(inputs)
        axis = sample_axis(self.op, self.axis, tensor)
        size = tensor.shape[axis]
        if size % self.pool_size:
            raise ProblemError(
                AxisDoesNotDivide(op=self.op, param="pool_size", axis=axis, size=size, parts=self.pool_size)
            )
        return (tensor.with_shape(*tensor.shape[:axis], size // self.pool_size, *tensor.shape[axis + 1 :]),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        pooled = sample_axis(self.op, self.axis, inputs[0])
        window = Window(self.pool_size, stride=self.pool_size)
        return tuple(window if axis == pooled else POINTWISE for axis in range(1, inputs[0].rank))

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return inputs[0].elements

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return Kept((0,), results=True)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        dim = sample_axis(self.op, self.axis, inputs[0]) + 1
        text = f"torch.unflatten({{0}}, {dim}, (-1, {self.pool_size})).amax({dim + 1})"
        return TorchExpression(text, output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        dim = sample_axis(self.op, self.axis, inputs[0]) + 1
        shape = inputs[0].shape
        groups = Constant((0, *shape[: dim - 1], shape[dim - 1] // self.pool_size, self.pool_size, *shape[dim:]))
        grouped = step("Reshape", X, groups, to="groups", allowzero=0)
        return (grouped, step("ReduceMax", Temporary("groups"), Constant((dim + 1,)), keepdims=0))
