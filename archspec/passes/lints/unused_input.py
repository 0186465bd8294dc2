"""Inputs of networks, blocks and groups that nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_unused import UnusedInput
from archspec.passes.lints.mentions import nodes_of, reads_what_comes_in, references

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archspec.passes.lints.network import Network
    from archspec.spec.template import GraphTemplate, OutputTemplate


def find(network: Network) -> Iterator[UnusedInput]:
    """Yield inputs that nothing reads, in any variant, as far as they are declared in the spec's own file."""
    spec = network.spec
    if not spec.is_library:
        unread = _unread(spec.graph, [template.name for template in spec.inputs], spec.outputs)
        for template in spec.inputs:
            if template.name in unread and network.is_own(template.span):
                yield UnusedInput(span=template.span, name=template.name, owner="the network")
    own_blocks = [block for block in spec.blocks.values() if network.is_own(block.graph.span)]
    for block in own_blocks:
        for name in _unread(block.graph, block.inputs, block.outputs):
            yield UnusedInput(span=block.span, name=name, owner=f"block {block.name}")
    for graph in (spec.graph, *(block.graph for block in own_blocks)):
        for node in nodes_of(graph):
            if node.graph is not None and network.is_own(node.span):
                for name in _unread(node.graph, node.inputs, node.outputs):
                    yield UnusedInput(span=node.span, name=name, owner=f"group {node.name}")


def _unread(graph: GraphTemplate, inputs: Sequence[str], outputs: Sequence[OutputTemplate]) -> list[str]:
    """Return the inputs of a graph that its nodes do not name; the first is read where a node names nothing."""
    mentioned = references(graph, [output.ref.text for output in outputs])
    implied = inputs[:1] if reads_what_comes_in(graph) or (len(inputs) == 1 and "input" in mentioned) else ()
    return [name for name in inputs if name not in mentioned and name not in implied]
