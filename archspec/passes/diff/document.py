"""What differs between two networks, as plain data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.passes.diff.comparison import value_name
from archspec.passes.diff.text import totals_of
from archspec.passes.diff.weights import trained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archspec.diagnostics.machine import Json
    from archspec.ir.graph import Graph, Node
    from archspec.passes.diff.comparison import Comparison, Rewiring, Side
    from archspec.passes.diff.text import Names
    from archspec.passes.diff.weights import Tensor, Transfer

# The version of the document; it changes when a key changes its meaning or goes.
DOCUMENT_VERSION = 1


def document(comparison: Comparison, names: Names) -> dict[str, Json]:
    """Return what `archspec diff --format json` prints. `before` is A, `after` is B; nothing is grouped or left out."""
    before, after = comparison.before.graph, comparison.after.graph
    return {
        "archspec": DOCUMENT_VERSION,
        "before": {"name": before.name, "spec": names.before, "nodes": len(before.nodes)},
        "after": {"name": after.name, "spec": names.after, "nodes": len(after.nodes)},
        "equal": comparison.equal,
        "removed": [_node(before, node) for node in comparison.removed],
        "added": [_node(after, node) for node in comparison.added],
        "renamed": [{"before": one, "after": other} for one, other in comparison.renamed],
        "changed": [
            {"before": change.before.path, "after": change.after.path, "settings": _settings(change.settings)}
            for change in comparison.changed
        ],
        "rewired": [_rewiring(change) for change in comparison.rewired],
        "shapes": [
            {"before": one.path, "after": other.path, "shapes": {"before": _shapes(one), "after": _shapes(other)}}
            for one, other in comparison.reshaped
        ],
        "facts": _settings(comparison.facts),
        "params": _settings(comparison.params),
        "totals": _totals(comparison),
        "receptive_field": {"before": _field(comparison.before), "after": _field(comparison.after)},
        "weights": _weights(comparison.weights),
    }


def _node(graph: Graph, node: Node) -> Json:
    return {
        "name": node.path,
        "op": node.op.op,
        "settings": {name: _plain(getattr(node.op, name)) for name in type(node.op).model_fields},
        "inputs": [value_name(graph, value) for value in node.inputs],
        "shapes": _shapes(node),
    }


def _shapes(node: Node) -> Json:
    return [list(tensor.shape) for tensor in node.output_types]


def _rewiring(change: Rewiring) -> Json:
    return {
        "before": change.before.path,
        "after": change.after.path,
        "inputs": {"before": list(change.reads_before), "after": list(change.reads_after)},
    }


def _settings(table: Mapping[str, tuple[Any, Any]]) -> dict[str, Json]:
    return {name: {"before": _plain(one), "after": _plain(other)} for name, (one, other) in table.items()}


def _plain(value: Any) -> Json:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _totals(comparison: Comparison) -> dict[str, Json]:
    before, after = totals_of(comparison.before), totals_of(comparison.after)
    return {key: {"before": before[key], "after": after[key], "difference": after[key] - before[key]} for key in before}


def _field(side: Side) -> Json:
    return {
        "node": side.summary.last_map or None,
        "size": list(side.summary.receptive_field),
        "coverage": list(side.summary.coverage),
    }


def _weights(weights: Transfer) -> Json:
    return {
        "params": {
            "before": weights.params_before,
            "after": weights.params_after,
            "fitting": trained(weights.fitting),
            "renamed": trained([one for one, _ in weights.renamed]),
        },
        "fitting": _tensors(weights.fitting),
        "elsewhere": [tensor.key for tensor in weights.elsewhere],
        "renamed": [_moved(one, other) for one, other in weights.renamed],
        "reshaped": [_moved(one, other) for one, other in weights.reshaped],
        "only_before": _tensors(weights.only_before),
        "only_after": _tensors(weights.only_after),
    }


def _tensors(tensors: Sequence[Tensor]) -> Json:
    return [_tensor(tensor) for tensor in tensors]


def _tensor(tensor: Tensor) -> Json:
    return {"key": tensor.key, "shape": list(tensor.shape), "trained": tensor.trained}


def _moved(before: Tensor, after: Tensor) -> Json:
    return {"before": _tensor(before), "after": _tensor(after)}
