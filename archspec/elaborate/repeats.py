"""Copies: a repeated node becomes a scope of its own in a mapping; in a list, its copies stand in the list itself."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.expansion import BadRepeat
from archspec.diagnostics.problem import Note, ProblemError
from archspec.elaborate.frame import FAILED, Outcome, Site, Source
from archspec.elaborate.limits import LimitError
from archspec.elaborate.loops import copies_of, entries_of, unknown_copy
from archspec.ops.join import Concat
from archspec.spec.expressions import UNKNOWN
from archspec.spec.template import NodeTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.elaborate.environment import Environment
    from archspec.elaborate.expand import Expander
    from archspec.elaborate.frame import Frame, Results
    from archspec.spec.template import GraphTemplate, Repeat


class Copies:
    """The copies of one node. What each gives is read by the next one in place of what the first one reads, in order.

    What the node reads beyond that is the same for all copies.
    """

    def __init__(self, expander: Expander, template: NodeTemplate, frame: Frame, *, in_list: bool) -> None:
        """Expand `template` in `frame`."""
        self._expander = expander
        self._blocks = expander.vocabulary.blocks
        self._template = template
        self._body = dataclasses.replace(template, repeats=())
        self._frame = frame
        self._in_list = in_list and not template.dense  # densely connected copies are one node, in a list too
        self._number = in_list and template.dense
        name = str(frame.numbers.next) if in_list else template.name
        self._path = frame.path if self._in_list else frame.join(name)
        self._shown = frame.join(name)  # in problems
        self._sources = expander.site(template, frame, self._shown).sources

    def expand(self) -> None:
        """Expand the copies and enter them into the frame."""
        template, frame = self._template, self._frame
        outcome = FAILED if template.broken or frame.only_checked else self._expanded()
        if not self._expander.is_seen(template):
            self._check()
        if outcome.results is None:
            frame.numbers.certain = False
        name = self._expander.number(outcome, frame) if self._number else template.name
        self._expander.enter(template, frame, frame.env, None if self._in_list else name, outcome)

    def _expanded(self) -> Outcome:
        expander, template, frame = self._expander, self._template, self._frame
        if not expander.fits(Site(template, frame, frame.env, self._shown, self._sources)):
            return FAILED
        try:
            self._check_names()
            if template.dense:
                return self._dense(template.repeats[0], frame, frame.env)
            return self._loop(template.repeats, frame, frame.env, self._path, self._first())
        except LimitError:
            raise
        except ProblemError as error:
            expander.reports.add_all(error.problems, frame, self._shown)
            return FAILED

    def _first(self) -> Results:
        """Return what stands for the results of a copy before the first one: what is read, under the results' names."""
        outputs = self._expander.outputs_of(self._body, self._frame.env)
        if not 1 < len(outputs) <= len(self._sources):
            return self._sources[0].results
        values = {output.name: source.value for output, source in zip(outputs, self._sources, strict=False)}
        known = {name: value for name, value in values.items() if value is not None}
        return known if len(known) == len(values) else None

    def _check_names(self) -> None:
        for loop in self._template.repeats if self._in_list else ():
            if loop.name is not None:
                reason = "copies in a list are numbered, so `name` means nothing here"
                raise ProblemError(BadRepeat(span=loop.name.span, reason=reason))

    def _check(self) -> None:
        """Check what is repeated, if no copy of it was expanded."""
        env = self._frame.env
        for loop in self._template.repeats:
            try:
                entries_of(loop, env, self._blocks)
                env = env.new_child(dict(unknown_copy(loop, env).names))
            except ProblemError as error:
                self._expander.reports.add_all(error.problems, self._frame, self._shown)
                env = env.new_child(dict.fromkeys((loop.index, *loop.names), UNKNOWN))
        self._expander.check(Site(self._body, self._frame, env, self._shown, self._sources))

    # ----------------------------------------------------------------------------------------------- loops

    def _loop(self, repeats: tuple[Repeat, ...], around: Frame, env: Environment, path: str, first: Results) -> Outcome:
        """Expand the copies that the outermost of some loops makes."""
        if self._in_list:
            made = around.sharing(env, {"input": first})
        else:
            made = around.inner(path, env.new_child({}), {"input": first}, frozenset())
        outermost, *inner_loops = repeats
        if entries_of(outermost, env, self._blocks) is UNKNOWN:
            return FAILED
        for number, copy in enumerate(copies_of(outermost, env, self._blocks)):
            seen = env.new_child(dict(copy.names))
            self._note_copy(number, made, around)
            if inner_loops:
                self._enter_loop(tuple(inner_loops), made, seen, copy.name or str(number))
            else:
                self._enter_copy(made, seen, copy.name)
        kind = "splice" if self._in_list else "repeat"
        return self._expander.scope(made, kind, self._body, None, made.previous)

    def _note_copy(self, number: int, made: Frame, around: Frame) -> None:
        """Let problems say in which copy they were found, unless it is the first."""
        if number:
            made.context = (*around.context, Note(f"in copy {number + 1} of {self._shown}", self._body.span))

    def _dense(self, loop: Repeat, around: Frame, env: Environment) -> Outcome:
        """Expand densely connected copies: each reads the input and all results before it, joined; so does the end."""
        first = Source("input", self._sources[0].results)
        made = around.inner(self._path, env.new_child({}), {"input": first.results}, frozenset())
        if entries_of(loop, env, self._blocks) is UNKNOWN:
            return FAILED
        known = [first]
        for number, copy in enumerate(copies_of(loop, env, self._blocks)):
            self._note_copy(number, made, around)
            made.previous = self._joined(known, made, f"concat{number}")
            before = len(made.children)
            self._enter_copy(made, env.new_child(dict(copy.names)), copy.name)
            if made.children[before].item is not None or made.previous is None:
                known.append(Source(copy.name or str(number), made.previous))
        made.previous = self._joined(known, made, "concat")
        return self._expander.scope(made, "dense", self._template, None, made.previous)

    def _joined(self, known: Sequence[Source], made: Frame, name: str) -> Results:
        """Enter the concatenation of some results, along the channels; a single one needs none."""
        if len(known) == 1:
            return known[0].results
        template = NodeTemplate(name, self._template.span)
        site = Site(template, made, made.env, made.join(name), tuple(known))
        outcome = self._expander.insert(Concat(axis=0), site)
        self._expander.enter(template, made, made.env, name, outcome)
        return outcome.results

    def _enter_loop(self, repeats: tuple[Repeat, ...], made: Frame, env: Environment, name: str) -> None:
        """Expand and enter one copy of a loop around others."""
        path = made.path if self._in_list else made.join(name)
        outcome = self._loop(repeats, made, env, path, made.previous)
        self._expander.enter(self._body, made, env, None if self._in_list else name, outcome)

    def _enter_copy(self, made: Frame, env: Environment, name: str | None) -> None:
        """Expand and enter one copy; one that its `when` leaves out takes no number."""
        sources = self._chained(made.previous)
        frame = dataclasses.replace(self._frame, context=made.context)
        graph = self._body.graph
        if self._in_list and graph is not None and graph.is_list:
            site = Site(self._body, frame, env, made.path, sources)
            self._expander.enter(self._body, made, env, None, self._spliced(site, made, graph))
            return
        site = Site(self._body, frame, env, made.join(name or str(made.numbers.next)), sources)
        outcome = self._expander.conditional(site)
        number = self._expander.number(outcome, made)
        self._expander.enter(self._body, made, env, None if number is None else name or number, outcome)

    def _chained(self, before: Results) -> tuple[Source, ...]:
        """Return what a copy reads: the results of the one before, and the same as all copies.

        Raises:
            ProblemError: the copy before has more results than are read.
        """
        if before is None or len(before) == 1 or "" in before:
            return (Source("the copy before", before), *self._sources[1:])
        if len(before) > len(self._sources):
            reads = "one value" if len(self._sources) == 1 else f"{len(self._sources)} values"
            reason = f"each copy gives {len(before)} results ({', '.join(before)}), but the next one reads {reads}"
            raise ProblemError(BadRepeat(span=self._body.span, reason=reason))
        chained = (Source("the copy before", {"": value}) for value in before.values())
        return (*chained, *self._sources[len(before) :])

    def _spliced(self, site: Site, made: Frame, graph: GraphTemplate) -> Outcome:
        """Expand one copy of a list group inside a list: its nodes take the list's numbers."""
        expander = self._expander
        holds = expander.condition(site)
        inputs = expander.group_inputs(site)
        if holds is not True or inputs is None:
            return FAILED if holds is UNKNOWN or inputs is None else Outcome(None, made.previous)
        views = {name: expander.view(results) for name, results in inputs.items()}
        inner = made.sharing(site.env.new_child(views), inputs)
        last = expander.run(graph, inner)
        expander.mark(site.template)
        return expander.scope(inner, "splice", self._body, None, expander.outputs(site.template.outputs, last, inner))
