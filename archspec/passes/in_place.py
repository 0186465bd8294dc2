"""Which activations generated PyTorch computes in place."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from archspec.ir.graph import Node
from archspec.ir.records import TorchFunction

if TYPE_CHECKING:
    from archspec.ir.graph import Graph, Scope, Value
    from archspec.ir.records import TorchCode
    from archspec.ir.tensor import TensorType


def in_place(graph: Graph) -> frozenset[str]:
    """Return the nodes that write over what they read: new memory that nothing else reads and autograd does not keep.

    What reads and what makes it must stand in one graph of the spec. Copies of that graph share their code, so it must
    be so in all of them.
    """
    readers = Counter(value for node in graph.nodes.values() for value in node.inputs)
    readers.update(output.value for output in graph.outputs)
    codes = _Codes()
    able: dict[tuple[int, int], bool] = {}
    places: dict[str, tuple[int, int]] = {}
    for scope in graph.root.walk():
        handed_on = set(scope.outputs.values())
        makers: dict[Value, Node | Scope[Any]] = {}
        for child in scope.children:
            if child.item is not None:  # what is left out passes on what another made
                for value in child.values.values():
                    makers.setdefault(value, child.item)
        for position, child in enumerate(scope.children):
            if not isinstance(child.item, Node) or not codes.can_act_in_place(child.item):
                continue
            value = child.item.inputs[0]
            place = (id(scope.template), position)
            is_loose = readers[value] == 1 and value not in handed_on and codes.give_new_memory(makers.get(value))
            able[place] = able.get(place, True) and is_loose
            places[child.item.path] = place
    return frozenset(path for path, place in places.items() if able[place])


class _Codes:
    """What PyTorch is given for nodes; equal nodes mostly share one op."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[TensorType, ...]], TorchCode] = {}

    def can_act_in_place(self, node: Node) -> bool:
        code = self._of(node)
        return isinstance(code, TorchFunction) and code.inplace

    def give_new_memory(self, maker: Node | Scope[Any] | None) -> bool:
        return isinstance(maker, Node) and not self._of(maker).output_is_saved

    def _of(self, node: Node) -> TorchCode:
        key = (id(node.op), node.input_types)
        if key not in self._known:
            self._known[key] = node.op.torch(node.input_types)
        return self._known[key]
