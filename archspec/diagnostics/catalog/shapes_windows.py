"""Problems of windows: AS2xx where a kernel, a padding or what it leaves does not fit."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import shape_text

Shape = tuple[int, ...]


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
        shape = shape_text(self.shape)
        return f"{self.op}: nothing is left of the {self.axis} axis of {shape} (it would have {self.size})"

    def help(self) -> str | None:
        return self.suggestion or "crop less, or slice a range that lies inside the input"


PROBLEMS: tuple[type[Problem], ...] = (
    KernelLargerThanInput,
    OutputPaddingTooLarge,
    PaddingTooLarge,
    EmptyOutput,
)
