"""Ops that take parts of a tensor: split, chunk, slice; and the mean over axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.expansion import TooLarge
from archspec.diagnostics.catalog.shapes_axes import AxisDoesNotDivide, SplitSizesDiffer
from archspec.diagnostics.catalog.shapes_windows import EmptyOutput
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, Int, PositiveInt
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, TorchExpression, TorchFunction
from archspec.ir.sizes import fixed
from archspec.ir.window import POINTWISE, AxisMap, Window
from archspec.ops.axes import AXIS, mixed_axes, moved_axes, sample_axis, with_batch
from archspec.ops.dtypes import require_float
from archspec.ops.lowering import X, step

if TYPE_CHECKING:
    from archspec.ir.tensor import Shape, TensorType

# What stands for "to the end" in an ONNX Slice.
TO_THE_END = 2**63 - 1

MOST_PARTS = 10_000


class Parts(Op):
    """What split and chunk share: several results, named 0, 1, ..., that lie one behind the other on an axis."""

    axis: Int = Field(0, description=AXIS)

    def sizes(self, size: int, axis: int) -> Shape:
        """Return the sizes of the parts of an axis.

        Raises:
            ProblemError: it does not come out even.
        """
        raise NotImplementedError

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        axis = sample_axis(self.op, self.axis, tensor)
        sizes = self.sizes(tensor.shape[axis], axis)
        return tuple(tensor.with_shape(*tensor.shape[:axis], size, *tensor.shape[axis + 1 :]) for size in sizes)

    def results(self, inputs: tuple[TensorType, ...]) -> tuple[str, ...]:
        return tuple(str(index) for index in range(len(self.infer(inputs))))

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return how the first part reads the axes; `reads` tells it for each part."""
        return self.reads(inputs)[0][1:]

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return self.reads(inputs)[0][0]

    def reads(self, inputs: tuple[TensorType, ...], result: int = 0) -> tuple[tuple[AxisMap, ...], ...]:
        axis = sample_axis(self.op, self.axis, inputs[0])
        size = inputs[0].shape[axis]
        sizes = self.sizes(size, axis)
        first = sum(sizes[:result])
        cut = Window(low=-first, high=first + sizes[result] - size)
        return (tuple(cut if place == axis else POINTWISE for place in range(inputs[0].rank)),)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        axis = sample_axis(self.op, self.axis, inputs[0])
        sizes = self.sizes(inputs[0].shape[axis], axis)
        return (step("Split", X, Constant(sizes), axis=with_batch(self.axis)),)

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        return True


def _parts(size: int, each: int) -> Shape:
    """Return the sizes of parts of `each`, of which the last may be smaller.

    Raises:
        ProblemError: there are too many.
    """
    count = fixed(-(-size // each))
    if count > MOST_PARTS:
        raise ProblemError(TooLarge(what="parts of an axis", count=count, limit=MOST_PARTS))
    return (*(each for _ in range(count - 1)), size - (count - 1) * each)


class Split(Parts):
    """Cuts an axis into parts of given sizes, read as `node.0`, `node.1`, ... (torch.split).

    Shape: one result for each part. The last part of a single `split_size` may be smaller.
    """

    op: ClassVar[str] = "split"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((8, 4, 5),), {"split_size": [3, 5]}),
        Sample(((8, 4, 5),), {"split_size": 3}),
        Sample(((8, 4, 5),), {"split_size": 2, "axis": -1}),
        Sample(((8,),), {"split_size": 8}),
        Sample(((8, 4, 5),), {"split_size": [3, 4]}, fault="split-sizes-differ"),
        Sample(((8, 4, 5),), {"split_size": 2, "axis": 3}, fault="axis-out-of-range"),
    )

    split_size: PositiveInt | Annotated[list[PositiveInt], Field(min_length=1)] = Field(
        description="Size of each part, or a list of their sizes."
    )

    def sizes(self, size: int, axis: int) -> Shape:
        if isinstance(self.split_size, int):
            return _parts(size, self.split_size)
        if sum(self.split_size) != size:
            sizes = tuple(self.split_size)
            raise ProblemError(SplitSizesDiffer(op=self.op, param="split_size", sizes=sizes, axis=axis, size=size))
        return tuple(self.split_size)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        dim = Arg("dim", with_batch(self.axis), 0)
        if isinstance(self.split_size, int):
            size = Arg("split_size_or_sections", self.split_size, source="split_size", positional=True)
            return TorchFunction("torch.split", (size, dim), output_is_saved=True)
        # torch.split does the same, but is typed for lists only.
        sizes = Arg("split_sizes", tuple(self.split_size), source="split_size", positional=True)
        return TorchFunction("torch.split_with_sizes", (sizes, dim), output_is_saved=True)


class Chunk(Parts):
    """Cuts an axis into a number of equal parts, read as `node.0`, `node.1`, ... (torch.chunk).

    Shape: one result for each part; the last may be smaller.
    """

    op: ClassVar[str] = "chunk"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((8, 4, 5),), {"chunks": 2}),
        Sample(((8, 4, 5),), {"chunks": 3, "axis": -1}),
        Sample(((8, 4, 5),), {"chunks": 9}, fault="axis-does-not-divide"),
        Sample(((8, 4, 5),), {"chunks": 4, "axis": 2}, fault="axis-does-not-divide"),
    )

    chunks: PositiveInt = Field(description="How many parts.")

    def sizes(self, size: int, axis: int) -> Shape:
        each = -(-size // self.chunks)
        sizes = _parts(size, each)
        if len(sizes) != self.chunks:
            # PyTorch gives fewer parts then: 5 in 4 chunks is 2 + 2 + 1.
            problem = AxisDoesNotDivide(op=self.op, param="chunks", axis=axis, size=size, parts=self.chunks)
            raise ProblemError(problem)
        return sizes

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        args = (Arg("chunks", self.chunks, source="chunks", positional=True), Arg("dim", with_batch(self.axis), 0))
        return TorchFunction("torch.chunk", args, output_is_saved=True)


class Slice(Op):
    """Every `step`-th element of an axis from `start` up to, not including, `end`: x[start:end:step] in Python.

    Shape: the axis shrinks to what is taken.
    """

    op: ClassVar[str] = "slice"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((8, 4, 5),), {"start": 1, "end": 5}),
        Sample(((8, 4, 5),), {"end": -1, "axis": 1}),
        Sample(((8, 4, 5),), {"start": 1, "step": 2, "axis": -1}),
        Sample(((8, 4, 5),), {"start": -3, "axis": 2}),
        Sample(((8, 4, 5),), {"start": 5, "axis": 2}, fault="empty-output"),
        Sample(((8, 4, 5),), {"axis": 3}, fault="axis-out-of-range"),
    )

    start: Int = Field(0, description="First element; negative ones count from the end.")
    end: Int | None = Field(None, description="Element behind the last one; null takes all, negative ones likewise.")
    step: PositiveInt = Field(1, description="Distance of the elements that are taken.")
    axis: Int = Field(0, description=AXIS)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        axis = sample_axis(self.op, self.axis, tensor)
        start, end = self._ends(tensor.shape[axis])
        if end <= start:
            raise ProblemError(EmptyOutput(op=self.op, param="start", axis=f"{axis}.", size=0, shape=tensor.shape))
        taken = -((start - end) // self.step)
        return (tensor.with_shape(*tensor.shape[:axis], taken, *tensor.shape[axis + 1 :]),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return self.reads(inputs)[0][1:]

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return self.reads(inputs)[0][0]

    def reads(self, inputs: tuple[TensorType, ...], result: int = 0) -> tuple[tuple[AxisMap, ...], ...]:
        axis = sample_axis(self.op, self.axis, inputs[0])
        size = inputs[0].shape[axis]
        taken = self._taken(size)
        cut = Window(stride=self.step, low=-taken[0], high=taken[-1] + 1 - size)
        return (tuple(cut if place == axis else POINTWISE for place in range(inputs[0].rank)),)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        return True

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        axis = sample_axis(self.op, self.axis, inputs[0])
        taken = self._taken(inputs[0].shape[axis])
        if self.step == 1:
            text = f"torch.narrow({{0}}, {axis + 1}, {taken.start}, {len(taken)})"
            return TorchExpression(text, output_is_saved=True)
        places = f"{':, ' * (axis + 1)}{taken.start}:{taken[-1] + 1}:{self.step}"
        return TorchExpression(f"{{0}}[{places}]", output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        end = TO_THE_END if self.end is None else self.end
        values = (self.start, end, with_batch(self.axis), self.step)
        return (step("Slice", X, *(Constant((value,)) for value in values)),)

    def _taken(self, size: int) -> range:
        return range(*self._ends(size), self.step)

    def _ends(self, size: int) -> tuple[int, int]:
        """Return the first place that is taken, and the one behind the last, as Python's slices count them."""
        start, end = (
            place + size if place < 0 else place for place in (self.start, 0 if self.end is None else self.end)
        )
        return min(max(start, 0), size), size if self.end is None else min(max(end, 0), size)


class Mean(Op):
    """Mean over one axis or several (torch.mean).

    Shape: the axes are dropped, or kept with size 1 if `keepdim`. Counted as one operation per element of the input.
    """

    op: ClassVar[str] = "mean"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 5),), {"axis": [1, 2]}),
        Sample(((3, 4, 5),), {"axis": -1, "keepdim": True}),
        Sample(((7, 12),), {"axis": 0}),
        Sample(((3, 4, 5),), {"axis": 3}, fault="axis-out-of-range"),
    )

    axis: Int | Annotated[list[Int], Field(min_length=1)] = Field(description=f"One or several. {AXIS}")
    keepdim: Bool = Field(default=False, description="Whether the axes stay, with size 1.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_float(self.op, tensor)
        axes = self._axes(tensor)
        sizes = ((1 if axis in axes else size, axis in axes) for axis, size in enumerate(tensor.shape))
        return (tensor.with_shape(*(size for size, gone in sizes if self.keepdim or not gone)),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        axes = self._axes(inputs[0])
        if self.keepdim:
            return mixed_axes(inputs[0], axes)
        return moved_axes([axis for axis in range(inputs[0].rank) if axis not in axes])

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return inputs[0].elements

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        dims = tuple(axis + 1 for axis in self._axes(inputs[0]))
        keepdim = Arg("keepdim", self.keepdim, default=False, source="keepdim")
        return TorchFunction("torch.mean", (Arg("dim", dims[0] if len(dims) == 1 else dims), keepdim))

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        axes = Constant(tuple(axis + 1 for axis in self._axes(inputs[0])))
        return (step("ReduceMean", X, axes, keepdims=int(self.keepdim)),)

    def _axes(self, tensor: TensorType) -> tuple[int, ...]:
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        return tuple(sorted({sample_axis(self.op, axis, tensor) for axis in axes}))
