"""Which sizes would have worked, for a network that cannot be made at those that it was given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.diagnostics.problem import Collector, Note
from archspec.elaborate.network import Choice, elaborate
from archspec.passes.sizes import sizes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archspec.diagnostics.problem import Problem
    from archspec.ir.graph import Graph
    from archspec.spec.template import SpecTemplate

# What the axes behind the channels are called, by how many there are.
_NAMES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}


def advised(problems: Sequence[Problem], spec: SpecTemplate, choice: Choice) -> tuple[Problem, ...]:
    """Return the problems; the first shape that does not fit says which sizes would have worked.

    That is found if the network can be made at the sizes of the spec itself, and was given others from outside.
    """
    unfit = [place for place, problem in enumerate(problems) if problem.code.startswith("AS2")]
    if not unfit or not any(isinstance(size, int) for shape in choice.inputs.values() for size in shape):
        return tuple(problems)
    collector = Collector()
    graph = elaborate(spec, collector, replace(choice, inputs=_opened(spec, choice)))
    if any(problem.severity == "error" for problem in collector.problems):
        return tuple(problems)
    found = sizes(graph)
    lines = found.advice(_given(graph, choice)) if found else []
    first = problems[unfit[0]]
    notes = (*first.notes, *map(Note, lines))
    return (*problems[: unfit[0]], replace(first, notes=notes), *problems[unfit[0] + 1 :])


def _opened(spec: SpecTemplate, choice: Choice) -> Mapping[str, tuple[int | str, ...]]:
    """Return the given shapes with all sizes behind the channels left open, under names of their own for each input."""
    several = len(spec.inputs) > 1
    shapes: dict[str, tuple[int | str, ...]] = {}
    for name, shape in choice.inputs.items():
        names = _NAMES.get(len(shape) - 1, tuple(f"S{axis}" for axis in range(1, len(shape))))
        shapes[name] = (*shape[:1], *(f"{axis}_{name}" if several else axis for axis in names))
    return shapes


def _given(graph: Graph, choice: Choice) -> dict[str, int]:
    """Return the size that was given for each symbol."""
    given: dict[str, int] = {}
    for name, shape in choice.inputs.items():
        marks = graph.symbolic_inputs.get(name or next(iter(graph.inputs)), ())
        given.update({mark: size for mark, size in zip(marks, shape, strict=False) if mark and isinstance(size, int)})
    return given
