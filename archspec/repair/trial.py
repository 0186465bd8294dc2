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
    from archspec.ir.graph import Graph
    from archspec.source.editing import Edit
    from archspec.source.span import SourceFile

LEAST_COST = 40
"""What a check costs at least, in nodes of a network."""


_OPS_FOR_A_NODE = 5


class Budget:
    """How much may still be tried. It is counted in nodes, so that the same spec always gets the same answer."""

    def __init__(self, nodes: int, trials: int, problems: int = 1) -> None:
        """Allow checks of so many nodes in all, and so many trials for each of the problems."""
        self.trials = trials
        self._left = nodes
        self._problems = problems

    @property
    def steps(self) -> int:
        """How many ops the search of one problem on the graph may look at, which is much quicker than to check."""
        return _OPS_FOR_A_NODE * max(self._left, 0) // self._problems

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be tried."""
        return self._left <= 0

    def spend(self, nodes: int, *, lints: bool = False) -> None:
        """Count a check of a network with so many nodes: the one with an edit, since mistakes can hide most of it.

        `lints` look at all of it once more.
        """
        self._left -= max(nodes, LEAST_COST) * (2 if lints else 1)


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

    What an error hid is no new error, if the change is certain, or the file was no YAML: what stands behind the place,
    or in nodes that could not be made. A warning is cured only by what brings no other warning either, leaves the
    results of the network their shapes, and the other nodes their names.
    """
    edits = state.edits(proposal)
    if not edits or budget.is_spent:
        return None
    try:
        after = state.with_edits(edits)
    except ValueError:
        return None
    is_lint = problem.severity == "warning"
    budget.spend(after.cost, lints=is_lint and not after.compiled.problems)
    fresh = _new_findings(state, after, problem) if is_lint else _new_errors(state, after, problem, proposal)
    if fresh is None or not _others_hold(state, after, edits, fresh):
        return None
    if not (is_lint or proposal.certain or _reads_different(after, problem.node)):
        return None
    return Cure(Fix(proposal.description, edits), after, bool(fresh))


def _new_errors(state: State, after: State, problem: Problem, proposal: Proposal) -> list[Problem] | None:
    """Return the errors that came to light with an edit; None if it is no cure."""
    before_errors, after_errors = Counter(map(identity, state.compiled.problems)), after.errors()
    key = identity(problem)
    if sum(1 for found in after.compiled.problems if identity(found) == key) >= before_errors[key]:
        return None
    new = after_errors - before_errors
    fresh = [found for found in after.compiled.problems if identity(found) in new]
    lenient = proposal.certain or state.compiled.template is None
    guessed = {(found.code, found.node) for found in state.compiled.problems if found.on_guess}
    fresh = [found for found in fresh if (found.code, found.node) not in guessed]  # known before, with other figures
    return None if any(not (lenient and _was_hidden(found, problem, state)) for found in fresh) else fresh


def _new_findings(state: State, after: State, problem: Problem) -> list[Problem] | None:
    """Return nothing, since none may be new, if an edit takes a finding of the lints away; None if it is no cure."""
    before, found = (Counter(map(_doubt, each.compiled.findings())) for each in (state, after))
    is_gone = found[_doubt(problem)] < before[_doubt(problem)] and not found - before
    return [] if is_gone and _is_same_network(state.compiled.graph, after.compiled.graph) else None


def _doubt(problem: Problem) -> tuple[str, str]:
    """Return what tells a finding from others; how many pixels it is about may change with an edit elsewhere."""
    return problem.code, problem.node or problem.message()


def _is_same_network(before: Graph | None, after: Graph | None) -> bool:
    """Tell whether the results have the shapes that they had, and what nodes there are were there before."""
    if before is None or after is None:
        return before is after
    results = ([graph.type_of(output.value) for output in graph.outputs] for graph in (before, after))
    known = {path: node.op.op for path, node in before.nodes.items()}
    return next(results) == next(results) and all(known.get(path) == node.op.op for path, node in after.nodes.items())


def _was_hidden(found: Problem, problem: Problem, before: State) -> bool:
    """Tell whether a problem could not be found before another one was cured."""
    if before.compiled.template is None:
        return found.span is None or problem.span is None or found.span.line > problem.span.line
    if (found.code, found.node) == (problem.code, problem.node):
        return False
    graph = before.compiled.graph
    return found.node is not None and (graph is None or found.node not in graph.nodes)


def _reads_different(after: State, path: str | None) -> bool:
    """Tell whether a node reads no value twice: what would fit anyhow is not what was meant."""
    graph = after.compiled.graph
    node = None if graph is None or path is None else graph.nodes.get(path)
    return node is None or len(set(node.inputs)) == len(node.inputs)


def _others_hold(before: State, after: State, edits: tuple[Edit, ...], known: Iterable[Problem]) -> bool:
    """Tell whether the other files that were edited have no new errors but those that are known."""
    allowed = Counter(map(identity, known))
    others = {edit.span.path for edit in edits} - {before.compiled.source.path}
    for path in others:
        old, new = before.compiled.sources[path], after.compiled.sources.get(path)
        if new is None or _errors_of(new, after.texts) - _errors_of(old, before.texts) - allowed:
            return False
    return True


def _errors_of(source: SourceFile, texts: Mapping[Path, str]) -> Counter[tuple[str, str, str | None]]:
    return State(compile_text(source, Choice(), texts), Choice(), texts).errors()
