"""YAML text of plain values, which reads back as the same values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from archspec.source.scalars import resolve
from archspec.source.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.source.tree import ScalarValue

# A document. Text in it is written as it stands: it is what the functions below return, or a plain word.
Document: TypeAlias = "str | Sequence[Document] | Mapping[str, Document]"

_NOWHERE = Span("", 1, 1, 1, 1)
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$/+*-]*")
_SENTENCE = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_.,;()/+*=<>'-]|:(?=[^ ])| (?=[^ #]))*")
_HEXADECIMAL = (("x", 2), ("u", 4), ("U", 8))
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def block(document: Document, indent: int = 0) -> Iterator[str]:
    """Yield the lines of a document in block style."""
    pad = " " * indent
    if isinstance(document, str):
        yield pad + document
    elif isinstance(document, Mapping):
        for key, value in document.items():
            if isinstance(value, str):
                yield f"{pad}{key}: {value}"
            else:
                yield f"{pad}{key}:"
                yield from block(value, indent + 2)
    else:
        for item in document:
            first, *rest = block(item, indent + 2)
            yield f"{pad}- {first.lstrip()}"
            yield from rest


def flow(value: object) -> str:
    """Return mappings, lists and tuples of scalars on one line: `{op: conv, kernel_size: [1, 7]}`."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in entries.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, cast("list[object]", value))) + "]"
    return scalar(cast("ScalarValue", value))


def scalar(value: ScalarValue) -> str:
    """Return a scalar that may stand anywhere: within brackets too."""
    return _scalar(value, _WORD)


def sentence(text: str) -> str:
    """Return text that stands alone behind its key, with quotes only where it needs them."""
    return _scalar(text, _SENTENCE)


def _scalar(value: ScalarValue, plain: re.Pattern[str]) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # Words such as `true` and `null` would not come back as text.
        safe = plain.fullmatch(value) is not None and isinstance(resolve(value, _NOWHERE), str)
        return value if safe else '"' + "".join(map(_escaped, value)) + '"'
    text = repr(value)
    return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    digits = f"{ord(character):x}"
    return next(f"\\{letter}{digits:>0{count}}" for letter, count in _HEXADECIMAL if len(digits) <= count)
