"""Linear layers and matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes_axes import WrongRank
from archspec.diagnostics.catalog.shapes_joins import FactorsDoNotFit
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, PositiveInt
from archspec.ir.kept import INPUT, Kept
from archspec.ir.op import Arity, Op, Sample
from archspec.ir.records import (
    Arg,
    InputSize,
    OnnxNode,
    Operand,
    ParameterSpec,
    Temporary,
    TorchFunction,
    TorchModule,
    Weight,
)
from archspec.ir.window import POINTWISE, Whole
from archspec.ops.axes import mixed_axes
from archspec.ops.dtypes import require_float, require_one_dtype
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

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE if inputs[0].rank > 1 else Whole()

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

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return INPUT

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


class MatMul(Op):
    """Matrix product of the last two axes of two tensors (torch.matmul).

    Shape: ... x L x K times ... x K x M gives ... x L x M; the axes before are those of a batch of matrices, and equal
    in both, or of size 1 in one. MACs: K for each element of the result.
    """

    op: ClassVar[str] = "matmul"
    arity: ClassVar[Arity] = Arity(2, 2)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((4, 6), (6, 5))),
        Sample(((3, 4, 6), (3, 6, 5))),
        Sample(((2, 3, 4, 6), (2, 3, 6, 5))),
        Sample(((2, 3, 4, 6), (2, 1, 6, 5))),
        Sample(((3, 4, 6), (3, 5, 6)), fault="factors-do-not-fit"),
        Sample(((2, 4, 6), (3, 6, 5)), fault="factors-do-not-fit"),
        Sample(((2, 4, 6), (6, 5)), fault="factors-do-not-fit"),
        Sample(((6,), (6,)), fault="wrong-rank"),
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        for tensor in inputs:
            require_float(self.op, tensor)
            if tensor.rank < 2:  # noqa: PLR2004
                raise ProblemError(WrongRank(op=self.op, wanted="matrices, or batches of them", shape=tensor.shape))
        require_one_dtype(self.op, inputs)
        left, right = (tensor.shape for tensor in inputs)
        fits = len(left) == len(right) and left[-1] == right[-2]
        if not fits or any(a != b and 1 not in (a, b) for a, b in zip(left[:-2], right[:-2], strict=True)):
            rule = "the last axis of the first must equal the last but one of the second, and all axes before must fit"
            raise ProblemError(FactorsDoNotFit(op=self.op, shapes=(left, right), rule=rule))
        batch = (max(a, b) for a, b in zip(left[:-2], right[:-2], strict=True))
        return (inputs[0].with_shape(*batch, left[-2], right[-1]),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return the whole of the axis that is summed over, and of those that are stretched."""
        result = self.infer(inputs)[0].shape
        summed = len(result) - 1 - index
        stretched = (axis for axis in range(len(result) - 2) if inputs[index].shape[axis] != result[axis])
        return mixed_axes(inputs[index], (summed, *stretched))

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        return self.infer(inputs)[0].elements * inputs[0].features

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return each input for the gradient of the other, with the axes that are stretched as a copy."""
        batch = self.infer(inputs)[0].shape[:-2]
        read = [index for index in (0, 1) if wanted[1 - index]]
        stretched = {index for index in read if inputs[index].shape[:-2] != batch}
        copies = (inputs[index].with_shape(*batch, *inputs[index].shape[-2:]) for index in sorted(stretched))
        return Kept(tuple(index for index in read if index not in stretched), others=tuple(copies))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("torch.matmul")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("MatMul", X, Operand(1)),)
