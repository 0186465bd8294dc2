"""Parts of a tensor by their numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes_axes import ElementOutOfRange
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Int
from archspec.ir.kept import Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Constant, OnnxNode, TorchExpression
from archspec.ir.tensor import TensorType
from archspec.ir.window import POINTWISE, Whole, Window
from archspec.ops.axes import AXIS, sample_axis, with_batch
from archspec.ops.lowering import X, step

if TYPE_CHECKING:
    from archspec.ir.window import AxisMap


class IndexSelect(Op):
    """Takes elements of an axis by their numbers, in any order and as often as one likes (torch.index_select).

    Shape: the axis becomes as long as `index`. With grouped convolutions, it connects maps as a table says.
    """

    op: ClassVar[str] = "index_select"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((6, 4, 5),), {"index": [0, 1, 1, 5, 0]}),
        Sample(((6, 4, 5),), {"index": [3, 2], "axis": -1}),
        Sample(((6,),), {"index": [-1]}),
        Sample(((6, 4, 5),), {"index": [0, 6]}, fault="element-out-of-range"),
        Sample(((6, 4, 5),), {"index": [0], "axis": 3}, fault="axis-out-of-range"),
    )

    index: Annotated[list[Int], Field(min_length=1)] = Field(
        description="Numbers of the elements; negative ones count from the end."
    )
    axis: Int = Field(0, description=AXIS)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        axis = sample_axis(self.op, self.axis, tensor)
        size = tensor.shape[axis]
        for number in self.index:
            if not -size <= number < size:
                raise ProblemError(ElementOutOfRange(op=self.op, param="index", value=number, axis=axis, size=size))
        return (tensor.with_shape(*tensor.shape[:axis], len(self.index), *tensor.shape[axis + 1 :]),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return self.reads(inputs)[0][1:]

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return self.reads(inputs)[0][0]

    def reads(self, inputs: tuple[TensorType, ...], result: int = 0) -> tuple[tuple[AxisMap, ...], ...]:
        """Return a window for elements at equal distances, and else the whole of the axis that is picked from."""
        axis = sample_axis(self.op, self.axis, inputs[0])
        taken = _evenly(self._numbers(inputs[0]), inputs[0].shape[axis])
        return (tuple(taken if place == axis else POINTWISE for place in range(inputs[0].rank)),)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the places."""
        return Kept(others=(TensorType((len(self.index),), "int64", "none"),))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        axis = sample_axis(self.op, self.axis, inputs[0])
        # Any expression may be put for the input; only parentheses let every one of them be indexed.
        return TorchExpression(f"({{0}})[{':, ' * (axis + 1)}{list(self._numbers(inputs[0]))}]")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Gather", X, Constant(self._numbers(inputs[0])), axis=with_batch(self.axis)),)

    def _numbers(self, tensor: TensorType) -> tuple[int, ...]:
        size = tensor.shape[sample_axis(self.op, self.axis, tensor)]
        return tuple(number % size for number in self.index)


def _evenly(numbers: tuple[int, ...], size: int) -> AxisMap:
    """Return how an axis that consists of some elements of one of `size` reads that one."""
    steps = {after - before for before, after in pairwise(numbers)} or {1}
    if len(steps) > 1 or min(steps) < 1:
        return Whole()
    return Window(stride=steps.pop(), low=-numbers[0], high=numbers[-1] + 1 - size)
