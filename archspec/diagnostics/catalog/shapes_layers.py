"""Problems of layers: AS2xx where channels, groups, or the type of the elements do not fit."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import shape_text

Shape = tuple[int, ...]


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
        shape = shape_text(self.shape)
        return f"{self.op}: each norm over {shape} would have only one value, so its result is always zero"

    def help(self) -> str | None:
        return self.suggestion or "use a larger input, or another norm here"


PROBLEMS: tuple[type[Problem], ...] = (
    GroupsDoNotDivide,
    ChannelsDoNotMatch,
    WrongDtype,
    OneValueToNormalize,
)
