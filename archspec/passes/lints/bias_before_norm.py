"""A bias whose effect the norm behind it takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_layers import BiasBeforeNorm
from archspec.ir.graph import Value
from archspec.ops.convolution import Conv
from archspec.ops.convolution_transposed import ConvTranspose
from archspec.ops.dropout import Identity
from archspec.ops.join import Add, Concat, Sub
from archspec.ops.layout import ChannelShuffle
from archspec.ops.linear import Linear
from archspec.ops.norm import InstanceNorm
from archspec.ops.norm_batch import BatchNorm
from archspec.ops.pool import AvgPool, MaxPool
from archspec.ops.pool_adaptive import AdaptivePool, GlobalPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.ir.graph import Node
    from archspec.passes.lints.network import Network


def find(network: Network) -> Iterator[BiasBeforeNorm]:
    """Yield layers whose bias is taken away wherever their results go; tied layers, wherever any of them goes."""
    absorbing = _absorbing(network)
    owners: dict[str, list[Node]] = {}
    for node in network.graph.nodes.values():
        if _has_bias(node):
            owners.setdefault(node.shares or node.path, []).append(node)
    for uses in owners.values():
        norms = [absorbing.get(Value(node.path)) for node in uses]
        first, norm = uses[0], norms[0]
        if norm is not None and None not in norms and _is_per_channel(first):
            yield BiasBeforeNorm(span=first.span, node=first.path, op=first.op.op, norm=norm.op.op, norm_path=norm.path)


def _has_bias(node: Node) -> bool:
    return isinstance(node.op, Conv | ConvTranspose | Linear) and node.op.bias


def _is_per_channel(node: Node) -> bool:
    """Tell whether the bias is one number for each channel: that of `linear` on rows is one for each column."""
    return not isinstance(node.op, Linear) or node.output.rank == 1


def _absorbing(network: Network) -> dict[Value, Node]:
    """Return the values to which one can add a number per channel without an effect, each with a norm that it meets.

    That holds if all that reads them are norms that take the mean of each channel away, and ops that hand the number on
    unchanged to where it holds again.
    """
    found: dict[Value, Node] = {}
    for node in reversed(list(network.graph.nodes.values())):
        for value in (Value(node.path, index) for index in range(len(node.output_types))):
            readers = network.readers.get(value, ())
            norms = [_norm_behind(reader, found) for reader in readers]
            if norms and value not in network.results and norms[0] is not None and None not in norms:
                found[value] = norms[0]
    return found


def _norm_behind(reader: Node, found: dict[Value, Node]) -> Node | None:
    """Return the norm that takes away what is added before a node; None if it has an effect."""
    if isinstance(reader.op, BatchNorm | InstanceNorm):
        return reader
    return found.get(Value(reader.path)) if _hands_on(reader) else None


def _hands_on(node: Node) -> bool:
    """Tell whether a number that is added to each element of a channel is added to each of the result, too."""
    op = node.op
    if isinstance(op, Concat):
        return op.axis in (0, -node.output.rank)
    if isinstance(op, AvgPool):  # zeros that are counted in the mean do not grow
        return not op.count_include_pad or not any(window.low or window.high for window in op.windows(node.input_types))
    return isinstance(op, Identity | Add | Sub | ChannelShuffle | MaxPool | AdaptivePool | GlobalPool)
