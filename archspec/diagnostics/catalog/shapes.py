"""AS2xx: shapes that do not fit, all of them. Ops raise these; elaboration puts in the place and the names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog import shapes_axes, shapes_joins, shapes_layers, shapes_windows

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Problem

PROBLEMS: tuple[type[Problem], ...] = (
    *shapes_axes.PROBLEMS,
    *shapes_joins.PROBLEMS,
    *shapes_layers.PROBLEMS,
    *shapes_windows.PROBLEMS,
)
