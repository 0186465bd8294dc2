"""The analyses, as one visible tuple."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archspec.passes.cost import Cost, costs, total
from archspec.passes.memory import Memory, memory
from archspec.passes.receptive_field import ReceptiveField, receptive_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archspec.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the passes found, as tables by node path.

    Attributes:
        receptive_fields: what each node sees of the input.
        costs: what each node costs, per sample.
        totals: the sum of the costs.
        memory: the memory of the activations, per sample.
    """

    receptive_fields: Mapping[str, ReceptiveField] = field(default_factory=dict[str, ReceptiveField])
    costs: Mapping[str, Cost] = field(default_factory=dict[str, Cost])
    totals: Cost = field(default_factory=Cost)
    memory: Memory = field(default_factory=lambda: Memory(0, 0, ""))


@dataclass(frozen=True, slots=True)
class Pass:
    """One analysis. It reads the graph and what earlier passes found, and returns the analysis with its own part."""

    name: str
    run: Callable[[Graph, Analysis], Analysis]


class PassError(RuntimeError):
    """A bug: a pass crashed. The message names the pass and, where it is known, the node."""

    def __init__(self, crashed: Pass, fault: Exception) -> None:
        """Say which pass it was."""
        super().__init__(f"pass {crashed.name}: {fault}")
        self.crashed = crashed


PASSES: tuple[Pass, ...] = (
    Pass("receptive fields", lambda graph, found: replace(found, receptive_fields=receptive_fields(graph))),
    Pass("costs", lambda graph, found: replace(found, costs=costs(graph))),
    Pass("totals", lambda _, found: replace(found, totals=total(found.costs.values()))),
    Pass("memory", lambda graph, found: replace(found, memory=memory(graph))),
)


def analyse(graph: Graph) -> Analysis:
    """Run all passes.

    Raises:
        PassError: a pass crashed, which is a bug in it or in an op.
    """
    analysis = Analysis()
    for each in PASSES:
        try:
            analysis = each.run(graph, analysis)
        except Exception as fault:
            raise PassError(each, fault) from fault
    return analysis
