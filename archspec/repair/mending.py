"""Mending a spec: fix after fix, until none is left."""

from __future__ import annotations

import codecs
import dataclasses
import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.repair.finding import THOROUGH, cure
from archspec.repair.trial import Budget, State, identity
from archspec.source.atomic import WriteError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from archspec.api import Compiled
    from archspec.diagnostics.problem import Problem
    from archspec.elaborate.network import Choice
    from archspec.source.span import SourceFile

MOST_FIXES = 200


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a spec.

    Attributes:
        done: the problems that were fixed, in order, each with its fix, whose places are those in the text as it was
            then.
        left: the problems that are left.
        before: the files that were changed as they were, by path.
        after: those files as they are now.
        sources: all files of the spec as they are now, by path.
    """

    done: tuple[Problem, ...]
    left: tuple[Problem, ...]
    before: dict[str, SourceFile]
    after: dict[str, SourceFile]
    sources: Mapping[str, SourceFile]


def mend(
    compiled: Compiled,
    choice: Choice,
    texts: Mapping[Path, str] | None = None,
    *,
    warnings: bool = False,
    allowed: Collection[str] = (),
) -> Mended:
    """Fix what can be fixed in a spec, in memory.

    Args:
        compiled: the spec.
        choice: what was chosen from outside.
        texts: what was taken in place of what is in files.
        warnings: whether to mend what the lints find too, once no error is left.
        allowed: the codes of lints whose findings are let be.
    """
    state, left = State(compiled, choice, texts or {}), Budget(*THOROUGH)
    done: list[Problem] = []
    hopeless: set[object] = set()
    while len(done) < MOST_FIXES and (found := _next(_todo(state, warnings, allowed), state, left, hopeless)):
        problem, state = found
        done.append(problem)
    first = compiled.sources
    changed = {edit.span.path for problem in done if problem.fix for edit in problem.fix.edits}
    before = {path: first[path] for path in sorted(changed)}
    after = {path: state.compiled.sources[path] for path in before}
    return Mended(tuple(done), _todo(state, warnings, allowed), before, after, state.compiled.sources)


def _todo(state: State, warnings: bool, allowed: Collection[str]) -> tuple[Problem, ...]:  # noqa: FBT001
    """Return the problems that are to be fixed."""
    found = state.compiled.findings() if warnings else state.compiled.problems
    return tuple(problem for problem in found if problem.code not in allowed)


def _next(
    problems: Iterable[Problem], state: State, budget: Budget, hopeless: set[object]
) -> tuple[Problem, State] | None:
    """Return the first problem that can be fixed, with its fix, and the spec with that; those that cannot are noted."""
    for problem in problems:
        if identity(problem) in hopeless:
            continue
        found = cure(state, problem, budget)
        if found is not None:
            return dataclasses.replace(problem, fix=found.fix), found.state
        hopeless.add(identity(problem))
    return None


def replaced_bytes(before: SourceFile, after: SourceFile) -> bytes:
    """Return what a file is to hold, with its byte order mark if it has one.

    Raises:
        WriteError: it no longer holds what was read.
    """
    assert before.place is not None
    data = before.place.read_bytes()
    text = before.text.encode()
    mark = data[: len(data) - len(text)]
    if data != mark + text or mark not in (b"", codecs.BOM_UTF8):
        raise WriteError(OSError(errno.EBUSY, "it was changed meanwhile"), before.place)
    return mark + after.text.encode()
