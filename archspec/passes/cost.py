"""What each node costs: parameters, arithmetic, bytes; for one sample, or for a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from archspec.ir.tensor import TensorType
from archspec.passes.precision import in_precision
from archspec.passes.saved import saved_bytes
from archspec.passes.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archspec.ir.graph import Graph, Node
    from archspec.ir.records import ParameterSpec


@dataclass(frozen=True, slots=True)
class Cost:
    """The costs of a node, a block or a network.

    Attributes:
        params: elements of tensors that are trained (`requires_grad`).
        buffers: elements of tensors that are not (running statistics and their counter).
        macs: multiply-accumulates of convolutions, linear layers and matrix products. FLOPs are 2 x MACs.
        elementwise: other arithmetic operations: additions, activations, norms, pools.
        weight_bytes: bytes of params and buffers.
        activation_bytes: bytes of the results.
        saved_bytes: bytes that PyTorch keeps for the backward pass in training, as far as no node before keeps them.
        moved_bytes: bytes that inference reads and writes: inputs, weights and results; none for views.
    """

    params: int = 0
    buffers: int = 0
    macs: int = 0
    elementwise: int = 0
    weight_bytes: int = 0
    activation_bytes: int = 0
    saved_bytes: int = 0
    moved_bytes: int = 0

    @property
    def flops(self) -> int:
        """Floating point operations, by the rule of 2 per multiply-accumulate."""
        return 2 * self.macs

    @property
    def intensity(self) -> float:
        """Floating point operations per byte moved; 0 where nothing is multiplied."""
        return self.flops / self.moved_bytes if self.moved_bytes else 0.0


def costs(graph: Graph, batch: int = 1, dtype: str | None = None, *, saved: bool = True) -> Mapping[str, Cost]:
    """Return the costs of each node, by path.

    Args:
        graph: the network.
        batch: how many samples there are. Weights, and what is computed of parameters alone, are there once.
        dtype: that of all floating point tensors; None leaves them as they are.
        saved: whether to find out what is kept for the backward pass, which takes most of the time; else that is 0.
    """
    kept = saved_bytes(in_precision(graph, dtype), batch) if saved else {}
    found: dict[str, Cost] = {}
    known: dict[tuple[int, tuple[TensorType, ...], bool], Cost] = {}  # equal ops are mostly one object

    def visit(node: Node) -> None:
        key = (id(node.op), node.input_types, node.shares is None)
        if key not in known:
            known[key] = _cost(node, batch, dtype)
        found[node.path] = replace(known[key], saved_bytes=kept[node.path]) if kept.get(node.path) else known[key]

    walk(graph, visit)
    return MappingProxyType(found)


def total(parts: Iterable[Cost]) -> Cost:
    """Return the sum of several costs."""
    rows = list(parts)
    return Cost(**{each.name: sum(getattr(row, each.name) for row in rows) for each in fields(Cost)})


def _cost(node: Node, batch: int, dtype: str | None) -> Cost:
    op, types = node.op, node.input_types
    owned = node.parameters()
    sizes = [math.prod(spec.shape) for spec in owned]
    times = batch if any(result.batch == "each" for result in node.output_types) else 1
    results = sum(result.in_precision(dtype).bytes_of(batch) for result in node.output_types)
    return Cost(
        params=sum(size for spec, size in zip(owned, sizes, strict=True) if not spec.buffer),
        buffers=sum(size for spec, size in zip(owned, sizes, strict=True) if spec.buffer),
        macs=op.macs(types) * times - op.macs_once(types) * (times - 1),
        elementwise=op.elementwise(types) * times,
        weight_bytes=_bytes_of(owned, dtype),
        activation_bytes=results,
        moved_bytes=_moved(node, batch, dtype, results),
    )


def _bytes_of(specs: Iterable[ParameterSpec], dtype: str | None) -> int:
    return sum(TensorType(spec.shape, spec.dtype).in_precision(dtype).size_bytes for spec in specs)


def _moved(node: Node, batch: int, dtype: str | None, results: int) -> int:
    """Return the bytes that are read and written; a parameter is read by the nodes behind it."""
    if not node.inputs or node.op.is_view(node.input_types, training=False):
        return 0
    read = sum(tensor.in_precision(dtype).bytes_of(batch) for tensor in node.input_types)
    weights = results if node.op.looks_up else _bytes_of(node.op.parameters(node.input_types), dtype)
    return read + weights + results
