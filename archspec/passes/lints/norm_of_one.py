"""Batch norms that have one number of each sample and channel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_layers import NormOfOneElement
from archspec.ops.norm_batch import BatchNorm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.passes.lints.network import Network


def find(network: Network) -> Iterator[NormOfOneElement]:
    """Yield batch norms of maps with a single position; vectors, which have no positions, are none."""
    for node in network.graph.nodes.values():
        spatial = node.input_types[0].spatial if node.input_types else ()
        if isinstance(node.op, BatchNorm) and spatial and math.prod(spatial) == 1:
            yield NormOfOneElement(span=node.span, node=node.path, sizes=spatial)
