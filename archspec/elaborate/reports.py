"""Reporting: a problem with the place where it was found, once."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.diagnostics.problem import Collector, Problem
    from archspec.elaborate.frame import Frame
    from archspec.source.span import Span


class Reports:
    """Adds problems to a collector, once for each place in the spec: a block used often is expanded often."""

    def __init__(self, collector: Collector) -> None:
        """Report to `collector`."""
        self._collector = collector
        self.count = 0  # what was said so far, repetitions too
        self._seen: set[tuple[str, Span | None, object]] = set()

    def add(self, problem: Problem, frame: Frame, path: str) -> None:
        """Add a problem of the node at `path`, with the uses and copies that led there."""
        self.count += 1
        key = (problem.code, problem.span, getattr(problem, "name", None))
        if key not in self._seen:
            self._seen.add(key)
            notes = (*problem.notes, *reversed(frame.context))
            self._collector.add(dataclasses.replace(problem, node=problem.node or path or None, notes=notes))

    def add_all(self, problems: Iterable[Problem], frame: Frame, path: str) -> None:
        """Add several problems."""
        for problem in problems:
            self.add(problem, frame, path)
