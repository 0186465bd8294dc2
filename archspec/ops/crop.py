"""Cutting maps to size."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archspec.diagnostics.catalog.shapes_joins import JoinShapesDiffer
from archspec.diagnostics.problem import ProblemError
from archspec.ir.op import Arity, Op, Sample
from archspec.ir.records import Constant, OnnxNode, TorchExpression, TorchHelper
from archspec.ir.window import POINTWISE, AxisMap, Nothing, Window
from archspec.ops.lowering import X, step
from archspec.ops.spatial import require_map

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType

_CROP_LIKE = TorchHelper(
    "crop_like",
    '''def crop_like(x: Tensor, like: Tensor) -> Tensor:
    """Return the middle of a map, in the size of another one."""
    for axis in range(2, x.dim()):
        size = like.size(axis)
        x = x.narrow(axis, (x.size(axis) - size) // 2, size)
    return x
''',
)


class CropLike(Op):
    """The middle of a map, in the size of another one, as U-Nets crop what they join (Ronneberger et al., 2015).

    Shape: C x H x W, and any map of h x w that is not larger, give C x h x w. Of the second input only the size is
    read. Where an odd number of elements goes, one more of them goes at the high side.
    """

    op: ClassVar[str] = "crop_like"
    arity: ClassVar[Arity] = Arity(2, 2)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 8, 9), (5, 4, 4))),
        Sample(((3, 5, 4), (3, 5, 1))),
        Sample(((3, 5, 4), (3, 5, 4))),
        Sample(((3, 9), (2, 4))),
        Sample(((3, 4, 5, 6), (1, 3, 2, 1))),
        Sample(((3, 5, 4), (3, 5, 5)), fault="join-shapes-differ"),
        Sample(((3, 5, 4), (3, 5)), fault="join-shapes-differ"),
        Sample(((3,), (3,)), fault="wrong-rank"),
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        tensor, like = inputs
        require_map(self.op, tensor)
        larger = any(size > room for size, room in zip(like.spatial, tensor.spatial, strict=False))
        if like.rank != tensor.rank or larger:
            raise ProblemError(JoinShapesDiffer(op=self.op, shapes=(tensor.shape, like.shape)))
        return (tensor.with_spatial(*like.spatial),)

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return Nothing() if index else POINTWISE

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        tensor, like = inputs
        if index:
            return (Nothing(),) * len(like.spatial)
        sides = zip(self._starts(inputs), tensor.spatial, like.spatial, strict=True)
        return tuple(Window(low=-start, high=start + size - room) for start, room, size in sides)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        return True

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        return TorchExpression("crop_like({0}, {1})", output_is_saved=True, helpers=(_CROP_LIKE,))

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        starts = self._starts(inputs)
        ends = tuple(start + size for start, size in zip(starts, inputs[1].spatial, strict=True))
        axes = tuple(range(2, 2 + len(starts)))
        return (step("Slice", X, Constant(starts), Constant(ends), Constant(axes)),)

    def _starts(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        """Return the first element that is kept of each spatial axis."""
        tensor, like = inputs
        return tuple((room - size) // 2 for room, size in zip(tensor.spatial, like.spatial, strict=True))
