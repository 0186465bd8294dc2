"""From changes in the terms of a spec to edits of its text, which leave comments and layout as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.diagnostics.proposal import RemoveKey, Replace, SetKey
from archspec.source.editing import Edit, Lines
from archspec.source.span import Span
from archspec.source.tree import Mapping, Scalar, Sequence
from archspec.spec.loader import read_tree
from archspec.spec.models import NodeLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.diagnostics.proposal import Change, InsertNode
    from archspec.source.span import SourceFile
    from archspec.source.tree import Entry, Tree


_NODE_KEYS = frozenset(NodeLevel.known())
_SECTIONS = frozenset({"params", "let", "blocks", "allow"})  # which a spec or block can do without


class NoEditError(Exception):
    """A change cannot be made to this file."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something stands: an entry of a mapping, or an item of a list."""

    parent: Mapping | Sequence
    position: int

    @property
    def entry(self) -> Entry | None:
        return self.parent.entries[self.position] if isinstance(self.parent, Mapping) else None

    @property
    def is_bare(self) -> bool:
        """Whether it is a node that is nothing but the name of its op."""
        key = None if self.entry is None else self.entry.key.text
        return isinstance(self.value, Scalar) and key not in _NODE_KEYS

    @property
    def value(self) -> Tree:
        return _value_of(self.parent, self.position)


class Layout:
    """How a file is laid out. One that is no YAML has only its text."""

    def __init__(self, source: SourceFile) -> None:
        """Read the file's tree."""
        self.source = source
        self.lines = Lines(source.text)
        self._break = "\r\n" if "\r\n" in source.text else "\n"
        self.tree, _ = read_tree(source)
        self._places: dict[Span, _Place] = {} if self.tree is None else dict(_places(self.tree))

    def edits(self, change: Change) -> tuple[Edit, ...]:
        """Return the edits that make a change.

        Raises:
            NoEditError: what is to be changed is not there, or stands where it cannot be changed.
        """
        if isinstance(change, Replace):
            return (Edit(change.span, change.text),)
        if isinstance(change, SetKey):
            return (self._set(change),)
        if isinstance(change, RemoveKey):
            return (self._remove(change),)
        return (self._insert(change),)

    def value_at(self, span: Span) -> Tree | None:
        """Return the value of the key, or the item of a list, that stands at a span."""
        place = self._places.get(span)
        return None if place is None else place.value

    def node_around(self, span: Span) -> Span | None:
        """Return the span that names the node in which something stands: that of its key, or in a list its own."""
        exact = self._places.get(span)
        if exact is not None and isinstance(exact.value, Mapping):
            return span
        around = [
            (place.value.span, name)
            for name, place in self._places.items()
            if isinstance(place.value, Mapping) and place.value.get("op") is not None and covers(place.value.span, span)
        ]
        if around:
            return max(around, key=lambda pair: (pair[0].line, pair[0].column))[1]
        bare = (name for name, place in self._places.items() if span in (name, place.value.span) and place.is_bare)
        return next(bare, None)

    def names_before(self, node: Span) -> list[str]:
        """Return what a node of a mapping can read: the nodes before it, the nearest first, and the input."""
        place = self._places[node]
        if not isinstance(place.parent, Mapping):
            return ["input"]
        return [*(entry.key.text for entry in reversed(place.parent.entries[: place.position])), "input"]

    def argument_at(self, span: Span) -> tuple[str, str] | None:
        """Return the op of a node and the parameter (or key) whose value stands at a span."""
        for place in self._places.values():
            entry, parent = place.entry, place.parent
            if entry is not None and entry.value.span == span and isinstance(parent, Mapping):
                op = parent.get("op")
                return (op.text if isinstance(op, Scalar) else ""), entry.key.text
        return None

    def scalar_around(self, span: Span) -> Span | None:
        """Return the span of the scalar in which something stands."""
        values = (place.value for place in self._places.values())
        return next((tree.span for tree in values if isinstance(tree, Scalar) and covers(tree.span, span)), None)

    def _place(self, span: Span) -> _Place:
        place = self._places.get(span)
        if place is None:
            raise NoEditError
        return place

    def _in_brackets(self, tree: Tree) -> bool:
        start = self.lines.index(tree.span.line, tree.span.column)
        return self.source.text[start : start + 1] in ("{", "[")

    # ----------------------------------------------------------------------------------------------- keys

    def _set(self, change: SetKey) -> Edit:
        node = self._place(change.span).value
        text = f"{change.key}: {change.value}"
        if isinstance(node, Scalar):
            name = self.lines.of(node.span)
            return Edit(node.span, f"{{op: {name}, {text}}}")
        if not isinstance(node, Mapping):
            raise NoEditError
        entry = node.entry(change.key)
        if entry is not None:
            return Edit(entry.value.span, change.value)
        if not node.entries:
            return Edit(node.span, f"{{{text}}}")
        if self._in_brackets(node):
            return Edit(node.entries[-1].value.span.end, f", {text}")
        return self._new_line_behind(node.entries[0], text)

    def _new_line_behind(self, entry: Entry, text: str) -> Edit:
        """Return the edit that adds a line behind an entry, which may have a comment behind it."""
        line = entry.value.span.end_line
        if entry.value.span.end_column == 1:  # a block that ends where the next line begins
            line -= 1
        pad = " " * (entry.key.span.column - 1)
        end = self.lines.index(line + 1, 1)
        if self.source.text[end - 1 : end] in ("\n", "\r"):
            return Edit(Span(self.source.path, line + 1, 1, line + 1, 1), f"{pad}{text}{self._break}")
        place = self.source.span_at(len(self.source.text))
        return Edit(place, f"{self._break}{pad}{text}")

    def _remove(self, change: RemoveKey) -> Edit:
        place = self._places.get(change.span) or self._place_of_value(change.span)
        parent = place.parent
        if _length(parent) == 1:  # with the last of its entries a section goes
            return self._remove(RemoveKey(self._section(parent)))
        start = _start_of(parent, place.position)
        end = place.value.span
        following = None if place.position + 1 == _length(parent) else _start_of(parent, place.position + 1)
        if self._in_brackets(parent):
            if place.position:
                before = _value_of(parent, place.position - 1).span
                return Edit(before.end.until(end.end), "")
            assert following is not None
            return Edit(start.until(following), "")
        before_it = self.source.text[self.lines.index(start.line, 1) : self.lines.index(start.line, start.column)]
        if before_it.strip() != ("-" if isinstance(parent, Sequence) else ""):
            if following is None:
                raise NoEditError
            return Edit(start.until(following), "")
        return self._without_lines(start, end.end_line + (end.end_column > 1), is_first=place.position == 0)

    def _place_of_value(self, span: Span) -> _Place:
        found = next((place for place in self._places.values() if place.value.span == span), None)
        if found is None:
            raise NoEditError
        return found

    def _section(self, parent: Mapping | Sequence) -> Span:
        """Return the key of a section that may be left out, or of a list in `allow`, whose value `parent` is."""
        owner = self._owner(parent)
        if owner is not None and (self._owner_key(parent) in _SECTIONS or self._owner_key(owner.parent) == "allow"):
            return _start_of(owner.parent, owner.position)
        raise NoEditError

    def _owner(self, tree: Tree) -> _Place | None:
        return next((place for place in self._places.values() if place.value is tree), None)

    def _owner_key(self, tree: Tree) -> str | None:
        owner = self._owner(tree)
        return None if owner is None or owner.entry is None else owner.entry.key.text

    def _without_lines(self, start: Span, end: int, *, is_first: bool) -> Edit:
        """Return the edit that takes lines away up to `end`, but not the comments that stand before what follows."""
        while end - 1 > start.line and self._is_between(end - 1, start.column):
            end -= 1
        above = self.lines.line(start.line - 1).strip() if start.line > 1 else ""
        while (is_first or not above) and end <= self.lines.count and not self.lines.line(end).strip():
            end += 1
        return Edit(Span(start.path, start.line, 1, end, 1), "")

    def _is_between(self, number: int, column: int) -> bool:
        """Tell whether a line is blank, or a comment that is not indented further than what it may belong to."""
        line = self.lines.line(number)
        text = line.lstrip()
        return not text or (text.startswith("#") and len(line) - len(text) < column)

    # ----------------------------------------------------------------------------------------------- nodes

    def _insert(self, change: InsertNode) -> Edit:
        place = self._place(change.span)
        parent = place.parent
        start = place.value.span if place.entry is None else place.entry.key.span
        text = change.text if isinstance(parent, Sequence) else f"{change.name}: {change.text}"
        if self._in_brackets(parent):
            return Edit(start.start, f"{text}, ")
        before = self.source.text[self.lines.index(start.line, 1) : self.lines.index(start.line, start.column)]
        if before.strip() not in ("", "-") or (before.strip() == "-") != isinstance(parent, Sequence):
            raise NoEditError
        return Edit(Span(start.path, start.line, 1, start.line, 1), f"{before}{text}{self._break}")


def _places(tree: Tree) -> Iterator[tuple[Span, _Place]]:
    """Yield each key and each item of a list with where it stands; what an alias repeats comes once."""
    open_trees: list[Tree] = [tree]
    seen: set[int] = set()
    while open_trees:
        parent = open_trees.pop()
        if isinstance(parent, Scalar) or id(parent) in seen:
            continue
        seen.add(id(parent))
        if isinstance(parent, Mapping):
            yield from ((entry.key.span, _Place(parent, index)) for index, entry in enumerate(parent.entries))
            open_trees.extend(entry.value for entry in parent.entries)
        else:
            yield from ((item.span, _Place(parent, index)) for index, item in enumerate(parent.items))
            open_trees.extend(parent.items)


def covers(outer: Span, inner: Span) -> bool:
    """Tell whether one span lies within another."""
    starts = (outer.line, outer.column) <= (inner.line, inner.column)
    return (
        outer.path == inner.path and starts and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    )


def _start_of(parent: Mapping | Sequence, position: int) -> Span:
    return parent.entries[position].key.span if isinstance(parent, Mapping) else parent.items[position].span


def _length(parent: Mapping | Sequence) -> int:
    return len(parent.entries if isinstance(parent, Mapping) else parent.items)


def _value_of(parent: Mapping | Sequence, position: int) -> Tree:
    return parent.entries[position].value if isinstance(parent, Mapping) else parent.items[position]
