"""Getting specs for commands: checked or compiled, from a file or standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.cli.report import show, unsilenced
from archspec.cli.session import current

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archspec.api import Architecture, Compiled
    from archspec.diagnostics.problem import Problem
    from archspec.elaborate.network import Choice

STDIN = "-"


def check_spec(
    path: str,
    variant: str | None,
    params: Mapping[str, Any],
    inputs: Mapping[str, tuple[int | str, ...]],
) -> tuple[Problem, ...]:
    """Return the problems of a spec, with fixes that were tried; its text stays in the session, to be shown."""
    from archspec.elaborate.network import Choice

    choice = Choice(variant, params, inputs, current().allow_imports)
    compiled = compiled_or_problems(path, choice)
    if isinstance(compiled, tuple):
        return compiled
    current().sources.update(compiled.sources)
    return _with_fixes(unsilenced(compiled.findings(), current()), compiled, choice)


def _with_fixes(problems: tuple[Problem, ...], compiled: Compiled, choice: Choice) -> tuple[Problem, ...]:
    if not problems:
        return ()
    from archspec.repair.finding import with_fixes

    return with_fixes(compiled, choice, problems=problems)


def compiled_or_problems(
    path: str, choice: Choice, texts: Mapping[Path, str] | None = None
) -> Compiled | tuple[Problem, ...]:
    """Return what came of a spec; if it cannot be read, why. `texts` are taken in place of what is in files."""
    from pathlib import Path

    from archspec.api import compile_spec, compile_text
    from archspec.diagnostics.catalog.usage import CannotRead
    from archspec.diagnostics.problem import ProblemError
    from archspec.source.span import SourceFile

    place = Path(path)
    try:
        if texts and path != STDIN and place.resolve() in texts:
            return compile_text(SourceFile(path, texts[place.resolve()], place), choice, texts)
        return compile_spec(path, choice, texts)
    except ProblemError as error:
        return error.problems
    except OSError as error:  # the other specs are still worth checking
        reason = (error.strerror or str(error)).lower()
        return (CannotRead(span=SourceFile(path, "").span(), file=path, reason=reason),)


def load_spec(
    path: str,
    variant: str | None = None,
    params: Mapping[str, Any] | None = None,
    inputs: Mapping[str, tuple[int | str, ...]] | None = None,
    *,
    warn: bool = True,
) -> Architecture:
    """Return a spec's network. Warnings are printed, unless the session is quiet or allows them, or not `warn`.

    Raises:
        SpecError: there is an error in it.
    """
    from archspec.api import SpecError, compile_spec
    from archspec.elaborate.network import Choice

    session = current()
    choice = Choice(variant, params or {}, inputs or {}, session.allow_imports)
    compiled = compile_spec(path, choice)
    session.sources.update(compiled.sources)
    if compiled.problems:
        raise SpecError(_with_fixes(compiled.problems, compiled, choice), compiled.sources, compiled.graph)
    architecture = compiled.architecture()
    if warn and not session.quiet:
        show(unsilenced(architecture.problems, session), session)
    return architecture
