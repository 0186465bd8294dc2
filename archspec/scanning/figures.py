"""What a scan measures of each network, by the names that columns, bounds and programs use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from archspec.ir.tensor import SPATIAL_NAMES
from archspec.passes.columns import show_bytes, show_shape
from archspec.passes.cost import costs, total
from archspec.passes.memory import memory
from archspec.passes.receptive_field import receptive_fields
from archspec.passes.saved import saved_bytes
from archspec.passes.summary import last_map

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from archspec.ir.graph import Graph
    from archspec.ir.tensor import Shape

Kind: TypeAlias = Literal["count", "bytes", "pixels", "share", "text"]
# A figure of a network: a number, one for each spatial axis, a text; None where there is none.
Value: TypeAlias = "int | float | str | tuple[int, ...] | tuple[float, ...] | None"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        key: its name in columns, bounds, CSV and JSON.
        title: the header of its column.
        kind: what it counts, which says how it is written.
        needs: the analysis that it comes from.
        per_axis: there is one number for each spatial axis.
    """

    key: str
    title: str
    kind: Kind
    needs: str
    per_axis: bool = False

    def text(self, value: Value) -> str:
        """Return a value for people."""
        if value is None or value == ():
            return "-"
        if isinstance(value, tuple):
            shown = [self.text(each) for each in value]
            return shown[0] if len(set(shown)) == 1 and self.kind == "share" else "x".join(shown)
        if isinstance(value, str):
            return value
        if self.kind == "bytes":
            return show_bytes(int(value))
        if self.kind == "pixels":
            return str(value)
        return f"{value:.0%}" if self.kind == "share" else f"{value:,}"


FIGURES: tuple[Figure, ...] = (
    Figure("params", "params", "count", "costs"),
    Figure("buffers", "buffers", "count", "costs"),
    Figure("macs", "MACs", "count", "costs"),
    Figure("flops", "FLOPs", "count", "costs"),
    Figure("elementwise", "elementwise", "count", "costs"),
    Figure("weight_bytes", "weights", "bytes", "costs"),
    Figure("activation_bytes", "activations", "bytes", "memory"),
    Figure("saved_bytes", "saved", "bytes", "training"),
    Figure("peak_bytes", "peak", "bytes", "memory"),
    Figure("nodes", "nodes", "count", "graph"),
    Figure("rf", "receptive field", "pixels", "field", per_axis=True),
    Figure("coverage", "of input", "share", "field", per_axis=True),
    Figure("last_map", "last map", "text", "field"),
    Figure("output", "output", "text", "graph"),
)
BY_KEY: dict[str, Figure] = {figure.key: figure for figure in FIGURES}
DEFAULT_COLUMNS = ("params", "macs", "activation_bytes", "peak_bytes", "rf", "coverage", "output")

# What figures are called as well, as in other commands.
ALIASES: dict[str, str] = {
    "parameters": "params",
    "weights": "weight_bytes",
    "activations": "activation_bytes",
    "saved": "saved_bytes",
    "peak": "peak_bytes",
    "receptive_field": "rf",
    "outputs": "output",
}


def figure_named(name: str) -> Figure | None:
    """Return a figure by its name or another that it goes by."""
    return BY_KEY.get(ALIASES.get(name, name))


def axis_of(name: str, axes: int) -> int | None:
    """Return which spatial axis `height` or `width` is; None if a map of so many axes has none of that name."""
    names = SPATIAL_NAMES.get(axes, ())
    return names.index(name) if name in names else None


AXIS_NAMES: tuple[str, ...] = tuple(dict.fromkeys(name for names in SPATIAL_NAMES.values() for name in names))


def measure(graph: Graph, keys: Collection[str]) -> dict[str, Value]:
    """Return figures of a network that has no errors. Only the analyses that they come from are run."""
    needed = {BY_KEY[key].needs for key in keys}
    found: dict[str, Value] = {}
    for name, find in _ANALYSES.items():
        if name in needed:
            found.update(find(graph))
    return {key: found[key] for key in BY_KEY if key in keys}


def _costs(graph: Graph) -> dict[str, Value]:
    found = total(costs(graph, saved=False).values())
    return {
        "params": found.params,
        "buffers": found.buffers,
        "macs": found.macs,
        "flops": found.flops,
        "elementwise": found.elementwise,
        "weight_bytes": found.weight_bytes,
    }


def _training(graph: Graph) -> dict[str, Value]:
    return {"saved_bytes": sum(saved_bytes(graph).values())}


def _memory(graph: Graph) -> dict[str, Value]:
    found = memory(graph)
    return {"activation_bytes": found.activation_bytes, "peak_bytes": found.peak_bytes}


def _field(graph: Graph) -> dict[str, Value]:
    fields = receptive_fields(graph)
    last = last_map(graph, fields)
    if not last:
        return {"rf": None, "coverage": None, "last_map": None}
    return {"rf": fields[last].size, "coverage": fields[last].coverage, "last_map": last}


def _graph(graph: Graph) -> dict[str, Value]:
    shapes: list[Shape] = [graph.type_of(output.value).shape for output in graph.outputs if not output.training_only]
    return {"nodes": len(graph.nodes), "output": ", ".join(map(show_shape, shapes))}


_ANALYSES: Mapping[str, Callable[[Graph], dict[str, Value]]] = {
    "costs": _costs,
    "training": _training,
    "memory": _memory,
    "field": _field,
    "graph": _graph,
}
