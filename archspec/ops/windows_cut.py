"""Maps cut into windows, and put together again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes_axes import AxisDoesNotDivide
from archspec.diagnostics.catalog.shapes_joins import JoinShapesDiffer
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, PositiveInt
from archspec.ir.op import Arity, Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, TorchFunction
from archspec.ir.window import AxisMap, Nothing, Whole
from archspec.ops.dtypes import require_float
from archspec.ops.lowering import PREVIOUS, chain, step
from archspec.ops.spatial import require_map
from archspec.ops.windows_source import WINDOW_PARTITION, WINDOW_REVERSE

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class WindowCut(Op):
    """What cutting a map into windows, and putting them together again, share."""

    window_size: PositiveInt = Field(description="Height and width of a window.")
    grid: Bool = Field(
        default=False, description="Whether a window's pixels lie at even distances all over the map (MaxViT's grid)."
    )

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def _args(self) -> tuple[Arg, ...]:
        return (
            Arg("size", self.window_size, source="window_size", positional=True),
            Arg("grid", self.grid, default=False, source="grid"),
        )

    def _require_whole(self, tensor: TensorType) -> None:
        require_map(self.op, tensor, spatial=(2,))
        for axis in (1, 2):
            size, parts = tensor.shape[axis], self.window_size
            if size % parts:
                raise ProblemError(
                    AxisDoesNotDivide(op=self.op, param="window_size", axis=axis, size=size, parts=parts)
                )


class WindowPartition(WindowCut):
    """Cuts a map into windows, whose pixels become rows of features.

    Shape: C x H x W -> (H / s * W / s) x s^2 x C, where s is `window_size`.
    """

    op: ClassVar[str] = "window_partition"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 6),), {"window_size": 2}),
        Sample(((3, 4, 6),), {"window_size": 2, "grid": True}),
        Sample(((3, 4, 6),), {"window_size": 4}, fault="axis-does-not-divide"),
        Sample(((4, 6),), {"window_size": 2}, fault="wrong-rank"),
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        self._require_whole(tensor)
        channels, height, width = tensor.shape
        length = self.window_size**2
        return (tensor.with_shape(height * width // length, length, channels),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Whole(), Whole())

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction(WINDOW_PARTITION.name, self._args(), helpers=(WINDOW_PARTITION,))

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        channels, height, width = inputs[0].shape
        size = self.window_size
        parts = (
            (size, height // size, size, width // size) if self.grid else (height // size, size, width // size, size)
        )
        return chain(
            step("Reshape", PREVIOUS, Constant((0, channels, *parts)), allowzero=0),
            step("Transpose", PREVIOUS, perm=(0, 3, 5, 2, 4, 1) if self.grid else (0, 2, 4, 3, 5, 1)),
            step("Reshape", PREVIOUS, Constant((0, *self.infer(inputs)[0].shape)), allowzero=0),
        )


class WindowReverse(WindowCut):
    """Puts windows together to a map again: what `window_partition` did, undone.

    Shape: (H / s * W / s) x s^2 x C, and any map of H x W, give C x H x W. Of the second input only the size is read.
    """

    op: ClassVar[str] = "window_reverse"
    arity: ClassVar[Arity] = Arity(2, 2)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((6, 4, 3), (2, 4, 6)), {"window_size": 2}),
        Sample(((6, 4, 3), (2, 4, 6)), {"window_size": 2, "grid": True}),
        Sample(((5, 4, 3), (2, 4, 6)), {"window_size": 2}, fault="join-shapes-differ"),
        Sample(((6, 4, 3), (2, 4, 6)), {"window_size": 4}, fault="axis-does-not-divide"),
        Sample(((6, 4, 3), (4, 6)), {"window_size": 2}, fault="wrong-rank"),
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        tensor, like = inputs
        require_float(self.op, tensor)
        self._require_whole(like)
        length = self.window_size**2
        if tensor.rank != like.rank or tensor.shape[:2] != (math.prod(like.spatial) // length, length):
            raise ProblemError(JoinShapesDiffer(op=self.op, shapes=(tensor.shape, like.shape)))
        return (tensor.with_shape(tensor.features, *like.spatial),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Nothing(), Nothing()) if index else (Whole(), Whole())

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction(WINDOW_REVERSE.name, self._args(), helpers=(WINDOW_REVERSE,))

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        channels, height, width = self.infer(inputs)[0].shape
        size = self.window_size
        return chain(
            step("Reshape", PREVIOUS, Constant((0, height // size, width // size, size, size, channels)), allowzero=0),
            step("Transpose", PREVIOUS, perm=(0, 5, 3, 1, 4, 2) if self.grid else (0, 5, 1, 3, 2, 4)),
            step("Reshape", PREVIOUS, Constant((0, channels, height, width)), allowzero=0),
        )
