"""AS7xx: lints of the network as a whole: what its units see, and what passes through it."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, Severity, problem_class
from archspec.diagnostics.text import printable


@problem_class(frozen=True, kw_only=True)
class FieldSmallerThanInput(Problem):
    """The units whose mean (or maximum) is the result each see only a part of the input.

    Global pooling forgets where a unit was, so nothing that is larger than the receptive field of a unit can be told
    from its parts in another order (Brendel and Bethge, 2019, arXiv:1904.00760, make such a network on purpose). Maps
    whose positions are weighted (`flatten`, then `linear`) do not count, nor those with a gate or attention, which see
    everything, nor results that are maps, where a local view is usual. The size that counts is the one that the network
    is made for.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 56, 56]}
        graph:
          conv1: {op: conv, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
          conv2: {op: conv, out_channels: 32, kernel_size: 3, stride: 2, padding: 1}
          pool: global_avg_pool
          flatten: flatten
          fc: {op: linear, out_features: 10}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 56, 56]}
        graph:
          conv1: {op: conv, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
          conv2: {op: conv, out_channels: 32, kernel_size: 3, stride: 2, padding: 1}
          conv3: {op: conv, out_channels: 32, kernel_size: 3, stride: 2, padding: 1, repeat: 3}
          pool: global_avg_pool
          flatten: flatten
          fc: {op: linear, out_features: 10}
    """

    code: ClassVar[str] = "AS708"
    slug: ClassVar[str] = "field-smaller-than-input"
    severity: ClassVar[Severity] = "warning"

    op: str
    source: str
    axes: tuple[tuple[str, int, int], ...]
    """For each axis along which they see too little: its name, how much they see, and the size of the input."""

    def message(self) -> str:
        seen = " and ".join(f"{field} of {size} in {name}" for name, field, size in self.axes)
        return f"the units that this {self.op} reads see {seen} of {printable(self.source)}"

    def help(self) -> str:
        return "stride earlier, or add layers, until the receptive field spans the input; `archspec shapes` prints it"


@problem_class(frozen=True, kw_only=True)
class FieldLargerThanNeeded(Problem):
    """Convolutions stand behind units of which each already sees the whole input.

    A field of twice the input's size less one spans the input wherever its middle is. From there on a window brings
    nothing together that was not together before, and a 1x1 convolution could do the same; such layers hardly add to
    what a network learns (Richter et al., 2021, arXiv:2106.12307, on layers behind the border of the input). The
    narrowest path counts, so a network with shortcuts is seldom meant.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 16, 16]}
        graph:
          conv1: {op: conv, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
          conv2: {op: conv, out_channels: 32, kernel_size: 3, stride: 2, padding: 1}
          conv3: {op: conv, out_channels: 32, kernel_size: 3, padding: 1, repeat: 6}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 16, 16]}
        graph:
          conv1: {op: conv, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
          conv2: {op: conv, out_channels: 32, kernel_size: 3, stride: 2, padding: 1}
          conv3: {op: conv, out_channels: 32, kernel_size: 3, padding: 1, repeat: 3}
    """

    code: ClassVar[str] = "AS709"
    slug: ClassVar[str] = "field-larger-than-needed"
    severity: ClassVar[Severity] = "warning"

    field_size: tuple[int, ...]
    input_size: tuple[int, ...]
    count: int

    def message(self) -> str:
        field, size = ("x".join(map(str, sizes)) for sizes in (self.field_size, self.input_size))
        more = f", and {self.count - 1} more do" if self.count > 1 else ""
        return f"this convolution reads units that see {field} of an input of {size}, which is all of it{more}"

    def help(self) -> str:
        return "make the network for larger inputs, stride less or later, use fewer layers, or add shortcuts"


@problem_class(frozen=True, kw_only=True)
class MisalignedJoin(Problem):
    """A join puts units together that look at different places of the input.

    Their fields have different strides, or lie half a unit or more apart. Usual causes: one branch is padded and
    another is not, an even kernel in one branch, a stride in one and a crop or interpolation in the other. What is less
    than half a unit apart cannot be brought closer.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 3, kernel_size: 5, padding: [[0, 4], [0, 4]]}
          add: {op: add, from: [input, conv]}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 3, kernel_size: 5, padding: 2}
          add: {op: add, from: [input, conv]}
    """

    code: ClassVar[str] = "AS710"
    slug: ClassVar[str] = "misaligned-join"
    severity: ClassVar[Severity] = "warning"

    read: tuple[str, ...]
    strides: tuple[float, ...]
    gap: float

    def message(self) -> str:
        if len(set(self.strides)) > 1:
            found = ", ".join(
                f"{stride:g} ({printable(name)})" for name, stride in zip(self.read, self.strides, strict=True)
            )
            return f"the units that meet here have different strides on the input: {found}"
        return f"the units that meet here look at places of the input that are {self.gap:g} pixels apart"

    def help(self) -> str:
        return "give the branches the same padding on both sides, and the same strides"


@problem_class(frozen=True, kw_only=True)
class BlockedIdentity(Problem):
    """An activation stands on the identity path of pre-activation units.

    In such units norm and activation come before the weights, within the branch, so that the path beside it carries a
    value from unit to unit as it is, and its gradient back (He et al., 2016, arXiv:1603.05027, sections 2 and 4). An
    activation behind the sum cuts off half of it in each unit. Units whose branch begins with weights do not count:
    there it belongs behind the sum.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [16, 32, 32]}
        blocks:
          unit:
            graph:
              norm: batch_norm
              relu: relu
              conv: {op: conv, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
              add: {op: add, from: [input, conv]}
              out: relu
        graph:
          body: {op: unit, repeat: 3}

    Good:
        archspec: 1
        name: example
        inputs: {image: [16, 32, 32]}
        blocks:
          unit:
            graph:
              norm: batch_norm
              relu: relu
              conv: {op: conv, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
              add: {op: add, from: [input, conv]}
        graph:
          body: {op: unit, repeat: 3}
          norm: batch_norm
          relu: relu
    """

    code: ClassVar[str] = "AS712"
    slug: ClassVar[str] = "blocked-identity"
    severity: ClassVar[Severity] = "warning"

    op: str
    before: str
    behind: str

    def message(self) -> str:
        path = f"between {printable(self.before)} and {printable(self.behind)}"
        return f"this {self.op} blocks the identity path {path}, whose branch has an activation of its own"

    def help(self) -> str:
        return "remove it, and put one norm and activation behind the last unit"


@problem_class(frozen=True, kw_only=True)
class NeedlessBottleneck(Problem):
    """Everything that the network knows passes a layer that is 4 times narrower than those before and behind it.

    What does not fit is lost, and no later layer brings it back (Szegedy et al., 2015, arXiv:1512.00567, section 2, the
    first principle). Layers with something beside them do not count (the bottleneck of a residual unit, a branch, a
    gate), nor layers without an activation (the linear bottlenecks of arXiv:1801.04381), nor the last but one, whose
    width is that of an embedding, nor networks that give an image of the input's shape back (autoencoders).

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          conv1: {op: conv, out_channels: 64, kernel_size: 3, padding: 1}
          relu1: relu
          conv2: {op: conv, out_channels: 8, kernel_size: 3, padding: 1}
          relu2: relu
          conv3: {op: conv, out_channels: 64, kernel_size: 3, padding: 1}
          relu3: relu
          conv4: {op: conv, out_channels: 64, kernel_size: 3, padding: 1}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          conv1: {op: conv, out_channels: 64, kernel_size: 3, padding: 1}
          relu1: relu
          conv2: {op: conv, out_channels: 32, kernel_size: 3, padding: 1}
          relu2: relu
          conv3: {op: conv, out_channels: 64, kernel_size: 3, padding: 1}
          relu3: relu
          conv4: {op: conv, out_channels: 64, kernel_size: 3, padding: 1}
    """

    code: ClassVar[str] = "AS713"
    slug: ClassVar[str] = "needless-bottleneck"
    severity: ClassVar[Severity] = "warning"

    op: str
    before: int
    width: int
    behind: int

    def message(self) -> str:
        return (
            f"everything passes this {self.op} from {self.before} channels to {self.width}, before {self.behind} follow"
        )

    def help(self) -> str:
        least = -(-min(self.before, self.behind) // 4) + 1
        return f"make it wider ({least} at least), or lead something past it: a shortcut or a branch"


@problem_class(frozen=True, kw_only=True)
class Gridding(Problem):
    """Dilated convolutions stand one behind the other so that a unit sees a grid of points, and nothing between them.

    With dilations that have a common factor, neighbouring units depend on separate sets of pixels, and patterns of the
    grid show in the result (Wang et al., 2018, arXiv:1702.08502, section 3.2; Yu et al., 2017, arXiv:1705.09914). The
    lint adds up the windows since the map was last resized; a convolution without dilation before or behind them fills
    the holes. A single dilated convolution is no gridding.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 64, 64]}
        graph:
          conv1: {op: conv, out_channels: 16, kernel_size: 3, padding: 2, dilation: 2}
          conv2: {op: conv, out_channels: 16, kernel_size: 3, padding: 2, dilation: 2}
          conv3: {op: conv, out_channels: 16, kernel_size: 3, padding: 2, dilation: 2}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 64, 64]}
        graph:
          conv1: {op: conv, out_channels: 16, kernel_size: 3, padding: 1}
          conv2: {op: conv, out_channels: 16, kernel_size: 3, padding: 2, dilation: 2}
          conv3: {op: conv, out_channels: 16, kernel_size: 3, padding: 3, dilation: 3}
    """

    code: ClassVar[str] = "AS715"
    slug: ClassVar[str] = "gridding"
    severity: ClassVar[Severity] = "warning"

    axis: str
    rates: tuple[int, ...]
    seen: int
    spanned: int

    def message(self) -> str:
        rates = ", ".join(map(str, self.rates))
        return f"behind dilations of {rates} a unit sees {self.seen} of {self.spanned} places in {self.axis}"

    def help(self) -> str:
        return "let the dilations have no common factor and start with 1, as in 1, 2, 3"


PROBLEMS: tuple[type[Problem], ...] = (
    FieldSmallerThanInput,
    FieldLargerThanNeeded,
    MisalignedJoin,
    BlockedIdentity,
    NeedlessBottleneck,
    Gridding,
)
