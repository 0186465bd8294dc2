"""A network in one line: what it costs, and how much of its input its last map sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.passes.cost import costs, total
from archspec.passes.receptive_field import receptive_fields

if TYPE_CHECKING:
    from archspec.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Summary:
    """What a network costs, and what it sees.

    Attributes:
        params: elements of tensors that are trained.
        macs: multiply-accumulates per sample.
        last_map: the path of the last node on the way to the first result that gives a map: as many spatial axes as
            the first input has, and more than one position. Empty if there is none.
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
    costs_in_all = total(costs(graph).values())
    image = next(iter(graph.inputs.values()))
    fields = receptive_fields(graph)
    used = _used(graph)
    maps = [
        path
        for path, node in graph.nodes.items()
        if path in used
        and len(node.output.spatial) == len(image.spatial) > 0
        and max(node.output.spatial) > 1
        and fields[path].axes
    ]
    if not maps:
        return Summary(costs_in_all.params, costs_in_all.macs)
    field = fields[maps[-1]]
    coverage = tuple(round(size / whole, 4) for size, whole in zip(field.size, image.spatial, strict=True))
    return Summary(costs_in_all.params, costs_in_all.macs, maps[-1], field.size, coverage, field.global_)


def _used(graph: Graph) -> set[str]:
    """Return the nodes that the first result depends on: no auxiliary heads."""
    used = {output.value.node for output in graph.outputs[:1]}
    for path, node in reversed(list(graph.nodes.items())):
        if path in used:
            used.update(value.node for value in node.inputs)
    return used
