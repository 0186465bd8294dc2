"""Quick fixes: the edits that were tried and found to cure a problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.lsp.text import Range, Text
from archspec.repair.finding import with_fixes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archspec.diagnostics.problem import Problem
    from archspec.lsp.compilation import Compilation


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Text to be written in place of other text of a file."""

    place: Path | None
    text: Text
    range: Range
    replacement: str


@dataclass(frozen=True, slots=True)
class QuickFix:
    """A fix of a problem."""

    problem: Problem
    title: str
    edits: tuple[FileEdit, ...]


def problems_with_fixes(found: Compilation) -> tuple[Problem, ...]:
    """Return the problems of a document with their fixes. It takes a few checks of the spec."""
    return with_fixes(found.compiled, found.choice, texts=found.texts, problems=found.problems)


def quick_fixes(within: Range, problems: tuple[Problem, ...], found: Compilation) -> Iterator[QuickFix]:
    """Yield the fixes of the problems that a stretch of the document touches."""
    for problem in problems:
        span = problem.span
        if span is None or span.path != found.compiled.source.path or problem.fix is None:
            continue
        place = found.text.range(span)
        if place.start <= within.end and within.start <= place.end:
            yield QuickFix(problem, problem.fix.description, tuple(_edits(problem, found)))


def _edits(problem: Problem, found: Compilation) -> Iterator[FileEdit]:
    for edit in problem.fix.edits if problem.fix else ():
        source = found.compiled.sources[edit.span.path]
        text = Text(source.text)
        place = found.place if edit.span.path == found.compiled.source.path else source.place
        yield FileEdit(place, text, text.range(edit.span), edit.replacement)
