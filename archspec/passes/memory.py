"""How much memory the activations of a network take, in training and in inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.ir.graph import Value
from archspec.passes.heads import training_only
from archspec.passes.walk import walk

if TYPE_CHECKING:
    from archspec.ir.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a network's activations.

    Attributes:
        activation_bytes: the results of all nodes together, whether or not anything keeps them.
        peak_bytes: the most that is alive at once in inference, input included.
        peak_node: the node that is running then; empty for a graph without nodes.
    """

    activation_bytes: int
    peak_bytes: int
    peak_node: str


def memory(graph: Graph, batch: int = 1) -> Memory:
    """Return how much memory the activations of a batch take.

    The peak comes from a liveness scan over the execution order: a value lives from its producer to its last consumer,
    results of the network to the end, and while a node runs both its inputs and its results are alive. No buffer is
    reused in place. Heads that are there only in training take no part in inference.
    """
    idle = training_only(graph)
    last = _last_uses(graph, idle)
    live = sum(tensor.bytes_of(batch) for tensor in graph.inputs.values())
    peak, peak_node, kept = live, "", 0

    def visit(node: Node) -> None:
        nonlocal live, peak, peak_node, kept
        size = sum(result.bytes_of(batch) for result in node.output_types)
        kept += size
        if node.path in idle:
            return
        live += size
        if live > peak or not peak_node:
            peak, peak_node = max(live, peak), node.path
        live -= sum(graph.type_of(value).bytes_of(batch) for value in last.get(node.path, ()))

    walk(graph, visit)
    return Memory(kept, peak, peak_node)


def _last_uses(graph: Graph, idle: frozenset[str]) -> dict[str, list[Value]]:
    """Return the values that die when a node has run, by the node's path."""
    dies: dict[Value, str | None] = {Value(name): None for name in graph.inputs}
    for node in graph.nodes.values():
        if node.path not in idle:
            # A result that nobody reads dies with the node itself.
            dies |= {Value(node.path, index): node.path for index in range(len(node.output_types))}
            dies |= dict.fromkeys(node.inputs, node.path)
    dies |= {output.value: None for output in graph.outputs if not output.training_only}
    found: dict[str, list[Value]] = {}
    for value, path in dies.items():
        if path is not None:
            found.setdefault(path, []).append(value)
    return found
