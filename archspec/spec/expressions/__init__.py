"""Expressions: `channels * 4`, `2 if i == 0 else 1`, `make_divisible(c * width, 8)`.

Read with Python's `ast`, checked against a short list of what is allowed, and evaluated by walking the tree: nothing
is ever compiled or run. Time and memory are bounded for any text.
"""

from archspec.spec.expressions.evaluation import TRUTH_WORDS, evaluate
from archspec.spec.expressions.expression import Expression, attributes, names
from archspec.spec.expressions.functions import make_divisible
from archspec.spec.expressions.reading import parse_expression
from archspec.spec.expressions.rendering import render
from archspec.spec.expressions.values import UNKNOWN, HasAttributes, Unknown, Value

__all__ = [
    "TRUTH_WORDS",
    "UNKNOWN",
    "Expression",
    "HasAttributes",
    "Unknown",
    "Value",
    "attributes",
    "evaluate",
    "make_divisible",
    "names",
    "parse_expression",
    "render",
]
