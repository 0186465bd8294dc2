"""AS3xx: ops, blocks and their parameters, found while the spec is expanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archspec.diagnostics.problem import Problem
from archspec.diagnostics.text import did_you_mean, printable


@dataclass(frozen=True, kw_only=True)
class UnknownOp(Problem):
    """There is neither an op nor a block of this name.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: convv, out_channels: 4, kernel_size: 3}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS301"
    slug: ClassVar[str] = "unknown-op"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no op or block {printable(self.name)!r}"

    def help(self) -> str | None:
        return self.suggestion or did_you_mean(self.name, self.known) or "`archspec ops` lists all ops"


@dataclass(frozen=True, kw_only=True)
class UnknownParameter(Problem):
    """An op or block has no parameter of this name.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel: 3, kernel_size: 3}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS302"
    slug: ClassVar[str] = "unknown-parameter"

    op: str
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"{printable(self.op)} has no parameter {printable(self.name)!r}"

    def help(self) -> str | None:
        if self.suggestion:
            return self.suggestion
        listed = f"its parameters are: {', '.join(self.known)}" if self.known else "it takes no parameters"
        return did_you_mean(self.name, self.known) or listed


@dataclass(frozen=True, kw_only=True)
class MissingParameter(Problem):
    """An op or block was not given a parameter that it needs.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS303"
    slug: ClassVar[str] = "missing-parameter"

    op: str
    name: str

    def message(self) -> str:
        return f"{printable(self.op)} needs the parameter {self.name!r}"

    def help(self) -> str | None:
        return f"add {self.name}: ..."


@dataclass(frozen=True, kw_only=True)
class WrongParameterValue(Problem):
    """A parameter's value is of the wrong type, or out of range.

    Nothing is converted: `true` is no number and text is no number. `3.0` is accepted as 3.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 0, kernel_size: 3}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS304"
    slug: ClassVar[str] = "wrong-parameter-value"

    op: str
    name: str
    wanted: str
    found: str

    def message(self) -> str:
        return f"{printable(self.op)}: {self.name} must be {self.wanted}, not {printable(self.found)}"


@dataclass(frozen=True, kw_only=True)
class RecursiveBlock(Problem):
    """A block contains itself, directly or through others, so its expansion would never end.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        blocks:
          a: {graph: {b: b}}
          b: {graph: {a: a}}
        graph: {a: a}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        blocks:
          a: {graph: {b: b}}
          b: {graph: {relu: relu}}
        graph: {a: a}
    """

    code: ClassVar[str] = "AS305"
    slug: ClassVar[str] = "recursive-block"

    chain: tuple[str, ...]

    def message(self) -> str:
        shown = self.chain if len(self.chain) <= 12 else (*self.chain[:6], "...", *self.chain[-3:])
        return "a block contains itself: " + " -> ".join(printable(name) for name in shown)


@dataclass(frozen=True, kw_only=True)
class TooLarge(Problem):
    """The network would be larger than the compiler's limits.

    The size is counted before anything is expanded or allocated.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, repeat: 1000000000}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, repeat: 10}}
    """

    code: ClassVar[str] = "AS306"
    slug: ClassVar[str] = "too-large"

    what: str
    count: int
    limit: int

    def message(self) -> str:
        size = str(self.count) if self.count < 10**18 else "more than 10^18"
        return f"this makes {size} {self.what}; the limit is {self.limit}"


@dataclass(frozen=True, kw_only=True)
class BadRepeat(Problem):
    """A `repeat` that cannot be carried out.

    It is a count, or `{count, index, name}`, or `{each: [...], as: [...]}` with as many names as each entry has values,
    or a list of such loops.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, repeat: -1}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, repeat: 2}}
    """

    code: ClassVar[str] = "AS307"
    slug: ClassVar[str] = "bad-repeat"

    reason: str

    def message(self) -> str:
        return f"repeat: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class WrongCondition(Problem):
    """`when` must be true or false.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, when: input.channels}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, when: input.channels > 1}}
    """

    code: ClassVar[str] = "AS308"
    slug: ClassVar[str] = "wrong-condition"

    found: str

    def message(self) -> str:
        return f"when must be true or false, not {printable(self.found)}"


PROBLEMS: tuple[type[Problem], ...] = (
    UnknownOp,
    UnknownParameter,
    MissingParameter,
    WrongParameterValue,
    RecursiveBlock,
    TooLarge,
    BadRepeat,
    WrongCondition,
)
