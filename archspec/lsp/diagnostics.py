"""Diagnostics: the problems of a spec, each at a place of the open document."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from archspec.lsp.text import Range
from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.diagnostics.problem import Problem
    from archspec.lsp.compilation import Compilation
    from archspec.source.span import Span


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that has to do with a problem, in this file or another."""

    place: Path
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem at a place of the document.

    Attributes:
        page: the file that explains the problem, and the heading in it.
    """

    range: Range
    problem: Problem
    message: str
    related: tuple[Related, ...]
    page: tuple[Path, str] | None


def diagnostics(found: Compilation) -> list[Diagnostic]:
    """Return everything that is wrong or doubtful in a document."""
    return [_diagnostic(problem, found) for problem in found.problems]


def _diagnostic(problem: Problem, found: Compilation) -> Diagnostic:
    message = problem.message()
    if remedy := problem.help():
        message += f"\nhelp: {remedy}"
    related = [_related(note.span, note.message, found) for note in problem.notes if note.span is not None]
    message += "".join(f"\n= {note.message}" for note in problem.notes if note.span is None)
    span = problem.span
    if span is None or span.path == found.compiled.source.path:
        place = Range(0, found.text.line_end(0)) if span is None else found.text.range(span)
    else:  # a fault in a file that this one names is shown where it is named
        place = _named(found)
        message = f"in {span}: {message}"
        related.insert(0, _related(span, "here", found))
    kept = tuple(each for each in related if each is not None)
    return Diagnostic(place, problem, message, kept, _page(problem))


def _related(span: Span, message: str, found: Compilation) -> Related | None:
    place = found.path_of(span.path)
    return None if place is None else Related(place, span, message)


def _named(found: Compilation) -> Range:
    """Return where the document names another file."""
    marks = (mark.range for mark in found.outline.marks if mark.kind == "file")
    return next(marks, Range(0, found.text.line_end(0)))


def _page(problem: Problem) -> tuple[Path, str] | None:
    page = reference_page()
    return None if page is None else (page, f"{problem.code} {problem.slug}".lower().replace(" ", "-"))


@lru_cache(maxsize=1)
def reference_page() -> Path | None:
    """Return the page that explains the problems: in the installed package, else in the checkout."""
    page = zoo_root().parent / "docs" / "reference" / "diagnostics.md"
    return page if page.is_file() else None
