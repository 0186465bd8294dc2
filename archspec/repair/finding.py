"""Finding fixes: proposals of every kind, each tried, of which the first that works is taken."""

from __future__ import annotations

import dataclasses
from itertools import chain, islice
from typing import TYPE_CHECKING

from archspec.repair.punctuation import punctuated
from archspec.repair.spelling import respelt
from archspec.repair.trial import Budget, Cure, State, attempt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from archspec.api import Compiled
    from archspec.diagnostics.problem import Problem
    from archspec.diagnostics.proposal import Proposal
    from archspec.elaborate.network import Choice

IN_PASSING = (600, 12)
"""Nodes and trials that `archspec check` spends: a file with a mistake should not take much longer than a good one."""

THOROUGH = (100_000, 150)
"""Nodes and trials where someone asked for fixes."""


def with_fixes(
    compiled: Compiled,
    choice: Choice,
    budget: tuple[int, int] = IN_PASSING,
    texts: Mapping[Path, str] | None = None,
    problems: Sequence[Problem] | None = None,
) -> tuple[Problem, ...]:
    """Return problems of a spec, with the fixes that were tried and found to work.

    A fix cures its problem and brings no new error. Fixes of several problems are each tried alone. `texts` stand in
    place of other files, as they did when the spec was compiled. The problems are all errors, unless others are named:
    some of the spec's findings.
    """
    problems = compiled.problems if problems is None else problems
    searched = sum(problem.proposals is not None for problem in problems)
    state, left = State(compiled, choice, dict(texts or {})), Budget(*budget, max(searched, 1))
    found = ((problem, cure(state, problem, left)) for problem in problems)
    return tuple(dataclasses.replace(problem, fix=cured.fix) if cured else problem for problem, cured in found)


def cure(state: State, problem: Problem, budget: Budget) -> Cure | None:
    """Return the first proposal for a problem that works; None if none does, or the budget is spent.

    One that brings mistakes to light which the problem hid is taken only if no other one works; but what was surely
    meant comes before what would only fit.
    """
    seen: set[object] = set()
    second_best: Cure | None = None
    is_read = state.compiled.template is not None  # if not, nothing tells what was meant but what comes of it
    for proposal in islice(_proposals(problem, state, budget), budget.trials):
        if second_best is not None and is_read and not proposal.certain:
            break
        if (tried := (proposal.changes, proposal.certain)) not in seen:
            seen.add(tried)
            found = attempt(state, problem, proposal, budget)
            if found is not None and not found.reveals:
                return found
            second_best = second_best or found
    return second_best


def _proposals(problem: Problem, state: State, budget: Budget) -> Iterator[Proposal]:
    own = problem.proposals(budget.steps) if problem.proposals is not None else ()
    return chain(punctuated(problem, state), respelt(problem, state), own)
