"""Blocks that differ in a few numbers at most."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.lints_unused import DuplicateBlocks
from archspec.diagnostics.problem import Note
from archspec.source.tree import Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.passes.lints.network import Network
    from archspec.source.tree import Tree
    from archspec.spec.template import BlockTemplate, GraphTemplate, NodeTemplate

# One block with more parameters than this is not easier to read than two.
_MOST_DIFFERENCES = 2
_FEWEST_NODES = 2


def find(network: Network) -> Iterator[DuplicateBlocks]:
    """Yield each block of the spec's own file that is another one again, but for a few numbers."""
    known: dict[Any, list[tuple[BlockTemplate, list[Any]]]] = {}
    for block in network.spec.blocks.values():
        if not network.is_own(block.graph.span) or len(block.graph.nodes) < _FEWEST_NODES:
            continue
        numbers: list[Any] = []
        form = _form(block, numbers)
        for other, others in known.setdefault(form, []):
            differences = {(left, right) for left, right in zip(others, numbers, strict=True) if left != right}
            if len(differences) <= _MOST_DIFFERENCES:
                yield DuplicateBlocks(
                    span=block.span,
                    name=block.name,
                    other=other.name,
                    differences=tuple(sorted((str(left), str(right)) for left, right in differences)),
                    notes=(Note(f"block {other.name} stands here", other.span),),
                )
                break
        known[form].append((block, numbers))


def _form(block: BlockTemplate, numbers: list[Any]) -> Any:
    """Return what a block is apart from the numbers in it, which are put into `numbers` in order."""
    return (
        tuple((each.name, each.type, _value(each.default, numbers), each.choices) for each in block.params),
        block.inputs,
        tuple((let.name, _value(let.value, numbers)) for let in block.lets),
        tuple((output.name, output.ref.text) for output in block.outputs),
        _graph(block.graph, numbers),
    )


def _graph(graph: GraphTemplate, numbers: list[Any]) -> Any:
    return graph.is_list, tuple(_node(node, numbers) for node in graph.nodes)


def _node(node: NodeTemplate, numbers: list[Any]) -> Any:
    arguments = sorted(node.arguments, key=lambda argument: argument.name)
    return (
        node.name,
        None if node.op is None else node.op.text,
        tuple((argument.name, _value(argument.value, numbers)) for argument in arguments),
        None if node.sources is None else tuple(ref.text for ref in node.sources),
        _value(node.when, numbers),
        None if node.otherwise is None else node.otherwise.text,
        tuple(
            (
                _value(loop.count, numbers),
                _value(loop.each, numbers),
                loop.names,
                loop.index,
                _value(loop.name, numbers),
            )
            for loop in node.repeats
        ),
        None if node.share is None else node.share.text,
        node.dense,
        node.inputs,
        tuple((output.name, output.ref.text) for output in node.outputs),
        None if node.graph is None else _graph(node.graph, numbers),
    )


_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")


def _value(tree: Tree | None, numbers: list[Any]) -> Any:
    """Return a value without its numbers: those that stand alone, in lists, and in expressions."""
    if tree is None:
        return None
    if isinstance(tree, Sequence):
        return tuple(_value(item, numbers) for item in tree.items)
    if isinstance(tree, Scalar):
        if isinstance(tree.value, str):
            numbers += _NUMBER.findall(tree.text)
            return _NUMBER.sub("#", tree.text)
        numbers.append(tree.value if isinstance(tree.value, bool) else tree.text)
        return type(tree.value).__name__
    return tuple((entry.key.text, _value(entry.value, numbers)) for entry in tree.entries)
