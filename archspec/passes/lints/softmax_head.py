"""A softmax at the end of a network that cross entropy follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_layers import SoftmaxBeforeLoss
from archspec.ops.layout import Flatten, Permute, Reshape
from archspec.ops.softmax import Softmax, Softmin
from archspec.passes.lints.network import PASSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.passes.lints.network import Network

_MOVING = (*PASSING, Flatten, Permute, Reshape)


def find(network: Network) -> Iterator[SoftmaxBeforeLoss]:
    """Yield the softmax that a result comes from, unless the spec states that its results are probabilities."""
    facts = network.graph.preprocess
    if facts is not None and facts.probabilities:
        return
    for output in network.graph.outputs:
        node = network.before(output.value, _MOVING)
        if node is not None and isinstance(node.op, Softmax | Softmin):
            yield SoftmaxBeforeLoss(span=node.span, node=node.path, op=node.op.op, output=output.name)
