"""The truth about receptive fields: the support of a gradient.

All weights are positive and all non-linearities linear, so that nothing masks a dependence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  (PyTorch's own name for it)

from archspec.ir.window import Resample, TransposedWindow, Window
from tests.passes.build import Moved

if TYPE_CHECKING:
    from archspec.ir.graph import Graph, Node

CONV = {1: F.conv1d, 2: F.conv2d}
CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d}
LINEAR = {1: "linear", 2: "bilinear"}

Span = tuple[int, int]


def spans(graph: Graph, path: str, units: list[tuple[int, ...]]) -> list[tuple[Span, ...] | None]:
    """Return the hull of the input elements that each unit of a node depends on; None if on none."""
    source = torch.ones(1, 1, *next(iter(graph.inputs.values())).spatial, dtype=torch.float64, requires_grad=True)
    values = {next(iter(graph.inputs)): source}
    for node in graph.nodes.values():
        values[node.path] = _run(node, [values[value.node] for value in node.inputs])
        assert tuple(values[node.path].shape[2:]) == node.output.spatial, node
    return [_span(values[path], source, unit) for unit in units]


def _span(result: torch.Tensor, source: torch.Tensor, unit: tuple[int, ...]) -> tuple[Span, ...] | None:
    (gradient,) = torch.autograd.grad(result[(0, 0, *unit)], source, retain_graph=True)
    seen = gradient[0, 0].nonzero()
    if not len(seen):
        return None
    return tuple((int(low), int(high)) for low, high in zip(seen.min(0).values, seen.max(0).values, strict=True))


def _run(node: Node, inputs: list[torch.Tensor]) -> torch.Tensor:
    if not isinstance(node.op, Moved):
        return torch.stack(inputs).sum(0)
    (tensor,) = inputs
    axes = node.op.maps
    if isinstance(axes[0], Window):
        padded = F.pad(tensor, [side for axis in reversed(axes) for side in (axis.low, axis.high)])
        weight = torch.ones(1, 1, *(axis.kernel for axis in axes), dtype=torch.float64)
        stride, dilation = tuple(axis.stride for axis in axes), tuple(axis.dilation for axis in axes)
        return CONV[len(axes)](padded, weight, stride=stride, dilation=dilation)
    if isinstance(axes[0], TransposedWindow):
        return _transposed(tensor, axes)
    assert isinstance(axes[0], Resample)
    size = [axis.target for axis in axes]
    if axes[0].reach == 0:
        return F.interpolate(tensor, size, mode="nearest")
    return F.interpolate(tensor, size, mode=LINEAR[len(axes)], align_corners=axes[0].align_corners)


def _transposed(tensor: torch.Tensor, axes: tuple[TransposedWindow, ...]) -> torch.Tensor:
    weight = torch.ones(1, 1, *(axis.kernel for axis in axes), dtype=torch.float64)
    full = CONV_TRANSPOSE[len(axes)](
        tensor,
        weight,
        stride=tuple(axis.stride for axis in axes),
        dilation=tuple(axis.dilation for axis in axes),
        output_padding=tuple(axis.output_padding for axis in axes),
    )
    return F.pad(full, [-side for axis in reversed(axes) for side in (axis.low, axis.high)])
