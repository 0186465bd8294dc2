"""An expression as the Python source that stands in a generated file, formatted as ruff formats it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, cast

from archspec.spec.expressions.expression import dotted
from archspec.spec.expressions.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.spec.expressions.expression import Expression

# From the loosest binding to the tightest, as in https://docs.python.org/3/reference/expressions.html
_LOOSE, _CONDITIONAL, _OR, _AND, _NOT, _COMPARE, _BITS, _SUM, _TERM, _SIGN, _POWER, _ATOM = range(12)

_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", _SUM),
    ast.Sub: ("-", _SUM),
    ast.Mult: ("*", _TERM),
    ast.Div: ("/", _TERM),
    ast.FloorDiv: ("//", _TERM),
    ast.Mod: ("%", _TERM),
    ast.MatMult: ("@", _TERM),
    ast.Pow: ("**", _POWER),
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_TAKE_ANY_ITERABLE = ("sum", "len", "min", "max")


def render(expression: Expression, rename: Callable[[str], str | None]) -> str | None:
    """Return the expression as Python source, or None if it has none.

    Each name, and each dotted access as a whole (`input.channels`), is given to `rename`, which returns the source to
    put there or None. Lists become tuples. The source calls builtins and `make_divisible` only, so an expression with
    `floor`, `ceil`, `sqrt` or `log2` has none.
    """
    try:
        return _Renderer(rename).source(expression.tree).text
    except _NoSourceError:
        return None


class _NoSourceError(Exception):
    """Some part cannot be written."""


class _Source(NamedTuple):
    """Source text of some part.

    Attributes:
        binding: how tightly its outermost operator binds; what binds looser than its surroundings gets parentheses.
        hugs: whether `**` stands next to it without blanks.
        plain: whether `:` in a slice does.
    """

    text: str
    binding: int
    hugs: bool = False
    plain: bool = False

    def within(self, binding: int) -> str:
        return self.text if self.binding >= binding else f"({self.text})"


class _Renderer:
    """Writes one tree."""

    def __init__(self, rename: Callable[[str], str | None]) -> None:
        self.rename = rename
        self.cases: dict[type[ast.expr], Callable[[ast.expr], _Source]] = cast(
            "dict[type[ast.expr], Callable[[ast.expr], _Source]]",
            {
                ast.Constant: self.constant,
                ast.Name: self.name,
                ast.Attribute: self.name,
                ast.BinOp: self.binary,
                ast.UnaryOp: self.unary,
                ast.BoolOp: self.boolean,
                ast.Compare: self.compare,
                ast.IfExp: self.conditional,
                ast.List: self.list_display,
                ast.Subscript: self.subscript,
                ast.Call: self.call,
            },
        )

    def source(self, node: ast.expr) -> _Source:
        return self.cases[type(node)](node)

    def iterable(self, node: ast.expr) -> _Source:
        """Return the source of a part that is only gone through, where a range need not become a list."""
        if isinstance(node, ast.Call) and cast("ast.Name", node.func).id == "range":
            return self.plain_call(node)
        return self.source(node)

    def constant(self, node: ast.Constant) -> _Source:
        if isinstance(node.value, str):
            quote = "'" if '"' in node.value else '"'  # an expression's text has no backslash, nor both quotes
            return _Source(f"{quote}{node.value}{quote}", _ATOM, plain=True)
        return _Source(repr(node.value), _ATOM, hugs=True, plain=True)

    def name(self, node: ast.Name | ast.Attribute) -> _Source:
        text = self.rename(dotted(node) or "")
        if text is None:
            raise _NoSourceError
        tree = ast.parse(text, mode="eval").body
        # Without the parentheses that it may have: they are set where they are needed.
        bare = ast.get_source_segment(text, tree) or text
        return _Source(bare, _binding(tree), _hugs_power(tree), _plain_bound(tree))

    def binary(self, node: ast.BinOp) -> _Source:
        sign, binding = _BINARY[type(node.op)]
        left, right = self.source(node.left), self.source(node.right)
        if not isinstance(node.op, ast.Pow):
            return _Source(f"{left.within(binding)} {sign} {right.within(binding + 1)}", binding)
        blank = "" if left.hugs and right.hugs and left.binding == _ATOM else " "
        # A sign may stand behind `**` without parentheses, but not before it: -a**2 is -(a**2).
        return _Source(f"{left.within(_ATOM)}{blank}**{blank}{right.within(_SIGN)}", _POWER, left.hugs)

    def unary(self, node: ast.UnaryOp) -> _Source:
        operand = self.source(node.operand)
        # ruff sets parentheses around a power, which binds tighter than a sign before it, to show that it does.
        is_power = operand.binding == _POWER
        if isinstance(node.op, ast.Not):
            return _Source(f"not {f'({operand.text})' if is_power else operand.within(_NOT)}", _NOT)
        sign = "-" if isinstance(node.op, ast.USub) else "+"
        text = f"({operand.text})" if is_power else operand.within(_SIGN)
        return _Source(sign + text, _SIGN, operand.hugs and not is_power, operand.plain)

    def boolean(self, node: ast.BoolOp) -> _Source:
        word, binding = ("or", _OR) if isinstance(node.op, ast.Or) else ("and", _AND)
        return _Source(f" {word} ".join(self.source(part).within(binding + 1) for part in node.values), binding)

    def compare(self, node: ast.Compare) -> _Source:
        text = self.source(node.left).within(_COMPARE + 1)
        for sign, comparator in zip(node.ops, node.comparators, strict=True):
            part = self.iterable(comparator) if isinstance(sign, (ast.In, ast.NotIn)) else self.source(comparator)
            text += f" {_COMPARISONS[type(sign)]} {part.within(_COMPARE + 1)}"
        return _Source(text, _COMPARE)

    def conditional(self, node: ast.IfExp) -> _Source:
        body, test = self.source(node.body).within(_OR), self.source(node.test).within(_OR)
        return _Source(f"{body} if {test} else {self.source(node.orelse).within(_CONDITIONAL)}", _CONDITIONAL)

    def list_display(self, node: ast.List) -> _Source:
        # As a tuple, which a constant default of an argument must be: a list never equals a tuple.
        items = [self.source(item).within(_CONDITIONAL) for item in node.elts]
        return _Source(f"({', '.join(items)}{',' if len(items) == 1 else ''})", _ATOM)

    def subscript(self, node: ast.Subscript) -> _Source:
        if isinstance(node.slice, ast.Slice):
            return _Source(f"{self.source(node.value).within(_ATOM)}[{self.slice(node.slice)}]", _ATOM)
        items = self.iterable(node.value).within(_ATOM)
        return _Source(f"{items}[{self.source(node.slice).text}]", _ATOM)

    def slice(self, node: ast.Slice) -> str:
        bounds = (node.lower, node.upper, node.step) if node.step else (node.lower, node.upper)
        sources = [None if bound is None else self.source(bound) for bound in bounds]
        texts = ["" if source is None else source.text for source in sources]
        if all(source is None or source.plain for source in sources):
            return ":".join(texts)
        return " : ".join(texts).replace(":  :", "::").strip()

    def call(self, node: ast.Call) -> _Source:
        source = self.plain_call(node)
        return _Source(f"(*{source.text},)", _ATOM) if source.text.startswith("range(") else source

    def plain_call(self, node: ast.Call) -> _Source:
        name = cast("ast.Name", node.func).id
        write = self.iterable if name in _TAKE_ANY_ITERABLE and len(node.args) == 1 else self.source
        arguments = ", ".join(write(argument).within(_CONDITIONAL) for argument in node.args)
        return _Source(f"{FUNCTIONS[name].source or name}({arguments})", _ATOM)


def _binding(tree: ast.expr) -> int:
    if isinstance(tree, ast.BinOp):
        return _BINARY.get(type(tree.op), ("", _BITS))[1]
    if isinstance(tree, ast.UnaryOp):
        return _NOT if isinstance(tree.op, ast.Not) else _SIGN
    if isinstance(tree, ast.BoolOp):
        return _OR if isinstance(tree.op, ast.Or) else _AND
    if isinstance(tree, ast.Compare):
        return _COMPARE
    if isinstance(tree, (ast.IfExp, ast.Lambda)):
        return _CONDITIONAL
    return _LOOSE if isinstance(tree, (ast.Tuple, ast.NamedExpr, ast.Starred, ast.Await)) else _ATOM


def _hugs_power(tree: ast.expr) -> bool:
    if isinstance(tree, ast.UnaryOp) and not isinstance(tree.op, ast.Not):
        return _hugs_power(tree.operand)
    if isinstance(tree, ast.Attribute):
        return dotted(tree) is not None
    return isinstance(tree, ast.Name) or (isinstance(tree, ast.Constant) and not isinstance(tree.value, (str, bytes)))


def _plain_bound(tree: ast.expr) -> bool:
    if isinstance(tree, ast.UnaryOp) and not isinstance(tree.op, ast.Not):
        return _plain_bound(tree.operand)
    return isinstance(tree, (ast.Name, ast.Constant))
