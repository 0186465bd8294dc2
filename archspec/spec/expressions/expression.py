"""What an expression is, and what it refers to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from archspec.source.span import Span


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that holds nothing but what is allowed.

    In its tree, `true` and `false` are constants and tuples are lists.
    """

    text: str
    span: Span
    tree: ast.expr = field(compare=False, repr=False)

    def span_of(self, node: ast.AST) -> Span:
        """Return where a part of the tree stands in the file, or the whole span where that cannot be told."""
        start, end = getattr(node, "col_offset", None), getattr(node, "end_col_offset", None)
        if not isinstance(start, int) or not isinstance(end, int):
            return self.span
        return inside(self.text, self.span, _characters(self.text, start), _characters(self.text, end))

    def text_of(self, node: ast.expr) -> str:
        """Return the text of a part of the tree."""
        return self.text[_characters(self.text, node.col_offset) : _characters(self.text, node.end_col_offset or 0)]


def names(expression: Expression) -> frozenset[str]:
    """Return the names that are read, without functions; of `input.channels`, that is `input`."""
    functions = {id(node.func) for node in ast.walk(expression.tree) if isinstance(node, ast.Call)}
    found = (node for node in ast.walk(expression.tree) if isinstance(node, ast.Name) and id(node) not in functions)
    return frozenset(node.id for node in found)


def attributes(expression: Expression) -> frozenset[tuple[str, str]]:
    """Return the properties that are asked for: of `layer1.conv.channels`, `("layer1.conv", "channels")`."""
    inner = {id(node.value) for node in ast.walk(expression.tree) if isinstance(node, ast.Attribute)}
    found = (node for node in ast.walk(expression.tree) if isinstance(node, ast.Attribute) and id(node) not in inner)
    return frozenset((dotted(node.value) or "", node.attr) for node in found)


def dotted(node: ast.expr) -> str | None:
    """Return `a.b.c` for a name or a chain of attributes of a name, None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    inner = dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{inner}.{node.attr}" if inner is not None and isinstance(node, ast.Attribute) else None


def _characters(text: str, offset: int) -> int:
    """Return the index of a byte offset: Python counts the columns of a tree in UTF-8."""
    return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))


def inside(text: str, span: Span, start: int, end: int) -> Span:
    """Return the span of `text[start:end]`, if the text stands on one line as it is, with or without quotes."""
    quotes = span.end_column - span.column - len(text)
    if span.line != span.end_line or quotes not in (0, 2) or end > len(text) + 1:
        return span
    first = span.column + quotes // 2
    return Span(span.path, span.line, first + start, span.line, first + min(end, len(text)))
