"""Where shapes that do not fit came from."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.shapes_joins import ConcatShapesDiffer, JoinShapesDiffer
from archspec.diagnostics.problem import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archspec.diagnostics.problem import Problem
    from archspec.elaborate.frame import Surroundings
    from archspec.ir.graph import Node, Value
    from archspec.ir.tensor import Shape

    _Differ = ConcatShapesDiffer | JoinShapesDiffer

_SHOWN = 5
_SHAPING = frozenset({"kernel_size", "stride", "scale_factor", "out_channels", "out_features", "shape"})


def advise(problem: Problem, inputs: Sequence[Value], around: Surroundings) -> Problem:
    """Return the problem with a label and notes that tell where the shapes came from."""
    if not isinstance(problem, ConcatShapesDiffer | JoinShapesDiffer):
        return problem
    joined = problem.axis if isinstance(problem, ConcatShapesDiffer) else None
    odd = _odd_one(problem.shapes, joined)
    label = _history(problem.operand(odd), around.chain(inputs[odd]), around)
    notes = tuple(_sides(problem, odd, inputs, around))
    return dataclasses.replace(problem, label=label or problem.label, notes=notes)


def _sides(problem: _Differ, odd: int, inputs: Sequence[Value], around: Surroundings) -> Iterator[Note]:
    """Yield where the odd input and one of the others got their shapes."""
    axis = problem.axis if isinstance(problem, ConcatShapesDiffer) else None
    parts = [_without(shape, axis) for shape in problem.shapes]
    others = [index for index, part in enumerate(parts) if part != parts[odd]]
    for index in (odd, *others[:1]):
        chain = around.chain(inputs[index])
        node = _maker(inputs[index], chain, around)
        if node is not None:
            name = problem.operand(index)
            history = None if index == odd else _history(name, chain, around)
            maker = _short(node.path, around)
            made = f"{name} is made here" if maker == name else f"{name} comes from {maker}: {node.output}"
            yield Note(history or made, node.span)


def _maker(value: Value, chain: Sequence[Node], around: Surroundings) -> Node | None:
    """Return the last node on the way to a value that may change shapes; the one that made it if there is none."""
    changing = (node for node in reversed(chain) if not _SHAPING.isdisjoint(type(node.op).model_fields))
    return next(changing, around.nodes.get(value.node))


def _short(path: str, around: Surroundings) -> str:
    return path.removeprefix(f"{around.within}." if around.within else "")


def _odd_one(shapes: Sequence[Shape], joined: int | None) -> int:
    """Return which input is unlike the others."""
    parts = [_without(shape, joined) for shape in shapes]
    usual, _ = Counter(parts).most_common(1)[0]
    if len(shapes) == 2:  # noqa: PLR2004
        # Borders get lost more often than they appear: the smaller map is the odd one.
        return min((0, 1), key=lambda index: parts[index][::-1])
    return next(index for index, part in enumerate(parts) if part != usual)


def _without(shape: Shape, axis: int | None) -> Shape:
    return tuple(size for position, size in enumerate(shape) if position != axis)


def _history(name: str, chain: Sequence[Node], around: Surroundings) -> str | None:
    """Return how a shape came about: `b: 1x28x28 -> conv 16x28x28 -> conv 24x24x24`."""
    if not chain:
        return None
    shown = chain[-_SHOWN:]
    start = "..." if len(shown) < len(chain) else str(around.types[chain[0].inputs[0]])
    return f"{name}: {start} -> " + " -> ".join(f"{node.op.op} {node.output}" for node in shown)
