"""The outline of graphs: nodes, what they read, and the names in their expressions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archspec.elaborate.arguments import words_of
from archspec.elaborate.environment import ANY_WORD, NO_WORDS, Words
from archspec.lsp.marks import BlockTypes, Keys, Names, NodeSite, Symbol
from archspec.lsp.text import Range
from archspec.ops.catalog import BY_NAME
from archspec.source.tree import Entry, Mapping, Scalar, Sequence
from archspec.spec.models import NodeLevel, RepeatLevel
from archspec.spec.parameters import is_type, takes_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.lsp.outliner import Outliner
    from archspec.source.span import Span
    from archspec.source.tree import Tree

_IN_BRACES = re.compile(r"\{([^{}]*)\}")


class GraphOutliner:
    """Outlines graphs. `blocks` are those that are known, with their parameters and the types of these."""

    def __init__(self, outliner: Outliner, blocks: dict[str, BlockTypes]) -> None:
        """Add to what `outliner` gathers."""
        self._out = outliner
        self._blocks = blocks

    def graph(self, tree: Tree, keys: Keys, names: Names, block: str | None) -> Names:
        """Outline a graph; return what is in scope behind it."""
        nodes = dict(names.nodes)
        if isinstance(tree, Mapping):
            nodes |= {entry.key.text: Symbol("node", keys, entry.key.text) for entry in tree.entries}
        elif isinstance(tree, Sequence):
            nodes |= {str(index): Symbol("node", keys, str(index)) for index in range(len(tree.items))}
        inner = Names(names.seen, nodes, names.around, names.elsewhere)
        self._out.found.scopes[keys] = inner
        if isinstance(tree, Mapping):
            for entry in tree.entries:
                self.named(entry, keys, inner, block)
        elif isinstance(tree, Sequence):
            for index, item in enumerate(tree.items):
                self._node((*keys, str(index)), None, item.span, item, inner, block)
        return inner

    def edits(self, tree: Mapping, names: Names) -> None:
        """Outline the edits of the graph of an extended spec, which see what is inserted."""
        inserted = (entry.key.text for entry in _inserted(tree))
        nodes = {name: Symbol("node", ("graph",), name) for name in inserted}
        names = Names(names.seen, {**names.nodes, **nodes}, names.around, names.elsewhere)
        self._out.found.scopes["graph",] = names
        for kind in ("replace", "insert_before", "insert_after"):
            for entry in _edits(tree, kind):
                keys = ("graph", kind, entry.key.text)
                self._out.path(entry.key, names, keys)
                if kind == "replace":
                    self._node(keys, entry.key.text, entry.key.span, entry.value, names, None)
                else:
                    self._insertion(entry, keys, names)
        removed = tree.get("remove")
        for item in removed.items if isinstance(removed, Sequence) else (removed,):
            if isinstance(item, Scalar) and item.value is not None:
                self._out.path(item, names, ("graph", "remove"))

    def _insertion(self, entry: Entry, keys: Keys, names: Names) -> None:
        value = entry.value
        if not isinstance(value, Mapping) or not _holds_nodes(value):
            for index, item in enumerate(value.items if isinstance(value, Sequence) else (value,)):
                self._node((*keys, str(index)), None, item.span, item, names, None)
        elif "." in entry.key.text:
            self.graph(value, keys, names, None)
        else:
            for node in value.entries:
                self._out.mark(node.key, "node", (*keys, node.key.text), names.nodes[node.key.text], defines=True)
                self._node((*keys, node.key.text), node.key.text, node.key.span, node.value, names, None)

    def named(self, entry: Entry, graph: Keys, names: Names, block: str | None) -> None:
        """Outline a node of a mapping."""
        keys, name = (*graph, entry.key.text), entry.key.text
        self._out.mark(entry.key, "node", keys, Symbol("node", graph, name), defines=True)
        self._node(keys, name, entry.key.span, entry.value, names, block)

    def _node(self, keys: Keys, name: str | None, span: Span, tree: Tree, names: Names, block: str | None) -> None:
        out = self._out
        op = tree if isinstance(tree, Scalar) else tree.get("op") if isinstance(tree, Mapping) else None
        text = op.text if isinstance(op, Scalar) and isinstance(op.value, str) else None
        head, end = out.text.range(span), out.text.range(tree.span).end
        site = NodeSite(keys, name, head, Range(head.start, max(end, head.end)), text, keys[:-1], block)
        out.found.nodes[keys] = site
        out.found.starts[span.line, span.column] = keys
        if isinstance(op, Scalar) and text is not None:
            self._op(op, keys, names)
        if isinstance(tree, Sequence):
            self._group(tree, keys, Names({}, {}, names), block)
        elif isinstance(tree, Mapping):
            self._mapping(tree, site, names)

    def _op(self, op: Scalar, keys: Keys, names: Names) -> None:
        if op.text.startswith("$"):
            self._out.names_in(op, op.text[1:], 1, names, keys)
        else:
            self._out.mark(op, "op", keys, Symbol("block", (), op.text))

    def _group(self, tree: Tree, keys: Keys, names: Names, block: str | None) -> Names:
        names = Names(names.seen, {"input": Symbol("input", keys, "input")} | dict(names.nodes), names.around)
        return self.graph(tree, keys, names, block)

    def _mapping(self, tree: Mapping, site: NodeSite, names: Names) -> None:
        out, keys = self._out, site.keys
        out.keys_of(NodeLevel, tree, keys)
        for key in ("from", "else", "share"):
            out.references(tree.get(key), names, keys)
        names = self._loops(tree.get("repeat"), keys, names)
        out.expression(tree.get("when"), names, keys)
        for entry in tree.entries:
            if entry.key.text not in NodeLevel.known():
                self._argument(entry, site, names)
        graph = tree.get("graph")
        if graph is not None:
            inputs = self._inputs(tree, keys, names)
            inner = self._group(graph, (*keys, "graph"), Names(inputs, inputs, names), site.block)
            out.outputs(tree.get("outputs"), inner, keys)

    def _inputs(self, tree: Mapping, keys: Keys, names: Names) -> dict[str, Symbol]:
        """Return the names of a group's inputs. Several that it does not name are called like what they are."""
        given = tree.get("inputs")
        items = given.items if isinstance(given, Sequence) else (given,)
        found = {item.text: Symbol("input", keys, item.text) for item in items if isinstance(item, Scalar)}
        for item in items:
            if isinstance(item, Scalar) and item.value is not None:
                self._out.mark(item, "name", keys, found[item.text], defines=True)
        sources = tree.get("from")
        if not found and isinstance(sources, Sequence) and len(sources.items) > 1:
            for item in sources.items:
                if isinstance(item, Scalar):
                    _, dot, text = item.text.rpartition(".")
                    found[text] = (not dot and names.node(text)) or Symbol("input", keys, text)
        return found

    def _loops(self, tree: Tree | None, keys: Keys, names: Names) -> Names:
        """Outline `repeat`; return what is in scope in the copies."""
        out = self._out
        for loop in tree.items if isinstance(tree, Sequence) else (tree,):
            seen = {"i": Symbol("index", keys, "i")}
            if isinstance(loop, Mapping):
                out.keys_of(RepeatLevel, loop, keys)
                out.expression(loop.get("count"), names, keys)
                out.expression(loop.get("each"), names, keys, Words(frozenset((*BY_NAME, *self._blocks))))
                index, bound = loop.get("index"), loop.get("as")
                variables = [index, *(bound.items if isinstance(bound, Sequence) else (bound,))]
                seen = seen if index is None else {}
                for item in variables:
                    if isinstance(item, Scalar) and item.value is not None:
                        seen[item.text] = Symbol("index", keys, item.text)
                        out.mark(item, "name", keys, seen[item.text], defines=True)
                self._pattern(loop.get("name"), Names(seen, {}, names), keys)
            elif loop is not None:
                out.expression(loop, names, keys)
            if loop is not None:
                names = Names(seen, names.nodes, names)
        return names

    def _pattern(self, tree: Tree | None, names: Names, keys: Keys) -> None:
        if isinstance(tree, Scalar):
            for match in _IN_BRACES.finditer(tree.text):
                self._out.names_in(tree, match[1], match.start(1), names, keys)

    def _argument(self, entry: Entry, site: NodeSite, names: Names) -> None:
        name, op = entry.key.text, site.op or ""
        symbol = None if not op or op.startswith("$") else Symbol("name", ("blocks", op), name)
        self._out.mark(entry.key, "parameter", site.keys, symbol)
        self._out.expression(entry.value, names, site.keys, self._words(op, name))

    def _words(self, op: str, name: str) -> Words:
        """Return the words that an argument takes for themselves."""
        if op in self._blocks:
            type_name = self._blocks[op].get(name, "")
            return ANY_WORD if is_type(type_name) and takes_words(type_name) else NO_WORDS
        return words_of(BY_NAME[op], name) if op in BY_NAME else NO_WORDS


def _edits(tree: Mapping, kind: str) -> tuple[Entry, ...]:
    edits = tree.get(kind)
    return edits.entries if isinstance(edits, Mapping) else ()


def _inserted(tree: Mapping) -> Iterator[Entry]:
    """Yield the named nodes that edits put into the graph itself."""
    for kind in ("insert_before", "insert_after"):
        for entry in _edits(tree, kind):
            if isinstance(entry.value, Mapping) and _holds_nodes(entry.value) and "." not in entry.key.text:
                yield from entry.value.entries


def _holds_nodes(tree: Mapping) -> bool:
    """Tell whether a mapping holds nodes, and is none itself."""
    return not isinstance(tree.get("op"), Scalar) and tree.get("graph") is None
