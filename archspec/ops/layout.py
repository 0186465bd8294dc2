"""Ops that only rearrange the elements of one tensor: flatten, reshape, permute, channel_shuffle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.shapes_axes import AxisOutOfRange, ReshapeElementsDiffer, WrongAxisCount
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Int, PositiveInt
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, TorchFunction, TorchHelper
from archspec.ir.window import POINTWISE, AxisMap, Whole
from archspec.ops.axes import AXIS, moved_axes, sample_axis
from archspec.ops.lowering import PREVIOUS, X, chain, step
from archspec.ops.spatial import require_divisor, require_map

if TYPE_CHECKING:
    from archspec.ir.tensor import Shape, TensorType


class Flatten(Op):
    """Joins axes into one, from `start_axis` to `end_axis`; by default the whole sample (torch.flatten).

    Shape: C x H x W -> C * H * W. The axes are those of a sample: PyTorch's start_dim is one more, for the batch.
    """

    op: ClassVar[str] = "flatten"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 5),)),
        Sample(((12,),)),
        Sample(((3, 4, 5),), {"start_axis": 1}),
        Sample(((3, 4, 5),), {"end_axis": 1}),
        Sample(((3, 4, 5, 6),), {"start_axis": -3, "end_axis": -2}),
        Sample(((3, 4, 5),), {"start_axis": 3}, fault="axis-out-of-range"),
        Sample(((3, 4, 5),), {"start_axis": 2, "end_axis": 1}, fault="axis-out-of-range"),
    )

    start_axis: Int = Field(0, description=f"First of the axes to join. {AXIS}")
    end_axis: Int = Field(-1, description="Last of the axes to join, counted likewise.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        shape = inputs[0].shape
        start, end = self._axes(inputs[0])
        if start > end:
            raise ProblemError(AxisOutOfRange(op=self.op, param="end_axis", axis=self.end_axis, shape=shape))
        return (inputs[0].with_shape(*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return nothing where the whole sample is flattened: its elements have no place in the map any more."""
        start, end = self._axes(inputs[0])
        rank = inputs[0].rank - (end - start)
        return tuple(POINTWISE if axis < start or start == end else Whole() for axis in range(1, rank))

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        return True

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        start, end = self._axes(inputs[0])
        last = -1 if end == inputs[0].rank - 1 else end + 1
        args = (Arg("start_dim", start + 1, positional=True), Arg("end_dim", last, -1))
        return TorchFunction("torch.flatten", args, module="nn.Flatten", output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        start, end = self._axes(inputs[0])
        if (start, end) == (0, inputs[0].rank - 1):
            return (step("Flatten", X, axis=1),)
        kept = inputs[0].shape[end + 1 :]
        return (step("Reshape", X, Constant((0,) * (start + 1) + (-1, *kept)), allowzero=0),)

    def _axes(self, tensor: TensorType) -> tuple[int, int]:
        ends = (("start_axis", self.start_axis), ("end_axis", self.end_axis))
        start, end = (sample_axis(self.op, axis, tensor, param) for param, axis in ends)
        return start, end


def _one_unknown(shape: list[int]) -> list[int]:
    if any(size < 1 and size != -1 for size in shape) or shape.count(-1) > 1:
        raise PydanticCustomError("shape", "expected positive sizes, one of which may be -1")
    return shape


class Reshape(Op):
    """The same elements, in the same order, in another shape (torch.reshape).

    Shape: that of a sample, without the batch; one size may be -1: what the others leave.
    """

    op: ClassVar[str] = "reshape"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((12,),), {"shape": [3, 2, 2]}),
        Sample(((3, 4, 5),), {"shape": [6, -1]}),
        Sample(((3, 4, 5),), {"shape": [-1]}),
        Sample(((3, 4, 5),), {"shape": [7, -1]}, fault="reshape-elements-differ"),
        Sample(((3, 4, 5),), {"shape": [3, 4]}, fault="reshape-elements-differ"),
    )

    shape: Annotated[list[Int], Field(min_length=1), AfterValidator(_one_unknown)] = Field(
        description="Sizes of a sample's axes; one may be -1."
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        known = math.prod(size for size in self.shape if size != -1)
        if tensor.elements % known or (-1 not in self.shape and tensor.elements != known):
            problem = ReshapeElementsDiffer(op=self.op, param="shape", shape=tensor.shape, target=tuple(self.shape))
            raise ProblemError(problem)
        return (tensor.with_shape(*(tensor.elements // known if size == -1 else size for size in self.shape)),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return whole axes: where an element comes from follows no window."""
        return (Whole(),) * (len(self.shape) - 1)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        return True

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        shape = Arg("shape", (-1, *self.infer(inputs)[0].shape), positional=True)
        return TorchFunction("torch.reshape", (shape,), output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Reshape", X, Constant((0, *self.shape)), allowzero=0),)


# A permutation as a module, for where it stands in an `nn.Sequential`.
_PERMUTE = TorchHelper(
    "Permute",
    '''class Permute(nn.Module):
    """Puts the axes of a tensor in another order."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return torch.permute(x, self.dims)
''',
)


class Permute(Op):
    """The same elements with the axes in another order (torch.permute).

    Shape: axis i of the output is axis `axes[i]` of the input.
    """

    op: ClassVar[str] = "permute"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 5),), {"axes": [1, 2, 0]}),
        Sample(((3, 4, 5),), {"axes": [0, -1, -2]}),
        Sample(((3, 4, 5),), {"axes": [0, 1]}, fault="wrong-axis-count"),
        Sample(((3, 4, 5),), {"axes": [0, 1, 3]}, fault="axis-out-of-range"),
        Sample(((3, 4, 5),), {"axes": [0, 1, 1]}, fault="wrong-axis-count"),
    )

    axes: list[Int] = Field(description="The input's axes in their new order, counted without the batch (0: channels).")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        order = self._order(tensor)
        if sorted(order) != list(range(tensor.rank)):
            count = len(set(order))
            problem = WrongAxisCount(op=self.op, param="axes", count=count, axes=tensor.rank, shape=tensor.shape)
            raise ProblemError(problem)
        return (tensor.with_shape(*(tensor.shape[axis] for axis in order)),)

    def moves(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...]:
        return self._order(inputs[0])

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return moved_axes(self._order(inputs[0]))

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        return True

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        order = (0, *(axis + 1 for axis in self._order(inputs[0])))
        dims = Arg("dims", order, positional=True)
        return TorchFunction("torch.permute", (dims,), module=_PERMUTE.name, output_is_saved=True, helpers=(_PERMUTE,))

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Transpose", X, perm=(0, *(axis + 1 for axis in self._order(inputs[0])))),)

    def _order(self, tensor: TensorType) -> Shape:
        return tuple(sample_axis(self.op, axis, tensor, "axes") for axis in self.axes)


class ChannelShuffle(Op):
    """Deals the channels out to `groups` by turns, so that the next grouped convolution mixes them (nn.ChannelShuffle).

    Shape: unchanged. With C channels, channel i of the output is channel (i % groups) * (C / groups) + i // groups of
    the input (ShuffleNet: Zhang et al., 2017, arXiv:1707.01083).
    """

    op: ClassVar[str] = "channel_shuffle"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((8, 4, 5),), {"groups": 2}),
        Sample(((6, 7),), {"groups": 3}),
        Sample(((6, 7),), {"groups": 1}),
        Sample(((6, 7),), {"groups": 6}),
        Sample(((6, 2, 3, 4),), {"groups": 2}),
        Sample(((8, 4, 5),), {"groups": 3}, fault="groups-do-not-divide"),
        Sample(((8,),), {"groups": 2}, fault="wrong-rank"),
    )

    groups: PositiveInt = Field(description="Into how many groups the channels are dealt.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_map(self.op, inputs[0])
        require_divisor(self.op, "groups", self.groups, inputs[0].channels, "input channels")
        return inputs

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        groups = Arg("groups", self.groups, source="groups", positional=True)
        return TorchFunction("F.channel_shuffle", (groups,), module="nn.ChannelShuffle")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        (tensor,) = inputs
        grouped = Constant((0, self.groups, tensor.channels // self.groups, -1))
        return chain(
            step("Reshape", X, grouped, allowzero=0),
            step("Transpose", PREVIOUS, perm=(0, 2, 1, 3)),
            step("Reshape", PREVIOUS, Constant((0, *tensor.shape)), allowzero=0),
        )
