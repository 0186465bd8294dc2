"""Axes of a sample: counted without the batch, as in specs, and with it, as in PyTorch and ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.shapes_axes import AxisOutOfRange
from archspec.diagnostics.problem import ProblemError
from archspec.ir.window import POINTWISE, AxisMap, Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.ir.tensor import TensorType

AXIS = "Axis of the sample: 0 is the channels, the batch is not counted; negative ones count from the last."


def sample_axis(op: str, axis: int, tensor: TensorType, param: str = "axis") -> int:
    """Return the axis counted from the first.

    Raises:
        ProblemError: the tensor has no such axis.
    """
    if not -tensor.rank <= axis < tensor.rank:
        raise ProblemError(AxisOutOfRange(op=op, param=param, axis=axis, shape=tensor.shape))
    return axis % tensor.rank


def with_batch(axis: int) -> int:
    """Return the number of an axis when the batch is counted; those counted from the last stay."""
    return axis + 1 if axis >= 0 else axis


def moved_axes(order: Sequence[int]) -> tuple[AxisMap, ...]:
    """Return the windows of an op whose output axis `i` is input axis `order[i]`.

    Axes that stay are read point by point. What moves is no position in the input any more, so it counts as the whole.
    """
    return tuple(POINTWISE if source == axis else Whole() for axis, source in enumerate(order) if axis)


def mixed_axes(tensor: TensorType, mixed: Sequence[int]) -> tuple[AxisMap, ...]:
    """Return the windows of an op that reads the whole of the `mixed` axes and the others point by point."""
    return tuple(Whole() if axis in mixed else POINTWISE for axis in range(1, tensor.rank))
