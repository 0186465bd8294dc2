"""Blocks that are used again: what was expanded once is copied where it would come out the same.

A block sees its parameters and its inputs and nothing else, so with equal values on inputs of equal types the nodes in
it differ in their paths alone. Most networks have many such uses: of the 50 blocks of ResNet-152, 8 differ.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archspec.elaborate.frame import Outcome
from archspec.elaborate.op_maker import KnownOps
from archspec.ir.graph import Child, Node, Scope, Value
from archspec.spec.expressions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.elaborate.frame import Results, Site
    from archspec.spec.template import BlockTemplate, NodeTemplate

_MOST_EXPANSIONS = 3_000
_MOST_OPS = 30_000


@dataclass(frozen=True, slots=True)
class Signature:
    """What the expansion of a block depends on.

    Attributes:
        block: the block, by its id.
        around: the blocks that it is in, by their ids, since none can contain itself.
        depth: how deep it is, since that is limited.
        values: those of its parameters.
        inputs: the types of its inputs, each with the first input that is the same value.
    """

    block: int
    around: tuple[int, ...]
    depth: int
    values: str
    inputs: tuple[tuple[Any, int], ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a block was expanded to: under which path, of which inputs, and how many nodes were looked at for it."""

    scope: Scope[NodeTemplate]
    results: Mapping[str, Value]
    nodes: tuple[Node, ...]
    inputs: tuple[Value, ...]
    steps: int


@dataclass(slots=True)
class Workshop:
    """What the making of one network leaves for the next one of the same spec: ops, and blocks that were expanded.

    It is emptied when it has become large.
    """

    ops: KnownOps = field(default_factory=KnownOps)
    expansions: dict[Signature, Expansion] = field(default_factory=dict[Signature, "Expansion"])

    def keep(self, expansions: Mapping[Signature, Expansion]) -> None:
        """Take over what the blocks of a network were expanded to, if nothing was wrong in that network."""
        self.expansions.update(expansions)
        if len(self.expansions) > _MOST_EXPANSIONS:
            self.expansions.clear()
        if len(self.ops.inferred) > _MOST_OPS:
            self.ops = KnownOps()


def signature(
    site: Site,
    block: BlockTemplate,
    values: Mapping[str, Any],
    inputs: Mapping[str, Results],
    types: Mapping[Value, Any],
) -> Signature | None:
    """Return what the expansion of a block depends on; None if part of that is unknown."""
    found = values_of(inputs)
    if found is None or any(value is UNKNOWN for value in values.values()) or site.frame.only_checked:
        return None
    return Signature(
        id(block),
        tuple(map(id, site.frame.blocks)),
        site.path.count("."),
        repr(sorted(values.items())),
        tuple((types[value], found.index(value)) for value in found),
    )


def values_of(inputs: Mapping[str, Results]) -> tuple[Value, ...] | None:
    """Return the values of the inputs of a block; None if one is unknown."""
    found = tuple(next(iter(results.values())) for results in inputs.values() if results)
    return found if len(found) == len(inputs) else None


def copied(expansion: Expansion, path: str, inputs: tuple[Value, ...]) -> tuple[Outcome, list[Node]]:
    """Return what an expansion is under another path, on other inputs: its outcome, and its nodes in order."""
    copy = _Copy(expansion.scope.path, path, dict(zip(expansion.inputs, inputs, strict=True)))
    nodes = [copy.node(node) for node in expansion.nodes]
    return Outcome(copy.scope(expansion.scope), copy.values(expansion.results)), nodes


class _Copy:
    def __init__(self, old: str, new: str, inputs: Mapping[Value, Value]) -> None:
        self._old = old
        self._new = new
        self._values = dict(inputs)
        self._nodes: dict[str, Node] = {}

    def _path(self, path: str) -> str:
        return self._new + path[len(self._old) :]

    def _value(self, value: Value) -> Value:
        found = self._values.get(value)
        if found is None:
            found = self._values[value] = Value(self._path(value.node), value.index)
        return found

    def values(self, results: Mapping[str, Value]) -> dict[str, Value]:
        return {name: self._value(value) for name, value in results.items()}

    def node(self, node: Node) -> Node:
        shares = None if node.shares is None else self._path(node.shares)
        inputs = tuple(map(self._value, node.inputs))
        path = self._path(node.path)
        copy = Node(path, node.op, inputs, node.input_types, node.output_types, node.span, shares)
        self._nodes[node.path] = copy
        return copy

    def scope(self, scope: Scope[NodeTemplate]) -> Scope[NodeTemplate]:
        return dataclasses.replace(
            scope,
            path=self._path(scope.path),
            inputs=self.values(scope.inputs),
            children=tuple(map(self._child, scope.children)),
            outputs=self.values(scope.outputs),
        )

    def _child(self, child: Child[NodeTemplate]) -> Child[NodeTemplate]:
        item = child.item
        made = self._nodes[item.path] if isinstance(item, Node) else None if item is None else self.scope(item)
        return Child(child.template, made, self.values(child.values), child.env)
