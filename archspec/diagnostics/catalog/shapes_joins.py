"""Problems of several inputs: AS2xx where the shape of one does not fit that of another."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import shape_text

Shape = tuple[int, ...]


@problem_class(frozen=True, kw_only=True)
class ConcatShapesDiffer(Problem):
    """Tensors that are concatenated must agree on every axis but the joined one.

    Usually one branch lost border pixels (a kernel without padding) or has another stride than the rest.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [1, 28, 28]}
        graph:
          a: {op: conv, out_channels: 4, kernel_size: 1}
          b: {op: conv, from: input, out_channels: 4, kernel_size: 3}
          concat: {op: concat, from: [a, b]}

    Good:
        archspec: 1
        name: example
        inputs: {x: [1, 28, 28]}
        graph:
          a: {op: conv, out_channels: 4, kernel_size: 1}
          b: {op: conv, from: input, out_channels: 4, kernel_size: 3, padding: 1}
          concat: {op: concat, from: [a, b]}
    """

    code: ClassVar[str] = "AS204"
    slug: ClassVar[str] = "concat-shapes-differ"

    shapes: tuple[Shape, ...]
    axis: int = 0

    def message(self) -> str:
        return f"cannot concatenate: {describe_differing(self, self.shapes, self.axis)}"

    def help(self) -> str | None:
        return self.suggestion or "give all inputs the same stride, and padding that keeps the same sizes"


@problem_class(frozen=True, kw_only=True)
class JoinShapesDiffer(Problem):
    """Tensors that are added (or otherwise joined element by element) must have equal shapes.

    A residual path that changes the channels or the stride needs a projection on its shortcut. Sizes are never
    stretched silently; `broadcast: true` asks for it.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 3, padding: 1}
          add: {op: add, from: [input, conv]}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 3, padding: 1}
          shortcut: {op: conv, from: input, out_channels: 16, kernel_size: 1}
          add: {op: add, from: [conv, shortcut]}
    """

    code: ClassVar[str] = "AS205"
    slug: ClassVar[str] = "join-shapes-differ"

    op: str
    shapes: tuple[Shape, ...]

    def message(self) -> str:
        return f"cannot {self.op}: {describe_differing(self, self.shapes, None)}"

    def help(self) -> str | None:
        if self.suggestion:
            return self.suggestion
        first, *rest = self.shapes
        other = next((shape for shape in rest if shape != first), first)
        if len(first) == len(other) and first[1:] == other[1:]:
            return "project the smaller side with a 1x1 conv, or give both the same channels"
        if len(first) == len(other) and all(a == b or 1 in (a, b) for a, b in zip(first, other, strict=True)):
            return "broadcast: true stretches axes of size 1"
        return "give both sides the same stride and padding, or project one with a strided 1x1 conv"


@problem_class(frozen=True, kw_only=True)
class FactorsDoNotFit(Problem):
    """Tensors that are multiplied as matrices must agree in the axes that are summed over.

    The last axis of the first factor runs along the last but one of the second. A `permute` turns a matrix, and a
    `linear` brings queries, keys and values to the same features.

    Bad:
        archspec: 1
        name: example
        inputs: {a: [4, 6], b: [5, 6]}
        graph:
          product: {op: matmul, from: [a, b]}

    Good:
        archspec: 1
        name: example
        inputs: {a: [4, 6], b: [5, 6]}
        graph:
          turned: {op: permute, from: b, axes: [1, 0]}
          product: {op: matmul, from: [a, turned]}
    """

    code: ClassVar[str] = "AS221"
    slug: ClassVar[str] = "factors-do-not-fit"

    op: str
    shapes: tuple[Shape, ...]
    rule: str

    def message(self) -> str:
        shapes = [f"{self.operand(index)} is {shape_text(shape)}" for index, shape in enumerate(self.shapes)]
        return f"{self.op}: {self.rule}, but {', '.join(shapes)}"

    def help(self) -> str | None:
        return self.suggestion or "a permute turns a matrix, a linear layer gives rows other features"


def describe_differing(problem: Problem, shapes: tuple[Shape, ...], ignored_axis: int | None) -> str:
    """Say which input is unlike the others: `b is 24x24, the others are 28x28`."""
    parts = [tuple(size for axis, size in enumerate(shape) if axis != ignored_axis) for shape in shapes]
    (usual, count), *_ = Counter(parts).most_common()
    odd = [index for index, part in enumerate(parts) if part != usual]
    if count > 1 and len(odd) == 1:
        others = {2: "the others are both"}.get(count, "the others are")
        return f"{problem.operand(odd[0])} is {shape_text(parts[odd[0]])}, {others} {shape_text(usual)}"
    return ", ".join(f"{problem.operand(index)} is {shape_text(part)}" for index, part in enumerate(parts))


PROBLEMS: tuple[type[Problem], ...] = (
    ConcatShapesDiffer,
    JoinShapesDiffer,
    FactorsDoNotFit,
)
