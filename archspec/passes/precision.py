"""A network in another precision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.ir.graph import Graph, Node
    from archspec.ir.tensor import TensorType


def in_precision(graph: Graph, dtype: str | None) -> Graph:
    """Return the network with all floating point tensors of one dtype; None changes nothing.

    Only the flat view is changed. Integers and booleans stay.
    """
    if dtype is None:
        return graph

    def cast(types: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        return tuple(tensor.in_precision(dtype) for tensor in types)

    def changed(node: Node) -> Node:
        return replace(node, input_types=cast(node.input_types), output_types=cast(node.output_types))

    inputs = {name: tensor.in_precision(dtype) for name, tensor in graph.inputs.items()}
    return replace(graph, inputs=inputs, nodes={path: changed(node) for path, node in graph.nodes.items()})


def precision_of(graph: Graph) -> str:
    """Return the dtype of the floating point tensors; several are joined by `and`, and without any it is empty."""
    types = [*graph.inputs.values(), *(tensor for node in graph.nodes.values() for tensor in node.output_types)]
    return " and ".join(dict.fromkeys(tensor.dtype for tensor in types if "float" in tensor.dtype))
