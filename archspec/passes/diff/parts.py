"""A network as the tree that the dotted paths of its nodes are, with what tells two parts apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archspec.ir.text import stated
from archspec.passes.diff.alignment import Item, Look

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from archspec.ir.graph import Graph, Node

_UNKNOWN = Item("", Look(0, 0, 0, 0, is_group=True, is_numbered=False))


@dataclass(slots=True)
class Part:
    """A node, or all nodes whose paths begin alike.

    Attributes:
        path: its dotted path; empty for the whole network.
        node: the node, if it is one.
        parts: what is in it by name, in execution order.
        item: what tells it from others.
        size: how many nodes it has.
    """

    path: str
    node: Node | None = None
    parts: dict[str, Part] = field(default_factory=dict[str, "Part"])
    item: Item = _UNKNOWN
    size: int = 0

    def walk(self) -> Iterator[Part]:
        """Yield this part and all in it, in order."""
        yield self
        for part in self.parts.values():
            yield from part.walk()


class Numbering:
    """Numbers things, equal ones equally, so that two networks can be compared by numbers."""

    def __init__(self) -> None:
        """Start without any."""
        self._numbers: dict[Hashable, int] = {}
        self._of_ops: dict[int, int] = {}  # equal ops are mostly one object
        self._kept: list[Any] = []

    def of(self, thing: Hashable) -> int:
        """Return the number of a thing."""
        return self._numbers.setdefault(thing, len(self._numbers))

    def of_op(self, node: Node) -> int:
        """Return the number of an op with its parameters."""
        found = self._of_ops.get(id(node.op))
        if found is None:
            self._kept.append(node.op)  # so that no other has its id
            parameters = stated(node.op)
            found = self.of(("op", node.op.op, repr(parameters)) if parameters else ("op", node.op.op))
            self._of_ops[id(node.op)] = found
        return found


def tree_of(graph: Graph, numbering: Numbering) -> Part:
    """Return a network as a tree."""
    root = Part("")
    for node in graph.nodes.values():
        part = root
        for name in node.path.split("."):
            part = part.parts.setdefault(name, Part(f"{part.path}.{name}" if part.path else name))
        part.node = node
    blocks = {scope.path: scope.block for scope in graph.root.walk() if scope.block}
    _describe(root, "", blocks, numbering)
    return root


def _describe(part: Part, name: str, blocks: dict[str, str], numbering: Numbering) -> None:
    for inner_name, inner in part.parts.items():
        _describe(inner, inner_name, blocks, numbering)
    node, inside = part.node, list(part.parts.values())
    numbered = name.isdigit()
    if node is not None:
        part.size = 1
        kind, result = numbering.of(("op", node.op.op)), numbering.of(node.output_types)
        look = Look(numbering.of_op(node), kind, kind, result, is_group=False, is_numbered=numbered)
    else:
        part.size = sum(inner.size for inner in inside)
        # Numbers only say where something stands, and that the order says already.
        names = ["" if inner.item.look.is_numbered else inner.item.name for inner in inside]
        looks = [inner.item.look for inner in inside]
        look = Look(
            numbering.of(("exact", *zip(names, (each.exact for each in looks), strict=True))),
            numbering.of(("form", *zip(names, (each.form for each in looks), strict=True))),
            numbering.of(("block", blocks.get(part.path))),
            looks[-1].result if looks else -1,
            is_group=True,
            is_numbered=numbered,
        )
    part.item = Item(name, look)
