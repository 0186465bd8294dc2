"""Layers that narrow all that the network knows, and are widened again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_design import NeedlessBottleneck
from archspec.ir.graph import Value
from archspec.ops.convolution import Conv
from archspec.ops.convolution_transposed import ConvTranspose
from archspec.ops.linear import Linear
from archspec.passes.lints.network import ACTIVATIONS, NORMS, PASSING, POOLS, WEIGHTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.ir.graph import Node
    from archspec.ir.tensor import TensorType
    from archspec.passes.lints.network import Network

# How many times wider what stands before and behind must be.
_RATIO = 4


def find(network: Network) -> Iterator[NeedlessBottleneck]:
    """Yield layers with an activation that everything passes, 4 times narrower than what they read and what reads them.

    A layer without an activation loses nothing but rank, and is narrow on purpose (the linear bottleneck of MobileNet
    v2). What gives its own input back is narrow on purpose too: an autoencoder.
    """
    shapes = {tensor.shape for tensor in network.graph.inputs.values()}
    if any(network.graph.type_of(value).shape in shapes for value in network.results):
        return
    for node in _passed_by_everything(network):
        if not isinstance(node.op, WEIGHTED):
            continue
        before, width = _width(node.op, node.input_types[0]), _width(node.op, node.output)
        if before < _RATIO * width:
            continue
        readers, activated = _read_by(node, network)
        behind = max((_width(reader.op, reader.output) for reader in readers), default=0)
        ends = any(_ends(reader, network) for reader in readers)
        if activated and not ends and behind >= _RATIO * width:
            yield NeedlessBottleneck(
                span=node.span, node=node.path, op=node.op.op, before=before, width=width, behind=behind
            )


def _passed_by_everything(network: Network) -> Iterator[Node]:
    """Yield the nodes without which no result depends on any input: nothing that was made before is read after them."""
    nodes = [node for path, node in network.graph.nodes.items() if path in network.lasting]
    moving = set(network.graph.inputs)  # what depends on an input; parameters do not
    last: dict[str, int] = {}
    for place, node in enumerate(nodes):
        if any(value.node in moving for value in node.inputs):
            moving.add(node.path)
        for value in node.inputs:
            last[value.node] = place
    for output in network.graph.outputs:
        if not output.training_only:
            last[output.value.node] = len(nodes)
    reach = max((last.get(name, -1) for name in network.graph.inputs), default=-1)
    for place, node in enumerate(nodes):
        if reach <= place and node.path in moving:
            yield node
        if node.path in moving:
            reach = max(reach, last.get(node.path, -1))


def _width(op: object, tensor: TensorType) -> int:
    """Return how many numbers a position has, in what a layer reads or gives."""
    return tensor.features if isinstance(op, Linear) else tensor.channels


def _read_by(node: Node, network: Network) -> tuple[list[Node], bool]:
    """Return the layers that read a node through norms, activations and pools, and whether there is an activation."""
    activated = False
    found: list[Node] = []
    waiting = [node.path]
    while waiting:
        for reader in network.readers.get(Value(waiting.pop()), ()):
            if isinstance(reader.op, Conv | ConvTranspose | Linear):
                found.append(reader)
            elif isinstance(reader.op, (*NORMS, *ACTIVATIONS, *POOLS, *PASSING)):
                activated |= isinstance(reader.op, ACTIVATIONS)
                waiting.append(reader.path)
    return found, activated


def _ends(node: Node, network: Network) -> bool:
    """Tell whether nothing with weights stands behind a layer: its width is that of the results."""
    waiting = [node.path]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        for reader in network.graph.consumers[path]:
            if isinstance(reader.op, WEIGHTED):
                return False
            if reader.path not in seen:
                seen.add(reader.path)
                waiting.append(reader.path)
    return True
