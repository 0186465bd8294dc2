"""Ops that join several tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes import ConcatShapesDiffer, JoinShapesDiffer
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, Int
from archspec.ir.op import Arity, Op, Sample
from archspec.ir.records import OnnxNode, Operand, TorchExpression

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class Add(Op):
    """Sum of its inputs, whose shapes must be equal unless `broadcast` is true."""

    op: ClassVar[str] = "add"
    arity: ClassVar[Arity] = Arity(2, None)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4), (3, 4, 4))),
        Sample(((3, 4, 4), (3, 4, 4), (3, 4, 4))),
        Sample(((3, 4, 4), (1, 4, 4)), {"broadcast": True}),
        Sample(((3, 4, 4), (1, 4, 4)), fault="join-shapes-differ"),
    )

    broadcast: Bool = Field(default=False, description="Whether axes of size 1 are stretched.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        shapes = tuple(tensor.shape for tensor in inputs)
        if len(set(shapes)) == 1:
            return inputs[:1]
        sizes = tuple(zip(*shapes, strict=False))
        stretches = len({len(shape) for shape in shapes}) == 1 and all(len(set(axis) - {1}) <= 1 for axis in sizes)
        if not (self.broadcast and stretches):
            raise ProblemError(JoinShapesDiffer(op=self.op, shapes=shapes))
        return (inputs[0].with_shape(*(max(axis) for axis in sizes)),)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        return TorchExpression("{all}", "sum", joiner=" + ")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Sum", tuple(Operand(index) for index in range(len(inputs)))),)


class Concat(Op):
    """Its inputs, one behind the other along an axis; all other axes must agree (torch.cat)."""

    op: ClassVar[str] = "concat"
    arity: ClassVar[Arity] = Arity(1, None)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4), (5, 4, 4))),
        Sample(((3, 4, 4), (3, 2, 4)), {"axis": 1}),
        Sample(((3, 4, 4), (3, 2, 4)), fault="concat-shapes-differ"),
    )

    axis: Int = Field(0, description="Axis of the sample: 0 is the channels; negative ones count from the last.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        shapes = tuple(tensor.shape for tensor in inputs)
        rank = len(shapes[0])
        axis = self.axis % rank  # TODO(ops): an axis out of range is a problem of its own
        rests = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if len(rests) > 1 or any(len(shape) != rank for shape in shapes):
            raise ProblemError(ConcatShapesDiffer(shapes=shapes, axis=axis))
        joined = sum(shape[axis] for shape in shapes)
        return (inputs[0].with_shape(*shapes[0][:axis], joined, *shapes[0][axis + 1 :]),)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        dim = self.axis + 1 if self.axis >= 0 else self.axis
        return TorchExpression(f"torch.cat([{{all}}], dim={dim})")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        axis = self.axis + 1 if self.axis >= 0 else self.axis
        return (OnnxNode("Concat", tuple(Operand(index) for index in range(len(inputs))), {"axis": axis}),)
