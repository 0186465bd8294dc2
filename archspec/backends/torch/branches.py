"""Branches of one condition that follow each other, as one branch."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def merged(lines: Iterable[str]) -> list[str]:
    """Return statements in which an `if` takes up the next one that asks the same, if both have an `else` or none."""
    found = "\n".join(lines).split("\n")
    while pair := _same_condition(ast.parse("\n".join(found))):
        found = _joined(found, *pair)
    return found


def _same_condition(tree: ast.Module) -> tuple[ast.If, ast.If] | None:
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            statements = getattr(node, name, None)
            if isinstance(statements, list):
                for first, second in pairwise(statements):
                    if isinstance(first, ast.If) and isinstance(second, ast.If) and _ask_the_same(first, second):
                        return first, second
    return None


def _ask_the_same(first: ast.If, second: ast.If) -> bool:
    asked = {node.id for node in ast.walk(first.test) if isinstance(node, ast.Name)}
    is_stored = {node.id for node in ast.walk(first) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return (
        ast.dump(first.test) == ast.dump(second.test)
        and bool(first.orelse) == bool(second.orelse)
        and not asked & is_stored
    )


def _joined(lines: list[str], first: ast.If, second: ast.If) -> list[str]:
    otherwise = [lines[first.lineno - 1].partition("if ")[0] + "else:"] if first.orelse else []
    return [
        *lines[: first.body[-1].end_lineno],
        *_rows(lines, second.body),
        *otherwise,
        *_rows(lines, first.orelse),
        *_rows(lines, second.orelse),
        *lines[second.end_lineno :],
    ]


def _rows(lines: list[str], statements: list[ast.stmt]) -> list[str]:
    return lines[statements[0].lineno - 1 : statements[-1].end_lineno] if statements else []
