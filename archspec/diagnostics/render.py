"""Problems as text for people, in the look of rustc."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archspec.diagnostics.frame import clip, frame
from archspec.diagnostics.text import counted, meant_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archspec.diagnostics.frame import Row
    from archspec.diagnostics.problem import Fix, Note, Problem
    from archspec.diagnostics.suggestion import Line
    from archspec.source.span import SourceFile, Span

    _Paint = Callable[[str, str], str]

MOST_BYTES_PER_FILE = 3600
"""A file of nothing but mistakes may not flood a log: with the summary, less than 4 kB is printed of it."""

_BYTES_FOR_FIXES = 1200  # so much of that is kept for fixes, where there are many mistakes

# The most bytes of each part of a problem. Together they stay below MOST_BYTES_PER_FILE.
_MESSAGE, _PATH, _NODE, _LABEL, _NOTE, _HELP, _FIX = 400, 200, 160, 120, 220, 320, 200
_MOST_NOTES = 4

_CODES = {"error": "1;31", "warning": "1;33", "help": "1;36", "gutter": "1;34", "bold": "1", "+": "32", "-": "31"}


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
    shown, hidden = _chosen(problems, renderer)
    blocks = ["\n".join(renderer.block(problem, _paint if color else _plain, fix=fix)) for problem, fix in shown]
    blocks += [f"... and {count} more{_in(path)} (--format json has all)" for path, count in hidden.items()]
    return "\n\n".join([*blocks, summary(problems)]) + "\n" if problems else ""


def _chosen(problems: Sequence[Problem], renderer: _Renderer) -> tuple[list[tuple[Problem, bool]], Counter[str]]:
    """Return the problems that fit, each with whether its fix does, and how many are left out, by file.

    Where all problems of a file fit, none is left out for the fix of another.
    """
    chosen, hidden = _fitting(problems, renderer, Counter())
    if hidden:
        reserved: Counter[str] = Counter()
        for problem in problems:
            reserved[_path_of(problem)] += renderer.fix_size(problem) if hidden[_path_of(problem)] else 0
        chosen, hidden = _fitting(problems, renderer, reserved)
    used: Counter[str] = Counter()
    for problem in chosen:
        used[_path_of(problem)] += renderer.size(problem)
    shown: list[tuple[Problem, bool]] = []
    for problem in chosen:
        path, size = _path_of(problem), renderer.fix_size(problem)
        fits = used[path] + size <= MOST_BYTES_PER_FILE
        used[path] += size if fits else 0
        shown.append((problem, fits))
    return shown, hidden


def _fitting(
    problems: Iterable[Problem], renderer: _Renderer, reserved: Counter[str]
) -> tuple[list[Problem], Counter[str]]:
    """Return the first problems of each file that fit beside what is reserved for fixes, and how many do not."""
    used: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    chosen: list[Problem] = []
    for problem in problems:
        path = _path_of(problem)
        size = 0 if hidden[path] else renderer.size(problem)
        room = MOST_BYTES_PER_FILE - min(reserved[path], _BYTES_FOR_FIXES)
        if hidden[path] or (used[path] and used[path] + size > room):
            hidden[path] += 1
            continue
        used[path] += size
        chosen.append(problem)
    return chosen, +hidden


def _path_of(problem: Problem) -> str:
    return problem.span.path if problem.span else ""


def summary(problems: Iterable[Problem]) -> str:
    """Return how many problems there are: `3 errors, 1 warning in 2 files (3 with a fix: archspec fix)`."""
    problems = tuple(problems)
    counts = Counter(problem.severity for problem in problems)
    paths = {problem.span.path for problem in problems if problem.span}
    parts = [counted(count, name) for name, count in sorted(counts.items())]
    place = f" in {len(paths)} files" if len(paths) > 1 else _in(next(iter(paths), ""))
    return ", ".join(parts) + place + _mendable(problems)


def _mendable(problems: Sequence[Problem]) -> str:
    """Return for how many problems there is a fix, and the command that makes those."""
    severities = [problem.severity for problem in problems if problem.fix]
    if not severities:
        return ""
    count = "with" if len(problems) == 1 else f"{len(severities)} with"
    return f" ({count} a fix: archspec fix{' --warnings' if 'warning' in severities else ''})"


class _Renderer:
    """Draws problems; it splits each file into lines once."""

    def __init__(self, sources: Mapping[str, SourceFile], width: int) -> None:
        self._sources = sources
        self._lines: dict[str, Sequence[str]] = {}
        self._width = width

    def size(self, problem: Problem) -> int:
        """Return how many bytes one problem takes without its fix."""
        return len("\n".join(self.block(problem, _plain, fix=False)).encode("utf-8", "replace"))

    def fix_size(self, problem: Problem) -> int:
        """Return how many bytes the fix of a problem takes, if it has one."""
        if not problem.fix:
            return 0
        with_fix = "\n".join(self.block(problem, _plain, fix=True))
        return len(with_fix.encode("utf-8", "replace")) - self.size(problem)

    def block(self, problem: Problem, paint: _Paint, *, fix: bool) -> list[str]:
        """Return the lines of one problem, with its fix or without."""
        rows = self._frame(problem)
        edited = self._suggestion(problem.fix, problem) if problem.fix and fix else ()
        digits = max((len(str(row.number)) for row in (*rows, *edited) if row.number), default=1)
        margin = " " * (digits + 1)
        title = paint(problem.severity, f"{problem.severity}[{problem.code}]")
        lines = [f"{title}{paint('bold', ': ' + clip(problem.message(), _MESSAGE))}"]
        if problem.span:
            lines.append(f"{' ' * digits}{paint('gutter', '-->')} {_place(problem.span)}")
        if rows:
            bar = margin + paint("gutter", "|")
            lines += [bar, *(_draw(row, digits, problem.severity, paint) for row in rows)]
        remarks = [*_remarks(problem), *(_described(problem.fix, problem) if problem.fix and fix else ())]
        if rows and remarks:
            lines.append(margin + paint("gutter", "|"))
        lines += [f"{margin}{paint('gutter', '=')} {_remark(*remark, paint)}" for remark in remarks]
        if edited:
            lines.append(margin + paint("gutter", "|"))
        return lines + [text for line in edited for text in _draw_edited(line, digits, paint)]

    def _suggestion(self, fix: Fix, problem: Problem) -> tuple[Line, ...]:
        from archspec.diagnostics.suggestion import suggestion

        # The marks are those of this file's lines: room for the longest number and the bar beside it.
        room = self._width - len(str(max(edit.span.end_line for edit in fix.edits))) - len(" | ")
        return suggestion(fix, self._sources, min(room, 120), _path_of(problem))

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


def _draw_edited(line: Line, digits: int, paint: _Paint) -> Iterable[str]:
    number = f"{line.number or '':>{digits}}"
    if line.sign:
        yield f"{paint('gutter', number)} {paint(line.sign, f'{line.sign} {line.text}'.rstrip())}"
        return
    yield f"{paint('gutter', f'{number} |')} {line.text}".rstrip()
    if line.marks:
        yield f"{paint('gutter', ' ' * digits + ' |')} {paint('+', line.marks)}"


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


def _described(fix: Fix, problem: Problem) -> Iterable[tuple[str, str]]:
    """Yield what a fix does, unless the help line says that it is what was meant."""
    meant = meant_in(problem.help() or "")
    if meant is None or not fix.description.startswith(f"{meant} for "):
        yield "fix", clip(fix.description, _FIX)


def _remark(kind: str, text: str, paint: _Paint) -> str:
    return f"{paint('help' if kind in ('help', 'fix') else 'bold', kind + ':')} {text}" if kind else text


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
