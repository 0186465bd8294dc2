"""Edits of text: what stands at a place is replaced. All other text, with its comments and layout, stays as it is."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.source.span import LINE_BREAK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.source.span import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span`, which may be empty, by `replacement`."""

    span: Span
    replacement: str


class Lines:
    """Finds places in a text, whose lines are looked for once."""

    def __init__(self, text: str) -> None:
        """Find the lines of a text, where YAML breaks them."""
        self.text = text
        self._starts = [0, *(match.end() for match in LINE_BREAK.finditer(text))]

    @property
    def count(self) -> int:
        """How many lines there are; the last one may be empty."""
        return len(self._starts)

    def index(self, line: int, column: int) -> int:
        """Return where a place is in the text; the end of the text for one behind it."""
        return min(self._starts[line - 1] + column - 1, len(self.text)) if line <= len(self._starts) else len(self.text)

    def range(self, span: Span) -> tuple[int, int]:
        """Return where a span begins and ends in the text."""
        return self.index(span.line, span.column), self.index(span.end_line, span.end_column)

    def line(self, number: int) -> str:
        """Return a line without its line break."""
        return LINE_BREAK.split(self.text[self.index(number, 1) : self.index(number + 1, 1)])[0]

    def of(self, span: Span) -> str:
        """Return the text of a span."""
        start, end = self.range(span)
        return self.text[start:end]


def edited(source: SourceFile, edits: Iterable[Edit]) -> SourceFile:
    """Return a file with edits made; those of other files are passed over.

    Raises:
        ValueError: two of them overlap.
    """
    lines = Lines(source.text)
    places = ((*lines.range(edit.span), edit.replacement) for edit in edits if edit.span.path == source.path)
    parts: list[str] = []
    done = 0
    for start, end, replacement in sorted(places, key=lambda place: place[:2]):
        if start < done:
            raise ValueError(f"edits of {source.path} overlap at {start}")
        parts += [source.text[done:start], replacement]
        done = end
    return dataclasses.replace(source, text="".join(parts) + source.text[done:])
