"""Networks that pool units of which none sees the whole input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_design import FieldSmallerThanInput
from archspec.ir.tensor import axis_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.ir.graph import Node, Value
    from archspec.passes.lints.network import Network
    from archspec.passes.receptive_field import ReceptiveField


def find(network: Network) -> Iterator[FieldSmallerThanInput]:
    """Yield the global operation that a result comes from, where the units that it reads see too little.

    Where it reads several maps, the one whose units see most counts. A map with a gate sees everything already, and one
    that is flattened is read by weights for each place.
    """
    for output in network.graph.outputs:
        if output.training_only:
            continue
        pooled = [each for each in _pooled(network, output.value) if _is_map(each[0], each[1])]
        if not pooled or any(field.global_ for _, _, field in pooled):
            continue
        node, _, field = max(pooled, key=lambda each: each[2].size)
        sizes = network.graph.inputs[field.source].spatial
        names = [axis_name(axis, len(sizes)) for axis in range(len(sizes))]
        axes = tuple(each for each in zip(names, field.size, sizes, strict=True) if each[1] < each[2])
        if axes:
            yield FieldSmallerThanInput(span=node.span, node=node.path, op=node.op.op, source=field.source, axes=axes)


def _pooled(network: Network, result: Value) -> Iterator[tuple[Node, Value, ReceptiveField]]:
    """Yield the global operations behind which a result has no place in the map, with the maps that they read."""
    waiting = [result]
    seen: set[str] = set()
    while waiting:
        node = network.maker(waiting.pop())
        field = None if node is None else network.fields[node.path]
        if node is None or field is None or field.local or node.path in seen:
            continue
        seen.add(node.path)
        for value in node.inputs:
            before = network.field_of(value)
            if not (before.local and before.mapped and before.axes):
                waiting.append(value)
            elif network.maker(value) is not None:  # an input that is pooled at once is no map of features
                yield node, value, before


def _is_map(node: Node, value: Value) -> bool:
    tensor = node.input_types[node.inputs.index(value)]
    return max(tensor.spatial, default=1) > 1
