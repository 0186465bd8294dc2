"""Making and measuring many networks of one spec: it is read once, and only the analyses that are needed are run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archspec.diagnostics.problem import Collector
from archspec.elaborate.network import Choice, elaborate
from archspec.elaborate.reuse import Workshop
from archspec.scanning.figures import measure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from archspec.diagnostics.problem import Problem
    from archspec.scanning.figures import Value
    from archspec.scanning.plan import Variation
    from archspec.spec.template import SpecTemplate


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of one network of a scan.

    Attributes:
        variation: what was chosen for it.
        values: its figures, by key; empty if it could not be made.
        code: the code of the first error in it; empty if it is good.
        message: what that error says.
        node: the node that has the error.
    """

    variation: Variation
    values: Mapping[str, Value]
    code: str = ""
    message: str = ""
    node: str = ""

    @property
    def failed(self) -> bool:
        """Whether it could not be made."""
        return bool(self.code)


@dataclass(frozen=True, slots=True)
class Scanner:
    """Makes and measures networks of one spec.

    Attributes:
        template: the spec.
        keys: the figures that are wanted.
        allow_imports: whether classes that the spec names may be imported.
        workshop: what is left of the networks made so far.
    """

    template: SpecTemplate
    keys: Collection[str]
    allow_imports: bool = False
    workshop: Workshop = field(default_factory=Workshop)

    def scan(self, variations: Iterable[Variation]) -> Iterator[Measured]:
        """Yield what becomes of each."""
        for variation in variations:
            yield self.measured(variation)

    def measured(self, variation: Variation) -> Measured:
        """Make and measure one network."""
        collector = Collector()
        choice = Choice(variation.variant, variation.params, variation.inputs, self.allow_imports)
        graph = elaborate(self.template, collector, choice, workshop=self.workshop)
        if not collector:
            return Measured(variation, measure(graph, self.keys))
        first = next(problem for problem in collector.problems if problem.severity == "error")
        return Measured(variation, {}, first.code, first.message(), _node(first))


def _node(problem: Problem) -> str:
    return problem.node or ""
