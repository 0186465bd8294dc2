"""A spec without mistakes, taken apart: the places in it where a mistake can be planted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from archspec.ops.catalog import BY_NAME
from archspec.source.editing import Edit, Lines, edited
from archspec.source.span import SourceFile, Span
from archspec.source.tree import Entry, Mapping, Scalar, Sequence
from archspec.source.yaml import parse
from archspec.spec.models import NodeLevel, SpecLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.source.tree import Tree

NODE_KEYS = NodeLevel.known()
WORD = re.compile(r"[A-Za-z_]\w*")

_PADDINGS = {"same", "valid", "full"}


@dataclass(frozen=True)
class Node:
    """A node of a graph: how it is named, its value, and the graph that it stands in."""

    name: Span
    value: Tree
    graph: Mapping | Sequence
    position: int
    in_block: str | None

    @property
    def op(self) -> Scalar | None:
        if isinstance(self.value, Scalar):
            return self.value
        op = self.value.get("op") if isinstance(self.value, Mapping) else None
        return op if isinstance(op, Scalar) else None

    @property
    def refs(self) -> list[Scalar]:
        """The nodes that its `from` names."""
        return self.scalars("from")

    def is_of(self, *ops: str) -> bool:
        return self.op is not None and self.op.text in ops

    def arguments(self) -> list[Entry]:
        entries = self.value.entries if isinstance(self.value, Mapping) else ()
        return [entry for entry in entries if entry.key.text not in NODE_KEYS]

    def scalars(self, key: str) -> list[Scalar]:
        """Return the value of a key, a list taken apart."""
        value = self.value.get(key) if isinstance(self.value, Mapping) else None
        items = value.items if isinstance(value, Sequence) else (value,)
        return [item for item in items if isinstance(item, Scalar)]


@dataclass
class Ground:
    """A spec without mistakes, taken apart."""

    source: SourceFile
    tree: Mapping = field(init=False)

    def __post_init__(self) -> None:
        """Read the tree."""
        tree = parse(self.source)
        assert isinstance(tree, Mapping)
        self.tree = tree

    @cached_property
    def nodes(self) -> list[Node]:
        found: list[Node] = []
        graph = self.tree.get("graph")
        if graph is not None and self.tree.get("extends") is None:
            found += _nodes(graph, None)
        for entry in self.section("blocks"):
            inner = entry.value.get("graph") if isinstance(entry.value, Mapping) else None
            found += [] if inner is None else _nodes(inner, entry.key.text)
        return found

    @cached_property
    def named_nodes(self) -> list[tuple[Node, Mapping]]:
        """The nodes of graphs that are mappings, each with its graph."""
        return [(node, node.graph) for node in self.nodes if isinstance(node.graph, Mapping)]

    @cached_property
    def nodes_on_lines(self) -> list[Node]:
        """The nodes that begin a line: those of graphs that are mappings, not written in braces."""
        return [node for node, graph in self.named_nodes if not self.in_flow(graph)]

    @cached_property
    def flow_lines(self) -> list[int]:
        """The lines that hold one node in braces."""
        nodes = [n.value for n in self.nodes if isinstance(n.value, Mapping) and self.in_flow(n.value)]
        return [tree.span.line for tree in nodes if tree.span.line == tree.span.end_line]

    @cached_property
    def blocks(self) -> tuple[str, ...]:
        return tuple(entry.key.text for entry in self.section("blocks"))

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the file, and of the language: none of them may come out of a misspelling."""
        return frozenset(WORD.findall(self.source.text)) | {*BY_NAME, *NODE_KEYS, *SpecLevel.known()}

    @cached_property
    def expressions(self) -> list[Scalar]:
        """The expressions among the arguments, conditions and counts."""
        found = [entry.value for entry in self.arguments()]
        found += [*self.scalars("when"), *self.scalars("repeat")]
        scalars = [tree for tree in found if isinstance(tree, Scalar) and isinstance(tree.value, str)]
        return [tree for tree in scalars if tree.text not in _PADDINGS and tree.span.line == tree.span.end_line]

    def section(self, key: str) -> tuple[Entry, ...]:
        """Return the entries of a mapping at the top of the file."""
        tree = self.tree.get(key)
        return tree.entries if isinstance(tree, Mapping) else ()

    def inner_keys(self, key: str) -> list[Scalar]:
        """Return the keys of the mappings in a section, such as those of each block."""
        inner = [entry.value for entry in self.section(key)]
        return [entry.key for tree in inner if isinstance(tree, Mapping) for entry in tree.entries]

    def scalars(self, key: str) -> list[Scalar]:
        """Return the values of a key in the nodes, lists taken apart."""
        return [item for node in self.nodes for item in node.scalars(key)]

    def arguments(self, *names: str, ops: tuple[str, ...] | None = None) -> list[Entry]:
        """Return the arguments of ops of the catalog, of some names or ops if they are given."""
        chosen = [op for op in (BY_NAME if ops is None else ops) if op in BY_NAME and op not in self.blocks]
        entries = [entry for node in self.nodes if node.is_of(*chosen) for entry in node.arguments()]
        return [entry for entry in entries if not names or entry.key.text in names]

    def integers(self, *names: str, ops: tuple[str, ...] | None = None) -> list[Scalar]:
        """Return those values of such arguments that are integers."""
        values = [entry.value for entry in self.arguments(*names, ops=ops)]
        return [value for value in values if isinstance(value, Scalar) and type(value.value) is int]

    def arguments_in_braces(self, *names: str, ops: tuple[str, ...] | None = None) -> list[Entry]:
        """Return those of such arguments that stand in a node written in braces, on one line with its start."""
        return [e for e in self.arguments(*names, ops=ops) if "{" in self.before(e.key.span)]

    def text(self, span: Span) -> str:
        return self._places.of(span)

    def line(self, number: int) -> str:
        return self.source.lines()[number - 1]

    def before(self, span: Span) -> str:
        """Return what stands before a place in its line."""
        return self.line(span.line)[: span.column - 1]

    def behind(self, span: Span) -> str:
        """Return what stands behind a place in its line."""
        return self.line(span.end_line)[span.end_column - 1 :]

    def at(self, number: int, column: int, width: int = 1) -> Span:
        """Return the span of some characters of a line."""
        return Span(self.source.path, number, column, number, column + width)

    def indent(self, span: Span) -> Span:
        """Return the span of what stands before a place in its line."""
        return self.at(span.line, 1, span.column - 1)

    def in_flow(self, tree: Tree) -> bool:
        """Tell whether a mapping or list is written in braces or brackets."""
        return self.text(tree.span)[:1] in ("{", "[")

    def with_text(self, span: Span, text: str) -> SourceFile:
        return edited(self.source, [Edit(span, text)])

    @cached_property
    def _places(self) -> Lines:
        return Lines(self.source.text)


def between(start: Span, end: Span, *, further: int = 0) -> Span:
    """Return the span from the start of one place to the end of another, or some characters further."""
    return Span(start.path, start.line, start.column, end.end_line, end.end_column + further)


def _nodes(graph: Tree, block: str | None) -> Iterator[Node]:
    if isinstance(graph, Mapping):
        parts = [(entry.key.span, entry.value) for entry in graph.entries]
    elif isinstance(graph, Sequence):
        parts = [(item.span, item) for item in graph.items]
    else:
        return
    for position, (name, value) in enumerate(parts):
        yield Node(name, value, graph, position, block)
        inner = value if isinstance(value, Sequence) else value.get("graph") if isinstance(value, Mapping) else None
        if inner is not None:
            yield from _nodes(inner, block)
