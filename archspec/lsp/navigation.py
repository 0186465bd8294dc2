"""Where things are: definitions, and all places that name something."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.lsp.files import Files
from archspec.lsp.text import Range, Text
from archspec.source.fault import YamlFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archspec.lsp.compilation import Compilation
    from archspec.lsp.files import File
    from archspec.lsp.marks import Mark
    from archspec.lsp.outliner import Outline


@dataclass(frozen=True, slots=True)
class Target:
    """A place in this document (`text` is None) or in another file, whose text is `text`."""

    range: Range
    place: Path | None = None
    text: Text | None = None


def definition(offset: int, words: Outline, found: Compilation) -> list[Target]:
    """Return where that has its name which stands at a place."""
    mark = words.at(offset)
    if mark is None:
        return []
    if mark.kind == "file":
        return list(_file(mark, found))
    here = [Target(each) for each in _defined_here(mark, words)]
    return here or list(_elsewhere(mark, found))


def highlights(offset: int, words: Outline) -> list[Range]:
    """Return all words of the document that stand for what stands at a place."""
    mark = words.at(offset)
    return [] if mark is None or mark.symbol is None else [each.range for each in words.of(mark.symbol)]


def references(
    offset: int, here: File, files: Files, roots: Sequence[Path], *, with_definitions: bool = True
) -> list[Target]:
    """Return all words that stand for what stands at a place: in its file, and in the files below `roots`."""
    mark = here.outline.at(offset)
    if mark is None or mark.symbol is None:
        return []
    found = here.slot(mark.symbol)
    if found is None:
        return [Target(each.range) for each in here.outline.of(mark.symbol) if with_definitions or not each.defines]
    home, symbol = found
    return [
        Target(each.range) if file is here else Target(each.range, file.place, file.text)
        for file in _users(home, here, files, roots)
        for each in file.marks_of(home, symbol)
        if with_definitions or not each.defines
    ]


def _users(home: File, here: File, files: Files, roots: Sequence[Path]) -> list[File]:
    """Return the files that may name what a file gives its name, as far as they can be read."""
    found = [here, home]
    if home.place is not None:
        with suppress(OSError, YamlFault):
            found += files.users(home.place, roots)
    return list(dict.fromkeys(found))


def _defined_here(mark: Mark, words: Outline) -> Iterator[Range]:
    symbol = mark.symbol
    if symbol is None:
        return
    yield from (each.range for each in words.of(symbol) if each.defines)
    if symbol.kind == "node" and (site := words.site_of(symbol)) is not None:
        if site.name is None:  # in a list, which gives it no name
            yield site.head
    elif symbol.kind in {"input", "index"} and not any(each.defines for each in words.of(symbol)):
        keys = symbol.owner[:-1] if symbol.owner[-1:] == ("graph",) else symbol.owner
        if keys in words.nodes:  # the input of a group, the index of a loop: the node says what they are
            yield words.nodes[keys].head
        elif keys[:1] == ("blocks",) and keys[1] in words.blocks:
            start = words.blocks[keys[1]].start
            yield Range(start, start + len(keys[1]))


def _elsewhere(mark: Mark, found: Compilation) -> Iterator[Target]:
    """Yield where something has its name in one of the files that the document names: in the nearest."""
    file = Files(found.texts).of(found.compiled.source)
    for home, symbol in () if mark.symbol is None else file.definers(mark.symbol):
        for each in home.outline.of(symbol):
            if each.defines:
                yield Target(each.range, home.place, home.text)
                return


def _file(mark: Mark, found: Compilation) -> Iterator[Target]:
    source = found.named(mark.text)
    if source is not None and source.place is not None:
        yield Target(Range(0, 0), source.place, Text(source.text))
