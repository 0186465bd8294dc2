"""Where the channels of each value stand: first, as in maps, or last, as where a network works on rows of features.

A shape does not tell. What reads a value does, and what only passes it on leaves its channels where they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.backends.torch.definitions import code_of
from archspec.ir.records import InputSize
from archspec.ops.embedding import Embedding
from archspec.ops.layout import Permute
from archspec.ops.windows_cut import WindowPartition, WindowReverse

if TYPE_CHECKING:
    from archspec.ir.graph import Graph, Node


def channels_last(graph: Graph) -> frozenset[str]:
    """Return the nodes whose results have their channels on the last axis. Takes time linear in nodes and edges."""
    last: set[str] = set()
    for node in graph.nodes.values():
        if _is_last(node, last):
            last.add(node.path)
    return frozenset(last)


def _is_last(node: Node, last: set[str]) -> bool:
    """Tell whether a node's channels stand last, from what is known of the nodes before it."""
    op = node.op
    if isinstance(op, WindowPartition | Embedding):
        return True
    if isinstance(op, WindowReverse):
        return False
    before = any(value.node in last for value in node.inputs)
    if isinstance(op, Permute):
        channels = node.input_types[0].rank - 1 if before else 0
        return op.axes[-1] % node.input_types[0].rank == channels
    sizes = [arg.source.axis for arg in getattr(code_of(node), "args", ()) if isinstance(arg.source, InputSize)]
    return -1 in sizes if sizes else before
