"""Trying a fix: it is made in memory, and all that it touches is checked again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.api import compile_text
from archspec.diagnostics.problem import Fix
from archspec.elaborate.network import Choice
from archspec.repair.layout import Layout, NoEditError
from archspec.source.editing import edited
from archspec.spec.files import root_of, zoo_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archspec.api import Compiled
    from archspec.diagnostics.problem import Problem
    from archspec.diagnostics.proposal import Proposal
    from archspec.source.editing import Edit
    from archspec.source.span import SourceFile

LEAST_COST = 40
"""What a check costs at least, in nodes of a network."""


class Budget:
    """How much may still be tried. It is counted in nodes, so that the same spec always gets the same answer."""

    def __init__(self, nodes: int, trials: int) -> None:
        """Allow checks of so many nodes in all, and so many trials for each problem."""
        self.trials = trials
        self._left = nodes

    @property
    def steps(self) -> int:
        """How many ops a search on the graph may look at, which is much quicker than to check."""
        return 10 * max(self._left, 0)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be tried."""
        return self._left <= 0

    def spend(self, nodes: int) -> None:
        """Count a check of a network with so many nodes: the one with an edit, since mistakes can hide most of it."""
        self._left -= max(nodes, LEAST_COST)


@dataclass(frozen=True)
class State:
    """A spec as it was checked.

    Attributes:
        compiled: what came of it.
        choice: what was chosen from outside.
        texts: what stands in place of other files, by their real paths: edits that were made before.
    """

    compiled: Compiled
    choice: Choice
    texts: Mapping[Path, str] = field(default_factory=dict[Path, str])

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """The layouts of files that were asked for, by path."""
        return {}

    def layout(self, path: str) -> Layout | None:
        """Return how one of the files is laid out; None for a file that was not read."""
        if path not in self.layouts and path in self.compiled.sources:
            self.layouts[path] = Layout(self.compiled.sources[path])
        return self.layouts.get(path)

    def may_edit(self, path: str) -> bool:
        """Tell whether a file may be edited: it is below the root of the spec, and not one of those that we ship."""
        source = self.compiled.sources.get(path)
        spec = self.compiled.source
        if source is None:
            return False
        if path == spec.path:
            return True
        if spec.place is None or source.place is None:
            return False
        folder = spec.place.absolute().parent.resolve()
        place, zoo = source.place.resolve(), zoo_root().resolve()
        return place.is_relative_to(root_of(folder)) and (folder.is_relative_to(zoo) or not place.is_relative_to(zoo))

    def edits(self, proposal: Proposal) -> tuple[Edit, ...] | None:
        """Return the edits of a proposal; None if they cannot be made."""
        found: list[Edit] = []
        for change in proposal.changes:
            layout = self.layout(change.span.path)
            if layout is None or not self.may_edit(change.span.path):
                return None
            try:
                found.extend(layout.edits(change))
            except NoEditError:
                return None
        return tuple(found)

    def with_edits(self, edits: Iterable[Edit]) -> State:
        """Return the spec with edits made, checked again.

        Raises:
            ValueError: two edits overlap.
        """
        edits = tuple(edits)
        texts = dict(self.texts)
        source = self.compiled.source
        for path in dict.fromkeys(edit.span.path for edit in edits):
            changed = edited(self.compiled.sources.get(path, self.compiled.source), edits)
            if path == self.compiled.source.path:
                source = changed
            if changed.place is not None:
                texts[changed.place.resolve()] = changed.text
        return State(compile_text(source, self.choice, texts), self.choice, texts)

    @cached_property
    def cost(self) -> int:
        """How many nodes a check makes."""
        graph = self.compiled.graph
        return 0 if graph is None else len(graph.nodes)

    def errors(self) -> Counter[tuple[str, str, str | None]]:
        """Return the errors, without their places, which edits move."""
        return Counter(identity(problem) for problem in self.compiled.problems if problem.severity == "error")


def identity(problem: Problem) -> tuple[str, str, str | None]:
    """Return what tells a problem from others, also after an edit has moved it."""
    return problem.code, problem.message(), problem.node


@dataclass(frozen=True, slots=True)
class Cure:
    """A fix that was tried, and the spec with it; and whether mistakes come to light that the problem hid."""

    fix: Fix
    state: State
    reveals: bool


def attempt(state: State, problem: Problem, proposal: Proposal, budget: Budget) -> Cure | None:
    """Make a change in memory and check again; return it if it cures the problem and brings no new error.

    What the problem hid is no new error, if the change is certain, or the file was no YAML: what stands behind the
    place, or in nodes that could not be made.
    """
    edits = state.edits(proposal)
    if not edits or budget.is_spent:
        return None
    try:
        after = state.with_edits(edits)
    except ValueError:
        return None
    budget.spend(after.cost)
    before_errors, after_errors = Counter(map(identity, state.compiled.problems)), after.errors()
    key = identity(problem)
    if sum(1 for found in after.compiled.problems if identity(found) == key) >= before_errors[key]:
        return None
    new = after_errors - before_errors
    fresh = [found for found in after.compiled.problems if identity(found) in new]
    lenient = proposal.certain or state.compiled.template is None
    if any(not (lenient and _was_hidden(found, problem, state)) for found in fresh):
        return None
    if not _others_hold(state, after, edits):
        return None
    return Cure(Fix(proposal.description, edits), after, bool(fresh))


def _was_hidden(found: Problem, problem: Problem, before: State) -> bool:
    """Tell whether a problem could not be found before another one was cured."""
    if before.compiled.template is None:
        return found.span is None or problem.span is None or found.span.line > problem.span.line
    if (found.code, found.node) == (problem.code, problem.node):
        return False
    graph = before.compiled.graph
    return found.node is not None and (graph is None or found.node not in graph.nodes)


def _others_hold(before: State, after: State, edits: tuple[Edit, ...]) -> bool:
    """Tell whether the other files that were edited, and the variants of the spec, have no new errors."""
    others = {edit.span.path for edit in edits} - {before.compiled.source.path}
    for path in others:
        old, new = before.compiled.sources[path], after.compiled.sources.get(path)
        if new is None or _errors_of(new, after.texts) - _errors_of(old, before.texts):
            return False
    return True


def _errors_of(source: SourceFile, texts: Mapping[Path, str]) -> Counter[tuple[str, str, str | None]]:
    return State(compile_text(source, Choice(), texts), Choice(), texts).errors()
