"""Nodes that no result depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.lints_unused import UnusedNode
from archspec.ir.graph import Node, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.passes.lints.network import Network
    from archspec.source.span import Span


def find(network: Network) -> Iterator[UnusedNode]:
    """Yield nodes, blocks and groups of which nothing is needed, and which nothing else in vain reads.

    What one use of a block needs is in vain in another; so a place in the spec counts only if no copy of it is needed.
    """
    if len(network.needed) >= len(network.graph.nodes) + len(network.graph.inputs):
        return
    alive = _places_needed(network.graph.root, network.needed)
    for item, span in _in_vain(network.graph.root, network.needed):
        if span in alive:
            continue
        inside = _nodes(item)
        behind = {reader.path for path in inside for reader in network.graph.consumers[path]}
        if behind <= inside:
            yield UnusedNode(span=span, node=item.path, leading=_leading_to(inside, network))


def _places_needed(scope: Scope[Any], needed: frozenset[str]) -> set[Span]:
    """Return the places in the spec of which some copy is needed."""
    found: set[Span] = set()
    for child in scope.children:
        item = child.item
        if isinstance(item, Scope):
            inner = _places_needed(item, needed)
            found |= inner
            if inner:
                found.add(child.template.span)
        elif item is not None and item.path in needed:
            found.add(item.span)
    return found


def _in_vain(scope: Scope[Any], needed: frozenset[str]) -> Iterator[tuple[Node | Scope[Any], Span]]:
    """Yield the outermost nodes and scopes of which nothing is needed, with their places."""
    for child in scope.children:
        item = child.item
        if item is None:
            continue
        inside = _nodes(item)
        if inside and not inside & needed:
            yield item, child.template.span
        elif isinstance(item, Scope):
            yield from _in_vain(item, needed)


def _nodes(item: Node | Scope[Any]) -> set[str]:
    """Return the paths of the nodes of an item."""
    if isinstance(item, Node):
        return {item.path}
    return {child.item.path for scope in item.walk() for child in scope.children if isinstance(child.item, Node)}


def _leading_to(inside: set[str], network: Network) -> tuple[str, ...]:
    """Return the nodes outside that are in vain and that these depend on."""
    found: dict[str, None] = {}
    waiting = list(inside)
    while waiting:
        for value in network.graph.nodes[waiting.pop()].inputs:
            node = network.maker(value)
            known = node is None or node.path in network.needed or node.path in inside or node.path in found
            if node is not None and not known:
                found[node.path] = None
                waiting.append(node.path)
    return tuple(reversed(found))
