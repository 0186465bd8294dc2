"""Problems of expressions: AS120 to AS139."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import printable


@problem_class(frozen=True, kw_only=True)
class ExpressionTooLong(Problem):
    """An expression is longer than any formula that a network needs.

    Reading and evaluating an expression takes a bounded time, whoever wrote it. A long formula becomes several short
    ones in `let`.

    Bad:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc:
            op: linear
            out_features: classes
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000
              + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000 + 1000000000

    Good:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: classes + 80}
    """

    code: ClassVar[str] = "AS120"
    slug: ClassVar[str] = "expression-too-long"

    length: int
    limit: int

    def message(self) -> str:
        return f"an expression of {self.length:,} characters is too long; the limit is {self.limit:,}"

    def help(self) -> str:
        return "give its parts names with 'let:' and use those"


@problem_class(frozen=True, kw_only=True)
class ExpressionTooDeep(Problem):
    """An expression is nested too deeply.

    Each bracket, operator and call around a value is one level; a sum of a hundred terms has a hundred levels.

    Bad:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: "((((((((((((((((((((((((((((((((((classes))))))))))))))))))))))))))))))))))"}

    Good:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: classes}
    """

    code: ClassVar[str] = "AS121"
    slug: ClassVar[str] = "expression-too-deep"

    what: str
    limit: int

    def message(self) -> str:
        return f"the expression has more than {self.limit} {self.what}"

    def help(self) -> str:
        return "give its parts names with 'let:' and use those; sum([...]) adds many numbers"


@problem_class(frozen=True, kw_only=True)
class ExpressionSyntax(Problem):
    """An expression cannot be read.

    Expressions are written as in Python: `and`, `or`, `not`, `**` for powers, `a if condition else b`.

    Bad:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: classes + * 2}

    Good:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: classes * 2}
    """

    code: ClassVar[str] = "AS122"
    slug: ClassVar[str] = "expression-syntax"

    text: str
    reason: str

    def message(self) -> str:
        return f"cannot read the expression '{printable(self.text)}': {printable(self.reason, 200)}"

    def help(self) -> str:
        return self.suggestion or "expressions are written as in Python: channels * 2, 2 if i == 0 else 1, depths[0]"


@problem_class(frozen=True, kw_only=True)
class ConstructNotAllowed(Problem):
    """An expression uses a part of Python that specs do not have.

    A spec is data: its expressions calculate with numbers, truth values and lists, and can reach nothing else. There
    are the operators `+ - * / // % **`, comparisons, `and`, `or`, `not`, `a if c else b`, lists, indices and slices,
    and a few functions.

    Bad:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: "(lambda: classes)()"}

    Good:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: classes}
    """

    code: ClassVar[str] = "AS123"
    slug: ClassVar[str] = "construct-not-allowed"

    construct: str

    def message(self) -> str:
        return f"an expression cannot contain {printable(self.construct)}"

    def help(self) -> str | None:
        return (
            self.suggestion
            or "numbers, names, arithmetic, comparisons, `a if b else c`, and calls of the listed functions are allowed"
        )


@problem_class(frozen=True, kw_only=True)
class TextInExpression(Problem):
    """Quoted text stands in an expression where only a number or a truth value can be.

    Text is for comparisons (`activation == 'relu'`). Where a word is wanted, such as the name of an op, it is written
    as it is, or `$name` inserts a parameter.

    Bad:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: "'classes' * 2"}

    Good:
        archspec: 1
        name: demo
        params: {classes: 10, size: small}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: "classes if size == 'small' else 1000"}
    """

    code: ClassVar[str] = "AS124"
    slug: ClassVar[str] = "text-in-expression"

    text: str

    def message(self) -> str:
        return f"the text '{printable(self.text)}' cannot be calculated with"

    def help(self) -> str:
        return "compare text with == or 'in'; a name stands without quotes"


@problem_class(frozen=True, kw_only=True)
class UnknownFunction(Problem):
    """An expression calls a function that does not exist.

    There are `min max abs round floor ceil sqrt log2 sum len range make_divisible`, and no others.

    Bad:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: cel(classes / 3)}

    Good:
        archspec: 1
        name: demo
        params: {classes: 10}
        inputs: {image: [784]}
        graph:
          fc: {op: linear, out_features: ceil(classes / 3)}
    """

    code: ClassVar[str] = "AS125"
    slug: ClassVar[str] = "unknown-function"

    name: str

    def message(self) -> str:
        return f"there is no function '{printable(self.name)}'"

    def help(self) -> str | None:
        return (
            self.suggestion
            or "the functions are: min, max, abs, round, floor, ceil, sqrt, log2, sum, len, range, make_divisible"
        )


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
    ExpressionTooLong,
    ExpressionTooDeep,
    ExpressionSyntax,
    ConstructNotAllowed,
    TextInExpression,
    UnknownFunction,
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
