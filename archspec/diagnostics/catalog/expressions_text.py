"""Problems of how an expression is written: AS120 to AS125. `archspec.diagnostics.catalog.expressions` lists them."""

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


PROBLEMS: tuple[type[Problem], ...] = (
    ExpressionTooLong,
    ExpressionTooDeep,
    ExpressionSyntax,
    ConstructNotAllowed,
    TextInExpression,
    UnknownFunction,
)
