"""The piece of source under a message: lines with their numbers, and marks under a span."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.diagnostics.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archspec.source.span import Span

_TAB = "    "
_CUT = "..."
_LEAST_CELLS = 40
_MOST_BYTES_PER_CELL = 3  # what is drawn over one another (combining marks) takes no cells, but still fills a log
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a frame: a line of source under its number, or (without a number) marks and a label under one."""

    number: int | None
    text: str = ""
    marks: str = ""
    label: str = ""


def frame(span: Span, lines: Sequence[str], width: int, label: str = "") -> tuple[Row, ...]:
    """Return the rows for a span; none if the source has no such line.

    Args:
        span: what to mark.
        lines: the lines of its file.
        width: how many cells of a terminal a line of source may take; more is cut away around the span.
        label: what to write beside the marks.
    """
    if span.line > len(lines):
        return ()
    width = max(width, _LEAST_CELLS)
    span_end = _last_line(span, lines)
    if span_end == span.line:
        return _single(span, lines[span.line - 1], width, label, whole=span_end < span.end_line)
    return tuple(_several(span, span_end, lines, width, label))


def cells(text: str) -> int:
    """Return how many cells of a terminal printable text takes."""
    return sum(_char_cells(char) for char in text)


def clip(text: str, limit: int) -> str:
    """Return the text with what is not printable escaped, cut to `limit` bytes of UTF-8."""
    text = printable(text[: limit + 1], limit + 1)
    data = text.encode("utf-8", "backslashreplace")
    return text if len(data) <= limit else data[: limit - len(_CUT)].decode("utf-8", "ignore") + _CUT


def _single(span: Span, line: str, width: int, label: str, *, whole: bool) -> tuple[Row, ...]:
    start = min(span.column - 1, len(line))
    end = len(line.rstrip()) if whole else min(span.end_column - 1, len(line))
    text, shift, marked = _window(line, start, max(end, start + 1), width)
    return Row(span.line, text), Row(None, " " * shift, "^" * max(marked, 1), label)


def _several(span: Span, last: int, lines: Sequence[str], width: int, label: str) -> Iterable[Row]:
    """Yield the lines of a span behind a bar, as rustc draws it; those in the middle of a long one are left out."""
    left_out = range(span.line + _MOST_LINES - 1, last) if last - span.line >= _MOST_LINES else range(0)
    for number in range(span.line, last + 1):
        if number not in left_out:
            text, _, _ = _window(lines[number - 1], 0, 1, width - 2)
            yield Row(number, text, "/ " if number == span.line else "| ")
        elif number == left_out[0]:
            yield Row(None, "", "| " + _CUT)
    final = lines[last - 1]
    end = len(final.rstrip()) if last < span.end_line else min(span.end_column - 1, len(final))
    indent = len(final) - len(final.lstrip())
    _, shift, marked = _window(final, indent, max(end, indent + 1), width - 2)
    yield Row(None, "", "|_" + "_" * (min(shift + marked, width - 2) - 1) + "^", label)


def _last_line(span: Span, lines: Sequence[str]) -> int:
    """Return the last line with marked text: a block of YAML ends where the next one begins, lines further down."""
    last = min(span.end_line, len(lines))
    if last > span.line and not lines[last - 1][: span.end_column - 1].strip():
        last -= 1
        while last > span.line and not lines[last - 1].strip():
            last -= 1
    return last


def _window(line: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """Return what is shown of a line, and how many cells of it lie before and under the mark."""
    shown, marks = window(line, ((start, end),), width)
    return shown, len(marks) - len(marks.lstrip()), marks.count("^")


def window(line: str, places: Sequence[tuple[int, int]], width: int, mark: str = "^") -> tuple[str, str]:
    """Return what is shown of a line, and the row of marks below it, under each of the places as far as it is shown.

    Args:
        line: the line of source.
        places: what to mark, as (start, end) in the line, in order; what is shown is cut around them.
        width: how many cells there are.
        mark: one character for each cell of a place, or several characters: one for each place.
    """
    start, end = places[0][0], places[-1][1]
    line = line[: end + width] if end - start < width else line[: start + width]
    line = line.rstrip()
    first = 0
    if len(line) > width or cells(_shown(line)) > width:
        room = width - len(_CUT)
        first = 0 if start <= room // 2 else start - room // 4
    prefix = _CUT if first else ""
    kept = _fitting(line[first:], width - len(prefix))
    cut = first + len(kept) < len(line)
    if cut:
        kept = _fitting(kept, width - len(prefix) - len(_CUT))
    marks = " " * len(prefix)
    done = first
    for index, (place_start, place_end) in enumerate(places):
        marks += " " * cells(_shown(kept[done - first : place_start - first]))
        done = max(done, place_start)
        marks += mark[index % len(mark)] * cells(_shown(kept[done - first : place_end - first]))
        done = max(done, place_end)
    return prefix + _shown(kept) + (_CUT if cut else ""), marks


def _fitting(text: str, width: int) -> str:
    """Return the longest beginning of the text that fits."""
    used_cells = used_bytes = 0
    for index, char in enumerate(text):
        shown = _shown(char)
        used_cells += cells(shown)
        used_bytes += len(shown.encode("utf-8", "replace"))
        if used_cells > width or used_bytes > width * _MOST_BYTES_PER_CELL:
            return text[:index]
    return text


def _shown(text: str) -> str:
    text = text.replace("\t", _TAB)
    return printable(text, len(text))


def _char_cells(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
