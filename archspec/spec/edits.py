"""Edits, by name, of the graph of an extended spec."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.spec import BadGraphEdit
from archspec.source.tree import Scalar, Sequence
from archspec.spec.models import EditLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.source.tree import Entry, Tree
    from archspec.spec.reader import Reader
    from archspec.spec.template import GraphTemplate, NodeTemplate

    Change = Callable[[NodeTemplate], tuple[NodeTemplate, ...]]


def edit_graph(reader: Reader, graph: GraphTemplate, tree: Tree) -> GraphTemplate:
    """Return the graph with the edits of `tree`: replace, insert_before, insert_after, remove.

    A dotted name reaches into inline groups: `classifier.6`.
    """
    edits = reader.mapping(tree, "the edits of an extended graph")
    if edits is None or not reader.level(EditLevel, edits):
        return graph
    for key, make in (("replace", _replacing), ("insert_before", _before), ("insert_after", _after)):
        for entry in reader.entries(edits.get(key), key):
            graph = _change(reader, graph, entry.key, make(reader, entry))
    removed = edits.get("remove")
    for item in reader.items(removed) if removed is not None else ():
        if reader.word(item, "remove") and isinstance(item, Scalar):
            graph = _change(reader, graph, item, lambda _: ())
    return graph


def _replacing(reader: Reader, entry: Entry) -> Change:
    def change(old: NodeTemplate) -> tuple[NodeTemplate, ...]:
        new = reader.node(old.name, entry.key.span, entry.value)
        # What takes a node's place reads what the node read, unless it says otherwise.
        return (new if new.sources else dataclasses.replace(new, sources=old.sources),)

    return change


def _before(reader: Reader, entry: Entry) -> Change:
    return lambda old: (*_inserted(reader, entry), old)


def _after(reader: Reader, entry: Entry) -> Change:
    return lambda old: (old, *_inserted(reader, entry))


def _inserted(reader: Reader, entry: Entry) -> tuple[NodeTemplate, ...]:
    """Read what is inserted: named nodes for a mapping graph, a list of nodes for a list graph."""
    if isinstance(entry.value, Sequence):
        return tuple(reader.node(str(index), item.span, item) for index, item in enumerate(entry.value.items))
    found = reader.graph(entry.value, f"what stands beside {entry.key.text!r}")
    return found.nodes if found else ()


def _change(reader: Reader, graph: GraphTemplate, name: Scalar, change: Change) -> GraphTemplate:
    head, _, rest = name.text.partition(".")
    nodes: list[NodeTemplate] = []
    found = False
    for node in graph.nodes:
        if node.name != head:
            nodes.append(node)
        elif rest and node.graph is not None:
            inner = Scalar(name.span, rest, rest)
            nodes.append(dataclasses.replace(node, graph=_change(reader, node.graph, inner, change)))
            found = True
        else:
            nodes.extend(change(node) if not rest else (node,))
            found = not rest
    if not found:
        known = tuple(node.name for node in graph.nodes)
        reader.collector.add(BadGraphEdit(span=name.span, name=name.text, known=known))
    return dataclasses.replace(graph, nodes=_renumbered(nodes) if graph.is_list else tuple(nodes))


def _renumbered(nodes: list[NodeTemplate]) -> tuple[NodeTemplate, ...]:
    return tuple(dataclasses.replace(node, name=str(index)) for index, node in enumerate(nodes))
