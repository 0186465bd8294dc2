"""Where things are: definitions, and all places that name something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.lsp.outline import outline
from archspec.lsp.text import Range, Text
from archspec.spec.files import zoo_root
from archspec.spec.loader import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archspec.lsp.compilation import Compilation
    from archspec.lsp.marks import Mark, Symbol
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


def references(offset: int, words: Outline) -> list[Range]:
    """Return all words of the document that stand for what stands at a place."""
    mark = words.at(offset)
    if mark is None or mark.symbol is None:
        return [] if mark is None or mark.kind != "op" else [each.range for each in words.marks if _same_op(each, mark)]
    return [each.range for each in words.of(mark.symbol)]


def _same_op(mark: Mark, other: Mark) -> bool:
    return mark.kind == other.kind == "op" and mark.text == other.text


def _defined_here(mark: Mark, words: Outline) -> Iterator[Range]:
    symbol = mark.symbol
    if symbol is None:
        return
    yield from (each.range for each in words.of(symbol) if each.defines)
    if symbol.kind == "node" and (site := words.nodes.get((*symbol.owner, symbol.name))) is not None:
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
    """Yield where something has its name in one of the files that the document names."""
    template = found.compiled.template
    if mark.kind == "op" and template is not None and mark.text in template.blocks:
        span = template.blocks[mark.text].span
        source = found.compiled.sources.get(span.path)
        if source is not None:
            text = Text(source.text)
            yield Target(text.range(span), source.place, text)
    elif mark.symbol is not None:
        yield from _defined_in_others(mark.symbol, found)


def _defined_in_others(symbol: Symbol, found: Compilation) -> Iterator[Target]:
    for shown, source in found.compiled.sources.items():
        tree = read_tree(source)[0]
        if shown == found.compiled.source.path or tree is None or source.place is None:
            continue
        text = Text(source.text)
        for mark in outline(tree, text).of(symbol):
            if mark.defines:
                yield Target(mark.range, source.place, text)
                return


def _file(mark: Mark, found: Compilation) -> Iterator[Target]:
    if found.place is None:
        return
    wanted = [(folder / mark.text).resolve() for folder in (found.place.parent, zoo_root())]
    for source in found.compiled.sources.values():
        if source.place is not None and source.place.resolve() in wanted:
            yield Target(Range(0, 0), source.place.resolve(), Text(source.text))
            return
