"""Showing problems."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archspec.cli.session import wants_color, width_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archspec.cli.session import Session
    from archspec.diagnostics.problem import Problem
    from archspec.source.span import SourceFile


def show(problems: Sequence[Problem], session: Session) -> None:
    """Print problems to standard error, in the session's format."""
    if not problems:
        return
    color = session.form == "text" and wants_color(sys.stderr)
    click.echo(as_text(problems, session, color=color), file=sys.stderr, nl=False, color=color)


def as_text(problems: Sequence[Problem], session: Session, *, color: bool = False) -> str:
    """Return problems in the session's format."""
    if session.form == "json":
        from archspec.diagnostics.machine import render_json

        return render_json(problems)
    if session.form == "sarif":
        from importlib.metadata import version

        from archspec.diagnostics.machine import render_sarif

        return render_sarif(problems, version("archspec"))
    if session.form == "short":
        from archspec.diagnostics.machine import render_lines

        return render_lines(problems)
    from archspec.diagnostics.render import render_text

    sources = _sources(problems, session.sources)
    return render_text(problems, sources, color=color, width=width_of(sys.stderr))


def exit_code(problems: Sequence[Problem], *, strict: bool = False) -> int:
    """Return what a command exits with: 0 without errors, else the gravest of their codes. Strictly, warnings count."""
    return max((problem.exit_code for problem in problems if strict or problem.severity == "error"), default=0)


def unsilenced(problems: Sequence[Problem], session: Session) -> tuple[Problem, ...]:
    """Return the problems that the session does not allow."""
    return tuple(problem for problem in problems if problem.code not in session.allowed)


def _sources(problems: Sequence[Problem], known: Mapping[str, SourceFile]) -> dict[str, SourceFile]:
    """Return the text of the files that problems point to, as far as they can (still) be read."""
    from archspec.source.fault import YamlFault
    from archspec.source.reading import read

    sources = dict(known)
    for path in {problem.span.path for problem in problems if problem.span} - sources.keys():
        try:
            sources[path] = read(Path(path), path)
        except (YamlFault, OSError):  # the problem then says that itself
            continue
    return sources
