"""Getting specs for commands: checked or compiled, from a file or standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.cli.report import show
from archspec.cli.session import current

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.api import Architecture
    from archspec.diagnostics.problem import Problem

STDIN = "-"


def check_spec(
    path: str, variant: str | None, params: Mapping[str, Any], inputs: Mapping[str, tuple[int, ...]]
) -> tuple[Problem, ...]:
    """Return the problems of a spec; its text stays in the session, to be shown beside them."""
    from archspec.api import compile_spec
    from archspec.diagnostics.catalog.usage import CannotRead
    from archspec.diagnostics.problem import ProblemError
    from archspec.elaborate.network import Choice
    from archspec.source.span import SourceFile

    try:
        compiled = compile_spec(path, Choice(variant, params, inputs, current().allow_imports))
    except ProblemError as error:
        return error.problems
    except OSError as error:  # the other specs are still worth checking
        reason = (error.strerror or str(error)).lower()
        return (CannotRead(span=SourceFile(path, "").span(), file=path, reason=reason),)
    current().sources.update(compiled.sources)
    return compiled.problems


def load_spec(
    path: str,
    variant: str | None = None,
    params: Mapping[str, Any] | None = None,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
) -> Architecture:
    """Return a spec's network. Warnings are printed, unless the session is quiet.

    Raises:
        SpecError: there is an error in it.
    """
    from archspec.api import SpecError, load_chosen
    from archspec.elaborate.network import Choice

    session = current()
    try:
        architecture = load_chosen(path, Choice(variant, params or {}, inputs or {}, session.allow_imports))
    except SpecError as error:
        session.sources.update(error.sources)
        raise
    session.sources.update(architecture.sources)
    if not session.quiet:
        show(architecture.problems, session)
    return architecture
