"""Convolutions that read units of which each already sees the whole input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_design import FieldLargerThanNeeded
from archspec.ir.window import Window
from archspec.ops.convolution import Conv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.ir.graph import Node
    from archspec.passes.lints.network import Network


def find(network: Network) -> Iterator[FieldLargerThanNeeded]:
    """Yield the first of the convolutions that can bring nothing new together, with how many there are."""
    found = [node for node in network.graph.nodes.values() if node.path in network.lasting and _is_late(node, network)]
    if found:
        first = found[0]
        field = network.field_of(first.inputs[0])
        sizes = network.graph.inputs[field.source].spatial
        yield FieldLargerThanNeeded(
            span=first.span, node=first.path, field_size=field.smallest, input_size=sizes, count=len(found)
        )


def _is_late(node: Node, network: Network) -> bool:
    """Tell whether even along the narrowest path each unit that a convolution reads sees the whole input.

    A field of `2 * size - 1` reaches from the one border to the other, wherever its middle is on the input.
    """
    if not isinstance(node.op, Conv):
        return False
    field = network.field_of(node.inputs[0])
    if not (field.local and field.mapped and field.axes):
        return False
    sizes = network.graph.inputs[field.source].spatial
    if not any(seen >= 2 * size - 1 for seen, size in zip(field.smallest, sizes, strict=True)):
        return False
    windows = network.windows(node)
    if field.order or len(windows) != len(field.axes):
        return False
    along = [
        seen >= 2 * size - 1
        for window, seen, size in zip(windows, field.smallest, sizes, strict=True)
        if isinstance(window, Window) and window.kernel > 1
    ]
    return bool(along) and all(along)
