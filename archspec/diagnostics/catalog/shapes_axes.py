"""Problems of axes: AS2xx where there are too many or too few, or none of that number or size."""

from __future__ import annotations

import math
from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import shape_text

Shape = tuple[int, ...]


@problem_class(frozen=True, kw_only=True)
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
        return f"{self.op} works on {self.wanted}, but its input is {shape_text(self.shape)}"

    def help(self) -> str | None:
        return (
            self.suggestion
            or "put a flatten or a global pooling before an op on vectors; ops on maps need channels and spatial axes"
        )


@problem_class(frozen=True, kw_only=True)
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
            f"{self.op}: {self.param} has {self.count} entries, but the input {shape_text(self.shape)} has {self.axes} "
            f"spatial {'axis' if self.axes == 1 else 'axes'}"
        )

    def help(self) -> str | None:
        return "write one number for all axes, or one for each"


@problem_class(frozen=True, kw_only=True)
class ReshapeElementsDiffer(Problem):
    """A reshape must keep the number of elements.

    The shape is that of a sample, without the batch. One entry may be -1: it then takes what the others leave, which
    must come out even.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [12]}
        graph:
          reshape: {op: reshape, shape: [5, -1]}

    Good:
        archspec: 1
        name: example
        inputs: {x: [12]}
        graph:
          reshape: {op: reshape, shape: [4, -1]}
    """

    code: ClassVar[str] = "AS207"
    slug: ClassVar[str] = "reshape-elements-differ"

    op: str
    shape: Shape
    target: Shape

    def message(self) -> str:
        return f"{self.op}: {shape_text(self.shape)} has {math.prod(self.shape)} elements, {self._wanted()}"

    def help(self) -> str | None:
        return self.suggestion or "one size may be -1: it is then computed from the rest"

    def _wanted(self) -> str:
        known = math.prod(size for size in self.target if size != -1)
        if -1 in self.target:
            return f"which is no multiple of {known} ({shape_text(self.target)})"
        return f"but {shape_text(self.target)} has {known}"


@problem_class(frozen=True, kw_only=True)
class SplitSizesDiffer(Problem):
    """The parts of a split must add up to the axis that is split.

    One number for `split_size` makes parts of that size (the last may be smaller); a list gives the size of each part.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [8, 4, 4]}
        graph:
          split: {op: split, split_size: [3, 3]}
          add: {op: add, from: [split.0, split.1]}

    Good:
        archspec: 1
        name: example
        inputs: {x: [8, 4, 4]}
        graph:
          split: {op: split, split_size: [4, 4]}
          add: {op: add, from: [split.0, split.1]}
    """

    code: ClassVar[str] = "AS208"
    slug: ClassVar[str] = "split-sizes-differ"

    op: str
    sizes: tuple[int, ...]
    axis: int
    size: int

    def message(self) -> str:
        parts = " + ".join(str(size) for size in self.sizes)
        return f"{self.op}: {parts} = {sum(self.sizes)}, but axis {self.axis} of its input has {self.size}"

    def help(self) -> str | None:
        return self.suggestion or f"make the sizes add up to {self.size}, or give one number that divides it"


@problem_class(frozen=True, kw_only=True)
class AxisOutOfRange(Problem):
    """An axis was named that the tensor does not have.

    Axes are those of a sample: 0 is the channels (or features), 1 the first spatial axis; the batch is not counted.
    Negative axes count from the last.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [10]}
        graph:
          softmax: {op: softmax, axis: 1}

    Good:
        archspec: 1
        name: example
        inputs: {x: [10]}
        graph:
          softmax: {op: softmax, axis: 0}
    """

    code: ClassVar[str] = "AS209"
    slug: ClassVar[str] = "axis-out-of-range"

    op: str
    axis: int
    shape: Shape

    def message(self) -> str:
        return f"{self.op}: there is no axis {self.axis} in {shape_text(self.shape)}"

    def help(self) -> str | None:
        rank = len(self.shape)
        if not rank:
            return None
        return f"the batch is not counted: 0 to {rank - 1} from the first axis, or -1 to {-rank} from the last"


@problem_class(frozen=True, kw_only=True)
class AxisDoesNotDivide(Problem):
    """An op cuts an axis into equal parts, and they do not come out even.

    `glu` halves an axis: one half is the gate of the other. `chunk` makes a given number of parts.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [7]}
        graph:
          act: glu

    Good:
        archspec: 1
        name: example
        inputs: {x: [8]}
        graph:
          act: glu
    """

    code: ClassVar[str] = "AS214"
    slug: ClassVar[str] = "axis-does-not-divide"

    op: str
    axis: int
    size: int
    parts: int

    def message(self) -> str:
        return f"{self.op}: axis {self.axis} of its input has {self.size}, which cannot be cut into {self.parts} parts"

    def help(self) -> str | None:
        return self.suggestion or f"choose a number that divides {self.size}"


@problem_class(frozen=True, kw_only=True)
class ElementOutOfRange(Problem):
    """An element was asked for that an axis does not have.

    Elements are numbered from 0; negative numbers count from the end.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 8, 8]}
        graph:
          turned: {op: index_select, index: [3, 2, 1]}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 8, 8]}
        graph:
          turned: {op: index_select, index: [2, 1, 0]}
    """

    code: ClassVar[str] = "AS231"
    slug: ClassVar[str] = "element-out-of-range"

    op: str
    value: int
    axis: int
    size: int

    def message(self) -> str:
        return f"{self.op}: there is no element {self.value} on axis {self.axis}, which has {self.size}"

    def help(self) -> str | None:
        return f"0 to {self.size - 1} from the first element, or -1 to {-self.size} from the last"


PROBLEMS: tuple[type[Problem], ...] = (
    WrongRank,
    WrongAxisCount,
    ReshapeElementsDiffer,
    SplitSizesDiffer,
    AxisOutOfRange,
    AxisDoesNotDivide,
    ElementOutOfRange,
)
