"""Places in source files."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What YAML counts as a line break. `str.splitlines` splits at more characters than these.
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


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


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's path, as the user wrote it, and its text."""

    path: str
    text: str

    def lines(self) -> list[str]:
        """Return the lines, split where YAML splits them, without their line breaks."""
        return _LINE_BREAK.split(self.text)

    def span(self) -> Span:
        """Return the span of the file's first character."""
        return Span(self.path, 1, 1, 1, 1)
