"""Heads that are there in training only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.ir.graph import Graph


def training_only(graph: Graph) -> frozenset[str]:
    """Return the nodes that only heads of training need."""
    heads = _needed(graph, (output.value.node for output in graph.outputs if output.training_only))
    return heads - _needed(graph, (output.value.node for output in graph.outputs if not output.training_only))


def _needed(graph: Graph, ends: Iterable[str]) -> frozenset[str]:
    """Return the nodes on which some nodes depend, themselves included."""
    needed: set[str] = set()
    waiting = list(ends)
    while waiting:
        path = waiting.pop()
        if path in graph.nodes and path not in needed:
            needed.add(path)
            waiting.extend(value.node for value in graph.nodes[path].inputs)
    return frozenset(needed)
