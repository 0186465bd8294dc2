"""What expressions see: parameters, indices, and the shapes of inputs and earlier nodes."""

from __future__ import annotations

import dataclasses
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
    from collections import ChainMap
    from collections.abc import Mapping as AbstractMapping
    from collections.abc import Set as AbstractSet

    from archspec.diagnostics.problem import Problem
    from archspec.source.span import Span

Environment: TypeAlias = "ChainMap[str, Any]"

SHAPE_ATTRIBUTES = ("channels", "features", "height", "width", "depth", "length", "rank")


@dataclass(frozen=True, slots=True)
class ShapeView:
    """The shape of an input or a node, as expressions see it; None while it is unknown."""

    type: TensorType | None

    def attribute(self, name: str) -> Any:
        """Return `channels`, `features`, `height`, `width`, `depth`, `length` or `rank` (axes of a sample).

        Raises:
            KeyError: the shape has no such attribute. Its arguments are the names that it has.
        """
        if self.type is None:
            if name not in SHAPE_ATTRIBUTES:
                raise KeyError(*SHAPE_ATTRIBUTES)
            return UNKNOWN
        known = self._known(self.type)
        if name not in known:
            raise KeyError(*known)
        return known[name]

    @staticmethod
    def _known(tensor: TensorType) -> dict[str, int]:
        spatial = SPATIAL_NAMES.get(len(tensor.spatial), ())
        known = {"channels": tensor.channels, "features": tensor.features, "rank": tensor.rank}
        return known | dict(zip(spatial, tensor.spatial, strict=False))


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
    expression = expression_of(tree, words)
    if expression is None:
        return tree.value
    try:
        return evaluate(expression, env)
    except ProblemError as error:
        raise ProblemError(*(_with_names(problem, env) for problem in error.problems)) from None


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
