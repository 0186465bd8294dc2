"""What an outline is, and the gathering of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archspec.lsp.marks import Keys, Mark, Names, NodeSite, Symbol, words_in
from archspec.lsp.text import Range
from archspec.source.tree import Mapping, Scalar, Sequence
from archspec.spec.models import OutputLevel

if TYPE_CHECKING:
    from collections.abc import Container

    from archspec.lsp.marks import Kind
    from archspec.lsp.text import Text
    from archspec.source.tree import Tree
    from archspec.spec.models import Level

_WILD = re.compile(r"[*?[]")


@dataclass(slots=True)
class Outline:
    """What a spec consists of, as it is written.

    Attributes:
        marks: its words, in the order of the text.
        nodes: its nodes, by their keys.
        starts: the keys of each node, by the line and column where the compiler says that it is.
        scopes: what is in scope in each graph, by its keys.
        blocks: the blocks that it defines, each with the range from its name to its end.
    """

    marks: list[Mark] = field(default_factory=list[Mark])
    nodes: dict[Keys, NodeSite] = field(default_factory=dict[Keys, NodeSite])
    starts: dict[tuple[int, int], Keys] = field(default_factory=dict[tuple[int, int], Keys])
    scopes: dict[Keys, Names] = field(default_factory=dict[Keys, Names])
    blocks: dict[str, Range] = field(default_factory=dict[str, Range])

    def at(self, offset: int) -> Mark | None:
        """Return the word at a place: of two that meet there, the one that begins there."""
        found = [mark for mark in self.marks if offset in mark.range]
        return min(found, key=lambda mark: (mark.range.end == offset, mark.range.end - mark.range.start), default=None)

    def of(self, symbol: Symbol) -> list[Mark]:
        """Return the words that stand for something, in the order of the text."""
        return [mark for mark in self.marks if mark.symbol == symbol]

    def site_of(self, symbol: Symbol) -> NodeSite | None:
        """Return the node that a symbol stands for, if it is in this file."""
        if symbol.kind != "node":
            return None
        keys = next((mark.keys for mark in self.of(symbol) if mark.defines), (*symbol.owner, symbol.name))
        return self.nodes.get(keys)


class Outliner:
    """Gathers the marks of a spec."""

    def __init__(self, text: Text) -> None:
        """Begin with nothing."""
        self.text = text
        self.found = Outline()
        self.blocks: frozenset[str] = frozenset()  # the names of the blocks of the file

    def mark(  # noqa: PLR0913  (what a mark has)
        self,
        tree: Scalar,
        kind: Kind,
        keys: Keys,
        symbol: Symbol | None = None,
        *,
        defines: bool = False,
        level: type[Level] | None = None,
        head: str | None = None,
    ) -> None:
        """Add a mark for a scalar, or for the beginning of it."""
        start = self.start(tree)
        if start is not None:
            text = tree.text if head is None else head
            self.add(Mark(kind, text, Range(start, start + len(text)), keys, symbol, defines, level))

    def add(self, mark: Mark) -> None:
        """Add a mark."""
        self.found.marks.append(mark)

    def start(self, tree: Scalar) -> int | None:
        """Return where the text of a scalar begins; None if it is not written as it reads."""
        place = self.text.range(tree.span)
        written = self.text.text[place.start : place.end]
        if written == tree.text:
            return place.start
        return place.start + 1 if tree.quoted and written[1:-1] == tree.text else None

    def keys_of(self, level: type[Level], tree: Mapping, keys: Keys) -> None:
        """Mark the keys of the language in a mapping."""
        known = level.known()
        for entry in tree.entries:
            if entry.key.text in known:
                self.mark(entry.key, "key", keys, level=level)

    def expression(self, tree: Tree | None, names: Names, keys: Keys, words: Container[str] = ()) -> None:
        """Mark the names in an expression, or in each of a list; `words` stand for themselves."""
        if isinstance(tree, Sequence):
            for item in tree.items:
                self.expression(item, names, keys, words)
        elif isinstance(tree, Mapping):
            for entry in tree.entries:
                self.expression(entry.value, names, keys, words)
        elif isinstance(tree, Scalar) and isinstance(tree.value, str):
            inserted = tree.text.startswith("$")
            if tree.text in self.blocks and names.find_here(tree.text) is None:
                self.mark(tree, "op", keys, Symbol("block", (), tree.text))
            elif inserted or tree.text not in words:
                self.names_in(tree, tree.text, 0, names, keys)

    def names_in(self, tree: Scalar, text: str, skipped: int, names: Names, keys: Keys) -> None:
        """Mark the names in a part of a scalar."""
        start = self.start(tree)
        if start is None:
            return
        for place, word in words_in(text):
            symbol = names.find(word)
            if symbol is not None:
                begin = start + skipped + place
                self.add(Mark("name", word, Range(begin, begin + len(word)), keys, symbol))

    def references(self, tree: Tree | None, names: Names, keys: Keys) -> None:
        """Mark references to nodes: one, or a list of them."""
        for item in tree.items if isinstance(tree, Sequence) else (tree,):
            if isinstance(item, Scalar) and item.value is not None:
                head = item.text.partition(".")[0]
                self.mark(item, "reference", keys, names.node(head), head=head)

    def path(self, tree: Scalar, names: Names, keys: Keys) -> None:
        """Mark the nodes of a path, which may lead into groups: `classifier.6`."""
        start = self.start(tree)
        symbol = names.node(tree.text.partition(".")[0])
        if start is None or symbol is None:
            return
        for place, text in enumerate(tree.text.split(".")):
            symbol = symbol if place == 0 else Symbol("node", (*symbol.owner, symbol.name), text)
            self.add(Mark("reference", text, Range(start, start + len(text)), keys, symbol))
            start += len(text) + 1

    def patterns(self, tree: Tree | None, names: Names, keys: Keys) -> None:
        """Mark the nodes that patterns of paths begin with: one pattern, or a list of them."""
        for item in tree.items if isinstance(tree, Sequence) else (tree,):
            if isinstance(item, Scalar) and item.value is not None:
                head = item.text.partition(".")[0]
                symbol = None if _WILD.search(head) else names.node(head)
                if symbol is not None:
                    self.mark(item, "reference", keys, symbol, head=head)

    def outputs(self, tree: Tree | None, names: Names, keys: Keys) -> None:
        """Mark the references in `outputs`."""
        if not isinstance(tree, Mapping):
            self.references(tree, names, keys)
            return
        for entry in tree.entries:
            value = entry.value
            if isinstance(value, Mapping):
                self.keys_of(OutputLevel, value, keys)
                value = value.get("from")
            self.references(value, names, keys)
