"""Parameters and `let` values that nothing mentions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_unused import UnusedParameter
from archspec.passes.lints.mentions import is_mentioned, nodes_of, values_of_block, values_of_spec, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.passes.lints.network import Network
    from archspec.spec.template import BlockTemplate, SpecTemplate


def find(network: Network) -> Iterator[UnusedParameter]:
    """Yield parameters and values that the spec's own file declares and that nothing uses, in any variant."""
    spec = network.spec
    mentioned = words(values_of_spec(spec))
    declared = [parameter for parameter in spec.params if not is_mentioned(parameter, mentioned)]
    for each in (*declared, *(let for let in spec.lets if let.name not in mentioned)):
        if network.is_own(each.span):
            yield UnusedParameter(span=each.span, name=each.name, is_value=each not in declared)
    common = _common_arguments(spec)
    for block in spec.blocks.values():
        if network.is_own(block.span) and not _is_of_a_spec(block):
            yield from _of_block(block, common)


def _of_block(block: BlockTemplate, common: set[str]) -> Iterator[UnusedParameter]:
    mentioned = words(values_of_block(block))
    for parameter in block.params:
        if not is_mentioned(parameter, mentioned | common):
            yield UnusedParameter(span=parameter.span, name=parameter.name, block=block.name)
    for let in block.lets:
        if let.name not in mentioned:
            yield UnusedParameter(span=let.span, name=let.name, block=block.name, is_value=True)


def _is_of_a_spec(block: BlockTemplate) -> bool:
    """Tell whether a block is another spec, whose parameters are declared there."""
    return block.graph.span.path != block.span.path


def _common_arguments(spec: SpecTemplate) -> set[str]:
    """Return the arguments of nodes whose op is chosen: every block that can be chosen must take them."""
    graphs = (spec.graph, *(block.graph for block in spec.blocks.values()))
    chosen = (node for graph in graphs for node in nodes_of(graph) if node.op is not None and "$" in node.op.text)
    return {argument.name for node in chosen for argument in node.arguments}
