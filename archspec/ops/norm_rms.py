"""Division by the root of the mean square."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.ir.fields import Bool, Number, PositiveInt
from archspec.ir.kept import Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, InputSize, OnnxNode, ParameterSpec, Temporary, TorchModule, Weight
from archspec.ir.window import POINTWISE, Whole
from archspec.ops.axes import mixed_axes, sample_axis
from archspec.ops.dtypes import require_float, widened
from archspec.ops.lowering import X, scalar, step

if TYPE_CHECKING:
    from archspec.ir.tensor import Shape, TensorType
    from archspec.ir.window import AxisMap

# The distance from 1 to the next number of each type: PyTorch's eps where none is given.
SMALLEST_STEP = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}


class RmsNorm(Op):
    """x divided by the root of its mean square over the last axes (torch.nn.RMSNorm; Zhang and Sennrich, 2019).

    Shape: unchanged. PyTorch's normalized_shape is inferred: it is that of the last `axes` axes. Counted as 3
    operations per element, and 1 more for the weight.
    """

    op: ClassVar[str] = "rms_norm"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((7, 12),)),
        Sample(((12,),), {"eps": 1e-6}),
        Sample(((3, 4, 5),), {"axes": 2}),
        Sample(((3, 4, 5),), {"axes": 3, "elementwise_affine": False}),
        Sample(((7, 12),), {"axes": 3}, fault="axis-out-of-range"),
    )

    axes: PositiveInt = Field(1, description="How many of the last axes are normalized over.")
    eps: Number | None = Field(None, ge=0, description="Added to the mean square; null is the dtype's smallest step.")
    elementwise_affine: Bool = Field(default=True, description="Whether to learn a weight per element.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        sample_axis(self.op, -self.axes, inputs[0], "axes")
        require_float(self.op, inputs[0])
        return inputs

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE if self.axes < inputs[0].rank else Whole()

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        rank = inputs[0].rank
        return mixed_axes(inputs[0], range(rank - self.axes, rank))

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        return (ParameterSpec("weight", self._shape(inputs)),) if self.elementwise_affine else ()

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return (3 + self.elementwise_affine) * inputs[0].elements

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        whole = widened(inputs[0])
        roots = whole.with_shape(*inputs[0].shape[: -self.axes])
        normal = (whole,) if self.elementwise_affine else ()
        if whole == inputs[0]:
            return Kept((0,), others=(roots, *normal))
        return Kept(others=(whole, roots, *normal))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        shape = self._shape(inputs)
        one = len(shape) == 1
        source = InputSize(-1) if one else None
        return TorchModule(
            "nn.RMSNorm",
            (
                Arg("normalized_shape", shape[0] if one else shape, source=source, positional=True),
                Arg("eps", self.eps, None, source="eps"),
                Arg("elementwise_affine", self.elementwise_affine, default=True, source="elementwise_affine"),
            ),
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        """Return the formula: ONNX has an operator for it from opset 23 only."""
        eps = SMALLEST_STEP[inputs[0].dtype] if self.eps is None else self.eps
        last = Constant(tuple(range(-self.axes, 0)))
        records = (
            step("Mul", X, X, to="square"),
            step("ReduceMean", Temporary("square"), last, to="mean", keepdims=1),
            step("Add", Temporary("mean"), scalar(eps, inputs[0]), to="shifted"),
            step("Sqrt", Temporary("shifted"), to="root"),
        )
        if not self.elementwise_affine:
            return (*records, step("Div", X, Temporary("root")))
        normal = step("Div", X, Temporary("root"), to="normal")
        return (*records, normal, step("Mul", Temporary("normal"), Weight("weight")))

    def _shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        return inputs[0].shape[-self.axes :]
