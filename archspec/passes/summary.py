"""A network in one line: what it costs, and how much of its input its last map sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.passes.cost import costs, total
from archspec.passes.receptive_field import receptive_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.ir.graph import Graph
    from archspec.passes.cost import Cost
    from archspec.passes.receptive_field import ReceptiveField


@dataclass(frozen=True, slots=True)
class Summary:
    """What a network costs, and what it sees.

    Attributes:
        params: elements of tensors that are trained.
        macs: multiply-accumulates per sample.
        last_map: the path of the last map; empty if there is none.
        receptive_field: how many input elements a unit of that map spans, per axis, along its local paths.
        coverage: that as a part of the input's size, per axis. More than 1 reaches into the padding everywhere.
        sees_everything: some path to that map leads through a global operation (a gate, attention).
    """

    params: int
    macs: int
    last_map: str = ""
    receptive_field: tuple[int, ...] = ()
    coverage: tuple[float, ...] = ()
    sees_everything: bool = False


def summarise(graph: Graph) -> Summary:
    """Return the summary of a network that has no errors."""
    return summary_of(graph, total(costs(graph).values()), receptive_fields(graph))


def summary_of(graph: Graph, totals: Cost, fields: Mapping[str, ReceptiveField]) -> Summary:
    """Return the summary of a network whose costs, in all, and receptive fields are known."""
    last = last_map(graph, fields)
    if not last:
        return Summary(totals.params, totals.macs)
    field = fields[last]
    return Summary(totals.params, totals.macs, last, field.size, field.coverage, field.global_)


def last_map(graph: Graph, fields: Mapping[str, ReceptiveField]) -> str:
    """Return the path of the last map; empty if there is none.

    It is the last node on the way to the first result that has as many spatial axes as the first input, and more than
    one position.
    """
    axes = len(next(iter(graph.inputs.values())).spatial) if graph.inputs else 0
    used = _used(graph)
    maps = (
        path
        for path, node in reversed(list(graph.nodes.items()))
        if path in used and len(node.output.spatial) == axes > 0 and max(node.output.spatial) > 1 and fields[path].axes
    )
    return next(maps, "")


def _used(graph: Graph) -> set[str]:
    """Return the nodes that the first result depends on: no auxiliary heads."""
    used = {output.value.node for output in graph.outputs[:1]}
    for path, node in reversed(list(graph.nodes.items())):
        if path in used:
            used.update(value.node for value in node.inputs)
    return used
