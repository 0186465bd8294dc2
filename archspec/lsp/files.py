"""The files of specs that name one another, and which of them gives something its name."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.lsp.marks import Symbol
from archspec.lsp.outline import outline, parameters_of
from archspec.lsp.outliner import Outline
from archspec.lsp.text import Text
from archspec.source.span import SourceFile
from archspec.source.tree import Mapping, Scalar, Sequence
from archspec.source.yaml import read
from archspec.spec.files import Origin, opened, root_of
from archspec.spec.loader import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as MappingOf

    from archspec.lsp.marks import BlockTypes, Mark
    from archspec.source.tree import Tree

_SUFFIXES = (".yaml", ".yml")
_PASSED_OVER = frozenset({"node_modules", "site-packages", "__pycache__"})
_LARGEST = 1 << 20  # bytes; no spec is as large


@dataclass(frozen=True, eq=False)
class File:
    """A file, with those that it names.

    Attributes:
        source: its text.
        tree: what it says; None if it is not YAML.
        base: the spec that it extends.
        imports: the files whose blocks it imports.
        specs: the specs that are blocks of it, by the names of these.
    """

    source: SourceFile
    tree: Tree | None
    base: File | None = None
    imports: tuple[File, ...] = ()
    specs: MappingOf[str, File] = field(default_factory=dict[str, "File"])

    @property
    def place(self) -> Path | None:
        """Where it is; None for a document that is not saved anywhere."""
        return self.source.place

    @cached_property
    def text(self) -> Text:
        """Its text."""
        return Text(self.source.text)

    @cached_property
    def outline(self) -> Outline:
        """What its words are; empty if it is not YAML."""
        if self.tree is None:
            return Outline()
        return outline(self.tree, self.text, self._foreign_types())

    @cached_property
    def block_types(self) -> dict[str, BlockTypes]:
        """The parameters of all blocks that can be used in it, with their types."""
        blocks = self.tree.get("blocks") if isinstance(self.tree, Mapping) else None
        entries = blocks.entries if isinstance(blocks, Mapping) else ()
        own = {each.key.text: parameters_of(each.value) for each in entries if each.key.text not in self.specs}
        return {**self._foreign_types(), **own}

    def _foreign_types(self) -> dict[str, BlockTypes]:
        """Return the same of the blocks that are in other files."""
        found = {name: types for each in self._named() for name, types in each.block_types.items()}
        return {**found, **{name: each.own_types for name, each in self.specs.items()}}

    @cached_property
    def own_types(self) -> BlockTypes:
        """Its own parameters, with their types."""
        declared = {} if self.tree is None else parameters_of(self.tree)
        return declared if self.base is None else {**declared, **self.base.own_types}

    @property
    def own_variants(self) -> tuple[str, ...]:
        """The variants that it defines itself."""
        return tuple(mark.text for mark in self.outline.marks if mark.kind == "variant" and mark.defines)

    @property
    def chosen_variant(self) -> str | None:
        """The variant that it chooses itself."""
        chosen = self.tree.get("variant") if isinstance(self.tree, Mapping) else None
        return chosen.text if isinstance(chosen, Scalar) else None

    def _named(self) -> Iterator[File]:
        if self.base is not None:
            yield self.base
        yield from self.imports

    def lineage(self) -> Iterator[File]:
        """Yield it, the spec that it extends, the one that that extends, and so on: the blocks of all are merged."""
        yield self
        if self.base is not None:
            yield from self.base.lineage()

    def walk(self) -> Iterator[File]:
        """Yield it, and all files that it consists of; one that is named twice comes twice."""
        yield self
        for each in (*self._named(), *self.specs.values()):
            yield from each.walk()

    # ----------------------------------------------------------------------------------------------- names

    @cached_property
    def _defined(self) -> MappingOf[Symbol, Symbol]:
        found = (mark.symbol for mark in self.outline.marks if mark.defines and mark.symbol is not None)
        return {_without_levels(symbol): symbol for symbol in found}

    def definers(self, symbol: Symbol) -> Iterator[tuple[File, Symbol]]:
        """Yield the files that give something its name, with what it is called there, the nearest first.

        Several do where a spec puts a block, a variant or a value in the place of that of the spec that it extends.
        """
        own = self._defined.get(_without_levels(symbol))
        if own is not None:
            yield self, own
        inner = self.specs.get(symbol.owner[1]) if symbol.owner[:1] == ("blocks",) else None
        if inner is not None:
            yield from inner.definers(dataclasses.replace(symbol, owner=symbol.owner[2:]))
            return
        if symbol.kind == "block" or (symbol.kind == "name" and symbol.owner[:1] == ("blocks",)):
            for each in self.imports:
                yield from each.definers(symbol)
        if self.base is not None:
            for alternative in _alternatives(symbol):
                found = tuple(self.base.definers(alternative))
                if found:
                    yield from found
                    return

    def slot(self, symbol: Symbol) -> tuple[File, Symbol] | None:
        """Return the file that gives something its name before all others; None if none is known."""
        return next(reversed(tuple(self.definers(symbol))), None)

    def marks_of(self, home: File, symbol: Symbol) -> Iterator[Mark]:
        """Yield its words for something that gets its name in another file, or in this one."""
        known: dict[Symbol, bool] = {}
        for mark in self.outline.marks:
            if mark.symbol is not None and mark.symbol.name == symbol.name:
                if mark.symbol not in known:
                    known[mark.symbol] = self.slot(mark.symbol) == (home, symbol)
                if known[mark.symbol]:
                    yield mark


def _alternatives(symbol: Symbol) -> Iterator[Symbol]:
    """Yield what a word may stand for in the spec that this one extends."""
    at_the_top = symbol.owner in {(), ("graph",)}
    if symbol.kind in {"block", "variant", "name"} or symbol.owner[:1] == ("graph",) or at_the_top:
        yield symbol
    if symbol.kind == "name" and at_the_top:
        yield Symbol("node", ("graph",), symbol.name)
    if symbol.kind in {"name", "node"} and at_the_top:
        yield Symbol("input", (), symbol.name)
    if symbol.kind == "name" and at_the_top:
        yield Symbol("block", (), symbol.name)


def _without_levels(symbol: Symbol) -> Symbol:
    """Return a node with an owner that does not tell how its groups are written."""
    if symbol.kind != "node":
        return symbol
    return dataclasses.replace(symbol, owner=tuple(key for key in symbol.owner if key != "graph"))


class Files:
    """Files, each read once. `texts` stand for what is in files that an editor has open."""

    def __init__(self, texts: MappingOf[Path, str]) -> None:
        """Begin with none."""
        self.texts = texts
        self._known: dict[Path, File] = {}

    def of(self, source: SourceFile) -> File:
        """Return a document with the files that it names."""
        place = (source.place or Path("-")).absolute()
        folder = place.parent.resolve()
        origin = Origin(folder, root_of(folder), ((folder / place.name, source.path),), self.texts)
        return self._made(source, origin)

    def at(self, place: Path) -> File:
        """Return the file of a path.

        Raises:
            OSError: it cannot be opened.
            YamlFault: it is not text.
        """
        if place in self._known:
            return self._known[place]
        shown = str(place)
        text = self.texts.get(place)
        return self.of(read(place, shown) if text is None else SourceFile(shown, text, place))

    def _made(self, source: SourceFile, origin: Origin) -> File:
        if source.place is not None and source.place in self._known:
            return self._known[source.place]
        tree = read_tree(source)[0]
        file = File(source, tree)
        if isinstance(tree, Mapping):
            bases = tuple(self._linked(tree.get("extends"), origin))
            imports = tuple(self._linked(tree.get("import"), origin))
            file = File(source, tree, bases[0] if bases else None, imports, dict(self._specs(tree, origin)))
        if source.place is not None:
            self._known[source.place] = file
        return file

    def _linked(self, tree: Tree | None, origin: Origin) -> Iterator[File]:
        for item in tree.items if isinstance(tree, Sequence) else (tree,):
            if isinstance(item, Scalar) and isinstance(item.value, str):
                found = opened(item.text, item.span, origin, lambda _problem: None)
                if found is not None:
                    yield self._made(*found)

    def _specs(self, tree: Mapping, origin: Origin) -> Iterator[tuple[str, File]]:
        blocks = tree.get("blocks")
        for entry in blocks.entries if isinstance(blocks, Mapping) else ():
            if isinstance(entry.value, Mapping):
                yield from ((entry.key.text, file) for file in self._linked(entry.value.get("spec"), origin))

    # ----------------------------------------------------------------------------------------------- users

    def users(self, place: Path, roots: Iterable[Path]) -> Iterator[File]:
        """Yield the files below some folders that consist of a file and others, in the order of their paths.

        A file that names it, and is not YAML, is among them: what it says cannot be told.

        Raises:
            OSError: one that may name it cannot be opened.
            YamlFault: one that may name it is not text.
        """
        for candidate in sorted(self._mentioning(place, roots)):
            file = self.at(candidate)
            if file.tree is None or any(each.place == place for each in file.walk()):
                yield file

    def _mentioning(self, place: Path, roots: Iterable[Path]) -> set[Path]:
        """Return the files in which the name of a file stands, or that of one of these, and so on."""
        others = {path: self._bytes(path) for root in roots for path in _yaml_files(root) if path != place}
        found: set[Path] = set()
        names = {place.name.encode()}
        while names:
            hits = {path for path, data in others.items() if any(name in data for name in names)} - found
            found |= hits
            names = {path.name.encode() for path in hits}
        return found

    def _bytes(self, path: Path) -> bytes:
        text = self.texts.get(path)
        return path.read_bytes() if text is None else text.encode("utf-8", "replace")


def _yaml_files(root: Path) -> Iterator[Path]:
    """Yield the YAML files below a folder, without those in hidden folders and in those of other people's packages."""
    for parent, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _PASSED_OVER]
        for name in files:
            path = Path(parent, name)
            if path.suffix in _SUFFIXES and path.is_file() and path.stat().st_size <= _LARGEST:
                yield path.resolve()
