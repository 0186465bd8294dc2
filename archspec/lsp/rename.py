"""Rename: a node, parameter, block, variant or input gets another name, wherever the document names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.spec import names

if TYPE_CHECKING:
    from archspec.lsp.marks import Mark, Symbol
    from archspec.lsp.outliner import Outline
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


def renameable(offset: int, words: Outline) -> Range:
    """Return the word at a place, if it can be renamed.

    Raises:
        RenameError: it cannot.
    """
    mark = words.at(offset)
    _require(mark, words)
    assert mark is not None
    return mark.range


def renamed(offset: int, new: str, words: Outline) -> list[Range]:
    """Return the places where `new` is to be written.

    Raises:
        RenameError: it cannot be renamed, or not so.
    """
    symbol = _require(words.at(offset), words)
    if (fault := _FAULTS[symbol.kind](new)) is not None:
        raise RenameError(f"{new!r} cannot be its name: {fault}")
    if any(each.defines and _shadows(each, symbol, new) for each in words.marks):
        raise RenameError(f"there is something called {new!r} already")
    return [mark.range for mark in words.of(symbol) if mark.text == symbol.name]


def _shadows(mark: Mark, symbol: Symbol, new: str) -> bool:
    other = mark.symbol
    if other is None or other.name != new:
        return False
    return other.kind == symbol.kind and other.owner == symbol.owner


def _require(mark: Mark | None, words: Outline) -> Symbol:
    if mark is None or mark.symbol is None:
        raise RenameError("there is nothing here that can be renamed")
    symbol = mark.symbol
    if not any(each.defines for each in words.of(symbol)):
        if symbol.kind in {"index", "input"} or symbol.name.isdecimal():
            raise RenameError(f"{mark.text!r} is a name of the language's own")
        raise RenameError(f"{mark.text!r} has its name in another file")
    if mark.text != symbol.name:
        raise RenameError(f"{mark.text!r} is a name of the language's own; {symbol.name!r} can be renamed")
    if symbol.kind == "name" and symbol.owner:
        _require_no_inserted_uses(symbol, words)
    return symbol


def _require_no_inserted_uses(symbol: Symbol, words: Outline) -> None:
    """Refuse a parameter of a block that may be given through `op: $name`: other blocks stand there too."""
    for mark in words.marks:
        if mark.kind == "parameter" and mark.text == symbol.name:
            op = words.nodes[mark.keys].op or ""
            if op.startswith("$"):
                where = words.nodes[mark.keys].name or ".".join(mark.keys)
                raise RenameError(
                    f"{symbol.name!r} is also given at {where}, whose op is {op}: other blocks may stand there"
                )
