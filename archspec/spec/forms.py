"""What was meant by values in another form than the language's, where that is clear."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.source.span import Span
from archspec.source.tree import Entry, Mapping, Scalar, Sequence
from archspec.source.writing import scalar

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from archspec.diagnostics.proposal import Proposal, Replace
    from archspec.source.tree import Tree

_NAME_AND_BRACE = re.compile(r"([\w.-]+) +\{ *\w+")
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_BETWEEN_NAMES = re.compile(r"\s*[,+&|]\s*|\s+")
_UNLIKE_A_LIST = 2
_IMAGE = 3  # sizes
_WORD_BEFORE_VALUE = re.compile(r"([A-Za-z_]\w*)\s*[:=]", re.ASCII)
_KEY_WITHOUT_COLON = re.compile(r"([A-Za-z_]\w*)\s*[= ]\s*(\S.*)", re.ASCII)


# ----------------------------------------------------------------------------------------------------- lists of names


def is_node(entry: Entry) -> bool:
    """Tell whether what stands behind a name is certainly a node: a mapping that says what it is."""
    value = entry.value
    return isinstance(value, Mapping) and any(value.get(key) is not None for key in ("op", "graph", "share"))


def named(tree: Sequence, reserved: Container[str] = ()) -> tuple[Entry, ...] | None:
    """Return the entries of a mapping that is written as a list: `- a: ...` or `- {name: a, ...}`, else None.

    Keys that are `reserved` are no names.
    """
    entries = tuple(_named_item(item, reserved) for item in tree.items)
    found = tuple(entry for entry in entries if entry is not None)
    return found if found and len(found) == len(entries) else None


def _named_item(item: Tree, reserved: Container[str]) -> Entry | None:
    if not isinstance(item, Mapping):
        return None
    if len(item.entries) == 1 and item.entries[0].key.text not in reserved:
        return item.entries[0]
    name = item.get("name")
    if "name" in reserved or not isinstance(name, Scalar) or not isinstance(name.value, str):
        return None
    rest = tuple(entry for entry in item.entries if entry.key.text != "name")
    return Entry(name, dataclasses.replace(item, entries=rest))


def without_dashes(tree: Sequence) -> Proposal | None:
    """Return the proposal to write such a list as the mapping that is meant; None where it stands in brackets."""
    from archspec.diagnostics.proposal import Proposal, Replace

    changes: list[Replace] = []
    for item in tree.items:
        if not isinstance(item, Mapping) or item.span.column <= _UNLIKE_A_LIST or item.span.line == tree.span.line - 1:
            return None
        first, start = item.entries[0], item.span
        dash = Span(start.path, start.line, start.column - 2, start.line, start.column)
        if len(item.entries) == 1:
            changes.append(Replace(dash, ""))
        elif first.key.text == "name" and isinstance(first.value, Scalar):
            in_braces = first.key.span.column > start.column
            after = item.entries[1].key.span if in_braces else first.value.span.end
            text = f"{first.value.text}: {{" if in_braces else f"{first.value.text}:"
            changes.append(Replace(dash.until(after), text))
        else:
            return None
    return Proposal("a mapping in place of the list", tuple(changes), certain=True)


def words_in(tree: Tree | None) -> Iterator[tuple[str, Scalar]]:
    """Yield the names in what should be a mapping and is none (`[width]`, `width = 8`), each with where it stands."""
    for item in tree.items if isinstance(tree, Sequence) else (tree,):
        if isinstance(item, Scalar) and isinstance(item.value, str):
            for word in _WORD_BEFORE_VALUE.findall(item.text) or [item.text]:
                yield word, item


# ----------------------------------------------------------------------------------------------------- without brackets


def names_in(tree: Tree) -> tuple[Scalar, ...]:
    """Return the names in `conv1, conv2` or `conv1 + conv2`; empty if the text is no list of names."""
    if not isinstance(tree, Scalar) or not isinstance(tree.value, str):
        return ()
    parts = _BETWEEN_NAMES.split(tree.text.strip())
    if len(parts) < _UNLIKE_A_LIST or not all(map(_NAME.fullmatch, parts)):
        return ()
    return tuple(Scalar(tree.span, part, part) for part in parts)


@dataclass(frozen=True, slots=True)
class Loose:
    """Values in braces that should be one: `from: a, b`, `stride: 2, 2`, `p: 0,5`; or a key without its colon.

    Attributes:
        entry: what was meant.
        text: how that is written.
        found: how it is there.
        span: where it is there, from the first value on; of a key without a colon, all of it.
        is_key: whether it is a key without a colon.
    """

    entry: Entry
    text: str
    found: str
    span: Span
    is_key: bool = False


def gathered(tree: Mapping) -> tuple[Mapping, list[Loose]]:
    """Return a mapping in braces with what was meant by keys in it that have no value, and what these are."""
    entries: list[Entry] = []
    found: list[Loose] = []
    for entry in tree.entries:
        loose = _loose(entries[-1] if entries else None, entry) if _is_bare(entry) else None
        if loose is None:
            entries.append(entry)
            continue
        if loose.is_key:
            entries.append(loose.entry)
        else:
            entries[-1] = loose.entry
            found = [other for other in found if other.entry.key is not loose.entry.key]
        found.append(loose)
    return (dataclasses.replace(tree, entries=tuple(entries)) if found else tree), found


def _is_bare(entry: Entry) -> bool:
    """Tell whether a key has neither a colon nor a value."""
    value, key = entry.value, entry.key.span
    is_empty = isinstance(value, Scalar) and value.value is None and not value.text
    return is_empty and (value.span.line, value.span.column) == (key.end_line, key.end_column)


def without_colon(entry: Entry) -> Scalar | None:
    """Return the name of a node that has no colon before its braces: `conv {op: conv}` is a key `conv {op` in YAML."""
    found = _NAME_AND_BRACE.fullmatch(entry.key.text)
    if found is None or not isinstance(entry.value, Scalar) or not entry.value.text.endswith("}"):
        return None
    start = entry.key.span
    end = start.column + len(found[1])
    return dataclasses.replace(
        entry.key, text=found[1], value=found[1], span=dataclasses.replace(start, end_column=end)
    )


def with_colon(key: Scalar) -> Proposal:
    """Return the proposal of a colon behind the name of a node."""
    from archspec.diagnostics.proposal import Proposal, Replace

    return Proposal(f"a colon behind {key.text}", (Replace(key.span.end, ":"),), certain=True)


def _loose(before: Entry | None, bare: Entry) -> Loose | None:
    word = bare.key
    if found := _KEY_WITHOUT_COLON.fullmatch(word.text):
        key = dataclasses.replace(word, text=found[1])
        value = Scalar(word.span, int(found[2]) if _NUMBER.fullmatch(found[2]) else found[2], found[2])
        return Loose(Entry(key, value), f"{found[1]}: {found[2]}", word.text, word.span, is_key=True)
    if before is None or word.quoted:
        return None
    items = before.value.items if isinstance(before.value, Sequence) else (before.value,)
    first, last = items[0] if items else None, items[-1] if items else None
    if not isinstance(first, Scalar) or not isinstance(last, Scalar) or last.span.end_line != word.span.line:
        return None
    span = first.span.until(word.span.end)
    is_number = type(last.value) in (int, float) and _NUMBER.fullmatch(word.text) is not None
    if is_number and _NUMBER.fullmatch(last.text):
        if word.span.column == last.span.end_column + 1 and len(items) == 1:
            text = f"{last.text}.{word.text}"
            value = Scalar(span, float(text), text)
            return Loose(Entry(before.key, value), text, f"{last.text},{word.text}", span)
    elif not (before.key.text in ("from", "inputs") and _NAME.fullmatch(word.text)):
        return None
    meant = Scalar(word.span, int(word.text) if is_number else word.text, word.text)
    texts = [item.text for item in (*items, meant) if isinstance(item, Scalar)]
    value = Sequence(span, (*items, meant))
    return Loose(Entry(before.key, value), f"[{', '.join(texts)}]", ", ".join(texts), span)


# ----------------------------------------------------------------------------------------------------- nests

NESTS = frozenset(
    {"params", "parameters", "args", "arguments", "kwargs", "attrs", "attributes", "config", "options", "settings"}
)
"""What other systems call the mapping in which the parameters of a layer stand, folded."""

BESIDE_OP = "parameters stand beside 'op', by their names: {op: conv, out_channels: 64, kernel_size: 3}"
"""What to do about parameters that stand elsewhere."""


def unnested(entry: Entry, inner: Mapping) -> Proposal:
    """Return the proposal to put what is in a mapping into the one around it."""
    from archspec.diagnostics.proposal import Proposal, Replace

    key, span, first = entry.key.span, inner.span, inner.entries[0].key.span
    if first.line == key.line:  # it stands in braces
        end = Span(span.path, span.end_line, span.end_column - 1, span.end_line, span.end_column)
        changes = (Replace(key.until(first), ""), Replace(end, ""))
    else:
        key_line = Span(key.path, key.line, 1, key.line + 1, 1)
        changes = (Replace(key_line, ""), *shifted(inner, key.column - first.column))
    return Proposal(f"without {entry.key.text}", changes, certain=True)


def below_key(name: str, entries: tuple[Entry, ...]) -> Proposal:
    """Return the proposal to put entries, each on lines of its own, below a key that is not there, such as `graph`."""
    from archspec.diagnostics.proposal import Proposal, Replace

    start = entries[0].key.span
    line = Replace(Span(start.path, start.line, 1, start.line, 1), f"{' ' * (start.column - 1)}{name}:\n")
    moved = (change for entry in entries for change in shifted(entry, 2))
    return Proposal(f"{name} above what belongs to it", (line, *moved), certain=True)


def as_op(entry: Entry, *, in_braces: bool) -> Proposal:
    """Return the proposal to write `{op: conv, ...}` for `{conv: {...}}`."""
    from archspec.diagnostics.proposal import Proposal, Replace

    key, value, name = entry.key.span, entry.value, entry.key.text
    if not isinstance(value, Mapping):
        return Proposal(f"op: {name}", (Replace(key.until(value.span.end), f"op: {name}"),), certain=True)
    first, end = value.entries[0].key.span, value.span
    if first.line == key.line:
        close = Span(end.path, end.end_line, end.end_column - 1, end.end_line, end.end_column)
        opening = "" if in_braces else "{"
        changes = (
            Replace(key.until(first), f"{opening}op: {name}, "),
            *((Replace(close, ""),) if in_braces else ()),
        )
    else:
        colon = Span(key.path, key.line, key.column, key.line, key.end_column + 1)
        changes = (Replace(colon, f"op: {name}"), *shifted(value, key.column - first.column))
    return Proposal(f"op: {name}", changes, certain=True)


def shape_of(tree: Tree) -> Mapping | None:
    """Return the mapping that is meant by a shape where inputs are: `inputs: [3, 224, 224]`."""
    if not isinstance(tree, Sequence) or not tree.items or not all(isinstance(item, Scalar) for item in tree.items):
        return None
    name = "image" if len(tree.items) == _IMAGE else "x"
    return Mapping(tree.span, (Entry(Scalar(tree.span, name, name), tree),))


def written(tree: Tree) -> str:
    """Return a tree of scalars as it is written on one line."""
    if isinstance(tree, Scalar):
        return scalar(tree.value) if tree.quoted else tree.text
    if isinstance(tree, Sequence):
        return f"[{', '.join(map(written, tree.items))}]"
    return f"{{{', '.join(f'{entry.key.text}: {written(entry.value)}' for entry in tree.entries)}}}"


def shifted(tree: Tree | Entry, columns: int) -> tuple[Replace, ...]:
    """Return the changes that move the lines of a tree to the right, or to the left."""
    from archspec.diagnostics.proposal import Replace

    lines = sorted(_lines(tree))
    path = (tree.key if isinstance(tree, Entry) else tree).span.path
    if columns >= 0:
        return tuple(Replace(Span(path, line, 1, line, 1), " " * columns) for line in lines)
    return tuple(Replace(Span(path, line, 1, line, 1 - columns), "") for line in lines)


def _lines(tree: Tree | Entry) -> set[int]:
    """Return the lines on which something of a tree begins."""
    if isinstance(tree, Entry):
        return {tree.key.span.line} | _lines(tree.value)
    if isinstance(tree, Mapping):
        return {line for entry in tree.entries for line in _lines(entry)}
    if isinstance(tree, Sequence):
        return {line for item in tree.items for line in _lines(item)}
    return {tree.span.line}
