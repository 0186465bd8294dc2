"""Even kernels whose output is shifted by half a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_layers import EvenKernelSamePadding
from archspec.ops.convolution import Conv
from archspec.ops.sliding import SlidingPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.passes.lints.network import Network


def find(network: Network) -> Iterator[EvenKernelSamePadding]:
    """Yield ops of stride 1 that `padding: same` pads on one side more than on the other."""
    for node in network.graph.nodes.values():
        if not isinstance(node.op, Conv | SlidingPool) or node.op.padding != "same":
            continue
        windows = node.op.windows(node.input_types)
        uneven = [window for window in windows if window.stride == 1 and window.low != window.high]
        if uneven:
            yield EvenKernelSamePadding(
                span=node.span,
                node=node.path,
                op=node.op.op,
                kernel=uneven[0].kernel,
                pads=(uneven[0].low, uneven[0].high),
            )
