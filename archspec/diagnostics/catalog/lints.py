"""AS7xx: lints, all of them, and the names by which they can be allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog import lints_design, lints_layers, lints_unused

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Problem

PROBLEMS: tuple[type[Problem], ...] = (*lints_layers.PROBLEMS, *lints_unused.PROBLEMS, *lints_design.PROBLEMS)

# The code of each lint by its code and by its slug.
CODES: dict[str, str] = {name: kind.code for kind in PROBLEMS for name in (kind.code, kind.slug)}


def code_of(name: str) -> str | None:
    """Return the code of the lint that is called so, by code or slug, in any case; None if there is none."""
    return CODES.get(name.upper()) or CODES.get(name.lower())
