"""What training keeps for the backward pass: the memory that PyTorch's autograd saves, node by node."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from archspec.ir.graph import Value
from archspec.passes.in_place import in_place
from archspec.passes.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archspec.ir.graph import Graph, Node
    from archspec.ir.kept import Kept
    from archspec.ir.tensor import TensorType


def saved_bytes(graph: Graph, batch: int = 1) -> Mapping[str, int]:
    """Return how many bytes of a batch each node adds to what is saved, by path.

    Memory that several nodes save counts for the first of them. Views of a tensor, and what was computed in place,
    share its memory. Parameters and buffers do not count.
    """
    scan = _Scan(graph, batch)
    walk(graph, scan.visit)
    return MappingProxyType(scan.found)


class _Scan:
    """A walk through the graph that knows which memory each value lies in, and what of it has been counted."""

    def __init__(self, graph: Graph, batch: int) -> None:
        self.found: dict[str, int] = {}
        self._batch = batch
        self._in_place = in_place(graph)
        # Each memory is called after the value that it was made for.
        self._memory = {Value(name): Value(name) for name in graph.inputs}
        self._size = {Value(name): tensor.bytes_of(batch) for name, tensor in graph.inputs.items()}
        self._wanted: set[Value] = set()  # the values that gradients are wanted for
        self._counted: set[Value] = set()
        # What was asked of ops before, by op, inputs, and which gradients are wanted: equal ops are mostly one object.
        self._known: dict[tuple[int, tuple[TensorType, ...], tuple[bool, ...]], Kept | None] = {}

    def visit(self, node: Node) -> None:
        wanted = tuple(value in self._wanted for value in node.inputs)
        results = self._place(node)
        kept = self._kept(node, wanted)
        self.found[node.path] = 0 if kept is None else self._count(node, kept, results)
        if kept is None:
            return
        if not node.inputs:  # a bare parameter
            self._counted.update(results)
        self._wanted.update(value for value in results if "float" in node.output_types[value.index].dtype)

    def _kept(self, node: Node, wanted: tuple[bool, ...]) -> Kept | None:
        """Return what is kept of a node; None if no gradient is wanted."""
        op, types = node.op, node.input_types
        key = (id(op), types, wanted)
        if key not in self._known:
            learns = any(not spec.buffer for spec in op.parameters(types))
            self._known[key] = op.kept(types, wanted) if learns or any(wanted) else None
        return self._known[key]

    def _place(self, node: Node) -> list[Value]:
        """Find out where the results of a node lie."""
        results = [Value(node.path, index) for index in range(len(node.output_types))]
        shares = node.path in self._in_place or node.op.is_view(node.input_types, training=True)
        for result, tensor in zip(results, node.output_types, strict=True):
            self._memory[result] = self._memory[node.inputs[0]] if shares else result
            self._size.setdefault(self._memory[result], tensor.bytes_of(self._batch))
        return results

    def _count(self, node: Node, kept: Kept, results: list[Value]) -> int:
        """Return the bytes that are new."""
        saved = [node.inputs[index] for index in kept.inputs] + (results if kept.results else [])
        more = sum(tensor.bytes_of(self._batch) for tensor in kept.others)
        if node.path in self._in_place and kept.inputs and not node.op.torch(node.input_types).output_is_saved:
            # What is kept of an input that is written over is a copy.
            return more + node.input_types[0].bytes_of(self._batch)
        return more + self._newly(self._memory[value] for value in saved)

    def _newly(self, memories: Iterable[Value]) -> int:
        fresh = set(memories) - self._counted
        self._counted |= fresh
        return sum(self._size[memory] for memory in fresh)
