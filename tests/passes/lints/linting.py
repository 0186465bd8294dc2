"""Specs given as text: what the lints find in them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from archspec import api
from archspec.elaborate.network import Choice
from archspec.source.span import SourceFile
from tests.compiling import spec

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.diagnostics.problem import Problem


def found_in(text: str, place: Path | None = None, **choice: Any) -> tuple[Problem, ...]:
    """Return what the lints find in a spec that has no errors."""
    text = textwrap.dedent(text).lstrip("\n")
    source = SourceFile("spec.yaml" if place is None else str(place), text, place)
    chosen = Choice(choice.get("variant"), choice.get("params", {}), choice.get("inputs", {}))
    compiled = api.compile_text(source, chosen)
    assert [problem.message() for problem in compiled.problems] == []
    return compiled.findings()


def lints(text: str, place: Path | None = None, **choice: Any) -> list[tuple[str, int, str | None]]:
    """Return the name, the line and the node of what the lints find."""
    found = found_in(text, place, **choice)
    return [(problem.slug, problem.span.line if problem.span else 0, problem.node) for problem in found]


def of(slug: str, graph: str, **parts: str) -> list[tuple[int, str | None]]:
    """Return the lines, counted from the first one of the graph, and the nodes at which one lint finds something."""
    text = spec(graph, **parts)
    first = text[: text.index("\ngraph:\n")].count("\n") + 2
    return [(line - first, node) for name, line, node in lints(text) if name == slug]
