"""One run of a network's shape rules on sizes that follow a formula."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from archspec.diagnostics.problem import ProblemError
from archspec.ir.graph import Value
from archspec.ir.sizes import Formula, NotFollowedError, Path, Size, fixed, formula_of, symbol
from archspec.passes.heads import training_only

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archspec.ir.graph import Graph, Node
    from archspec.ir.tensor import TensorType


@dataclass(frozen=True, slots=True)
class Weight:
    """A size of a tensor with weights that depends on symbols, and the number that it must be.

    `idle` marks a tensor of a head that is there in training only.
    """

    name: str
    formula: Formula
    wanted: int
    idle: bool = False


@dataclass(slots=True)
class Trace:
    """What one run of the shape rules found.

    Attributes:
        path: the conditions under which the rules go the same way.
        types: the type of each value, with sizes that follow a formula.
        weights: the sizes of weights that depend on symbols.
        fails: the rule of some node refused its inputs; the run ended there.
        fails_in_training: it did in a head that is there in training only, and what depends on that was left out.
        followed: all rules could be followed; otherwise some are known to give what they gave for these numbers only.
    """

    path: Path
    types: dict[Value, TensorType]
    weights: list[Weight] = field(default_factory=list[Weight])
    fails: bool = False
    fails_in_training: bool = False
    followed: bool = True

    def deciding(self) -> Iterator[Formula]:
        """Yield the formulas of which it depends whether a size works."""
        yield from (condition.formula for condition in self.path.conditions)
        yield from (weight.formula for weight in self.weights)

    @property
    def period(self) -> int:
        """After how many sizes the formulas repeat themselves, but for a constant; 0 if that is not known."""
        if not self.followed:
            return 0
        formulas = {*self.deciding(), *(formula_of(size) for tensor in self.types.values() for size in tensor.shape)}
        return math.lcm(1, *(divisor for formula in formulas for divisor in formula.divisors))


def trace(graph: Graph, numbers: Mapping[str, int], names: Mapping[str, str] | None = None) -> Trace:
    """Run the shape rules of a network once, with the given numbers as sizes.

    Args:
        graph: the network.
        numbers: a number for each symbol.
        names: which symbols follow a formula, and what they are called in it; by default all, by their own names.
    """
    names = dict.fromkeys(numbers, "") if names is None else names
    path = Path()
    found = Trace(path, {})
    for name, tensor in graph.inputs.items():
        marks = graph.symbolic_inputs.get(name, (None,) * tensor.rank)
        shape = (
            size if mark is None else _size(mark, numbers[mark], names, path)
            for size, mark in zip(tensor.shape, marks, strict=True)
        )
        found.types[Value(name)] = tensor.with_shape(*shape)
    known: _Known = {}
    idle = training_only(graph)
    for node in graph.nodes.values():
        if any(value not in found.types for value in node.inputs):
            continue
        try:
            _run(node, found, known, idle=node.path in idle)
        except ProblemError:
            found.fails_in_training = True
            found.fails = node.path not in idle
        if found.fails:
            break
    return found


def _size(mark: str, number: int, names: Mapping[str, str], path: Path) -> int:
    return Size(number, symbol(names[mark] or mark), path) if mark in names else number


_Known: TypeAlias = "dict[object, tuple[tuple[TensorType, ...], list[Weight]]]"


def _run(node: Node, found: Trace, known: _Known, *, idle: bool) -> None:
    """Run the shape rule of a node. Equal ops, which are mostly one object, are run once on the same types.

    Raises:
        ProblemError: the rule refuses the types.
    """
    inputs = tuple(found.types[value] for value in node.inputs)
    key = (id(node.op), node.shares is None, *map(_key, inputs))
    if key not in known:
        known[key] = _followed(node, inputs, found)
    results, weights = known[key]
    found.types.update((Value(node.path, index), result) for index, result in enumerate(results))
    found.weights.extend(replace(each, name=f"{node.path}.{each.name}".rstrip("."), idle=idle) for each in weights)


def _key(tensor: TensorType) -> tuple[object, ...]:
    return (tensor.dtype, tensor.batch, *(size.formula if isinstance(size, Size) else size for size in tensor.shape))


def _followed(node: Node, inputs: tuple[TensorType, ...], found: Trace) -> tuple[tuple[TensorType, ...], list[Weight]]:
    if node.op.follows_sizes:
        try:
            return node.op.infer(inputs), _weights(node, inputs)
        except NotFollowedError:
            pass
    found.followed = found.followed and not any(isinstance(size, Size) for tensor in inputs for size in tensor.shape)
    plain = tuple(tensor.with_shape(*map(fixed, tensor.shape)) for tensor in inputs)
    return node.op.infer(plain), _weights(node, plain)


def _weights(node: Node, inputs: tuple[TensorType, ...]) -> list[Weight]:
    """Return the sizes of a node's own tensors that depend on symbols, or differ from those that it has."""
    if node.shares is not None:
        return []
    pairs = zip(node.op.parameters(inputs), node.parameters(), strict=True)
    sides = ((found.name, zip(found.shape, made.shape, strict=True)) for found, made in pairs)
    return [
        Weight(name, formula_of(size), wanted)
        for name, both in sides
        for size, wanted in both
        if isinstance(size, Size) or int(size) != wanted
    ]
