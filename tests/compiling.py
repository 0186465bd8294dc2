"""Specs given as text: their graphs, and what is wrong with them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.problem import Collector
from archspec.elaborate.network import Choice, elaborate
from archspec.ir.text import graph_text
from archspec.source.span import SourceFile
from archspec.spec.loader import load_template

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.diagnostics.problem import Problem
    from archspec.elaborate.limits import Limits
    from archspec.ir.graph import Graph
    from archspec.spec.template import SpecTemplate


@dataclass(frozen=True)
class Fault:
    """What is asserted of a problem."""

    code: str
    line: int
    column: int
    node: str | None

    @classmethod
    def of(cls, problem: Problem) -> Fault:
        span = problem.span
        return cls(problem.code, span.line if span else 0, span.column if span else 0, problem.node)


def spec(graph: str, *, head: str = "", inputs: str = "{x: [3, 8, 8]}") -> str:
    """Return a spec of this graph; `head` is what stands before it."""
    parts = ["archspec: 1", "name: example", f"inputs: {inputs}", textwrap.dedent(head).strip()]
    body = textwrap.indent(textwrap.dedent(graph).strip(), "  ")
    return "\n".join(part for part in (*parts, "graph:") if part) + f"\n{body}\n"


def compiled(
    text: str, path: Path | None = None, limits: Limits | None = None, **choice: Any
) -> tuple[Graph | None, SpecTemplate | None, tuple[Problem, ...]]:
    """Return the graph, the template and the problems of a spec; with a path, it stands there."""
    text = textwrap.dedent(text).lstrip("\n")
    collector = Collector()
    template = load_template(SourceFile(path.name if path else "spec.yaml", text), path, collector)
    allow_imports = choice.get("allow_imports", False)
    chosen = Choice(choice.get("variant"), choice.get("params", {}), choice.get("inputs", {}), allow_imports)
    graph = None if template is None else elaborate(template, collector, chosen, limits)
    return graph, template, collector.problems


def problems(text: str, path: Path | None = None, **choice: Any) -> tuple[Problem, ...]:
    """Return what is wrong with a spec."""
    return compiled(text, path, **choice)[2]


def faults(text: str, path: Path | None = None, **choice: Any) -> list[Fault]:
    """Return what is wrong with a spec, and where."""
    return [Fault.of(problem) for problem in problems(text, path, **choice)]


def graph_of(text: str, path: Path | None = None, **choice: Any) -> Graph:
    """Return the graph of a spec that is right."""
    graph, _, found = compiled(text, path, **choice)
    assert [(problem.code, problem.message(), str(problem.span)) for problem in found] == []
    assert graph is not None
    return graph


def flat(text: str, path: Path | None = None, **choice: Any) -> str:
    """Return the flat graph of a spec that is right, as text."""
    return graph_text(graph_of(text, path, **choice))


def nodes(text: str, path: Path | None = None, **choice: Any) -> list[str]:
    """Return the lines of its nodes."""
    lines = flat(text, path, **choice).splitlines()
    return [line for line in lines if not line.startswith(("network ", "input ", "output ", "init "))]
