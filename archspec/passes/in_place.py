"""Which activations generated PyTorch computes in place."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from archspec.ir.graph import Node
from archspec.ir.records import TorchFunction

if TYPE_CHECKING:
    from archspec.ir.graph import Graph, Scope


def in_place(graph: Graph) -> frozenset[str]:
    """Return the nodes that write over what they read: new memory that nothing else reads and autograd does not keep.

    What reads and what makes it must stand in one graph of the spec. Copies of that graph share their code, so it must
    be so in all of them.
    """
    readers = Counter(value for node in graph.nodes.values() for value in node.inputs)
    readers.update(output.value for output in graph.outputs)
    able: dict[tuple[int, int], bool] = {}
    places: dict[str, tuple[int, int]] = {}
    for scope in graph.root.walk():
        handed_on = set(scope.outputs.values())
        made = {value for child in scope.children if _gives_new_memory(child.item) for value in child.values.values()}
        for position, child in enumerate(scope.children):
            if not isinstance(child.item, Node) or not _can(child.item):
                continue
            value = child.item.inputs[0]
            place = (id(scope.template), position)
            is_loose = value in made - handed_on and readers[value] == 1
            able[place] = able.get(place, True) and is_loose
            places[child.item.path] = place
    return frozenset(path for path, place in places.items() if able[place])


def _can(node: Node) -> bool:
    code = node.op.torch(node.input_types)
    return isinstance(code, TorchFunction) and code.inplace


def _gives_new_memory(item: Node | Scope[Any] | None) -> bool:
    return isinstance(item, Node) and not item.op.torch(item.input_types).output_is_saved
