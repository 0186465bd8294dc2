"""Pixels at the border that no window reads, since their number was rounded down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from archspec.diagnostics.catalog.lints_layers import BorderLost
from archspec.diagnostics.problem import ProblemError
from archspec.ir.tensor import axis_name
from archspec.ir.window import Window
from archspec.ops.convolution import Conv
from archspec.ops.sliding import SlidingPool
from archspec.source.writing import flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archspec.ir.tensor import TensorType
    from archspec.ir.window import AxisMap
    from archspec.passes.lints.network import Network


def find(network: Network) -> Iterator[BorderLost]:
    """Yield convolutions and pools that leave out pixels of the input at the far border."""
    for node in network.graph.nodes.values():
        if not isinstance(node.op, Conv | SlidingPool):
            continue
        tensor = node.input_types[0]
        lost = _lost(network.windows(node), tensor)
        if any(lost):
            names = [axis_name(axis, len(lost)) for axis in range(len(lost))]
            axes = tuple(each for each in zip(names, lost, tensor.spatial, strict=True) if each[1])
            yield BorderLost(
                span=node.span, node=node.path, op=node.op.op, axes=axes, suggestion=_cure(node.op, tensor)
            )


def _lost(windows: Sequence[AxisMap], tensor: TensorType) -> list[int]:
    return [_lost_pixels(window, size) for window, size in zip(windows, tensor.spatial, strict=True)]


def _lost_pixels(window: AxisMap, size: int) -> int:
    """Return how many elements of the input itself lie behind the last window, and not in one of its usual gaps."""
    if not isinstance(window, Window) or window.stride == 1:
        return 0
    gap = max(0, window.stride - window.extent)
    return max(0, window.lost(size) - max(0, window.high) - gap)


def _cure(op: Conv | SlidingPool, tensor: TensorType) -> str | None:
    """Return a change of the op with which nothing is lost, if one was found."""
    for change in changes_that_may_help(op, op.windows((tensor,))):
        try:
            changed = type(op).model_validate({**op.model_dump(exclude_unset=True), **change})
            changed.infer((tensor,))
        except (ProblemError, ValidationError):
            continue
        if not any(_lost(changed.windows((tensor,)), tensor)):
            return ", ".join(f"{name}: {flow(value)}" for name, value in change.items()) + " reads all of it"
    return None


def changes_that_may_help(op: Conv | SlidingPool, windows: Sequence[Window]) -> Iterator[dict[str, object]]:
    """Yield other parameters of an op with which nothing may be lost, the smallest change first."""
    if isinstance(op, SlidingPool):
        yield {"ceil_mode": True}
    elif all(window.low == window.high for window in windows):
        more = [window.low + 1 for window in windows]
        yield {"padding": more[0] if len(set(more)) == 1 else more}
    yield {"padding": "same"}
