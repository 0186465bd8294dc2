"""What ops on maps share: one value per axis, windows, and the sizes that come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from archspec.diagnostics.catalog.shapes_axes import WrongAxisCount, WrongRank
from archspec.diagnostics.catalog.shapes_layers import GroupsDoNotDivide
from archspec.diagnostics.catalog.shapes_windows import EmptyOutput, KernelLargerThanInput, PaddingTooLarge
from archspec.diagnostics.problem import ProblemError
from archspec.ir.kept import Kept
from archspec.ir.records import Constant, OnnxNode, Operand
from archspec.ir.tensor import TensorType, axis_name
from archspec.ir.window import TransposedWindow, Window, same_padding
from archspec.ops.dtypes import require_float

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.ir.tensor import Shape

T = TypeVar("T")

Pair = tuple[int, int]


def require_map(op: str, tensor: TensorType, *, spatial: tuple[int, ...] = (1, 2, 3)) -> int:
    """Return how many spatial axes a map has.

    Raises:
        ProblemError: it has a number of them that is not in `spatial`, or its elements are no floats.
    """
    rank = len(tensor.shape) - 1
    if rank not in spatial:
        wanted = "maps of " + " or ".join(f"{count + 1}" for count in spatial) + " axes (channels first)"
        raise ProblemError(WrongRank(op=op, wanted=wanted, shape=tensor.shape))
    require_float(op, tensor)
    return rank


def require_rows(op: str, tensor: TensorType, wanted: str) -> None:
    """Check that the input has three axes, the features last, and holds floating point numbers.

    Raises:
        ProblemError: it has not; `wanted` says what the op works on.
    """
    if tensor.rank != 3:  # noqa: PLR2004
        raise ProblemError(WrongRank(op=op, wanted=wanted, shape=tensor.shape))
    require_float(op, tensor)


def require_divisor(op: str, param: str, groups: int, channels: int, which: str) -> None:
    """Check that `groups` divides channels; `which` says what they are.

    Raises:
        ProblemError: it does not.
    """
    if channels % groups:
        raise ProblemError(GroupsDoNotDivide(op=op, param=param, groups=groups, channels=channels, which=which))


def per_axis(op: str, param: str, value: T | list[T], tensor: TensorType) -> tuple[T, ...]:
    """Return one value for each spatial axis of `tensor`.

    Raises:
        ProblemError: a list of another length.
    """
    axes = len(tensor.spatial)
    if not isinstance(value, list):
        return (value,) * axes
    if len(value) != axes:
        raise ProblemError(WrongAxisCount(op=op, param=param, count=len(value), axes=axes, shape=tensor.shape))
    return tuple(value)


def padding_pairs(op: str, padding: Any, tensor: TensorType, windows: Sequence[Window]) -> tuple[Pair, ...]:
    """Return the padding (low, high) of each spatial axis.

    Raises:
        ProblemError: a list of another length than there are axes.
    """
    if padding == "valid":
        return ((0, 0),) * len(windows)
    if padding == "full":
        return tuple((window.extent - 1, window.extent - 1) for window in windows)
    if padding == "same":
        sizes = zip(tensor.spatial, windows, strict=True)
        return tuple(same_padding(size, axis.kernel, axis.stride, axis.dilation) for size, axis in sizes)
    sides = per_axis(op, "padding", padding, tensor)
    return tuple((side[0], side[1]) if isinstance(side, list) else (side, side) for side in sides)


def slide(op: str, tensor: TensorType, windows: Sequence[Window]) -> Shape:
    """Return the spatial sizes that sliding windows give.

    Raises:
        ProblemError: a window does not fit once.
    """
    sizes: list[int] = []
    for axis, (size, window) in enumerate(zip(tensor.spatial, windows, strict=True)):
        if window.output(size) < 1:
            raise ProblemError(
                KernelLargerThanInput(
                    op=op,
                    param="kernel_size",
                    axis=axis_name(axis, len(windows)),
                    size=size,
                    kernel=window.kernel,
                    dilation=window.dilation,
                    low=window.low,
                    high=window.high,
                )
            )
        sizes.append(window.output(size))
    return tuple(sizes)


def spread(op: str, tensor: TensorType, windows: Sequence[TransposedWindow]) -> Shape:
    """Return the spatial sizes that transposed windows give.

    Raises:
        ProblemError: padding crops the whole output.
    """
    sizes = tuple(window.output(size) for size, window in zip(tensor.spatial, windows, strict=True))
    require_elements(op, "padding", tensor, sizes)
    return sizes


def require_elements(op: str, param: str, tensor: TensorType, sizes: Shape) -> None:
    """Check that sizes computed for the spatial axes are positive.

    Raises:
        ProblemError: one is not.
    """
    for axis, size in enumerate(sizes):
        if size < 1:
            name = axis_name(axis, len(sizes))
            raise ProblemError(EmptyOutput(op=op, param=param, axis=name, size=size, shape=tensor.shape))


def limit_padding(op: str, pairs: Sequence[Pair], limits: Sequence[int], why: str, param: str = "padding") -> None:
    """Check the padding of each spatial axis against a limit; `why` says what sets it, `param` what gives the padding.

    Raises:
        ProblemError: a side exceeds the limit of its axis.
    """
    for axis, (pair, limit) in enumerate(zip(pairs, limits, strict=True)):
        if max(pair) > limit:
            name = axis_name(axis, len(limits))
            raise ProblemError(PaddingTooLarge(op=op, param=param, padding=max(pair), limit=limit, axis=name, why=why))


def limit_fill(op: str, pairs: Sequence[Pair], mode: str, tensor: TensorType, param: str = "padding") -> None:
    """Check that there is enough input to fill the padding with, for the modes that take it from there.

    Raises:
        ProblemError: there is not.
    """
    if mode == "reflect":
        limit_padding(op, pairs, [size - 1 for size in tensor.spatial], "the elements that there are to mirror", param)
    if mode == "circular":
        limit_padding(op, pairs, tensor.spatial, "the size of its input", param)


def collapse(values: Sequence[T]) -> T | tuple[T, ...]:
    """Return one value if all are equal, else the tuple: how PyTorch's arguments are written."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def pad_argument(pairs: Sequence[Pair]) -> tuple[int, ...]:
    """Return pads in the order of torch.nn.functional.pad: last axis first, low before high."""
    return tuple(side for pair in reversed(pairs) for side in pair)


# What ONNX calls PyTorch's ways to fill padding.
# For the backward pass of these, PyTorch keeps what is padded.
KEEPING_PAD_MODES = ("reflect", "replicate")

ONNX_PAD_MODES = {
    "zeros": "constant",
    "constant": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


def pad_node(pairs: Sequence[Pair], mode: str) -> OnnxNode:
    """Return the ONNX node that pads the spatial axes of a batch, for an op that pads before it works."""
    pads = onnx_pads(((0, 0), (0, 0), *pairs))
    return OnnxNode("Pad", (Operand(0), Constant(pads)), {"mode": ONNX_PAD_MODES[mode]}, ("padded",))


def kept_padded(tensor: TensorType, pairs: Sequence[Pair], mode: str = "zeros") -> Kept:
    """Return what is kept of an op that reads a padded copy of its input: the copy, and what its padding keeps."""
    sizes = (low + size + high for size, (low, high) in zip(tensor.spatial, pairs, strict=True))
    return Kept((0,) if mode in KEEPING_PAD_MODES else (), others=(tensor.with_spatial(*sizes),))


def onnx_pads(pairs: Sequence[Pair]) -> tuple[int, ...]:
    """Return pads in ONNX's order: all lows, then all highs."""
    return (*(low for low, _ in pairs), *(high for _, high in pairs))
