"""Whether two specs give one network, up to a name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.api import Compiled
    from archspec.diagnostics.problem import Problem
    from archspec.ir.graph import Graph, Node, Value


def difference(before: Compiled, after: Compiled, old: str, new: str) -> str | None:
    """Return what has changed between two texts of a spec, apart from a name; None if nothing has."""
    counted = Counter(problem.code for problem in _problems(before))
    for problem in _problems(after):
        counted[problem.code] -= 1
        if counted[problem.code] < 0:
            return problem.message()
    if before.graph is None or after.graph is None:
        return None if before.graph is after.graph else "there is no network any more"
    return None if _Comparing(before.graph, after.graph, old, new).same() else "it would be another network"


def _problems(compiled: Compiled) -> tuple[Problem, ...]:
    """Return what is wrong; where a spec allows lints at some nodes, also what the lints say."""
    template = compiled.template
    return compiled.findings() if template is not None and template.allowances else compiled.problems


class _Comparing:
    """Compares two networks node by node; nodes are known by where they stand, since their names may differ."""

    def __init__(self, before: Graph, after: Graph, old: str, new: str) -> None:
        self.before = before
        self.after = after
        self.old = old
        self.new = new

    def same(self) -> bool:
        one, other = self.before, self.after
        return (
            self._renamed(one.inputs, other.inputs)
            and self._renamed(one.nodes, other.nodes)
            and self._renamed((each.name for each in one.outputs), (each.name for each in other.outputs))
            and _facts(one) == _facts(other)
        )

    def _renamed(self, before: Iterable[str], after: Iterable[str]) -> bool:
        """Tell whether paths differ in the name alone, if at all."""
        pairs = [(one.split("."), other.split(".")) for one, other in zip(before, after, strict=False)]
        return all(
            len(one) == len(other)
            and all(a == b or (a, b) == (self.old, self.new) for a, b in zip(one, other, strict=False))
            for one, other in pairs
        )


def _facts(graph: Graph) -> tuple[Any, ...]:
    """Return all that makes a network, without the names in it."""
    numbers = {path: number for number, path in enumerate((*graph.inputs, *graph.nodes))}

    def value(of: Value) -> tuple[int, int]:
        return numbers[of.node], of.index

    def node(of: Node) -> tuple[Any, ...]:
        shared = None if of.shares is None else numbers[of.shares]
        return type(of.op), of.op, tuple(map(value, of.inputs)), of.input_types, of.output_types, shared

    return (
        tuple(graph.inputs.values()),
        tuple(map(node, graph.nodes.values())),
        tuple((value(each.value), each.training_only) for each in graph.outputs),
        tuple((rule.fills, tuple(numbers[path] for path in rule.nodes)) for rule in graph.init),
        graph.preprocess,
        graph.symbols,
    )
