"""YAML text of plain values, which reads back as the same values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from archspec.source.scalars import resolve
from archspec.source.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.source.tree import PlainValue, ScalarValue

# A document: what is text is written as it stands, so it is the result of `flow`, a plain name, or the like.
Document: TypeAlias = "str | list[Document] | dict[str, Document]"

_NOWHERE = Span("", 1, 1, 1, 1)
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$/+*-]*")
_SENTENCE = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_.,;()/+*=<>'-]|:(?=[^ ])| (?=[^ #]))*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def block(document: Document, indent: int = 0) -> Iterator[str]:
    """Yield the lines of a document in block style."""
    pad = " " * indent
    if isinstance(document, str):
        yield pad + document
    elif isinstance(document, dict):
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


def flow(value: PlainValue | tuple[PlainValue, ...]) -> str:
    """Return a value on one line: `{op: conv, kernel_size: [1, 7]}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


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
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
