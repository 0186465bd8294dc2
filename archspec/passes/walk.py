"""Visiting the nodes of a graph so that a crash says where it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.ir.graph import Graph, Node


class NodeError(RuntimeError):
    """A bug: a rule of an op, or a pass, failed on a node. The fault itself is the `__cause__`."""

    def __init__(self, node: Node, fault: Exception) -> None:
        """Say which node it was."""
        super().__init__(f"node {node.path} ({node.op.op}, {node.span}): {type(fault).__name__}: {fault}")
        self.node = node


def walk(graph: Graph, visit: Callable[[Node], None]) -> None:
    """Call `visit` on each node, in execution order.

    Raises:
        NodeError: `visit` raised; the error names the node.
    """
    for node in graph.nodes.values():
        try:
            visit(node)
        except Exception as fault:
            raise NodeError(node, fault) from fault
