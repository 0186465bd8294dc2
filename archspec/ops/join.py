"""Ops that join several tensors."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes_joins import ConcatShapesDiffer, JoinShapesDiffer
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, Int
from archspec.ir.kept import Kept
from archspec.ir.op import Arity, Op, Sample
from archspec.ir.records import Constant, OnnxNode, Operand, Temporary, TorchExpression
from archspec.ir.tensor import Batch
from archspec.ir.window import POINTWISE, AxisMap, Whole, Window
from archspec.ops.axes import AXIS, sample_axis, with_batch
from archspec.ops.dtypes import require_one_dtype

if TYPE_CHECKING:
    from archspec.ir.records import OnnxInput
    from archspec.ir.tensor import TensorType


class ElementwiseJoin(Op):
    """What joins of element with element share: equal shapes, or axes of size 1 that are stretched."""

    arity: ClassVar[Arity] = Arity(2, None)
    stretches: ClassVar[frozenset[Batch]] = frozenset({"one", "none"})
    onnx_op: ClassVar[str]

    def stretches_axes(self) -> bool:
        """Return whether axes of size 1 may meet larger ones."""
        return True

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_one_dtype(self.op, inputs)
        shapes = tuple(tensor.shape for tensor in inputs)
        # No sets here: sizes that follow a formula have no hash (archspec.ir.sizes).
        if all(shape == shapes[0] for shape in shapes[1:]):
            return inputs[:1]
        sizes = tuple(zip(*shapes, strict=False))
        fits = len({len(shape) for shape in shapes}) == 1 and all(map(_are_stretchable, sizes))
        if not (self.stretches_axes() and fits):
            raise ProblemError(JoinShapesDiffer(op=self.op, shapes=shapes))
        return (inputs[0].with_shape(*(max(axis) for axis in sizes)),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return point by point, but the whole of an axis that is stretched: all outputs read its one element."""
        return self.reads(inputs)[index][1:]

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return self.reads(inputs)[index][0]

    def reads(self, inputs: tuple[TensorType, ...], result: int = 0) -> tuple[tuple[AxisMap, ...], ...]:
        stretched = self.infer(inputs)[0].shape
        maps = {
            shape: tuple(POINTWISE if size == most else Whole() for size, most in zip(shape, stretched, strict=True))
            for shape in {tensor.shape for tensor in inputs}
        }
        return tuple(maps[tensor.shape] for tensor in inputs)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation per element of the result for each input but the first."""
        return (len(inputs) - 1) * self.infer(inputs)[0].elements

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        """Return one node where ONNX's op takes any number of inputs, else a chain."""
        return (OnnxNode(self.onnx_op, tuple(Operand(index) for index in range(len(inputs)))),)

    def before(self, inputs: tuple[TensorType, ...], index: int) -> TensorType:
        """Return the type of what the inputs before one have been joined to."""
        joined = self.infer(inputs[:index])[0]
        return replace(joined, batch="each") if any(tensor.batch == "each" for tensor in inputs[:index]) else joined


def _are_stretchable(sizes: tuple[int, ...]) -> bool:
    """Return whether the sizes that are not 1 are equal."""
    larger = [size for size in sizes if size != 1]
    return all(size == larger[0] for size in larger[1:])


class StretchingJoin(ElementwiseJoin):
    """A join that stretches only if it is told to."""

    broadcast: Bool = Field(default=False, description="Whether axes of size 1 are stretched.")

    def stretches_axes(self) -> bool:
        return self.broadcast


class Add(StretchingJoin):
    """Sum of its inputs, whose shapes must be equal unless `broadcast` is true."""

    op: ClassVar[str] = "add"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4), (3, 4, 4))),
        Sample(((3, 4, 4), (3, 4, 4), (3, 4, 4))),
        Sample(((3, 4, 4), (1, 4, 1)), {"broadcast": True}),
        Sample(((3, 4, 4), (1, 4, 4)), fault="join-shapes-differ"),
        Sample(((3, 4, 4), (4,)), {"broadcast": True}, fault="join-shapes-differ"),
    )

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        return TorchExpression("{all}", "sum", joiner=" + ")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        first, second, *others = (Operand(index) for index in range(len(inputs)))
        # onnxruntime fuses Add into a convolution before it, Sum it does not.
        return (OnnxNode("Sum" if others else "Add", (first, second, *others)),)


class Sub(StretchingJoin):
    """The first of two inputs minus the second; shapes must be equal unless `broadcast` is true."""

    op: ClassVar[str] = "sub"
    arity: ClassVar[Arity] = Arity(2, 2)
    onnx_op: ClassVar[str] = "Sub"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4), (3, 4, 4))),
        Sample(((1, 4, 1), (3, 4, 4)), {"broadcast": True}),
        Sample(((3, 4, 4), (3, 2, 2)), fault="join-shapes-differ"),
    )

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        # As a call: behind a minus, a sum would need parentheses, which templates cannot ask for.
        return TorchExpression("torch.sub({0}, {1})")


class Mul(ElementwiseJoin):
    """Product of its inputs; axes of size 1 are stretched, which is what a gate is: C x H x W times C x 1 x 1."""

    op: ClassVar[str] = "mul"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4), (3, 4, 4))),
        Sample(((3, 4, 4), (3, 1, 1))),
        Sample(((3, 4, 4), (3, 1, 1), (1, 4, 4))),
        Sample(((3, 4, 4), (3, 2, 2)), fault="join-shapes-differ"),
        Sample(((3, 4, 4), (3,)), fault="join-shapes-differ"),
    )

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return each factor for the gradient of the others."""
        found: set[int] = set()
        products: list[TensorType] = []
        for index in range(1, len(inputs)):
            if wanted[index] and index == 1:
                found.add(0)
            elif wanted[index]:
                products.append(self.before(inputs, index))
            if any(wanted[:index]):
                found.add(index)
        return Kept(tuple(sorted(found)), others=tuple(products))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        return TorchExpression("{all}", "product", joiner=" * ")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        first, *others = (Operand(index) for index in range(len(inputs)))
        records: list[OnnxNode] = []
        for index, other in enumerate(others):
            left = Temporary(f"product_{index - 1}") if index else first
            name = () if index == len(others) - 1 else (f"product_{index}",)
            records.append(OnnxNode("Mul", (left, other), {}, name))
        return tuple(records)


class Maximum(StretchingJoin):
    """Largest of its inputs, element by element (torch.maximum); shapes equal unless `broadcast` is true."""

    op: ClassVar[str] = "max"
    onnx_op: ClassVar[str] = "Max"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4), (3, 4, 4))),
        Sample(((3, 4, 4), (3, 4, 4), (3, 4, 4))),
        Sample(((3, 4, 4), (1, 4, 4)), {"broadcast": True}),
        Sample(((3, 4, 4), (1, 4, 4)), fault="join-shapes-differ"),
    )

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return what is compared."""
        steps = [index for index in range(1, len(inputs)) if any(wanted[: index + 1])]
        compared = (0, *steps) if 1 in steps else tuple(steps)
        return Kept(compared, others=tuple(self.before(inputs, index) for index in steps if index > 1))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        template = "{0}"
        for index in range(1, len(inputs)):
            template = f"torch.maximum({template}, {{{index}}})"
        return TorchExpression(template)


class Concat(Op):
    """Its inputs, one behind the other along an axis; all other axes must agree (torch.cat)."""

    op: ClassVar[str] = "concat"
    arity: ClassVar[Arity] = Arity(1, None)
    stretches: ClassVar[frozenset[Batch]] = frozenset({"one"})
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4), (5, 4, 4))),
        Sample(((3, 4, 4), (3, 2, 4)), {"axis": 1}),
        Sample(((3, 4, 4), (3, 4, 2)), {"axis": -1}),
        Sample(((3, 4, 4),)),
        Sample(((3, 4, 4), (3, 2, 4)), fault="concat-shapes-differ"),
        Sample(((3, 4, 4), (3, 4)), fault="concat-shapes-differ"),
        Sample(((3, 4, 4), (3, 4, 4)), {"axis": 3}, fault="axis-out-of-range"),
    )

    axis: Int = Field(0, description=AXIS)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_one_dtype(self.op, inputs)
        shapes = tuple(tensor.shape for tensor in inputs)
        axis = sample_axis(self.op, self.axis, inputs[0])
        first, *others = ((*shape[:axis], *shape[axis + 1 :]) for shape in shapes)
        if any(other != first for other in others):
            raise ProblemError(ConcatShapesDiffer(shapes=shapes, axis=axis))
        joined = sum(shape[axis] for shape in shapes)
        return (inputs[0].with_shape(*shapes[0][:axis], joined, *shapes[0][axis + 1 :]),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return point by point; along a joined spatial axis, shifted by the inputs that stand before."""
        return self.reads(inputs)[index][1:]

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return self.reads(inputs)[index][0]

    def reads(self, inputs: tuple[TensorType, ...], result: int = 0) -> tuple[tuple[AxisMap, ...], ...]:
        axis, rank = sample_axis(self.op, self.axis, inputs[0]), inputs[0].rank
        sizes = [tensor.shape[axis] for tensor in inputs]
        ends, whole = accumulate(sizes), sum(sizes)
        joined = [Window(low=end - size, high=whole - end) for size, end in zip(sizes, ends, strict=True)]
        before, behind = (POINTWISE,) * axis, (POINTWISE,) * (rank - 1 - axis)
        return tuple((*before, each, *behind) for each in joined)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        single = {index for index, tensor in enumerate(inputs) if tensor.batch == "one"}
        if len(single) in (0, len(inputs)):
            return TorchExpression(f"torch.cat([{{all}}], dim={with_batch(self.axis)})")
        whole = next(index for index in range(len(inputs)) if index not in single)
        kept = ", -1" * inputs[0].rank
        repeated = f".expand({{{whole}}}.shape[0]{kept})"
        parts = (f"{{{index}}}{repeated if index in single else ''}" for index in range(len(inputs)))
        return TorchExpression(f"torch.cat([{', '.join(parts)}], dim={with_batch(self.axis)})")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        operands: list[OnnxInput] = [Operand(index) for index in range(len(inputs))]
        single = [index for index, tensor in enumerate(inputs) if tensor.batch == "one"]
        records: list[OnnxNode] = []
        if 0 < len(single) < len(inputs):
            whole = next(operand for index, operand in enumerate(operands) if index not in single)
            records.append(OnnxNode("Shape", (whole,), {"start": 0, "end": 1}, ("batch",)))
        for index in single if records else ():
            size = (Temporary("batch"), Constant(inputs[index].shape))
            records.append(OnnxNode("Concat", size, {"axis": 0}, (f"size_{index}",)))
            records.append(OnnxNode("Expand", (Operand(index), Temporary(f"size_{index}")), {}, (f"repeated_{index}",)))
            operands[index] = Temporary(f"repeated_{index}")
        return (*records, OnnxNode("Concat", tuple(operands), {"axis": with_batch(self.axis)}))
