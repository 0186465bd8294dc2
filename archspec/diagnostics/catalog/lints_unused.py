"""AS7xx: lints of what a spec says in vain: it is there, and nothing would change without it."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, Severity, problem_class
from archspec.diagnostics.text import first_few, printable

_MOST_NODES = 4


@problem_class(frozen=True, kw_only=True)
class UnusedNode(Problem):
    """A node whose result nothing reads.

    It is computed in vain, its weights get no gradient, and a `from` that was to name it is probably missing. What only
    such nodes need is in vain as well, and is not reported again. A node of a block counts only if no use of the block
    needs it.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          branch1: {op: conv, out_channels: 8, kernel_size: 1}
          branch2: {op: conv, from: input, out_channels: 8, kernel_size: 3, padding: 1}
          branch3: {op: conv, from: input, out_channels: 8, kernel_size: 5, padding: 2}
          concat: {op: concat, from: [branch1, branch3]}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          branch1: {op: conv, out_channels: 8, kernel_size: 1}
          branch2: {op: conv, from: input, out_channels: 8, kernel_size: 3, padding: 1}
          branch3: {op: conv, from: input, out_channels: 8, kernel_size: 5, padding: 2}
          concat: {op: concat, from: [branch1, branch2, branch3]}
    """

    code: ClassVar[str] = "AS702"
    slug: ClassVar[str] = "unused-node"
    severity: ClassVar[Severity] = "warning"

    leading: tuple[str, ...] = ()
    """The nodes that lead to it and to nothing else that is needed."""

    def message(self) -> str:
        names = first_few([printable(name) for name in self.leading], _MOST_NODES)
        also = f", so that {names} {'are' if len(self.leading) > 1 else 'is'} in vain too" if names else ""
        return f"nothing reads the result of this node, and it is no result of the network{also}"

    def help(self) -> str:
        return "name it in the `from` of what should read it, or in `outputs`; otherwise remove it"


@problem_class(frozen=True, kw_only=True)
class UnusedParameter(Problem):
    """A parameter, or a value of `let`, that nothing mentions.

    Whoever sets it expects an effect, and there is none; often the number stands somewhere a second time. Uses in other
    variants count, and so do conditions, loops, defaults and values that are handed on. In a block that is chosen by
    name (`op: $block`), parameters that all such blocks are given may be unused.

    Bad:
        archspec: 1
        name: example
        params: {width: 16}
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 3}

    Good:
        archspec: 1
        name: example
        params: {width: 16}
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: width, kernel_size: 3}
    """

    code: ClassVar[str] = "AS703"
    slug: ClassVar[str] = "unused-parameter"
    severity: ClassVar[Severity] = "warning"

    name: str
    block: str | None = None
    is_value: bool = False

    def message(self) -> str:
        what = "value" if self.is_value else "parameter"
        place = f" of block {printable(self.block)!r}" if self.block else ""
        return f"nothing uses the {what} {printable(self.name)!r}{place}"

    def help(self) -> str:
        return "use it where its value stands, or remove it"


@problem_class(frozen=True, kw_only=True)
class UnusedBlock(Problem):
    """A block that no variant of the network uses.

    Only blocks of the spec's own file count. Those of a file of blocks are there for others.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        blocks:
          unit:
            graph:
              conv: {op: conv, out_channels: 8, kernel_size: 3, padding: 1}
              relu: relu
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3, padding: 1}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        blocks:
          unit:
            graph:
              conv: {op: conv, out_channels: 8, kernel_size: 3, padding: 1}
              relu: relu
        graph:
          conv: unit
    """

    code: ClassVar[str] = "AS704"
    slug: ClassVar[str] = "unused-block"
    severity: ClassVar[Severity] = "warning"

    name: str

    def message(self) -> str:
        return f"nothing uses the block {printable(self.name)!r}"

    def help(self) -> str:
        return "use it as an op, or remove it"


@problem_class(frozen=True, kw_only=True)
class UnusedInput(Problem):
    """An input of the network, of a block or of a group that nothing reads.

    Whoever uses it must give it something, and that has no effect. Uses in other variants count.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32], mask: [1, 32, 32]}
        graph:
          conv: {op: conv, from: image, out_channels: 8, kernel_size: 3}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32], mask: [1, 32, 32]}
        graph:
          masked: {op: mul, from: [image, mask]}
          conv: {op: conv, out_channels: 8, kernel_size: 3}
    """

    code: ClassVar[str] = "AS705"
    slug: ClassVar[str] = "unused-input"
    severity: ClassVar[Severity] = "warning"

    name: str
    owner: str

    def message(self) -> str:
        return f"nothing reads the input {printable(self.name)!r} of {printable(self.owner)}"

    def help(self) -> str:
        return f"name it in a `from`, or remove it from the inputs of {printable(self.owner)}"


@problem_class(frozen=True, kw_only=True)
class DuplicateBlocks(Problem):
    """Two blocks of a file are the same but for one or two numbers, so one block with parameters could stand for both.

    A change that is made in one of them is easily forgotten in the other. Names of nodes count: where they differ, so
    do the keys of the weights, and the blocks are not the same.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        blocks:
          unit16:
            graph:
              conv: {op: conv, out_channels: 16, kernel_size: 3, padding: 1}
              relu: relu
          unit32:
            graph:
              conv: {op: conv, out_channels: 32, kernel_size: 3, padding: 1}
              relu: relu
        graph:
          unit1: unit16
          unit2: unit32

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        blocks:
          unit:
            params: {channels: int}
            graph:
              conv: {op: conv, out_channels: channels, kernel_size: 3, padding: 1}
              relu: relu
        graph:
          unit1: {op: unit, channels: 16}
          unit2: {op: unit, channels: 32}
    """

    code: ClassVar[str] = "AS714"
    slug: ClassVar[str] = "duplicate-blocks"
    severity: ClassVar[Severity] = "warning"

    name: str
    other: str
    differences: tuple[tuple[str, str], ...] = ()
    """The numbers in which they differ: the other block's, and this one's."""

    def message(self) -> str:
        but = " and ".join(f"{right} for {left}" for left, right in self.differences)
        same = f"block {printable(self.name)!r} is block {printable(self.other)!r} again"
        return f"{same}, with {but}" if but else same

    def help(self) -> str:
        how = (
            "with a parameter for each of these numbers"
            if self.differences
            else f"use {printable(self.other)} in its place"
        )
        return f"let one block stand for both, {how}" if self.differences else how


@problem_class(frozen=True, kw_only=True)
class UnusedAllowance(Problem):
    """`allow` names a lint that finds nothing there.

    It would hide the next finding, which nobody has looked at. What a spec inherits is not judged, nor what a spec with
    variants says, since another variant may need it, nor a network that was changed by `--set`, `--input` or
    `--variant`.

    Bad:
        archspec: 1
        name: example
        allow: [bias-before-norm]
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 3, bias: false}
          norm: batch_norm

    Good:
        archspec: 1
        name: example
        allow: [bias-before-norm]           # published weights have it
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 3}
          norm: batch_norm
    """

    code: ClassVar[str] = "AS717"
    slug: ClassVar[str] = "unused-allow"
    severity: ClassVar[Severity] = "warning"

    lint: str
    nodes: str = ""

    def message(self) -> str:
        place = f" at {printable(self.nodes)!r}" if self.nodes else ""
        return f"{printable(self.lint)} is allowed{place}, but finds nothing there"

    def help(self) -> str:
        return "remove it"


PROBLEMS: tuple[type[Problem], ...] = (
    UnusedNode,
    UnusedParameter,
    UnusedBlock,
    UnusedInput,
    DuplicateBlocks,
    UnusedAllowance,
)
