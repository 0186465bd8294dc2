"""Activations that stand on the identity path of pre-activation units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_design import BlockedIdentity
from archspec.ops.join import Add
from archspec.passes.lints.network import ACTIVATIONS, NORMS, PASSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.ir.graph import Node, Value
    from archspec.passes.lints.network import Network


def find(network: Network) -> Iterator[BlockedIdentity]:
    """Yield activations between the sums of two residual units, if the branch of the second one starts with its own."""
    for node in network.graph.nodes.values():
        if not isinstance(node.op, Add):
            continue
        for index, value in enumerate(node.inputs):
            activation = network.before(value, PASSING)
            if activation is None or not isinstance(activation.op, ACTIVATIONS):
                continue
            total = network.before(activation.inputs[0], (*PASSING, *NORMS))
            if total is None or not isinstance(total.op, Add):
                continue
            others = [other for place, other in enumerate(node.inputs) if place != index]
            if any(_starts_with_activation(other, activation, network) for other in others):
                yield BlockedIdentity(
                    span=activation.span, node=activation.path, op=activation.op.op, before=total.path, behind=node.path
                )


def _starts_with_activation(branch: Value, start: Node, network: Network) -> bool:
    """Tell whether a branch leads from a node through norms or activations, and nothing else of it reads that node."""
    first = network.positions[start.path]
    waiting, seen = [branch], set[str]()
    found = False
    while waiting:
        node = network.before(waiting.pop(), PASSING)
        if node is None or node.path in seen or network.positions[node.path] <= first:
            continue
        seen.add(node.path)
        if all(network.before(value, PASSING) is not start for value in node.inputs):
            waiting += node.inputs
        elif isinstance(node.op, (*NORMS, *ACTIVATIONS)):
            found = True
        else:
            return False
    return found
