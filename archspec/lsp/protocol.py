"""Between the protocol's terms and ours: positions in code units, addresses of files, refusals."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import from_fs_path, to_fs_path

if TYPE_CHECKING:
    from archspec.lsp.text import Range, Text
    from archspec.source.span import Span

_UTF16_PAIR = 0xFFFF


class Positions:
    """The places of one text, as a client counts them: in UTF-16, UTF-8 or code points."""

    def __init__(self, text: Text, encoding: types.PositionEncodingKind | str | None) -> None:
        """Count in units of `encoding`."""
        self._text = text
        self._encoding = types.PositionEncodingKind(encoding or "utf-16")

    def offset(self, position: types.Position) -> int:
        """Return the offset of a position."""
        line = self._text.line(position.line)
        units = 0
        for place, character in enumerate(line):
            if units >= position.character:
                return self._text.offset(position.line, place)
            units += self._units(character)
        return self._text.offset(position.line, len(line))

    def position(self, offset: int) -> types.Position:
        """Return the position of an offset."""
        line, column = self._text.place(offset)
        before = self._text.text[offset - column : offset]
        if self._encoding == types.PositionEncodingKind.Utf32 or before.isascii():
            return types.Position(line, column)
        return types.Position(line, sum(map(self._units, before)))

    def range(self, place: Range) -> types.Range:
        """Return a range."""
        return types.Range(self.position(place.start), self.position(place.end))

    def range_of(self, span: Span) -> types.Range:
        """Return the range of a span."""
        return self.range(self._text.range(span))

    def _units(self, character: str) -> int:
        if self._encoding == types.PositionEncodingKind.Utf16:
            return 1 + (ord(character) > _UTF16_PAIR)
        return len(character.encode()) if self._encoding == types.PositionEncodingKind.Utf8 else 1


class Refused(JsonRpcException):
    """A request that cannot be met, for a reason that the user is to read: the protocol's `RequestFailed`."""

    CODE = int(types.LSPErrorCodes.RequestFailed)


def log_no_refusals() -> None:
    """Keep pygls from writing a traceback for each refusal: the client is told, and nothing has failed."""
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_no_refusal)


def _is_no_refusal(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], Refused)


def path_of(uri: str) -> Path | None:
    """Return the real path of a document; None for one that is no file."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return None if path is None else Path(path).resolve()


def uri_of(path: Path) -> str:
    """Return the address of a file."""
    return from_fs_path(str(path)) or path.as_uri()
