"""Rename: a node, parameter, block, variant or input gets another name, in every file that names it.

The files are those that extend, import or use the one that gives the name, and it is tried before it is proposed: each
of them must compile to the same network as before.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.api import compile_text
from archspec.lsp.sameness import difference
from archspec.source.fault import YamlFault
from archspec.spec import names
from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archspec.elaborate.network import Choice
    from archspec.lsp.files import File, Files
    from archspec.lsp.marks import Mark, Symbol
    from archspec.lsp.text import Range

_FAULTS = {
    "node": names.fault_of_node_name,
    "block": names.fault_of_block_name,
    "variant": names.fault_of_identifier,
    "name": names.fault_of_parameter_name,
    "index": names.fault_of_parameter_name,
    "input": names.fault_of_parameter_name,
}


class RenameError(Exception):
    """It cannot be renamed; the message says why."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The places of one file where the new name is to be written."""

    file: File
    ranges: tuple[Range, ...]

    def text(self, new: str) -> str:
        """Return the text of the file with the new name in it."""
        text = self.file.source.text
        for place in sorted(self.ranges, reverse=True):
            text = text[: place.start] + new + text[place.end :]
        return text


def renameable(offset: int, here: File, roots: Sequence[Path]) -> Range:
    """Return the word at a place, if it can be renamed. Files below `roots` may be changed.

    Raises:
        RenameError: it cannot.
    """
    mark = here.outline.at(offset)
    _target(mark, here, roots)
    assert mark is not None
    return mark.range


def renamed(offset: int, new: str, here: File, files: Files, roots: Sequence[Path], choice: Choice) -> list[Renamed]:
    """Return where `new` is to be written, in this file and in all others that name the same thing.

    Raises:
        RenameError: it cannot be renamed, or not so.
    """
    home, symbol = _target(here.outline.at(offset), here, roots)
    if (fault := _FAULTS[symbol.kind](new)) is not None:
        raise RenameError(f"{new!r} cannot be its name: {fault}")
    if new == symbol.name:
        return []
    concerned = _concerned(home, here, files, roots)
    for file in concerned:
        _require_free(symbol, new, home, file)
    for part in dict.fromkeys(part for file in concerned for part in file.lineage()):
        _require_no_inserted_uses(symbol, home, part)
    changes: list[Renamed] = []
    for file in concerned:
        places = tuple(mark.range for mark in file.marks_of(home, symbol) if mark.text == symbol.name)
        changes += [Renamed(file, places)] if places else []
    for change in changes:
        _require_writable(change.file, symbol, roots)
    _try(changes, concerned, symbol.name, new, files.texts, choice)
    return changes


def _target(mark: Mark | None, here: File, roots: Sequence[Path]) -> tuple[File, Symbol]:
    """Return the file that gives a word its name, and what it is called there."""
    if mark is None or mark.symbol is None:
        raise RenameError("there is nothing here that can be renamed")
    found = here.slot(mark.symbol)
    if found is None:
        if mark.kind in {"op", "parameter"}:
            raise RenameError("there is nothing here that can be renamed")
        raise RenameError(f"{mark.text!r} is a name of the language's own")
    home, symbol = found
    if mark.text != symbol.name:
        raise RenameError(f"{mark.text!r} is a name of the language's own; {symbol.name!r} can be renamed")
    _require_writable(home, symbol, roots)
    return home, symbol


def _require_writable(file: File, symbol: Symbol, roots: Sequence[Path]) -> None:
    """Refuse to change a file that comes with archspec, or is outside of what is open in the editor."""
    place, zoo = file.place, zoo_root().resolve()
    if place is None:
        return
    within = any(place.is_relative_to(root) for root in roots)
    if place.is_relative_to(zoo) and (not within or zoo.parent.name == "_zoo"):
        raise RenameError(f"{symbol.name!r} has its name in {place.name}, which comes with archspec")
    if not within:
        raise RenameError(f"{symbol.name!r} has its name in {place}, which is outside of the open folder")


def _concerned(home: File, here: File, files: Files, roots: Sequence[Path]) -> list[File]:
    """Return the files that may name what a file gives its name: that one itself, and all that consist of it."""
    found = {home.place: home, here.place: here}
    if home.place is None:
        return [home]
    try:
        for user in files.users(home.place, roots):
            if user.tree is None:
                raise RenameError(f"{user.place} may name it, and is not valid YAML")
            found[user.place] = user
    except OSError as error:
        raise RenameError(f"{error.filename} may name it, and cannot be read: {error.strerror}") from None
    except YamlFault as fault:
        raise RenameError(f"{fault.span.path} may name it, and cannot be read: {fault.slug}") from None
    return list(found.values())


def _require_free(symbol: Symbol, new: str, home: File, file: File) -> None:
    other = file.slot(dataclasses.replace(symbol, name=new)) if _is_common(symbol) or file is home else None
    if other is not None:
        where = "" if other[0] is home or other[0].place is None else f", in {other[0].place}"
        raise RenameError(f"there is something called {new!r} already{where}")


def _is_common(symbol: Symbol) -> bool:
    """Tell whether something has the same owner in all files that extend the one that has it."""
    return symbol.owner in {(), ("graph",)} or (symbol.kind == "name" and symbol.owner[:1] == ("blocks",))


def _require_no_inserted_uses(symbol: Symbol, home: File, file: File) -> None:
    """Refuse a parameter of a block that may be given through `op: $name`: other blocks stand there too."""
    if symbol.kind != "name" or not symbol.owner:
        return
    for mark in file.outline.marks:
        site = file.outline.nodes.get(mark.keys) if mark.kind == "parameter" and mark.text == symbol.name else None
        if site is not None and (site.op or "").startswith("$"):
            where = site.name or ".".join(mark.keys)
            within = "" if file is home or file.place is None else f" in {file.place.name}"
            raise RenameError(
                f"{symbol.name!r} is also given at {where}{within}, whose op is {site.op}: other blocks may stand there"
            )


# ----------------------------------------------------------------------------------------------------- the trial


def _try(
    changes: Sequence[Renamed],
    concerned: Sequence[File],
    old: str,
    new: str,
    texts: Mapping[Path, str],
    choice: Choice,
) -> None:
    """Compile all files with the new name in them, and refuse it if one of them becomes another network."""
    edited = {change.file: change.text(new) for change in changes}
    after = {**texts, **{file.place: text for file, text in edited.items() if file.place is not None}}
    chosen = {(file.base, file.chosen_variant) for file in concerned}
    for file in concerned:
        source = file.source
        then = dataclasses.replace(source, text=edited.get(file, source.text))
        for variant in (None, *(each for each in file.own_variants if (file, each) not in chosen)):
            one, other = (
                dataclasses.replace(choice, variant=each) for each in (variant, new if variant == old else variant)
            )
            reason = difference(compile_text(source, one, texts), compile_text(then, other, after), old, new)
            if reason is not None:
                name = "this file" if file.place is None else file.place.name
                raise RenameError(f"{new!r} cannot be its name: in {name}, {reason}")
