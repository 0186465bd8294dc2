"""From text to a checked expression."""

from __future__ import annotations

import ast
import dataclasses
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.expressions import NumberOutOfRange
from archspec.diagnostics.catalog.expressions_text import ExpressionSyntax, ExpressionTooDeep, ExpressionTooLong
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import look_alike, printable
from archspec.spec.expressions.checking import check
from archspec.spec.expressions.expression import Expression, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.diagnostics.problem import Problem
    from archspec.source.span import Span

MAX_LENGTH = 1_000
MAX_BRACKETS = 32
"""Brackets within each other; counted before Python's parser, which can run out of stack, sees the text."""

MAX_DEPTH = 100
"""Levels of the tree; what walks it calls itself once or twice for each."""

_MAX_DIGITS = 40

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<number>0[xX][0-9a-fA-F]+ | 0[oO][0-7]+ | 0[bB][01]+ | ([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<text>'[^'\\\r\n]*' | "[^"\\\r\n]*")
    | (?P<operator>\*\* | // | <= | >= | == | != | [-+*/%()\[\]<>.,:])
    """,
    re.VERBOSE | re.ASCII,
)

# What people write instead, coming from other languages, YAML templates, or assignments.
_INSTEAD = (
    ("&", "write 'and'"),
    ("|", "write 'or'"),
    ("!", "write 'not'"),
    ("^", "** is the power"),
    ("?", "write 'a if condition else b'"),
    ("$", "names stand without '$' and braces in an expression"),
    ("=", "== compares; arguments have no names"),
    ("'", "the quote is not closed"),
    ('"', "the quote is not closed"),
)

_TRUTH_WORDS = {"true": True, "false": False}  # as YAML spells them; Python's words are constants already


def parse_expression(text: str, span: Span) -> Expression:
    """Return the expression of a scalar's text, whose span may include quotes.

    Raises:
        ProblemError: with one problem of `archspec.diagnostics.catalog.expressions`.
    """
    if len(text) > MAX_LENGTH:
        raise ProblemError(ExpressionTooLong(span=span, length=len(text), limit=MAX_LENGTH))
    try:
        return _expression(text, span)
    except ProblemError as error:
        raise ProblemError(*(_with_hint(problem, text, span) for problem in error.problems)) from None


def _with_hint(problem: Problem, text: str, span: Span) -> Problem:
    """Say how an expression is written here that cannot be read, if that can be told."""
    if not isinstance(problem, ExpressionSyntax) or problem.suggestion is not None:
        return problem
    from archspec.spec.expressions.rewriting import rewritings

    hint = look_alike(text)
    for other in rewritings(text) if hint is None else ():
        with suppress(ProblemError):
            _expression(other, span)
            hint = f"write {printable(other)}"
            break
    return dataclasses.replace(problem, suggestion=hint)


def _expression(text: str, span: Span) -> Expression:
    _check_tokens(text, span)
    tree = _parsed(text, span)
    kinds = _kinds_of_parts(tree, span)
    expression = Expression(text, span, tree)
    check(expression)
    varies = ast.Tuple in kinds or any(word in text for word in _TRUTH_WORDS)
    return Expression(text, span, _Normaliser().visit(tree)) if varies else expression


def _check_tokens(text: str, span: Span) -> None:
    """Refuse what Python's parser must not see: strange characters, endless numbers, too many brackets."""
    depth = 0
    previous: re.Match[str] | None = None
    for token in _tokens(text, span):
        depth += (token[0] in "([") - (token[0] in ")]") if token.lastgroup == "operator" else 0
        if depth > MAX_BRACKETS:
            raise ProblemError(ExpressionTooDeep(span=span, what="brackets within each other", limit=MAX_BRACKETS))
        place = inside(text, span, token.start(), token.end())
        if token["number"] and len(token[0]) > _MAX_DIGITS:
            raise ProblemError(NumberOutOfRange(span=place, operation=token[0]))
        if previous and _stuck_together(previous, token):  # `1if`, `1_000`, `2j`, f"", b""
            reason = f"'{token[0]}' cannot stand right after '{previous[0]}'"
            raise ProblemError(ExpressionSyntax(span=place, text=text, reason=reason))
        previous = token


def _tokens(text: str, span: Span) -> Iterator[re.Match[str]]:
    index = 0
    while index < len(text):
        token = _TOKEN.match(text, index)
        if token is None:
            place = inside(text, span, index, index + 1)
            instead = next((words for character, words in _INSTEAD if character == text[index]), None)
            reason = f"'{text[index]}' has no meaning here"
            raise ProblemError(ExpressionSyntax(span=place, text=text, reason=reason, suggestion=instead))
        yield token
        index = token.end()


def _stuck_together(first: re.Match[str], second: re.Match[str]) -> bool:
    return (first.lastgroup, second.lastgroup) in {("number", "name"), ("name", "text"), ("number", "text")}


def _parsed(text: str, span: Span) -> ast.expr:
    """Parse the text, of which leading white space is not indentation, and a line break is a blank."""
    lead = len(text) - len(text.lstrip())
    source = re.sub(r"\s", " ", text[lead:], flags=re.ASCII)
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        place = span if not error.offset else inside(text, span, lead + error.offset - 1, lead + error.offset)
        reason = error.msg if text.strip() else "it is empty"
        raise ProblemError(ExpressionSyntax(span=place, text=text, reason=reason)) from None
    except (RecursionError, MemoryError):
        raise ProblemError(ExpressionTooDeep(span=span, what="levels", limit=MAX_DEPTH)) from None
    for node in ast.walk(tree) if lead else ():
        if isinstance(node, (ast.expr, ast.keyword)):
            node.col_offset += lead
            node.end_col_offset = (node.end_col_offset or 0) + lead
    return tree


def _kinds_of_parts(tree: ast.expr, span: Span) -> set[type[ast.AST]]:
    """Return the kinds of nodes in a tree, which must not be too deep; goes level by level, without recursion."""
    kinds: set[type[ast.AST]] = set()
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        kinds.update(map(type, level))
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return kinds
    raise ProblemError(ExpressionTooDeep(span=span, what="levels", limit=MAX_DEPTH))


class _Normaliser(ast.NodeTransformer):
    """Leaves one way to say each thing."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in _TRUTH_WORDS:
            return node
        return ast.copy_location(ast.Constant(_TRUTH_WORDS[node.id]), node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        return ast.copy_location(ast.List([self.visit(item) for item in node.elts], ast.Load()), node)
