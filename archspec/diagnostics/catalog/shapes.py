"""AS2xx: shapes that do not fit. Ops raise these; elaboration puts in the place and the names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from archspec.diagnostics.problem import Problem

Shape = tuple[int, ...]


def _show(shape: Shape) -> str:
    return "x".join(str(size) for size in shape) if shape else "a scalar"


@dataclass(frozen=True, kw_only=True)
class WrongRank(Problem):
    """An op was given a tensor with the wrong number of axes.

    Convolutions, pools and most norms work on maps (channels and one to three spatial axes), `linear` on vectors. A
    `flatten` or a global pooling stands between the two.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [8]}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 3}

    Good:
        archspec: 1
        name: example
        inputs: {x: [8, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 3}
    """

    code: ClassVar[str] = "AS201"
    slug: ClassVar[str] = "wrong-rank"

    op: str
    wanted: str
    shape: Shape

    def message(self) -> str:
        return f"{self.op} works on {self.wanted}, but its input is {_show(self.shape)}"


@dataclass(frozen=True, kw_only=True)
class KernelLargerThanInput(Problem):
    """A window does not fit into its input even once, so the output would have no elements.

    Maps shrink as a network gets deeper; with a small input image, a late kernel or pool can be larger than the map
    that reaches it.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [1, 4, 4]}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 5}

    Good:
        archspec: 1
        name: example
        inputs: {x: [1, 4, 4]}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 5, padding: 2}
    """

    code: ClassVar[str] = "AS202"
    slug: ClassVar[str] = "kernel-larger-than-input"

    op: str
    axis: str
    size: int
    kernel: int
    dilation: int = 1
    low: int = 0
    high: int = 0

    def message(self) -> str:
        extent = self.dilation * (self.kernel - 1) + 1
        reach = f"kernel_size {self.kernel}"
        if self.dilation > 1:
            reach += f" with dilation {self.dilation} (it spans {extent})"
        padded = f" + {self.low} + {self.high} of padding" if self.low or self.high else ""
        return f"{self.op}: {reach} is larger than its input's {self.axis} of {self.size}{padded}"

    def help(self) -> str | None:
        missing = self.dilation * (self.kernel - 1) + 1 - self.size - self.low - self.high
        more = max(self.low, self.high) + -(-missing // 2)
        return (
            f"use a smaller kernel_size, padding of at least {more}, or fewer reductions before it "
            f"(a larger input also helps: --input)"
        )


@dataclass(frozen=True, kw_only=True)
class GroupsDoNotDivide(Problem):
    """`groups` must divide the channels that it splits.

    A grouped convolution gives every group the same number of input and of output channels; group norm likewise.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [6, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3, groups: 4}

    Good:
        archspec: 1
        name: example
        inputs: {x: [6, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3, groups: 2}
    """

    code: ClassVar[str] = "AS203"
    slug: ClassVar[str] = "groups-do-not-divide"

    op: str
    groups: int
    channels: int
    which: str

    def message(self) -> str:
        return f"{self.op}: {self.param or 'groups'} {self.groups} does not divide the {self.channels} {self.which}"

    def help(self) -> str | None:
        divisors = [n for n in range(1, min(self.channels, 1024) + 1) if self.channels % n == 0]
        nearest = sorted(divisors, key=lambda n: (abs(n - self.groups), n))[:3]
        return f"divisors of {self.channels} near {self.groups}: {', '.join(str(n) for n in sorted(nearest))}"


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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
        first, *rest = self.shapes
        other = next((shape for shape in rest if shape != first), first)
        if len(first) == len(other) and first[1:] == other[1:]:
            return "project the smaller side with a 1x1 conv, or give both the same channels"
        if len(first) == len(other) and all(a == b or 1 in (a, b) for a, b in zip(first, other, strict=True)):
            return "broadcast: true stretches axes of size 1"
        return "give both sides the same stride and padding, or project one with a strided 1x1 conv"


@dataclass(frozen=True, kw_only=True)
class WrongAxisCount(Problem):
    """A list has one entry per spatial axis; this one has more or fewer.

    `kernel_size: [1, 7]` suits images (height, width). One number stands for all axes.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: [3, 3, 3]}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: [3, 3]}
    """

    code: ClassVar[str] = "AS206"
    slug: ClassVar[str] = "wrong-axis-count"

    op: str
    count: int
    axes: int
    shape: Shape

    def message(self) -> str:
        return (
            f"{self.op}: {self.param} has {self.count} entries, but the input {_show(self.shape)} has {self.axes} "
            f"spatial {'axis' if self.axes == 1 else 'axes'}"
        )

    def help(self) -> str | None:
        return "write one number for all axes, or one for each"


def describe_differing(problem: Problem, shapes: tuple[Shape, ...], ignored_axis: int | None) -> str:
    """Say which input is unlike the others: `b is 24x24, the others are 28x28`."""
    parts = [tuple(size for axis, size in enumerate(shape) if axis != ignored_axis) for shape in shapes]
    (usual, count), *_ = Counter(parts).most_common()
    odd = [index for index, part in enumerate(parts) if part != usual]
    if count > 1 and len(odd) == 1:
        others = "the others are" if count > 2 else "the others are both"
        return f"{problem.operand(odd[0])} is {_show(parts[odd[0]])}, {others} {_show(usual)}"
    return ", ".join(f"{problem.operand(index)} is {_show(part)}" for index, part in enumerate(parts))


PROBLEMS: tuple[type[Problem], ...] = (
    WrongRank,
    KernelLargerThanInput,
    GroupsDoNotDivide,
    ConcatShapesDiffer,
    JoinShapesDiffer,
    WrongAxisCount,
)
