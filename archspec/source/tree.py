"""The located YAML tree: every key and value knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from archspec.source.span import Span

ScalarValue: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar, resolved by the YAML 1.2 core schema.

    `text` is what stands in the file (without quotes); `quoted` tells whether it was written in quotes or as a
    block scalar, in which case `value` is always that text.
    """

    span: Span
    value: ScalarValue
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    span: Span
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Tree


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, in the order of the file. Keys are unique.

    `dropped` are the positions, among the entries, of those that were passed over since their key was there already.
    """

    span: Span
    entries: tuple[Entry, ...]
    dropped: tuple[int, ...] = ()

    def get(self, key: str) -> Tree | None:
        """Return the value of the key whose text is `key`, or None."""
        entry = self.entry(key)
        return None if entry is None else entry.value

    def entry(self, key: str) -> Entry | None:
        """Return the entry of the key whose text is `key`, or None."""
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def keys(self) -> tuple[str, ...]:
        """Return the texts of the keys, in order."""
        return tuple(entry.key.text for entry in self.entries)


Tree: TypeAlias = "Scalar | Sequence | Mapping"
PlainValue: TypeAlias = "ScalarValue | list[PlainValue] | dict[str, PlainValue]"


def plain(tree: Tree) -> PlainValue:
    """Return the tree as ordinary lists, dicts and scalars; keys become their text."""
    if isinstance(tree, Scalar):
        return tree.value
    if isinstance(tree, Sequence):
        return [plain(item) for item in tree.items]
    return {entry.key.text: plain(entry.value) for entry in tree.entries}


def is_nothing(tree: Tree | None) -> bool:
    """Tell whether there is no value: no key, or one with nothing behind it."""
    return tree is None or (isinstance(tree, Scalar) and tree.value is None)
