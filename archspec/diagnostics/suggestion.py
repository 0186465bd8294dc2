"""What a fix makes of a file, as rustc shows its suggestions: the lines with it, and marks under what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.diagnostics.frame import window
from archspec.source.editing import Lines
from archspec.source.span import LINE_BREAK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archspec.diagnostics.problem import Fix
    from archspec.source.editing import Edit
    from archspec.source.span import SourceFile

_MOST_ROWS = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a suggestion.

    Attributes:
        number: its number in the file, with the fix made if it is still there then; None for a remark.
        sign: "-" for a line that is taken away, "+" for one that is put in, "" for one that is changed in place.
        text: what is shown of it.
        marks: what stands below it: `+` under what is put in, `~` under what replaces other text.
    """

    number: int | None
    sign: str
    text: str
    marks: str = ""


def suggestion(fix: Fix, sources: Mapping[str, SourceFile], width: int, own: str | None = None) -> tuple[Line, ...]:
    """Return the lines that show a fix; none if a file that it changes is not at hand.

    Args:
        fix: the fix, whose edits do not overlap.
        sources: the files, by path.
        width: how many cells of a terminal a line of source may take; more is cut away around what is new.
        own: the path of the file that the problem is in. What stands in another one is headed by its name.
    """
    paths = dict.fromkeys(edit.span.path for edit in fix.edits)
    if not paths.keys() <= sources.keys():
        return ()
    found: list[Line] = []
    for path in paths:
        if path != own:
            found.append(Line(None, "", f"in {path}:"))
        edits = sorted((edit for edit in fix.edits if edit.span.path == path), key=lambda edit: edit.span)
        found.extend(_of_file(sources[path], edits, width))
    if len(found) > _MOST_ROWS:
        hidden = len(found) - _MOST_ROWS + 1
        found[_MOST_ROWS - 1 :] = [Line(None, "", f"... and {hidden} more lines")]
    return tuple(found)


def _of_file(source: SourceFile, edits: Sequence[Edit], width: int) -> Iterator[Line]:
    lines = Lines(source.text)
    moved = 0  # by how many lines the edits so far have moved what comes behind them
    for group in _groups(edits):
        first, last = group[0].span.line, max(_last_line(edit) for edit in group)
        if last == first and all(_is_inline(edit) for edit in group):
            yield _changed(lines.line(first), group, first + moved, width)
            continue
        start, end = lines.index(first, 1), lines.index(last + 1, 1)
        new = _without_last_break(_applied(lines, group, start, end))
        old = _without_last_break(source.text[start:end])
        yield from _replaced(old, new, first, moved, width)
        moved += len(new) - len(old)


def _groups(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Yield the edits that touch the same lines."""
    group: list[Edit] = []
    last = 0
    for edit in edits:
        if group and (edit.span.line > last or _is_whole(group[-1])):
            yield group
            group = []
        group.append(edit)
        last = max(last, _last_line(edit)) if len(group) > 1 else _last_line(edit)
    if group:
        yield group


def _is_whole(edit: Edit) -> bool:
    """Tell whether an edit takes away or puts in whole lines."""
    starts = edit.span.column == edit.span.end_column == 1
    return starts and (not edit.replacement or LINE_BREAK.split(edit.replacement)[-1] == "")


def _last_line(edit: Edit) -> int:
    """Return the last line that an edit touches; for whole lines that are put in, the one before them."""
    return edit.span.end_line - 1 if _is_whole(edit) else edit.span.end_line


def _is_inline(edit: Edit) -> bool:
    """Tell whether an edit can be marked in the line with it: one that takes something away cannot."""
    return bool(edit.replacement) and not LINE_BREAK.search(edit.replacement) and not _is_whole(edit)


def _applied(lines: Lines, edits: Sequence[Edit], start: int, end: int) -> str:
    """Return what the edits make of a part of the text."""
    parts: list[str] = []
    for edit in edits:
        first, last = lines.range(edit.span)
        parts += [lines.text[start:first], edit.replacement]
        start = last
    return "".join(parts) + lines.text[start:end]


def _without_last_break(text: str) -> list[str]:
    found = LINE_BREAK.split(text)
    return found[:-1] if found[-1] == "" else found


def _changed(line: str, edits: Sequence[Edit], number: int, width: int) -> Line:
    """Return a line with its edits, marked."""
    new, marks = "", ""
    places: list[tuple[int, int]] = []
    done = 0
    for edit in edits:
        new += line[done : edit.span.column - 1]
        places.append((len(new), len(new) + len(edit.replacement)))
        marks += "+" if edit.span.column == edit.span.end_column else "~"
        new += edit.replacement
        done = edit.span.end_column - 1
    return Line(number, "", *window(new + line[done:], places, width, marks))


def _replaced(old: list[str], new: list[str], first: int, moved: int, width: int) -> Iterator[Line]:
    """Yield the lines that go, then those that come in their place; what stays the same is not shown."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    gone, come = old[same : len(old) - tail], new[same : len(new) - tail]
    place = _difference(gone[0], come[0]) if gone and come else 0
    for sign, lines, start in (("-", gone, first + same), ("+", come, first + same + moved)):
        for index, line in enumerate(lines):
            begin = min(place or len(line) - len(line.lstrip()), len(line))
            yield Line(start + index, sign, window(line, ((begin, begin + 1),), width)[0])


def _difference(left: str, right: str) -> int:
    """Return where two lines begin to differ."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(left), len(right)))
