"""Edits, by name, of the graph of an extended spec."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.spec import UnknownKey
from archspec.diagnostics.catalog.spec_files import BadGraphEdit
from archspec.diagnostics.text import printable
from archspec.source.tree import Entry, Mapping, Scalar, Sequence
from archspec.spec.forms import below_key
from archspec.spec.models import EditLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.source.tree import Tree
    from archspec.spec.reader import Reader
    from archspec.spec.template import GraphTemplate, NodeTemplate

    # What takes a node's place; told whether that is in a list.
    Change = Callable[[NodeTemplate, bool], tuple[NodeTemplate, ...]]

_INSERTED = "(new)"  # the name of what is inserted in a list, until all edits are done


def edit_graph(reader: Reader, graph: GraphTemplate, tree: Tree) -> GraphTemplate:
    """Return the graph with the edits of `tree`: replace, insert_before, insert_after, then remove.

    A dotted name reaches into inline groups: `classifier.6`. The nodes of a list are named by where they stand in the
    extended spec, whatever other edits insert and remove.
    """
    edits = reader.mapping(tree, "the edits of an extended graph")
    if edits is None:
        return graph
    edits = reader.level(EditLevel, _as_replaced(reader, graph, edits))
    for key, make in (("replace", _replacing), ("insert_before", _before), ("insert_after", _after)):
        for entry in reader.entries(edits.get(key), key):
            graph = _change(reader, graph, entry.key, make(reader, entry))
    removed = edits.get("remove")
    for item in () if removed is None else reader.items(removed):
        if reader.word(item, "remove") is not None and isinstance(item, Scalar):
            graph = _change(reader, graph, item, lambda _old, _in_list: ())
    return _renumbered(graph)


def _as_replaced(reader: Reader, graph: GraphTemplate, edits: Mapping) -> Mapping:
    """Return the edits with `replace` around nodes that stand there without a word what to do with them."""
    own = {node.name for node in graph.nodes}
    loose = tuple(e for e in edits.entries if e.key.text not in EditLevel.known() and e.key.text in own)
    if not loose or edits.get("replace") is not None:
        return edits
    name = printable(loose[0].key.text)
    reader.report(
        UnknownKey(
            span=loose[0].key.span,
            key=loose[0].key.text,
            where=EditLevel.where,
            known=EditLevel.known(),
            suggestion=f"to put a node in place of the old one, write replace: {{{name}: ...}}",
            proposals=lambda _steps: (below_key("replace", loose),),
        )
    )
    key = dataclasses.replace(loose[0].key, text="replace")
    kept = tuple(entry for entry in edits.entries if entry not in loose)
    return dataclasses.replace(edits, entries=(Entry(key, Mapping(loose[0].key.span, loose)), *kept))


def _replacing(reader: Reader, entry: Entry) -> Change:
    def change(old: NodeTemplate, _in_list: bool) -> tuple[NodeTemplate, ...]:  # noqa: FBT001
        new = reader.node(old.name, entry.key.span, entry.value)
        # What takes a node's place reads what the node read, unless it says otherwise.
        return (dataclasses.replace(new, sources=new.sources or old.sources),)

    return change


def _before(reader: Reader, entry: Entry) -> Change:
    return lambda old, in_list: (*_inserted(reader, entry, in_list=in_list), old)


def _after(reader: Reader, entry: Entry) -> Change:
    return lambda old, in_list: (old, *_inserted(reader, entry, in_list=in_list))


def _inserted(reader: Reader, entry: Entry, *, in_list: bool) -> tuple[NodeTemplate, ...]:
    """Read what is inserted: named nodes into a mapping, one node or a list of nodes into a list."""
    tree = entry.value
    if in_list:
        items = tree.items if isinstance(tree, Sequence) else (tree,)
        return tuple(reader.node(_INSERTED, item.span, item) for item in items)
    if not isinstance(tree, Mapping) or isinstance(tree.get("op"), Scalar):
        # A node without a name would be read as a node called `op`.
        reader.wrong(tree, "what is inserted", "named nodes, such as {drop: {op: dropout}}")
        return ()
    found = reader.graph(tree, "what is inserted")
    return found.nodes if found else ()


def _change(reader: Reader, graph: GraphTemplate, name: Scalar, change: Change) -> GraphTemplate:
    head, _, rest = name.text.partition(".")
    place = next((place for place, node in enumerate(graph.nodes) if node.name == head != _INSERTED), None)
    if place is None:
        _unknown(reader, graph, name, None)
        return graph
    old = graph.nodes[place]
    if not rest:
        new = change(old, graph.is_list)
    elif old.graph is not None:
        inner = Scalar(name.span, rest, rest)
        new = (dataclasses.replace(old, graph=_change(reader, old.graph, inner, change)),)
    else:
        _unknown(reader, graph, name, f"{head} is no inline group; a block is changed by giving it anew in 'blocks'")
        return graph
    return dataclasses.replace(graph, nodes=(*graph.nodes[:place], *new, *graph.nodes[place + 1 :]))


def _unknown(reader: Reader, graph: GraphTemplate, name: Scalar, suggestion: str | None) -> None:
    known = tuple(node.name for node in graph.nodes if node.name != _INSERTED)
    reader.report(BadGraphEdit(span=name.span, name=name.text, known=known, suggestion=suggestion))


def _renumbered(graph: GraphTemplate) -> GraphTemplate:
    """Number the nodes of lists anew."""
    nodes = [
        dataclasses.replace(
            node,
            name=str(index) if graph.is_list else node.name,
            graph=None if node.graph is None else _renumbered(node.graph),
        )
        for index, node in enumerate(graph.nodes)
    ]
    return dataclasses.replace(graph, nodes=tuple(nodes))
