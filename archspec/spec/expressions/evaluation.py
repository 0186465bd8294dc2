"""The value of an expression."""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING, NoReturn, cast

from archspec.diagnostics.catalog.expressions import (
    DivisionByZero,
    IndexOutOfRange,
    ListTooLong,
    NotAValue,
    NotReal,
    NumberOutOfRange,
    TooManySteps,
    UnknownAttribute,
    UnknownName,
    WrongArguments,
    WrongOperands,
)
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import did_you_mean
from archspec.spec.expressions.checking import MAX_INTEGER
from archspec.spec.expressions.expression import dotted
from archspec.spec.expressions.functions import FUNCTIONS, MAX_LIST, ArgumentError, TooLongError
from archspec.spec.expressions.values import UNKNOWN, HasAttributes, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archspec.source.span import Span
    from archspec.spec.expressions.expression import Expression
    from archspec.spec.expressions.values import Number, Unknown, Value

MAX_STEPS = 10_000
_ITEMS_PER_STEP = 4
_FLAT: frozenset[type] = frozenset((bool, int, float, str))  # types of items that need no closer look
_MAX_EXPONENT = 1_100  # any base but -1, 0 and 1 passes a float's range there, if it is not below 1

_ARITHMETIC: dict[type[ast.operator], tuple[str, Callable[[Number, Number], Number]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
}
_UNARY: dict[type[ast.unaryop], tuple[str, Callable[[Number], Number]]] = {
    ast.UAdd: ("+", operator.pos),
    ast.USub: ("-", operator.neg),
}
_EQUALITY: dict[type[ast.cmpop], Callable[[Value, Value], bool]] = {ast.Eq: operator.eq, ast.NotEq: operator.ne}
_ORDER: dict[type[ast.cmpop], tuple[str, Callable[[Number, Number], bool]]] = {
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}


TRUTH_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""What was true and false in YAML 1.1, and is text in YAML 1.2."""

_SIZES = frozenset({"channels", "features", "height", "width", "depth", "length", "rank"})
_AXES = {"C": "channels", "H": "height", "W": "width", "D": "depth", "L": "length"}


def evaluate(expression: Expression, scope: Mapping[str, object]) -> Value | Unknown:
    """Return the value of an expression, or `UNKNOWN` if it depends on something unknown.

    The scope's values are numbers, truth values, text, lists or tuples of them, things with attributes, and `UNKNOWN`.
    Operators and functions mean what they mean in Python; tuples become lists. What is not evaluated (behind `and`
    and `or`, in the other branch of a conditional) cannot fail.

    Raises:
        ProblemError: with one problem of `archspec.diagnostics.catalog.expressions`.
    """
    return _Evaluator(expression, scope).value(expression.tree)


class _Evaluator:
    """Walks one tree."""

    def __init__(self, expression: Expression, scope: Mapping[str, object]) -> None:
        self.expression = expression
        self.scope = scope
        self.steps = 0

    def value(self, node: ast.expr) -> Value | Unknown:
        self.spend(1)
        return _CASES[type(node)](self, node)

    def spend(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise ProblemError(TooManySteps(span=self.expression.span, limit=MAX_STEPS))

    def span(self, node: ast.expr) -> Span:
        return self.expression.span_of(node)

    def constant(self, node: ast.Constant) -> Value:
        return cast("Value", node.value)

    def name(self, node: ast.Name) -> Value | Unknown:
        return self.usable(self.looked_up(node.id, node), node)

    def looked_up(self, name: str, node: ast.expr) -> object:
        if name in self.scope:
            return self.scope[name]
        raise ProblemError(UnknownName(span=self.span(node), name=name, suggestion=self.hint_for(name)))

    def hint_for(self, name: str) -> str | None:
        """Return what was probably meant by a name that does not exist."""
        if name in FUNCTIONS:
            return f"'{name}' is a function: {name}(...)"
        if meant := TRUTH_WORDS.get(name.lower()):
            return f"did you mean '{meant}'?"
        owner, _, attribute = name.rpartition("_")
        owner = {"in": "input"}.get(owner, owner)
        if isinstance(self.scope.get(owner), HasAttributes) and attribute in _SIZES:
            return f"did you mean '{owner}.{attribute}'?"
        return did_you_mean(name, self.scope)

    def attribute(self, node: ast.Attribute) -> Value | Unknown:
        return self.usable(self.attribute_object(node), node)

    def attribute_object(self, node: ast.expr) -> object:
        """Return what a dotted chain stands for; the scope may hold the chain itself, or what stands before a dot."""
        chain = dotted(node) or ""
        if chain in self.scope or not isinstance(node, ast.Attribute):
            return self.looked_up(chain, node)
        if isinstance(node.value, ast.Name) and node.value.id not in self.scope and node.attr in self.scope:
            hint = f"did you mean '{node.attr}'?"  # for `params.width` or `self.width`
            raise ProblemError(UnknownName(span=self.span(node), name=chain, suggestion=hint))
        owner = self.attribute_object(node.value)
        if owner is UNKNOWN:
            return UNKNOWN
        if not isinstance(owner, HasAttributes):
            raise self.no_attribute(node, ())
        try:
            return owner.attribute(node.attr)
        except KeyError as error:
            raise self.no_attribute(node, tuple(map(str, error.args))) from None

    def no_attribute(self, node: ast.Attribute, known: tuple[str, ...]) -> ProblemError:
        name, meant = dotted(node.value) or "", did_you_mean(node.attr, known)
        if node.attr.upper() in _AXES and _AXES[node.attr.upper()] in known:
            meant = f"did you mean '{_AXES[node.attr.upper()]}'?"
        if not known:
            meant = f"'{name}' is a value, and has no parts: write {name}"
        span = self.span(node)
        return ProblemError(UnknownAttribute(span=span, name=name, attribute=node.attr, known=known, suggestion=meant))

    def usable(self, thing: object, node: ast.expr) -> Value | Unknown:
        """Return what came from outside as a value; a list with something unknown in it is unknown."""
        if thing is UNKNOWN:
            return UNKNOWN
        if isinstance(thing, (list, tuple)):
            return self.usable_list(cast("list[object] | tuple[object, ...]", thing), node)
        if isinstance(thing, (bool, int, float, str)):
            return thing
        name = self.expression.text_of(node)
        suggestion = f"ask for a size of it, such as {name}.channels" if isinstance(thing, HasAttributes) else None
        raise ProblemError(NotAValue(span=self.span(node), name=name, kind=kind(thing), suggestion=suggestion))

    def usable_list(self, things: list[object] | tuple[object, ...], node: ast.expr) -> Value | Unknown:
        self.spend_items(len(things), node)
        if _FLAT.issuperset(map(type, things)):
            return cast("list[Value]", list(things))
        return self.all_known([self.usable(thing, node) for thing in things])

    def all_known(self, items: list[Value | Unknown]) -> list[Value] | Unknown:
        known = [item for item in items if item is not UNKNOWN]
        return known if len(known) == len(items) else UNKNOWN

    def spend_items(self, length: int, node: ast.expr) -> None:
        if length > MAX_LIST:
            raise ProblemError(ListTooLong(span=self.span(node), length=length, limit=MAX_LIST))
        self.spend(length // _ITEMS_PER_STEP)

    def weigh(self, value: Value, node: ast.expr) -> None:
        """Spend a list's items before it is compared, those of lists within it too."""
        if isinstance(value, list):
            self.spend_items(len(value), node)
            for item in () if _FLAT.issuperset(map(type, value)) else value:
                self.weigh(item, node)

    def list_display(self, node: ast.List) -> Value | Unknown:
        return self.all_known([self.value(item) for item in node.elts])

    def binary(self, node: ast.BinOp) -> Value | Unknown:
        left, right = self.value(node.left), self.value(node.right)
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return self.arithmetic(node, left, right)
        return self.of_lists(node, left, right)

    def of_lists(self, node: ast.BinOp, left: Value, right: Value) -> Value:
        if isinstance(node.op, ast.Add) and isinstance(left, list) and isinstance(right, list):
            self.spend_items(len(left) + len(right), node)
            return left + right
        if isinstance(node.op, ast.Mult) and isinstance(left, list) and isinstance(right, int):
            return self.repeated(node, left, right)
        if isinstance(node.op, ast.Mult) and isinstance(left, int) and isinstance(right, list):
            return self.repeated(node, right, left)
        return self.refuse_operands(node, _ARITHMETIC[type(node.op)][0], left, right)

    def repeated(self, node: ast.BinOp, items: list[Value], count: int) -> Value:
        self.spend_items(len(items) * max(count, 0), node)
        return items * count

    def arithmetic(self, node: ast.BinOp, left: Number, right: Number) -> Number:
        if isinstance(node.op, ast.Pow) and abs(left) > 1 and right > _MAX_EXPONENT:
            raise self.out_of_range(node)
        try:
            result = _ARITHMETIC[type(node.op)][1](left, right)
        except ZeroDivisionError:
            problem = DivisionByZero(span=self.span(node), operation=self.expression.text_of(node))
            raise ProblemError(problem) from None
        except OverflowError:
            raise self.out_of_range(node) from None
        if isinstance(cast("object", result), complex):
            raise ProblemError(NotReal(span=self.span(node), operation=self.expression.text_of(node)))
        return self.bounded(result, node)

    def bounded(self, number: Number, node: ast.expr) -> Number:
        if abs(number) > MAX_INTEGER if isinstance(number, int) else not math.isfinite(number):
            raise self.out_of_range(node)
        return number

    def out_of_range(self, node: ast.expr) -> ProblemError:
        return ProblemError(NumberOutOfRange(span=self.span(node), operation=self.expression.text_of(node)))

    def refuse_operands(self, node: ast.expr, sign: str, *operands: Value) -> NoReturn:
        kinds = tuple(kind(operand) for operand in operands)
        raise ProblemError(WrongOperands(span=self.span(node), operator=sign, kinds=kinds))

    def unary(self, node: ast.UnaryOp) -> Value | Unknown:
        operand = self.value(node.operand)
        if operand is UNKNOWN:
            return UNKNOWN
        if isinstance(node.op, ast.Not):
            return not operand
        sign, apply = _UNARY[type(node.op)]
        if not isinstance(operand, (int, float)):
            self.refuse_operands(node, sign, operand)
        return apply(operand)

    def boolean(self, node: ast.BoolOp) -> Value | Unknown:
        """Return the operand that decides, as Python does."""
        result: Value | Unknown = UNKNOWN
        for operand in node.values:
            result = self.value(operand)
            if result is UNKNOWN or bool(result) is isinstance(node.op, ast.Or):
                return result
        return result

    def conditional(self, node: ast.IfExp) -> Value | Unknown:
        test = self.value(node.test)
        if test is UNKNOWN:
            return UNKNOWN
        return self.value(node.body if test else node.orelse)

    def compare(self, node: ast.Compare) -> Value | Unknown:
        left = self.value(node.left)
        for sign, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.value(comparator)
            if left is UNKNOWN or right is UNKNOWN:
                return UNKNOWN
            if not self.compared(node, sign, left, right):
                return False
            left = right
        return True

    def compared(self, node: ast.Compare, sign: ast.cmpop, left: Value, right: Value) -> bool:
        self.weigh(left, node)
        self.weigh(right, node)
        if isinstance(sign, (ast.In, ast.NotIn)):
            if not isinstance(right, list):
                self.refuse_operands(node, "in", left, right)
            return (left in right) is isinstance(sign, ast.In)
        if type(sign) in _EQUALITY:
            return _EQUALITY[type(sign)](left, right)
        word, test = _ORDER[type(sign)]
        if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
            self.refuse_operands(node, word, left, right)
        return test(left, right)

    def subscript(self, node: ast.Subscript) -> Value | Unknown:
        items = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            return self.sliced(node, items, node.slice)
        index = self.value(node.slice)
        if items is UNKNOWN or index is UNKNOWN:
            return UNKNOWN
        if not isinstance(items, list) or not isinstance(index, int):
            self.refuse_operands(node, "[]", items, index)
        if not -len(items) <= index < len(items):
            raise ProblemError(IndexOutOfRange(span=self.span(node), index=index, length=len(items)))
        return items[index]

    def sliced(self, node: ast.Subscript, items: Value | Unknown, bounds: ast.Slice) -> Value | Unknown:
        found = [None if part is None else self.value(part) for part in (bounds.lower, bounds.upper, bounds.step)]
        if items is UNKNOWN or UNKNOWN in found:
            return UNKNOWN
        whole = [part for part in found if part is None or isinstance(part, int)]
        if not isinstance(items, list) or len(whole) < len(found):
            odd = [cast("Value", part) for part in found if part is not None and not isinstance(part, int)]
            self.refuse_operands(node, "[:]", *([items] if not isinstance(items, list) else odd))
        if whole[2] == 0:
            raise ProblemError(WrongOperands(span=self.span(node), operator="[:]", kinds=("a step of 0",)))
        result = items[slice(*whole)]
        self.spend_items(len(result), node)
        return result

    def call(self, node: ast.Call) -> Value | Unknown:
        name = cast("ast.Name", node.func).id
        arguments = self.all_known([self.value(argument) for argument in node.args])
        if arguments is UNKNOWN:
            return UNKNOWN
        for argument in arguments:
            if isinstance(argument, list):
                self.spend_items(len(argument), node)
        try:
            result = FUNCTIONS[name].call(arguments)
        except ArgumentError as error:
            problem = WrongArguments(span=self.span(node), function=name, takes=error.takes, got=error.got)
            raise ProblemError(problem) from None
        except TooLongError as error:
            raise ProblemError(ListTooLong(span=self.span(node), length=error.length, limit=MAX_LIST)) from None
        except (OverflowError, ValueError):  # floor of an infinite or undefined parameter
            raise self.out_of_range(node) from None
        return self.checked_result(result, node)

    def checked_result(self, result: Value, node: ast.Call) -> Value:
        if isinstance(result, list):
            self.spend_items(len(result), node)
        return self.bounded(result, node) if isinstance(result, (int, float)) else result


# One table for all evaluators: making one for each would take longer than most expressions do.
_CASES: dict[type[ast.expr], Callable[[_Evaluator, ast.expr], Value | Unknown]] = cast(
    "dict[type[ast.expr], Callable[[_Evaluator, ast.expr], Value | Unknown]]",
    {
        ast.Constant: _Evaluator.constant,
        ast.Name: _Evaluator.name,
        ast.Attribute: _Evaluator.attribute,
        ast.BinOp: _Evaluator.binary,
        ast.UnaryOp: _Evaluator.unary,
        ast.BoolOp: _Evaluator.boolean,
        ast.Compare: _Evaluator.compare,
        ast.IfExp: _Evaluator.conditional,
        ast.List: _Evaluator.list_display,
        ast.Subscript: _Evaluator.subscript,
        ast.Call: _Evaluator.call,
    },
)
