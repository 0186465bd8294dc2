"""Every kind of problem. It stands here and not in the package, so that using one kind does not load them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog import (
    backend,
    custom,
    expansion,
    expressions,
    graph,
    lints,
    runtime,
    shapes,
    spec,
    usage,
    yaml,
)

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Problem

ALL: tuple[type[Problem], ...] = tuple(
    sorted(
        (
            *yaml.PROBLEMS,
            *expressions.PROBLEMS,
            *spec.PROBLEMS,
            *shapes.PROBLEMS,
            *expansion.PROBLEMS,
            *custom.PROBLEMS,
            *graph.PROBLEMS,
            *backend.PROBLEMS,
            *runtime.PROBLEMS,
            *lints.PROBLEMS,
            *usage.PROBLEMS,
        ),
        key=lambda kind: kind.code,
    )
)

RANGES: dict[str, str] = {
    "AS0": "YAML and expressions",
    "AS1": "The spec around its graph",
    "AS2": "Shapes",
    "AS3": "Expansion: ops, parameters, repeats",
    "AS4": "How nodes are connected",
    "AS5": "Backends",
    "AS6": "Training and prediction",
    "AS7": "Lints (warnings)",
    "AS8": "Files and folders",
}

by_code: dict[str, type[Problem]] = {kind.code: kind for kind in ALL}
by_slug: dict[str, type[Problem]] = {kind.slug: kind for kind in ALL}
