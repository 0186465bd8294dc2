"""The analyses, as one visible tuple."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archspec.passes.cost import Cost, costs, total
from archspec.passes.memory import Memory, memory
from archspec.passes.precision import in_precision
from archspec.passes.receptive_field import ReceptiveField, receptive_fields
from archspec.passes.sizes import Sizes, sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archspec.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the passes found, as tables by node path.

    Attributes:
        receptive_fields: what each node sees of the input.
        costs: what each node costs.
        totals: the sum of the costs.
        memory: the memory of the activations.
        batch: how many samples costs and memory are for; None is one, called N.
        dtype: the dtype of floating point tensors; None is what the spec says.
        sizes: how shapes depend on the sizes that the spec leaves open, and which work; None if it leaves none open.
    """

    receptive_fields: Mapping[str, ReceptiveField] = field(default_factory=dict[str, ReceptiveField])
    costs: Mapping[str, Cost] = field(default_factory=dict[str, Cost])
    totals: Cost = field(default_factory=Cost)
    memory: Memory = field(default_factory=lambda: Memory(0, 0, ""))
    batch: int | None = None
    dtype: str | None = None
    sizes: Sizes | None = None

    @property
    def samples(self) -> int:
        """How many samples costs and memory are for."""
        return self.batch or 1


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


def _memory(graph: Graph, found: Analysis) -> Memory:
    return memory(in_precision(graph, found.dtype), found.samples)


PASSES: tuple[Pass, ...] = (
    Pass("receptive fields", lambda graph, found: replace(found, receptive_fields=receptive_fields(graph))),
    Pass("costs", lambda graph, found: replace(found, costs=costs(graph, found.samples, found.dtype))),
    Pass("totals", lambda _, found: replace(found, totals=total(found.costs.values()))),
    Pass("memory", lambda graph, found: replace(found, memory=_memory(graph, found))),
    Pass("sizes", lambda graph, found: replace(found, sizes=sizes(graph))),
)


def analyse(graph: Graph, *, batch: int | None = None, dtype: str | None = None) -> Analysis:
    """Run all passes.

    Args:
        graph: the network.
        batch: for how many samples arithmetic and memory are counted; None counts one.
        dtype: the dtype of all floating point tensors; None leaves them as the spec has them.

    Raises:
        PassError: a pass crashed, which is a bug in it or in an op.
    """
    analysis = Analysis(batch=batch, dtype=dtype)
    for each in PASSES:
        try:
            analysis = each.run(graph, analysis)
        except Exception as fault:
            raise PassError(each, fault) from fault
    return analysis
