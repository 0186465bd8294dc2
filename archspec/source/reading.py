"""Opening a file, and turning its bytes into text."""

from __future__ import annotations

import dataclasses
import errno
import os
import re
import stat
from typing import TYPE_CHECKING

from archspec.source.fault import YamlFault
from archspec.source.span import SourceFile, Span

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 5_000_000

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16; the one of little-endian UTF-32 begins with the first

# Without O_NONBLOCK, opening a FIFO waits until someone writes to it.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

# What YAML allows is printable: https://yaml.org/spec/1.2.2/#51-character-set. A byte order mark is let through at
# the start only.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def read(path: Path, shown: str) -> SourceFile:
    """Return the text of a regular file, which is called `shown` in spans.

    Raises:
        OSError: it is not there, or cannot be opened.
        YamlFault: `not-a-regular-file`, and those of `decode`.
    """
    start = SourceFile(shown, "").span()
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "the name has a NUL in it", shown)
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):  # asked before it is opened: opening a device can have effects
        raise _not_regular(mode, start)
    return dataclasses.replace(decode(_read_bytes(path, start), shown), place=path)


def decode(data: bytes, shown: str) -> SourceFile:
    """Return the text of bytes that came from `shown`, without a byte order mark.

    Raises:
        YamlFault: `file-too-large`, `utf-16`, `not-utf-8`.
    """
    start = SourceFile(shown, "").span()
    if len(data) > MAX_BYTES:
        raise _too_large(f"more than {MAX_BYTES:,}", start)
    if data.startswith(_WIDE_MARKS):
        raise YamlFault("utf-16", start)
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        return SourceFile(shown, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        before = SourceFile(shown, data[: error.start].decode("utf-8"))
        raise YamlFault("not-utf-8", before.span_at(len(before.text)), byte=f"0x{data[error.start]:02x}") from None


def check_characters(source: SourceFile) -> None:
    """Raise a fault if there is a character that YAML does not allow.

    Raises:
        YamlFault: `control-character`, `file-too-large` (for text that did not come through `decode`).
    """
    if len(source.text) > MAX_BYTES:
        raise _too_large(f"{len(source.text):,}", source.span())
    if match := _FORBIDDEN.search(source.text):
        span = source.span_at(match.start(), match.end())
        raise YamlFault("control-character", span, character=f"U+{ord(match[0]):04X}")


def _read_bytes(path: Path, start: Span) -> bytes:
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # replaced since it was asked for
            raise _not_regular(status.st_mode, start)
        if status.st_size > MAX_BYTES:
            raise _too_large(f"{status.st_size:,}", start)
        return file.read(MAX_BYTES + 1)


def _not_regular(mode: int, start: Span) -> YamlFault:
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    kind = next((name for is_kind, name in kinds if is_kind(mode)), "a device")
    return YamlFault("not-a-regular-file", start, path=start.path, kind=kind)


def _too_large(size: str, start: Span) -> YamlFault:
    return YamlFault("file-too-large", start, size=size, limit=f"{MAX_BYTES:,}")
