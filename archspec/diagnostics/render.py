"""Problems as text for people, in the look of rustc."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archspec.diagnostics.frame import clip, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archspec.diagnostics.frame import Row
    from archspec.diagnostics.problem import Note, Problem
    from archspec.source.span import SourceFile, Span

    _Paint = Callable[[str, str], str]

MOST_BYTES_PER_FILE = 3600
"""A file of nothing but mistakes may not flood a log: with the summary, less than 4 kB is printed of it."""

# The most bytes of each part of a problem. Together they stay below MOST_BYTES_PER_FILE.
_MESSAGE, _PATH, _NODE, _LABEL, _NOTE, _HELP = 400, 200, 160, 120, 220, 320
_MOST_NOTES = 4

_CODES = {"error": "1;31", "warning": "1;33", "help": "1;36", "gutter": "1;34", "bold": "1"}


def render_text(
    problems: Sequence[Problem], sources: Mapping[str, SourceFile], *, color: bool = False, width: int = 100
) -> str:
    """Return problems as text, with the source that they are about, and a summary at the end.

    Args:
        problems: what was found.
        sources: the files that spans refer to, by path. A problem of a file that is not among them has no excerpt.
        color: whether to colour it for a terminal.
        width: how many cells the terminal has.
    """
    renderer = _Renderer(sources, width)
    paint = _paint if color else _plain
    used: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    blocks: list[str] = []
    for problem in problems:
        path = problem.span.path if problem.span else ""
        if hidden[path]:
            hidden[path] += 1
            continue
        size = len("\n".join(renderer.block(problem, _plain)).encode("utf-8", "replace"))
        if used[path] and used[path] + size > MOST_BYTES_PER_FILE:
            hidden[path] += 1
            continue
        used[path] += size
        blocks.append("\n".join(renderer.block(problem, paint)))
    blocks += [f"... and {count} more{_in(path)} (--format json has all)" for path, count in hidden.items() if count]
    return "\n\n".join([*blocks, summary(problems)]) + "\n" if problems else ""


def summary(problems: Iterable[Problem]) -> str:
    """Return how many problems there are: `3 errors, 1 warning in 2 files`."""
    problems = tuple(problems)
    counts = Counter(problem.severity for problem in problems)
    paths = {problem.span.path for problem in problems if problem.span}
    parts = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in sorted(counts.items())]
    place = f" in {len(paths)} files" if len(paths) > 1 else _in(next(iter(paths), ""))
    return ", ".join(parts) + place


class _Renderer:
    """Draws problems; it splits each file into lines once."""

    def __init__(self, sources: Mapping[str, SourceFile], width: int) -> None:
        self._sources = sources
        self._lines: dict[str, Sequence[str]] = {}
        self._width = width

    def block(self, problem: Problem, paint: _Paint) -> list[str]:
        """Return the lines of one problem."""
        rows = self._frame(problem)
        digits = max((len(str(row.number)) for row in rows if row.number), default=1)
        margin = " " * (digits + 1)
        title = paint(problem.severity, f"{problem.severity}[{problem.code}]")
        lines = [f"{title}{paint('bold', ': ' + clip(problem.message(), _MESSAGE))}"]
        if problem.span:
            lines.append(f"{' ' * digits}{paint('gutter', '-->')} {_place(problem.span)}")
        if rows:
            bar = margin + paint("gutter", "|")
            lines += [bar, *(_draw(row, digits, problem.severity, paint) for row in rows)]
        remarks = list(_remarks(problem))
        if rows and remarks:
            lines.append(margin + paint("gutter", "|"))
        return lines + [f"{margin}{paint('gutter', '=')} {_remark(*remark, paint)}" for remark in remarks]

    def _frame(self, problem: Problem) -> tuple[Row, ...]:
        span = problem.span
        if span is None or span.path not in self._sources:
            return ()
        if span.path not in self._lines:
            self._lines[span.path] = self._sources[span.path].lines()
        lines = self._lines[span.path]
        room = self._width - len(str(span.end_line)) - len(" | ")
        return frame(span, lines, min(room, 120), clip(problem.label or "", _LABEL))


def _draw(row: Row, digits: int, severity: str, paint: _Paint) -> str:
    number = paint("gutter", f"{row.number or '':>{digits}} |")
    if row.number:
        return f"{number} {paint(severity, row.marks)}{row.text}".rstrip()
    marks = paint(severity, f"{row.marks} {row.label}".rstrip())
    return f"{number} {row.text}{marks}".rstrip()


def _remarks(problem: Problem) -> Iterable[tuple[str, str]]:
    """Yield (kind, text) for what stands below the excerpt."""
    if problem.node:
        yield "node", clip(problem.node, _NODE)
    for note in problem.notes[:_MOST_NOTES]:
        yield "", clip(_note(note), _NOTE)
    if len(problem.notes) > _MOST_NOTES:
        yield "", f"... and {len(problem.notes) - _MOST_NOTES} more places"
    if text := problem.help():
        yield "help", clip(text, _HELP)


def _remark(kind: str, text: str, paint: _Paint) -> str:
    return f"{paint('help' if kind == 'help' else 'bold', kind + ':')} {text}" if kind else text


def _note(note: Note) -> str:
    return note.message if note.span is None else f"{note.message} ({note.span.path}:{note.span.line})"


def _place(span: Span) -> str:
    return f"{clip(span.path, _PATH)}:{span.line}:{span.column}"


def _in(path: str) -> str:
    return f" in {clip(path, _PATH)}" if path else ""


def _plain(_style: str, text: str) -> str:
    return text


def _paint(style: str, text: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else text
