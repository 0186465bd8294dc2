"""Problems of expressions: AS120 to AS139. Here are those of what an expression means and of its value."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.catalog import expressions_text
from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import printable


@problem_class(frozen=True, kw_only=True)
class WrongArguments(Problem):
    """A function was given the wrong number or kind of arguments.

    Bad:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: "floor(classes, 2)"}

    Good:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: floor(classes / 2)}
    """

    code: ClassVar[str] = "AS126"
    slug: ClassVar[str] = "wrong-arguments"

    function: str
    takes: str
    got: str

    def message(self) -> str:
        return f"{self.function}() takes {self.takes}, got {printable(self.got)}"

    def help(self) -> str | None:
        return self.suggestion or f"write {self.function}(...) with what it takes"


@problem_class(frozen=True, kw_only=True)
class UnknownName(Problem):
    """An expression names something that is not there.

    It sees the parameters and `let` values of its spec or block, the index of the repeat around it, the graph's input,
    and the nodes that stand earlier in the same graph. A block sees its own names only.

    Bad:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: clases}

    Good:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: classes}
    """

    code: ClassVar[str] = "AS127"
    slug: ClassVar[str] = "unknown-name"

    name: str

    def message(self) -> str:
        return f"there is no '{printable(self.name)}' here"

    def help(self) -> str | None:
        return (
            self.suggestion
            or "expressions see parameters, indices, `let` names, and the shapes of `input` and of earlier nodes"
        )


@problem_class(frozen=True, kw_only=True)
class UnknownAttribute(Problem):
    """An expression asks for a property that the thing does not have.

    A tensor has a `rank`, and, depending on it, `channels`, `height`, `width`, `depth` or `features`. Numbers and lists
    have no properties.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: input.feature}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: input.features}
    """

    code: ClassVar[str] = "AS128"
    slug: ClassVar[str] = "unknown-attribute"

    name: str
    attribute: str
    known: tuple[str, ...] = ()

    def message(self) -> str:
        return f"'{printable(self.name)}' has no '{printable(self.attribute)}'"

    def help(self) -> str | None:
        return self.suggestion or (f"it has {', '.join(map(printable, self.known))}" if self.known else None)


@problem_class(frozen=True, kw_only=True)
class NotAValue(Problem):
    """An expression calculates with something that is no number, such as a node itself.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: input * 2}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: input.features * 2}
    """

    code: ClassVar[str] = "AS129"
    slug: ClassVar[str] = "not-a-value"

    name: str
    kind: str

    def message(self) -> str:
        return f"'{printable(self.name)}' is {self.kind}, which has no value in an expression"

    def help(self) -> str | None:
        return self.suggestion or "name one of its sizes, such as .channels"


@problem_class(frozen=True, kw_only=True)
class DivisionByZero(Problem):
    """An expression divides by zero.

    Bad:
        archspec: 1
        name: demo
        params: {groups: 0}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: input.features // groups}

    Good:
        archspec: 1
        name: demo
        params: {groups: 4}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: input.features // groups}
    """

    code: ClassVar[str] = "AS130"
    slug: ClassVar[str] = "division-by-zero"

    operation: str

    def message(self) -> str:
        return f"'{printable(self.operation)}' divides by zero"

    def help(self) -> str | None:
        return self.suggestion or "make sure that the divisor is not 0 for the values given here"


@problem_class(frozen=True, kw_only=True)
class NumberOutOfRange(Problem):
    """A number in an expression is too large.

    Whole numbers go up to 2 ** 53, beyond which floating point numbers can no longer tell them apart; no size in a
    network comes near it.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: 9 ** 9 ** 9}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: 9 ** 3}
    """

    code: ClassVar[str] = "AS131"
    slug: ClassVar[str] = "number-out-of-range"

    operation: str

    def message(self) -> str:
        return f"'{printable(self.operation)}' is out of range: over 2 ** 53, infinite or undefined"

    def help(self) -> str | None:
        return self.suggestion or "sizes and counts of networks stay far below this; check the exponent or the factors"


@problem_class(frozen=True, kw_only=True)
class WrongOperands(Problem):
    """An operator was given operands for which it has no meaning.

    Bad:
        archspec: 1
        name: demo
        params: {widths: [64, 128]}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: widths + 1}

    Good:
        archspec: 1
        name: demo
        params: {widths: [64, 128]}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: "widths[1] + 1"}
    """

    code: ClassVar[str] = "AS132"
    slug: ClassVar[str] = "wrong-operands"

    operator: str
    kinds: tuple[str, ...]

    def message(self) -> str:
        return f"'{self.operator}' does not work on {' and '.join(self.kinds)}"

    def help(self) -> str | None:
        return self.suggestion or "check which of the names holds a list or a truth value"


@problem_class(frozen=True, kw_only=True)
class IndexOutOfRange(Problem):
    """An index lies behind the end of its list.

    Indices count from 0; negative ones count from the end.

    Bad:
        archspec: 1
        name: demo
        params: {widths: [64, 128]}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: "widths[2]"}

    Good:
        archspec: 1
        name: demo
        params: {widths: [64, 128]}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: "widths[1]"}
    """

    code: ClassVar[str] = "AS133"
    slug: ClassVar[str] = "index-out-of-range"

    index: int
    length: int

    def message(self) -> str:
        return f"index {self.index} is out of range for a list of {self.length}"

    def help(self) -> str:
        return f"the indices are 0 to {self.length - 1}" if self.length else "the list is empty"


@problem_class(frozen=True, kw_only=True)
class ListTooLong(Problem):
    """A list in an expression has too many items.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: len(range(100000))}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: len(range(100))}
    """

    code: ClassVar[str] = "AS134"
    slug: ClassVar[str] = "list-too-long"

    length: int
    limit: int

    def message(self) -> str:
        return f"a list of {self.length:,} items is too long; the limit is {self.limit:,}"

    def help(self) -> str | None:
        return self.suggestion or "repeat with a count instead of a long list"


@problem_class(frozen=True, kw_only=True)
class TooManySteps(Problem):
    """An expression takes too long to evaluate.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: sum(range(9999)) - sum(range(9999)) + sum(range(9999))}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: sum(range(99))}
    """

    code: ClassVar[str] = "AS135"
    slug: ClassVar[str] = "too-many-steps"

    limit: int

    def message(self) -> str:
        return f"the expression takes more than {self.limit:,} steps"

    def help(self) -> str:
        return "each operation is a step, and so are four items of a list"


@problem_class(frozen=True, kw_only=True)
class NotReal(Problem):
    """A power has no real value.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: (-8) ** 0.5}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: 8 ** 2}
    """

    code: ClassVar[str] = "AS136"
    slug: ClassVar[str] = "not-real"

    operation: str

    def message(self) -> str:
        return f"'{printable(self.operation)}' is not a real number"

    def help(self) -> str | None:
        return self.suggestion or "the base must not be negative where the exponent is a fraction"


PROBLEMS: tuple[type[Problem], ...] = (
    *expressions_text.PROBLEMS,
    WrongArguments,
    UnknownName,
    UnknownAttribute,
    NotAValue,
    DivisionByZero,
    NumberOutOfRange,
    WrongOperands,
    IndexOutOfRange,
    ListTooLong,
    TooManySteps,
    NotReal,
)
