"""Places in source files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What YAML counts as a line break. `str.splitlines` splits at more characters than these.
_BREAKS = "\n\r\x85\u2028\u2029"
LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file. Lines and columns are 1-based and count code points; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    @property
    def start(self) -> Span:
        """The place where it begins: a span of nothing."""
        return Span(self.path, self.line, self.column, self.line, self.column)

    @property
    def end(self) -> Span:
        """The place behind its last character: a span of nothing."""
        return Span(self.path, self.end_line, self.end_column, self.end_line, self.end_column)

    def until(self, other: Span) -> Span:
        """Return the span from where this one begins to where the other one does."""
        return Span(self.path, self.line, self.column, other.line, other.column)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's path, as the user wrote it, and its text; `place` is where it was read from, if it was."""

    path: str
    text: str
    place: Path | None = field(default=None, compare=False)

    def lines(self) -> list[str]:
        """Return the lines, split where YAML splits them, without their line breaks."""
        return LINE_BREAK.split(self.text)

    def span(self) -> Span:
        """Return the span of the file's first character."""
        return Span(self.path, 1, 1, 1, 1)

    def span_at(self, start: int, end: int | None = None) -> Span:
        """Return the span of `text[start:end]`; without an end, that of one place. Takes time linear in the file."""
        line, column = self._place(start)
        end_line, end_column = (line, column) if end is None else self._place(end)
        return Span(self.path, line, column, end_line, end_column)

    def _place(self, index: int) -> tuple[int, int]:
        breaks, characters = extent(self.text[:index])
        return breaks + 1, characters + 1


def extent(text: str) -> tuple[int, int]:
    """Return how many line breaks there are, and how many characters after the last one.

    Counted, not split: a hostile file may have millions of lines.
    """
    breaks = sum(text.count(character) for character in _BREAKS) - text.count("\r\n")
    return breaks, len(text) - max(text.rfind(character) for character in _BREAKS) - 1
