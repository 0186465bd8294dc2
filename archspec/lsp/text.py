"""Places in an open document: offsets into its text, and the spans of the compiler."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.source.span import Span

# The compiler's lines end where YAML's do, an editor's in fewer places.
_YAML_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_EDITOR_BREAK = re.compile("\r\n|[\r\n]")


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """A stretch of a text, in code points from its start; the end is exclusive."""

    start: int
    end: int

    def __contains__(self, offset: int) -> bool:
        """Tell whether a cursor stands in or right behind it."""
        return self.start <= offset <= self.end


@dataclass(frozen=True)
class Text:
    """The text of a document."""

    text: str

    @cached_property
    def _yaml_lines(self) -> list[int]:
        return [0, *(match.end() for match in _YAML_BREAK.finditer(self.text))]

    @cached_property
    def _editor_lines(self) -> list[int]:
        return [0, *(match.end() for match in _EDITOR_BREAK.finditer(self.text))]

    def range(self, span: Span) -> Range:
        """Return where a span of this document is."""
        return Range(self._offset(span.line, span.column), self._offset(span.end_line, span.end_column))

    def _offset(self, line: int, column: int) -> int:
        line = min(line, len(self._yaml_lines))
        return min(self._yaml_lines[line - 1] + column - 1, len(self.text))

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line of an offset, as editors count, and the place in it; both from 0."""
        line = bisect_right(self._editor_lines, offset) - 1
        return line, offset - self._editor_lines[line]

    def offset(self, line: int, character: int) -> int:
        """Return the offset of a place: a line as editors count, and a code point in it; both from 0."""
        if line >= len(self._editor_lines):
            return len(self.text)
        return min(self._editor_lines[line] + character, self.line_end(line))

    def line_end(self, line: int) -> int:
        """Return where a line ends, before its line break."""
        if line + 1 >= len(self._editor_lines):
            return len(self.text)
        start, end = self._editor_lines[line], self._editor_lines[line + 1]
        return start + len(self.text[start:end].rstrip("\r\n"))

    def line(self, number: int) -> str:
        """Return a line, without its line break; empty where there is none."""
        if number >= len(self._editor_lines):
            return ""
        return self.text[self._editor_lines[number] : self.line_end(number)]

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self._editor_lines)

    def end_of_line(self, offset: int) -> int:
        """Return where the line of an offset ends."""
        return self.line_end(self.place(offset)[0])
