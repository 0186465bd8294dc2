"""What each node costs: parameters, arithmetic, bytes. All counts are per sample (batch 1)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING

from archspec.ir.tensor import ITEM_BYTES
from archspec.passes.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archspec.ir.graph import Graph, Node
    from archspec.ir.tensor import TensorType


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
    """

    params: int = 0
    buffers: int = 0
    macs: int = 0
    elementwise: int = 0
    weight_bytes: int = 0
    activation_bytes: int = 0

    @property
    def flops(self) -> int:
        """Floating point operations, by the rule of 2 per multiply-accumulate."""
        return 2 * self.macs


def costs(graph: Graph) -> Mapping[str, Cost]:
    """Return the costs of each node, by path."""
    found: dict[str, Cost] = {}
    known: dict[tuple[int, tuple[TensorType, ...], bool], Cost] = {}  # equal ops are mostly one object

    def visit(node: Node) -> None:
        key = (id(node.op), node.input_types, node.shares is None)
        if key not in known:
            known[key] = _cost(node)
        found[node.path] = known[key]

    walk(graph, visit)
    return MappingProxyType(found)


def total(parts: Iterable[Cost]) -> Cost:
    """Return the sum of several costs."""
    rows = list(parts)
    return Cost(**{each.name: sum(getattr(row, each.name) for row in rows) for each in fields(Cost)})


def _cost(node: Node) -> Cost:
    owned = node.parameters()
    sizes = [math.prod(spec.shape) for spec in owned]
    return Cost(
        params=sum(size for spec, size in zip(owned, sizes, strict=True) if not spec.buffer),
        buffers=sum(size for spec, size in zip(owned, sizes, strict=True) if spec.buffer),
        macs=node.op.macs(node.input_types),
        elementwise=node.op.elementwise(node.input_types),
        weight_bytes=sum(size * ITEM_BYTES[spec.dtype] for spec, size in zip(owned, sizes, strict=True)),
        activation_bytes=sum(result.size_bytes for result in node.output_types),
    )
