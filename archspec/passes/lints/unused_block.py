"""Blocks that nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_unused import UnusedBlock
from archspec.passes.lints.mentions import scalars, values_of_block, values_of_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.passes.lints.network import Network


def find(network: Network) -> Iterator[UnusedBlock]:
    """Yield blocks of the spec's own file that no variant uses; those of a file of blocks are there for others."""
    spec = network.spec
    if spec.is_library:
        return
    named = {scalar.text for tree in values_of_spec(spec) for scalar in scalars(tree)}
    waiting = [name for name in spec.blocks if name in named]
    used = set(waiting)
    while waiting:
        texts = {scalar.text for tree in values_of_block(spec.blocks[waiting.pop()]) for scalar in scalars(tree)}
        found = [name for name in spec.blocks if name in texts and name not in used]
        used.update(found)
        waiting += found
    for name, block in spec.blocks.items():
        if name not in used and network.is_own(block.span):
            yield UnusedBlock(span=block.span, name=name)
