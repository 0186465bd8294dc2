"""AS2xx: shapes that do not fit. Ops raise these; elaboration puts in the place and the names."""

from __future__ import annotations

import math
from collections import Counter
from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class

Shape = tuple[int, ...]


def _show(shape: Shape) -> str:
    return "x".join(str(size) for size in shape) if shape else "a scalar"


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
        return f"{self.op} works on {self.wanted}, but its input is {_show(self.shape)}"

    def help(self) -> str | None:
        return (
            self.suggestion
            or "put a flatten or a global pooling before an op on vectors; ops on maps need channels and spatial axes"
        )


@problem_class(frozen=True, kw_only=True)
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


@problem_class(frozen=True, kw_only=True)
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
        return f"{self.op}: {_show(self.shape)} has {math.prod(self.shape)} elements, {self._wanted()}"

    def help(self) -> str | None:
        return self.suggestion or "one size may be -1: it is then computed from the rest"

    def _wanted(self) -> str:
        known = math.prod(size for size in self.target if size != -1)
        if -1 in self.target:
            return f"which is no multiple of {known} ({_show(self.target)})"
        return f"but {_show(self.target)} has {known}"


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
        return f"{self.op}: there is no axis {self.axis} in {_show(self.shape)}"

    def help(self) -> str | None:
        rank = len(self.shape)
        if not rank:
            return None
        return f"the batch is not counted: 0 to {rank - 1} from the first axis, or -1 to {-rank} from the last"


@problem_class(frozen=True, kw_only=True)
class OutputPaddingTooLarge(Problem):
    """`output_padding` chooses among the sizes that one stride could have come from, so it is below the stride.

    A strided convolution gives the same output size for several input sizes; `output_padding` tells a transposed one
    which of them is meant. PyTorch wants it smaller than the stride or the dilation.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [8, 7, 7]}
        graph:
          up: {op: conv_transpose, out_channels: 4, kernel_size: 3, stride: 2, output_padding: 2}

    Good:
        archspec: 1
        name: example
        inputs: {x: [8, 7, 7]}
        graph:
          up: {op: conv_transpose, out_channels: 4, kernel_size: 3, stride: 2, output_padding: 1}
    """

    code: ClassVar[str] = "AS210"
    slug: ClassVar[str] = "output-padding-too-large"

    op: str
    output_padding: int
    stride: int
    dilation: int

    def message(self) -> str:
        return (
            f"{self.op}: output_padding {self.output_padding} is neither below the stride {self.stride} nor below the "
            f"dilation {self.dilation}"
        )

    def help(self) -> str | None:
        return self.suggestion or "choose an output_padding below the stride (or the dilation)"


@problem_class(frozen=True, kw_only=True)
class PaddingTooLarge(Problem):
    """Padding has a limit: half the window for pools, the input for reflecting and circular padding.

    A pool whose padding exceeds half its window would have outputs that see no input at all. Reflection has
    only size - 1 elements to mirror, circular padding only size.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          pool: {op: max_pool, kernel_size: 2, padding: 2}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          pool: {op: max_pool, kernel_size: 2, padding: 1}
    """

    code: ClassVar[str] = "AS211"
    slug: ClassVar[str] = "padding-too-large"

    op: str
    padding: int
    limit: int
    axis: str
    why: str

    def message(self) -> str:
        return f"{self.op}: padding {self.padding} on the {self.axis} axis is more than {self.limit}, {self.why}"

    def help(self) -> str | None:
        return f"use padding of at most {self.limit}" if self.limit else "use no padding here"


@problem_class(frozen=True, kw_only=True)
class EmptyOutput(Problem):
    """The output would have no elements: everything is cropped or sliced away.

    The padding of a transposed convolution crops its output; negative padding crops too.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [8, 1, 1]}
        graph:
          up: {op: conv_transpose, out_channels: 4, kernel_size: 2, padding: 1}

    Good:
        archspec: 1
        name: example
        inputs: {x: [8, 1, 1]}
        graph:
          up: {op: conv_transpose, out_channels: 4, kernel_size: 2}
    """

    code: ClassVar[str] = "AS212"
    slug: ClassVar[str] = "empty-output"

    op: str
    axis: str
    size: int
    shape: Shape

    def message(self) -> str:
        return f"{self.op}: nothing is left of the {self.axis} axis of {_show(self.shape)} (it would have {self.size})"

    def help(self) -> str | None:
        return self.suggestion or "crop less, or slice a range that lies inside the input"


@problem_class(frozen=True, kw_only=True)
class ChannelsDoNotMatch(Problem):
    """A parameter must equal the channels of the input.

    `prelu` learns one slope for all channels, or one for each: `num_parameters` is 1 or the number of channels. An
    expression such as `input.channels` follows the network when it changes.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [6, 8, 8]}
        graph:
          act: {op: prelu, num_parameters: 3}

    Good:
        archspec: 1
        name: example
        inputs: {x: [6, 8, 8]}
        graph:
          act: {op: prelu, num_parameters: 6}
    """

    code: ClassVar[str] = "AS213"
    slug: ClassVar[str] = "channels-do-not-match"

    op: str
    value: int
    channels: int

    def message(self) -> str:
        return f"{self.op}: {self.param} {self.value} is neither 1 nor the {self.channels} channels of its input"

    def help(self) -> str | None:
        return self.suggestion or f"write {self.channels}, or input.channels"


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
class WrongDtype(Problem):
    """An op was given numbers of a kind that it does not work on.

    Convolutions, norms, activations and the like work on floating point numbers; tensors that are joined must all
    have the same type.

    Bad:
        archspec: 1
        name: example
        inputs: {x: {shape: [3, 8, 8], dtype: int64}}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 3}

    Good:
        archspec: 1
        name: example
        inputs: {x: {shape: [3, 8, 8], dtype: float32}}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 3}
    """

    code: ClassVar[str] = "AS215"
    slug: ClassVar[str] = "wrong-dtype"

    op: str
    wanted: str
    dtypes: tuple[str, ...]

    def message(self) -> str:
        return f"{self.op} works on {self.wanted}, but its input is {' and '.join(self.dtypes)}"

    def help(self) -> str | None:
        return self.suggestion or "check the dtype of the inputs"


@problem_class(frozen=True, kw_only=True)
class OneValueToNormalize(Problem):
    """A norm over a single value is always zero, whatever the input.

    Instance norm works on the map of each channel, group norm on those of a group: a map of one element per
    channel has no spread to normalize by. PyTorch refuses it when it runs.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [8, 1, 1]}
        graph:
          norm: instance_norm

    Good:
        archspec: 1
        name: example
        inputs: {x: [8, 4, 4]}
        graph:
          norm: instance_norm
    """

    code: ClassVar[str] = "AS216"
    slug: ClassVar[str] = "one-value-to-normalize"

    op: str
    shape: Shape

    def message(self) -> str:
        return f"{self.op}: each norm over {_show(self.shape)} would have only one value, so its result is always zero"

    def help(self) -> str | None:
        return self.suggestion or "use a larger input, or another norm here"


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
        shapes = [f"{self.operand(index)} is {_show(shape)}" for index, shape in enumerate(self.shapes)]
        return f"{self.op}: {self.rule}, but {', '.join(shapes)}"

    def help(self) -> str | None:
        return self.suggestion or "a permute turns a matrix, a linear layer gives rows other features"


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


def describe_differing(problem: Problem, shapes: tuple[Shape, ...], ignored_axis: int | None) -> str:
    """Say which input is unlike the others: `b is 24x24, the others are 28x28`."""
    parts = [tuple(size for axis, size in enumerate(shape) if axis != ignored_axis) for shape in shapes]
    (usual, count), *_ = Counter(parts).most_common()
    odd = [index for index, part in enumerate(parts) if part != usual]
    if count > 1 and len(odd) == 1:
        others = {2: "the others are both"}.get(count, "the others are")
        return f"{problem.operand(odd[0])} is {_show(parts[odd[0]])}, {others} {_show(usual)}"
    return ", ".join(f"{problem.operand(index)} is {_show(part)}" for index, part in enumerate(parts))


PROBLEMS: tuple[type[Problem], ...] = (
    WrongRank,
    KernelLargerThanInput,
    GroupsDoNotDivide,
    ConcatShapesDiffer,
    JoinShapesDiffer,
    WrongAxisCount,
    ReshapeElementsDiffer,
    SplitSizesDiffer,
    AxisOutOfRange,
    OutputPaddingTooLarge,
    PaddingTooLarge,
    EmptyOutput,
    ChannelsDoNotMatch,
    AxisDoesNotDivide,
    WrongDtype,
    OneValueToNormalize,
    FactorsDoNotFit,
    ElementOutOfRange,
)
