"""A spec of one's own from one of the zoo: its text, with the family's in it and the chosen values in place.

Values are put where the text has others, so that comments and layout stay. What cannot be done so is left as it is: the
caller compares the networks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.source.span import SourceFile
from archspec.source.tree import Mapping, Scalar, Sequence, plain
from archspec.source.writing import flow, sentence
from archspec.source.yaml import parse, read
from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence as SequenceOf
    from pathlib import Path

    from archspec.source.span import Span
    from archspec.source.tree import Entry, Tree

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_REPLACED = ("inputs", "preprocess")  # the network's take the place of the family's as a whole
_CHOICES = frozenset({"archspec", "name", "description", "extends", "variant", "params", "allow", *_REPLACED})


@dataclass(frozen=True, slots=True)
class _Edit:
    """What is put in place of `text[start:end]`."""

    start: int
    end: int
    replacement: str


class _Text:
    """The text of a spec, and the places in it."""

    def __init__(self, source: SourceFile) -> None:
        self.text = source.text
        self.starts = [0, *(match.end() for match in _BREAK.finditer(source.text))]

    def written(self, span: Span) -> str:
        return self.text[self.index(span.line, span.column) : self.index(span.end_line, span.end_column)]

    def index(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1

    def replaced(self, tree: Tree, replacement: str) -> _Edit:
        span = tree.span
        return _Edit(self.index(span.line, span.column), self.index(span.end_line, span.end_column), replacement)

    def without(self, entry: Entry) -> _Edit:
        """Leave an entry out, with the comment and the empty lines before it."""
        line = entry.key.span.line
        while line > 1 and self._line(line - 1).lstrip()[:1] in ("", "#"):
            line -= 1
        return _Edit(self.starts[line - 1], self.end(entry), "")

    def replaced_entry(self, entry: Entry, replacement: str) -> _Edit:
        span = entry.key.span
        return _Edit(self.index(span.line, span.column), self.replaced(entry.value, "").end, replacement)

    def lines(self, entry: Entry) -> str:
        """Return the lines of an entry, without what stands around it."""
        return self.text[self.starts[entry.key.span.line - 1] : self.end(entry)].rstrip() + "\n"

    def end(self, entry: Entry) -> int:
        """Return where the line begins that follows an entry."""
        line = entry.value.span.end_line
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def _line(self, number: int) -> str:
        return self.text[self.starts[number - 1] : self.starts[number]].strip()

    def edited(self, edits: list[_Edit]) -> str:
        text = self.text
        for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
            text = text[: edit.start] + edit.replacement + text[edit.end :]
        return text


def renamed(source: SourceFile, name: str) -> str:
    """Return the text of a spec under another name."""
    text = _Text(source)
    return text.edited([text.replaced(tree, name) for tree in (_entry(source, "name"),) if tree is not None])


def standalone(network: SourceFile, family: SourceFile, name: str) -> str | None:
    """Return a whole spec of a network that extends a family, under another name.

    It is the family's text without its variants, with what the network chooses as the defaults. None if it does more
    than choose.
    """
    chosen, base = parse(network), parse(family)
    if not isinstance(chosen, Mapping) or not isinstance(base, Mapping) or set(chosen.keys()) - _CHOICES:
        return None
    text = _Text(family)
    edits: list[_Edit] = []
    for key, value in (("name", name), ("description", _description(chosen))):
        tree = base.get(key)
        if tree is not None and value is not None:
            edits.append(text.replaced(tree, value))
    for key in _REPLACED:
        given, old = chosen.get(key), base.get(key)
        if given is not None and old is not None:
            edits.append(text.replaced(old, flow(plain(given))))
        elif given is not None:
            return None
    edits += [text.without(entry) for key in ("variants", "variant") if (entry := base.entry(key)) is not None]
    declared = base.get("params")
    for setting in _settings(chosen, base):
        tree = _default(declared, setting.key.text)
        if tree is None:
            return None
        value = (_Text(network) if setting.value.span.path == network.path else text).written(setting.value.span)
        edits.append(text.replaced(tree, value if _BREAK.search(value) is None else flow(plain(setting.value))))
    return text.edited(edits).rstrip() + "\n"


def without_blocks(text: str, names: SequenceOf[str]) -> str:
    """Return the text of a spec without some of its blocks."""
    spec = parse(SourceFile("spec.yaml", text))
    entry = spec.entry("blocks") if isinstance(spec, Mapping) else None
    if entry is None or not isinstance(entry.value, Mapping):
        return text
    edited = _Text(SourceFile("spec.yaml", text))
    blocks = entry.value.entries
    unwanted = [block for block in blocks if block.key.text in names]
    return edited.edited([edited.without(each) for each in ([entry] if len(unwanted) == len(blocks) else unwanted)])


def with_allowed(text: str, lints: SequenceOf[str]) -> str:
    """Return the text of a spec that allows these lints, and no others."""
    spec = parse(SourceFile("spec.yaml", text))
    if not isinstance(spec, Mapping):
        return text
    edited = _Text(SourceFile("spec.yaml", text))
    old, before = spec.entry("allow"), spec.entry("inputs") or spec.entry("extends") or spec.entry("name")
    edits = [] if old is None else [edited.without(old)]
    if lints and before is not None:
        end = edited.end(before)
        line = f"allow: [{', '.join(lints)}]   # the network that this was started from has it so\n"
        edits.append(_Edit(end, end, line if text[:end].endswith("\n") else f"\n{line}"))
    return edited.edited(edits)


def with_imports(text: str, place: Path) -> str:
    """Return the text of a spec of the zoo that stands in a place, with the blocks in it that it imports and uses."""
    spec = parse(SourceFile(place.name, text))
    entry = spec.entry("import") if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping) or entry is None:
        return text
    known = dict(_imported(spec, place))
    wanted, used = list(_words(spec)), dict[str, str]()
    while wanted:
        name = wanted.pop()
        if name in known and name not in used:
            used[name], words = known[name]
            wanted += words
    blocks = "\n".join(used[name] for name in known if name in used)
    own = spec.entry("blocks")
    edited = _Text(SourceFile(place.name, text))
    if own is None:
        return edited.edited([edited.replaced_entry(entry, f"blocks:\n{blocks}")])
    start = edited.starts[own.key.span.line]
    return edited.edited([edited.without(entry), _Edit(start, start, f"{blocks}\n" if used else "")])


def _imported(spec: Mapping, place: Path) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Yield the name of each block that a spec imports, its text, and the words in it."""
    for file in _words(spec.get("import")):
        path = next((path for path in (place.parent / file, zoo_root() / file) if path.is_file()), None)
        source = None if path is None else read(path, path.name)
        library = None if source is None else parse(source)
        if path is None or source is None or not isinstance(library, Mapping):
            continue
        yield from _imported(library, path)
        blocks, text = library.get("blocks"), _Text(source)
        for entry in blocks.entries if isinstance(blocks, Mapping) else ():
            yield entry.key.text, (text.lines(entry), tuple(_words(entry.value)))


def _words(tree: Tree | None) -> Iterator[str]:
    """Yield the texts in a tree that are no keys."""
    if isinstance(tree, Scalar):
        yield tree.text
    items = tree.items if isinstance(tree, Sequence) else ()
    for item in (entry.value for entry in tree.entries) if isinstance(tree, Mapping) else items:
        yield from _words(item)


def _entry(source: SourceFile, key: str) -> Tree | None:
    tree = parse(source)
    return tree.get(key) if isinstance(tree, Mapping) else None


def _description(spec: Mapping) -> str | None:
    tree = spec.get("description")
    return sentence(tree.text) if isinstance(tree, Scalar) else None


def _settings(chosen: Mapping, base: Mapping) -> Iterator[Entry]:
    """Yield the values that the network gives to the family's parameters: its variant's, but for its own."""
    own = chosen.get("params")
    own_entries = own.entries if isinstance(own, Mapping) else ()
    variant, variants = chosen.get("variant") or base.get("variant"), base.get("variants")
    if isinstance(variant, Scalar) and isinstance(variants, Mapping):
        settings = variants.get(variant.text)
        own_names = {entry.key.text for entry in own_entries}
        if isinstance(settings, Mapping):
            yield from (entry for entry in settings.entries if entry.key.text not in own_names)
    yield from own_entries


def _default(declared: Tree | None, name: str) -> Tree | None:
    """Return the default of a declared parameter; None where it has none."""
    tree = declared.get(name) if isinstance(declared, Mapping) else None
    return tree.get("default") if isinstance(tree, Mapping) else tree
