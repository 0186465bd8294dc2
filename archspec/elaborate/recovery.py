"""Going on after a mistake, so that the next one is found in the same run.

What a node that failed would have given is guessed: of an addition of 64x30x30 and 64x32x32, most likely 64x32x32. A
name that is misspelt stands for the one that was most likely meant. What is wrong with the nodes behind it is said only
if it does not depend on the guess, which `archspec.elaborate.guesses` can tell.

Guesses are no part of the network: at the end, what was made of them is taken out of it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.graph import UnknownNode
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import meant_in
from archspec.elaborate.frame import FAILED, Outcome
from archspec.elaborate.guesses import Guesses, UncertainError, plain
from archspec.elaborate.suspects import Suspects
from archspec.ir.graph import Node, Value

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Problem
    from archspec.elaborate.expand import Expander
    from archspec.elaborate.frame import Frame, Results, Site
    from archspec.elaborate.guesses import Guess
    from archspec.elaborate.limits import Limits
    from archspec.ir.op import Op
    from archspec.ir.tensor import TensorType


class Recovery:
    """Expands nodes that failed, and those behind them."""

    def __init__(self, expander: Expander, limits: Limits) -> None:
        """Add to the nodes of `expander`, within some limits."""
        self._expander = expander
        self._limits = limits
        self.guesses = Guesses()
        self._suspects = Suspects()

    def covers(self, results: Results) -> bool:
        """Tell whether some results are guesses, or were made of them."""
        return self.guesses.covers((results or {}).values())

    def meant(self, problem: Problem, frame: Frame) -> Results:
        """Return what a reference that names nothing was most likely meant to name."""
        meant = meant_in(problem.help() or "") if isinstance(problem, UnknownNode) else None
        results = None if meant is None else frame.results.get(meant, frame.inputs.get(meant))
        return None if meant is None else self._like(results, meant)

    def there_or_not(self, site: Site) -> Outcome:
        """Go on where it is not known whether a node is there, or what it gives: most likely it keeps the axes."""
        passing = site.sources[0].results if site.sources else None
        return Outcome(None, self._like(passing, site.path))

    def _like(self, results: Results, name: str) -> Results:
        """Return a guess of which is only known how many axes it has: as many as a result that there is."""
        value = next(iter(results.values())) if results and len(results) == 1 else None
        if value is None:
            return None
        types, guess = self._expander.types, Value(f"{value.node}?", value.index)
        types[guess] = types[value]
        self.guesses.doubt(guess, types[guess], name)
        return {"": guess}

    def unknown_op(self, name: str, site: Site) -> Outcome:
        """Report an op that does not exist, and go on with the op or block that was most likely meant."""
        vocabulary = self._expander.vocabulary
        problem = vocabulary.unknown(name, site.span)
        self._expander.reports.add(problem, site.frame, site.path)
        meant = meant_in(problem.help() or "")
        if meant is None or not vocabulary.suits(meant, site.template.arguments, len(site.sources)):
            return FAILED
        block = vocabulary.blocks.get(meant)
        if block is None:
            return self.likely_op(vocabulary.op(meant), site)
        outcome = self._expander.block(site, block)
        for value in (outcome.results or {}).values():
            self.guesses.doubt(value, self._expander.types[value], site.path)
        return outcome

    def likely_op(self, op_class: type[Op], site: Site) -> Outcome:
        """Go on with the op that a node most likely describes, of which not all can be understood."""
        from archspec.elaborate.likely import likely_ops

        inputs = self._expander.values_of(site)
        if not inputs:
            return FAILED
        types = self._expander.types_of(inputs)
        ops = likely_ops(op_class, site, types[0].channels if types[0].shape else 1)
        guess = self.guesses.results_of_likely(ops, self.guesses.known(inputs, types))
        return FAILED if guess is None or ops[0] is None else self._add(ops[0], site, inputs, guess)

    def after_failure(self, op: Op, site: Site, inputs: tuple[Value, ...]) -> Outcome:
        """Go on with what an op most likely gives; that it does not suit its inputs has been reported."""
        types = self._expander.types_of(inputs)
        self._blame(op, site, inputs, types)
        return self._add(op, site, inputs, self.guesses.results(op, types))

    def on_guess(self, op: Op, site: Site, inputs: tuple[Value, ...]) -> Outcome:
        """Add an op that reads guesses; that it does not suit them is reported only if it would suit no other ones."""
        types = self._expander.types_of(inputs)
        known = self.guesses.known(inputs, types)
        try:
            found = self.guesses.infer(op, known, site.span)
        except UncertainError:
            return self._add(op, site, inputs, self.guesses.results(op, known))
        except ProblemError:
            if not self.explains(op, inputs, types):
                self._expander.infer(op, types, site, self.guesses.origin(inputs))
                self._blame(op, site, inputs, types)
            return self._add(op, site, inputs, self.guesses.results(op, known))
        return self._add(op, site, inputs, (plain(found), found))

    def explains(self, op: Op, inputs: tuple[Value, ...], types: tuple[TensorType, ...]) -> bool:
        """Tell whether an op does not suit its inputs because of what has been reported."""
        return self._suspects.explain(op, inputs, types)

    def _blame(self, op: Op, site: Site, inputs: tuple[Value, ...], types: tuple[TensorType, ...]) -> None:
        self.guesses.blame(site.span)
        if not self.explains(op, inputs, types):
            self._suspects.add(op, inputs, types)

    def _add(self, op: Op, site: Site, inputs: tuple[Value, ...], guess: Guess | None) -> Outcome:
        if guess is None:
            return FAILED
        outputs, known = guess
        if any(tensor.elements > self._limits.elements for tensor in outputs):
            return FAILED
        node = Node(site.path, op, inputs, self._expander.types_of(inputs), outputs, site.template.span)
        with suppress(ProblemError):  # how many results it has, and what they are called, may depend on its inputs
            outcome = self._expander.add(node, site.span)
            self.guesses.enter(node, known)
            return outcome
        return FAILED
