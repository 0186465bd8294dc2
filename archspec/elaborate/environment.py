"""What expressions see: parameters, indices, and the shapes of inputs and earlier nodes."""

from __future__ import annotations

import ast
import dataclasses
import keyword
import re
from collections import ChainMap
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from archspec.diagnostics.catalog.expressions import UnknownName
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import shortened
from archspec.ir.tensor import SPATIAL_NAMES, TensorType
from archspec.source.tree import Mapping, Scalar, Sequence, Tree
from archspec.spec.expressions import UNKNOWN, Expression, evaluate, parse_expression
from archspec.spec.names import is_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from archspec.diagnostics.problem import Problem
    from archspec.source.span import Span

Environment: TypeAlias = "ChainMap[str, Any]"

SHAPE_ATTRIBUTES = ("channels", "features", "height", "width", "depth", "length", "rank")


@dataclass(frozen=True, slots=True)
class ShapeView:
    """The shape of an input or a node, as expressions see it; None while it is unknown.

    Attributes:
        type: the shape, with the dtype.
        doubtful: axes of which the size was guessed: it is unknown.
    """

    type: TensorType | None
    doubtful: tuple[int, ...] = ()

    def attribute(self, name: str) -> Any:
        """Return `channels`, `features`, `height`, `width`, `depth`, `length` or `rank` (axes of a sample).

        Raises:
            KeyError: the shape has no such attribute. Its arguments are the names that it has.
        """
        if self.type is None:
            if name not in SHAPE_ATTRIBUTES:
                raise KeyError(*SHAPE_ATTRIBUTES)
            return UNKNOWN
        known = self._known()
        if name not in known:
            raise KeyError(*known)
        return known[name]

    def _known(self) -> dict[str, Any]:
        assert self.type is not None
        sizes = [UNKNOWN if axis in self.doubtful else size for axis, size in enumerate(self.type.shape)]
        spatial = SPATIAL_NAMES.get(len(self.type.spatial), ())
        known = {"channels": sizes[0], "features": sizes[-1], "rank": self.type.rank}
        return known | dict(zip(spatial, sizes[1:], strict=False))


@dataclass(frozen=True, slots=True)
class Words:
    """Which texts stand for themselves where a value is expected; all others are expressions."""

    listed: AbstractSet[str] = frozenset()
    all: bool = False

    def __contains__(self, text: object) -> bool:
        return self.all or text in self.listed


NO_WORDS = Words()
ANY_WORD = Words(all=True)


@lru_cache(maxsize=4096)
def parsed(text: str, span: Span) -> Expression:
    """Return a parsed expression; a block that is used often is parsed once.

    Raises:
        ProblemError: it is no expression.
    """
    return parse_expression(text, span)


def value_of(tree: Tree, env: AbstractMapping[str, Any], words: Words = NO_WORDS) -> Any:
    """Return the value that a YAML value stands for: itself, a word, `$name`, or an expression's result.

    Raises:
        ProblemError: an expression is wrong.
    """
    if isinstance(tree, Sequence):
        values = [value_of(item, env, words) for item in tree.items]
        return UNKNOWN if any(value is UNKNOWN for value in values) else values
    if isinstance(tree, Mapping):
        return {entry.key.text: value_of(entry.value, env, words) for entry in tree.entries}
    if not isinstance(tree.value, str):
        return tree.value
    try:
        expression = expression_of(tree, words)
        if expression is None:
            return tree.value
        value = evaluate(expression, env)
        for part in _names_in(expression):
            evaluate(part, _Unknowns(env))
    except ProblemError as error:
        if _has_bad_name(tree.text, env):
            return UNKNOWN
        raise ProblemError(*(_with_names(problem, env) for problem in error.problems)) from None
    return value


def _has_bad_name(text: str, env: AbstractMapping[str, Any]) -> bool:
    """Tell whether a name stands in an expression that cannot be one (`base-width`), which was reported."""
    bad = (name for name in env if (not name.isidentifier() or keyword.iskeyword(name)) and not is_number(name))
    return any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for name in bad if "." not in name)


@lru_cache(maxsize=4096)
def _names_in(expression: Expression) -> tuple[Expression, ...]:
    """Return the names and attributes that stand in an expression of which parts may not be evaluated.

    They are looked up one by one as well, since such a part (in the first copy, that behind the `else` of
    `2 if i == 0 else strde`) may be misspelt too.
    """
    if not any(isinstance(node, ast.IfExp | ast.BoolOp | ast.Compare) for node in ast.walk(expression.tree)):
        return ()
    inner = {id(child) for node in ast.walk(expression.tree) for child in _owned(node)}
    found = (node for node in ast.walk(expression.tree) if isinstance(node, ast.Name | ast.Attribute))
    return tuple(Expression(expression.text, expression.span, node) for node in found if id(node) not in inner)


def _owned(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return the part of a node that is no value of its own: what stands before a dot, and a function's name."""
    if isinstance(node, ast.Attribute):
        return (node.value,)
    return (node.func,) if isinstance(node, ast.Call) else ()


class _Unknowns(AbstractMapping[str, Any]):
    """The same names, with nothing known of them."""

    def __init__(self, env: AbstractMapping[str, Any]) -> None:
        self._env = env

    def __getitem__(self, name: str) -> Any:
        return ShapeView(None) if isinstance(self._env[name], ShapeView) else UNKNOWN

    def __contains__(self, name: object) -> bool:
        return name in self._env

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)


class _Anything(dict[str, Any]):
    """Has every name, and knows nothing of them."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Any:
        return UNKNOWN


_ANYTHING = _Anything()


def unknown(env: Environment) -> Environment:
    """Return the same names, with nothing known of them."""
    return _with_openness_of(env, dict(_Unknowns(env)))


def without(env: Environment, name: str) -> Environment:
    """Return the same names but one."""
    return _with_openness_of(env, {known: value for known, value in env.items() if known != name})


def _with_openness_of(env: Environment, names: dict[str, Any]) -> Environment:
    return ChainMap(names, *(table for table in env.maps if table is _ANYTHING))


def opened(env: Environment) -> Environment:
    """Return an environment in which no name is unknown: something that gives names could not be read."""
    return ChainMap(*env.maps, _ANYTHING)


def _with_names(problem: Problem, env: AbstractMapping[str, Any]) -> Problem:
    """Say which names there are, where one that is not was used and is like none of them."""
    if not isinstance(problem, UnknownName) or problem.suggestion is not None:
        return problem
    known = [name for name in env if not is_number(name)]
    listed = f"the names here are: {', '.join(shortened(known))}" if known else "there are no names here"
    return dataclasses.replace(problem, suggestion=listed)


def expression_of(tree: Scalar, words: Words = NO_WORDS) -> Expression | None:
    """Return the expression that a scalar holds, or None if it is a plain value or a word."""
    if not isinstance(tree.value, str):
        return None
    text = tree.value
    if text.startswith("$"):
        return parsed(text[1:], tree.span)
    return None if text in words else parsed(text, tree.span)
