"""From YAML text to the located tree.

One backend, PyYAML's C event stream: the C composer segfaults on deep nesting, and the pure parser reads some files
differently. Every limit is checked as the events come in, before a tree of that size exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

import yaml

from archspec.source import syntax
from archspec.source.fault import YamlFault
from archspec.source.reading import MAX_BYTES, check_characters, decode, read
from archspec.source.scalars import MAX_DIGITS, identities, resolve
from archspec.source.span import SourceFile, Span, extent
from archspec.source.tree import Entry, Mapping, Scalar, Sequence

try:
    from yaml import CSafeLoader
except ImportError as _error:  # pragma: no cover
    raise ImportError("archspec needs PyYAML with its C extension (libyaml); the wheels on PyPI have it") from _error

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.source.tree import ScalarValue, Tree

__all__ = [
    "MAX_ANCHORS",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_NODES",
    "YamlFault",
    "decode",
    "parse",
    "read",
]

MAX_DEPTH = 64
"""Lists and mappings within each other."""

MAX_NODES = 50_000
"""Scalars, keys among them, lists and mappings; what an alias stands for counts each time."""

MAX_ANCHORS = 1_000

_ANCHOR = re.compile(r"&[^\s,\[\]{}]*[\s]*")
_CONTENT = re.compile("[ \t]*[^ \t#\r\n\x85\u2028\u2029]")  # the first character of a line, unless it begins a comment
_NEXT_CONTENT = re.compile(f"[\r\n\x85\u2028\u2029]{_CONTENT.pattern}")


def parse(source: SourceFile, recovered: list[YamlFault] | None = None) -> Tree:
    """Return the tree of the one document in `source`. An empty document is a null scalar.

    With a list for them, faults that leave the rest of the document readable (a key that is there twice, of which the
    first is kept) are added to it, so that all that is wrong is found in one run.

    Raises:
        YamlFault: of one of the slugs of `archspec.diagnostics.catalog.yaml`.
    """
    check_characters(source)
    _refuse_directives(source, 0)
    builder = _Builder(source, recovered)
    try:
        for event in yaml.parse(source.text, Loader=CSafeLoader):
            builder.take(event)
    except YamlFault as fault:
        fault.keys = builder.keys()
        raise
    except yaml.YAMLError as error:
        raise syntax.explain(source, error, builder.context()) from None
    return Scalar(source.span(), None, "") if builder.root is None else builder.root


def _refuse_directives(source: SourceFile, start: int) -> None:
    """Refuse a document that begins, at or after `start`, with `%`: libyaml takes 3 s for 30,000 %TAG lines."""
    match = _CONTENT.match(source.text, start) or _NEXT_CONTENT.search(source.text, start)
    if match and match[0].endswith("%"):
        raise YamlFault("yaml-directive", source.span_at(match.end() - 1, match.end()))


class _Mark(Protocol):
    """A place, counted from 0 in code points."""

    @property
    def index(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


# The C parser sets both marks of every event. Every node passes here, so the two are fetched without a Python call.
_start: Callable[[yaml.Event], _Mark] = attrgetter("start_mark")
_end: Callable[[yaml.Event], _Mark] = attrgetter("end_mark")


class _Built(NamedTuple):
    """A finished node, and what it would cost to use it again."""

    tree: Tree
    nodes: int
    height: int


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been seen.

    Its first and last span are those of the children where they are used: the tree of an alias stands elsewhere.
    """

    event: yaml.CollectionStartEvent
    nodes_before: int
    height: int = 0
    key: Scalar | None = None
    items: list[Tree] = field(default_factory=list["Tree"])
    entries: list[Entry] = field(default_factory=list[Entry])
    seen: dict[tuple[str, ScalarValue], Scalar] = field(default_factory=dict[tuple[str, "ScalarValue"], Scalar])
    first: Span | None = None
    last: Span | None = None
    dropped: list[int] = field(default_factory=list[int])
    is_repeated: bool = False  # the key is there already, so its value is passed over

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.event, yaml.MappingStartEvent)

    @property
    def in_brackets(self) -> bool:
        return bool(self.event.flow_style)


class _Builder:
    """Makes the tree from the events."""

    def __init__(self, source: SourceFile, recovered: list[YamlFault] | None) -> None:
        self.source = source
        self._recovered = recovered
        self.root: Tree | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, _Built | None] = {}  # None: its node is still open
        self._anchor_count = 0
        self._nodes = 0
        self._value_start: int | None = None

    def keys(self) -> tuple[str, ...]:
        """Return the keys and list positions that lead to where the events have come."""
        inside = (node.key.text if node.key else str(len(node.items)) for node in self._open[:-1])
        return tuple(inside)

    def context(self) -> syntax.Context:
        return syntax.Context(self._open_bracket(), self._value_start)

    def _open_bracket(self) -> int | None:
        """Return where the innermost open bracket stands; the mapping of `[a: b]` has none of its own."""
        for node in reversed(self._open):
            index = _behind_anchor(self.source.text, _start(node.event).index)
            if not node.in_brackets or self.source.text[index] in "[{":
                return index if node.in_brackets else None
        return None

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start_collection(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end_collection(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise YamlFault("several-documents", self._span(event))
        elif isinstance(event, yaml.DocumentEndEvent):
            _refuse_directives(self.source, _end(event).index)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._open_node(event)
        in_block_style = event.style in ("|", ">")
        span = self._span(event) if event.anchor is None and not in_block_style else self._content_span(event)
        self._value_start = None if in_block_style else _start(event).index
        quoted = not event.implicit[0]
        value: ScalarValue = event.value
        if not quoted:
            self._refuse_cut_call(event)
            value = resolve(event.value, span)
        self._close_node(event, _Built(Scalar(span, value, event.value, quoted), 1, 0), span)

    def _start_collection(self, event: yaml.CollectionStartEvent) -> None:
        if len(self._open) == MAX_DEPTH:
            raise YamlFault("too-deep", self._span(event), limit=str(MAX_DEPTH))
        before = self._nodes
        self._open_node(event)
        self._value_start = None
        self._open.append(_Open(event, before))

    def _end_collection(self, event: yaml.CollectionEndEvent) -> None:
        node = self._open.pop()
        span = self._collection_span(node, event)
        self._value_start = _start(node.event).index if node.in_brackets else None
        tree = (
            Mapping(span, tuple(node.entries), tuple(node.dropped))
            if node.is_mapping
            else Sequence(span, tuple(node.items))
        )
        self._close_node(node.event, _Built(tree, self._nodes - node.nodes_before, node.height + 1), span)

    def _alias(self, event: yaml.AliasEvent) -> None:
        span, name = self._span(event), event.anchor or ""
        if name not in self._anchors:
            raise YamlFault("unknown-alias", span, name=name)
        built = self._anchors[name]
        if built is None:
            raise YamlFault("recursive-alias", span, name=name)
        if len(self._open) + built.height > MAX_DEPTH:
            raise YamlFault("too-deep", span, limit=str(MAX_DEPTH))
        self._value_start = None
        self._nodes += built.nodes
        if self._nodes > MAX_NODES:
            raise self._too_many(span)
        self._add(built, span)

    def _open_node(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            raise YamlFault("yaml-tag", self._span(event), tag=event.tag.replace("tag:yaml.org,2002:", "!!"))
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._too_many(self._span(event))
        if event.anchor is None:
            return
        self._anchor_count += 1
        if self._anchor_count > MAX_ANCHORS:
            raise YamlFault("too-many-anchors", self._span(event), limit=f"{MAX_ANCHORS:,}")
        self._anchors[event.anchor] = None

    def _close_node(self, event: yaml.NodeEvent, built: _Built, span: Span) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = built
        self._add(built, span)

    def _too_many(self, span: Span) -> YamlFault:
        return YamlFault("too-many-nodes", span, limit=f"{MAX_NODES:,}")

    def _add(self, built: _Built, span: Span) -> None:
        if not self._open:
            self.root = built.tree
            return
        parent = self._open[-1]
        parent.height = max(parent.height, built.height)
        parent.first, parent.last = parent.first or span, span
        if not parent.is_mapping:
            parent.items.append(built.tree)
        elif parent.key is None:
            parent.key = self._key(parent, built.tree, span)
        else:
            if parent.is_repeated:
                parent.dropped.append(len(parent.entries))
            else:
                parent.entries.append(Entry(parent.key, built.tree))
            parent.key, parent.is_repeated = None, False

    def _key(self, mapping: _Open, tree: Tree, span: Span) -> Scalar:
        """Return the tree as a key; one that is there already is passed over with its value, if that is asked for."""
        try:
            return _key(mapping, tree, span)
        except YamlFault as fault:
            if self._recovered is None or fault.slug != "duplicate-key" or not isinstance(tree, Scalar):
                raise
            fault.keys = (*self.keys(), tree.text)
            self._recovered.append(fault)
            mapping.is_repeated = True
            return tree

    def _refuse_cut_call(self, event: yaml.ScalarEvent) -> None:
        """Refuse `{a: max(b, c)}`, in which YAML would quietly read the value `max(b` and a key `c)`."""
        if "(" not in event.value or not self._open or not self._open[-1].in_brackets:
            return
        if event.value.count("(") > event.value.count(")") and self.source.text.startswith(",", _end(event).index):
            raise syntax.unquoted(self.source, _start(event).index, ",")

    def _content_span(self, event: yaml.ScalarEvent) -> Span:
        """Return the span of a scalar without its anchor, and without the empty lines after a block scalar."""
        text = self.source.text[_start(event).index : _end(event).index]
        skipped = _behind_anchor(text, 0)  # a plain scalar cannot begin with "&"
        line, column = _advance(_start(event), text[:skipped])
        end_line, end_column = _advance(_start(event), text[: max(skipped, len(text.rstrip()))])
        return Span(self.source.path, line, column, end_line, end_column)

    def _collection_span(self, node: _Open, end: yaml.Event) -> Span:
        if not node.in_brackets and node.first is not None and node.last is not None:
            return Span(node.first.path, node.first.line, node.first.column, node.last.end_line, node.last.end_column)
        start = _start(node.event)
        line, column = _advance(start, self.source.text[start.index : _behind_anchor(self.source.text, start.index)])
        return Span(self.source.path, line, column, _end(end).line + 1, _end(end).column + 1)

    def _span(self, event: yaml.Event) -> Span:
        start, end = _start(event), _end(event)
        return Span(self.source.path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _key(mapping: _Open, tree: Tree, span: Span) -> Scalar:
    """Return the tree as a key, if it can be one here."""
    if not isinstance(tree, Scalar):
        raise YamlFault("key-not-scalar", span, kind="list" if isinstance(tree, Sequence) else "mapping")
    if tree.text == "<<" and not tree.quoted:
        raise YamlFault("merge-key", span)
    for identity in identities(tree):
        if first := mapping.seen.get(identity):
            raise YamlFault("duplicate-key", span, first.span, key=tree.text, first=first.text)
        mapping.seen[identity] = tree
    return tree


def _behind_anchor(text: str, index: int) -> int:
    anchor = _ANCHOR.match(text, index)
    return anchor.end() if anchor else index


def _advance(mark: _Mark, text: str) -> tuple[int, int]:
    """Return the 1-based line and column of the place after `text`, which starts at `mark`."""
    breaks, characters = extent(text)
    return mark.line + breaks + 1, characters + 1 + (0 if breaks else mark.column)
