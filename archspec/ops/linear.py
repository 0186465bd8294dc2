"""Linear layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes import WrongRank
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, PositiveInt
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, InputSize, OnnxNode, ParameterSpec, Temporary, TorchModule, Weight
from archspec.ops.axes import mixed_axes
from archspec.ops.dtypes import require_float
from archspec.ops.lowering import X, step

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType
    from archspec.ir.window import AxisMap


class Linear(Op):
    """Linear map of the last axis: y = x A^T + b (torch.nn.Linear).

    Shape: in_features -> out_features; axes before the last (tokens, positions) stay. MACs: elements of the input *
    out_features.
    """

    op: ClassVar[str] = "linear"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((12,),), {"out_features": 5}),
        Sample(((12,),), {"out_features": 5, "bias": False}),
        Sample(((7, 12),), {"out_features": 5}),
        Sample(((3, 7, 12),), {"out_features": 5}),
        Sample(((3, 7, 12),), {"out_features": 5, "bias": False}),
        Sample(((),), {"out_features": 5}, fault="wrong-rank"),
    )

    out_features: PositiveInt = Field(description="Size of the last axis of the output.")
    bias: Bool = Field(default=True, description="Whether to add a learnt bias to each output feature.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        if not tensor.shape:
            raise ProblemError(WrongRank(op=self.op, wanted="vectors, or rows of them", shape=tensor.shape))
        require_float(self.op, tensor)
        return (tensor.with_shape(*tensor.shape[:-1], self.out_features),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return mixed_axes(inputs[index], (inputs[index].rank - 1,))

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        weight = ParameterSpec("weight", (self.out_features, inputs[0].features))
        return (weight, ParameterSpec("bias", (self.out_features,))) if self.bias else (weight,)

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        return inputs[0].elements * self.out_features

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return self.infer(inputs)[0].elements if self.bias else 0

    def channels_from(self) -> str:
        return "out_features"

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        return TorchModule(
            "nn.Linear",
            (
                Arg("in_features", inputs[0].features, source=InputSize(-1), positional=True),
                Arg("out_features", self.out_features, source="out_features", positional=True),
                Arg("bias", self.bias, default=True, source="bias"),
            ),
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        weight, *bias = (Weight(spec.name) for spec in self.parameters(inputs))
        if inputs[0].rank == 1:
            return (step("Gemm", X, weight, *bias, alpha=1.0, beta=1.0, transA=0, transB=1),)
        turned = step("Transpose", weight, to="weight_t", perm=(1, 0))
        if not bias:
            return (turned, step("MatMul", X, Temporary("weight_t")))
        product = step("MatMul", X, Temporary("weight_t"), to="product")
        return (turned, product, step("Add", Temporary("product"), *bias))
