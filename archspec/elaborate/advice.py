"""Where shapes that do not fit came from, and edits that were tried and found to make them fit."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archspec.diagnostics.catalog.shapes import ConcatShapesDiffer, JoinShapesDiffer
from archspec.diagnostics.problem import Note, ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archspec.diagnostics.problem import Problem

    _Differ = ConcatShapesDiffer | JoinShapesDiffer
    from archspec.ir.graph import Node, Value
    from archspec.ir.op import Op
    from archspec.ir.tensor import Shape, TensorType

_LONGEST_CHAIN = 12
_SHOWN = 5
_SHAPING = frozenset({"kernel_size", "stride", "scale_factor", "out_channels", "out_features", "shape"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was built before a node failed.

    Attributes:
        nodes: the nodes so far, by path.
        types: the types of all values so far.
        within: the path of the scope that the node stands in.
    """

    nodes: Mapping[str, Node]
    types: Mapping[Value, TensorType]
    within: str

    def chain(self, value: Value) -> list[Node]:
        """Return the nodes of this scope that led to a value one after another, first node first."""
        found: list[Node] = []
        prefix = f"{self.within}." if self.within else ""
        while len(found) < _LONGEST_CHAIN:
            node = self.nodes.get(value.node)
            if node is None or not node.path.startswith(prefix) or len(node.inputs) != 1:
                break
            found.insert(0, node)
            value = node.inputs[0]
        return found


def advise(problem: Problem, inputs: Sequence[Value], around: Surroundings) -> Problem:
    """Return the problem with a label that tells where the odd shape came from, and with help that was tried."""
    if not isinstance(problem, ConcatShapesDiffer | JoinShapesDiffer):
        return problem
    joined = problem.axis if isinstance(problem, ConcatShapesDiffer) else None
    odd, target = _odd_one(problem.shapes, joined)
    label = _history(problem.operand(odd), around.chain(inputs[odd]), around)
    suggestion = None
    # With two inputs either may be the wrong one; the one that is named as odd is tried first.
    for index in dict.fromkeys((odd, *range(len(inputs)))):
        wanted = target if index == odd else problem.shapes[odd]
        suggestion = suggestion or _edit(around.chain(inputs[index]), wanted, joined, around)
    suggestion = suggestion or _projection(problem, odd, target)
    notes = tuple(_sides(problem, odd, inputs, around))
    return dataclasses.replace(
        problem, label=label or problem.label, suggestion=suggestion or problem.suggestion, notes=notes
    )


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


def _odd_one(shapes: Sequence[Shape], joined: int | None) -> tuple[int, Shape]:
    """Return which input is unlike the others, and the shape that it should have had."""
    parts = [_without(shape, joined) for shape in shapes]
    usual, _ = Counter(parts).most_common(1)[0]
    if len(shapes) == 2:  # noqa: PLR2004
        # Borders get lost more often than they appear: the smaller map is the odd one.
        odd = min((0, 1), key=lambda index: parts[index][::-1])
        return odd, shapes[1 - odd]
    odd = next(index for index, part in enumerate(parts) if part != usual)
    return odd, next(shape for shape, part in zip(shapes, parts, strict=True) if part == usual)


def _without(shape: Shape, axis: int | None) -> Shape:
    return tuple(size for position, size in enumerate(shape) if position != axis)


def _history(name: str, chain: Sequence[Node], around: Surroundings) -> str | None:
    """Return how a shape came about: `b: 1x28x28 -> conv 16x28x28 -> conv 24x24x24`."""
    if not chain:
        return None
    shown = chain[-_SHOWN:]
    start = "..." if len(shown) < len(chain) else str(around.types[chain[0].inputs[0]])
    return f"{name}: {start} -> " + " -> ".join(f"{node.op.op} {node.output}" for node in shown)


# ----------------------------------------------------------------------------------------------------- edits


def _edit(chain: Sequence[Node], target: Shape, joined: int | None, around: Surroundings) -> str | None:
    """Return an edit of one node of a chain with which it ends in the shape that is needed; it has been tried."""
    for position in range(len(chain) - 1, -1, -1):
        node = chain[position]
        for change, reason in _changes(node):
            shape = _shape_with(chain, position, change)
            if shape is not None and _without(shape, joined) == _without(target, joined):
                name = _short(node.path, around)
                edit = ", ".join(f"{key}: {_yaml(value)}" for key, value in change.items())
                kept = "x".join(str(size) for size in shape[1:]) or str(shape[0])
                return f"{name} has {reason}; {edit} gives {kept}"
    return None


def _changes(node: Node) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield edits of a node that may mend its shape, the likeliest first, each with what the node has now."""
    op: Any = node.op
    fields = type(op).model_fields
    if "padding" in fields and "kernel_size" in fields:
        windows = op.windows(node.input_types)
        halves = [(window.extent - 1) // 2 for window in windows]
        padding = halves[0] if len(set(halves)) == 1 else halves
        if padding != op.padding and all(window.extent % 2 for window in windows):
            now = "without padding" if op.padding in (0, "valid") else f"with padding {_yaml(op.padding)}"
            yield {"padding": padding}, f"kernel_size {_yaml(op.kernel_size)} {now}"
        stride = op.stride
        if stride not in (None, 1):
            yield {"stride": 1}, f"stride {_yaml(stride)}"
            yield {"stride": 1, "padding": padding}, f"stride {_yaml(stride)}"
        elif stride == 1:
            yield {"stride": 2}, "stride 1"
            yield {"stride": 2, "padding": padding}, "stride 1"


def _shape_with(chain: Sequence[Node], position: int, change: dict[str, Any]) -> Shape | None:
    """Return the shape that a chain ends in when one of its nodes is changed; None if that does not work."""
    types = chain[position].input_types
    for index, node in enumerate(chain[position:]):
        op = _changed(node.op, change) if index == 0 else node.op
        try:
            types = (op.infer(types)[0],) if op is not None else ()
        except ProblemError:
            return None
        if not types:
            return None
    return types[0].shape


def _changed(op: Op, change: dict[str, Any]) -> Op | None:
    try:
        return type(op).model_validate({**op.model_dump(exclude_unset=True), **change})
    except ValidationError:
        return None


def _projection(problem: Problem, odd: int, target: Shape) -> str | None:
    """Return the advice to project a shortcut, where channels (and perhaps a stride) differ."""
    if not isinstance(problem, JoinShapesDiffer) or len({len(shape) for shape in problem.shapes}) != 1:
        return None
    source = problem.shapes[odd]
    if len(source) == 1 or source[0] == target[0]:
        return None
    # The input of the block is what one projects; otherwise the side that is unlike the rest.
    index = problem.operands.index("input") if "input" in problem.operands else odd
    wanted = target if index == odd else source
    strides = {-(-a // b) for a, b in zip(problem.shapes[index][1:], wanted[1:], strict=True)}
    stride = strides.pop() if len(strides) == 1 else 0
    if stride < 1 or any(-(-a // stride) != b for a, b in zip(problem.shapes[index][1:], wanted[1:], strict=True)):
        return None
    extra = f", stride: {stride}" if stride > 1 else ""
    name = problem.operand(index)
    conv = f"{{op: conv, from: {name}, out_channels: {wanted[0]}, kernel_size: 1{extra}}}"
    return f"project {name} before the {problem.op}: {conv}"


def _yaml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
