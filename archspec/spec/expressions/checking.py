"""Which parts of Python's grammar an expression may have."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, NoReturn

from archspec.diagnostics.catalog.expressions import NumberOutOfRange, WrongArguments
from archspec.diagnostics.catalog.expressions_text import ConstructNotAllowed, TextInExpression, UnknownFunction
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import did_you_mean, folded
from archspec.spec.expressions.expression import dotted
from archspec.spec.expressions.functions import FUNCTIONS

if TYPE_CHECKING:
    from archspec.spec.expressions.expression import Expression

MAX_INTEGER = 2**53

_WORDS = ("true", "false", "null")  # constants that Python takes for names

_CONSTRUCTS: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Starred: "a starred item",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.keyword: "a named argument",
    ast.Is: "'is'; == compares",
    ast.IsNot: "'is not'; != compares",
    ast.Slice: "a slice of several axes",
}

_OPERATORS = (
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),
    *(ast.UAdd, ast.USub, ast.Not, ast.And, ast.Or),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
    ast.Load,
)
_PARTS = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.List, ast.Tuple)


# Functions of Python and its libraries, each with the one that stands for it here.
_ELSEWHERE = {
    "int": "floor",
    "trunc": "floor",
    "fix": "floor",
    "rint": "round",
    "ceiling": "ceil",
    "fabs": "abs",
    "maximum": "max",
    "minimum": "min",
    "amax": "max",
    "amin": "min",
    "length": "len",
    "arange": "range",
    "makedivisible": "make_divisible",
    "makedivisable": "make_divisible",
}
_WITHOUT = {
    "pow": "** is the power: a ** b",
    "float": "/ divides with a fraction, and numbers need no conversion",
    "exp": "2.718281828 ** x is its value",
    "divmod": "// is the quotient, % the rest",
    "prod": "* multiplies: widths[0] * widths[1]",
}


def _hint_for(name: str) -> str | None:
    meant = name if name in FUNCTIONS else _ELSEWHERE.get(folded(name))
    return f"did you mean '{meant}'?" if meant else _WITHOUT.get(name) or did_you_mean(name, FUNCTIONS)


def check(expression: Expression) -> None:
    """Refuse the first part of an expression that is not allowed.

    Raises:
        ProblemError: with one problem, at that part.
    """
    _Checker(expression).check(expression.tree, comparing=False)


class _Checker:
    """Walks one tree."""

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    def refuse(self, node: ast.AST, construct: str, at: ast.AST | None = None) -> NoReturn:
        problem = ConstructNotAllowed(span=self.expression.span_of(at or node), construct=construct)
        raise ProblemError(problem)

    def check(self, node: ast.AST, *, comparing: bool) -> None:
        """Check a part; `comparing` is true inside a comparison, where text may stand."""
        if isinstance(node, ast.Constant):
            self.check_constant(node, comparing=comparing)
        elif isinstance(node, ast.Name):
            self.check_name(node)
        elif isinstance(node, ast.Attribute):
            if (dotted(node) or "null").partition(".")[0] in _WORDS:
                self.refuse(node, f"'.{node.attr}' of something that is not a name")
        elif isinstance(node, ast.Call):
            self.check_call(node)
        elif isinstance(node, ast.Subscript):
            self.check_subscript(node)
        elif isinstance(node, _PARTS):
            self.check_parts(node, comparing=comparing)
        else:
            self.refuse(node, _CONSTRUCTS.get(type(node), f"'{type(node).__name__.lower()}'"))

    def check_parts(self, node: ast.expr, *, comparing: bool) -> None:
        keeps_text = isinstance(node, ast.Compare) or (comparing and isinstance(node, (ast.List, ast.Tuple)))
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.check(child, comparing=keeps_text)
            elif not isinstance(child, _OPERATORS):
                self.refuse(child, _CONSTRUCTS.get(type(child), f"'{type(child).__name__.lower()}'"), at=node)

    def check_constant(self, node: ast.Constant, *, comparing: bool) -> None:
        value, span = node.value, self.expression.span_of(node)
        if isinstance(value, str):
            if not comparing:
                raise ProblemError(TextInExpression(span=span, text=value))
        elif not isinstance(value, (bool, int, float)):
            self.refuse(node, "'...'" if value is Ellipsis else f"'{value}'")
        elif value > MAX_INTEGER if isinstance(value, int) else math.isinf(value):
            raise ProblemError(NumberOutOfRange(span=span, operation=self.expression.text_of(node)))

    def check_name(self, node: ast.Name) -> None:
        if node.id == "null":
            self.refuse(node, "'null'")

    def check_call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in {*FUNCTIONS, *_ELSEWHERE}:  # math.sqrt(...)
            hint, span = _hint_for(node.func.attr), self.expression.span_of(node.func)
            name = dotted(node.func) or node.func.attr
            raise ProblemError(UnknownFunction(span=span, name=name, suggestion=hint))
        if not isinstance(node.func, ast.Name):
            self.refuse(node, "a call of something that is not a function's name")
        name, span = node.func.id, self.expression.span_of(node.func)
        function = FUNCTIONS.get(name)
        if function is None:
            raise ProblemError(UnknownFunction(span=span, name=name, suggestion=_hint_for(name)))
        for keyword in node.keywords:
            self.refuse(keyword, "a named argument")
        if not function.least <= len(node.args) <= function.most:
            got = str(len(node.args))
            raise ProblemError(WrongArguments(span=span, function=name, takes=function.takes(), got=got))
        for argument in node.args:
            self.check(argument, comparing=False)

    def check_subscript(self, node: ast.Subscript) -> None:
        self.check(node.value, comparing=False)
        if isinstance(node.slice, ast.Tuple):
            self.refuse(node.slice, "an index of several axes")
        bounds = (node.slice,)
        if isinstance(node.slice, ast.Slice):
            bounds = tuple(bound for bound in (node.slice.lower, node.slice.upper, node.slice.step) if bound)
        for bound in bounds:
            self.check(bound, comparing=False)
