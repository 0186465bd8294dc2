"""The search for the sizes that work: the shape rules are run once for each way that they can go."""

from __future__ import annotations

import math
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from archspec.passes.size_set import SizeSet
from archspec.passes.size_trace import Trace, trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archspec.ir.graph import Graph
    from archspec.ir.sizes import Atom, Condition, Formula

# So many sizes are looked at in any case, and so many at most.
LEAST_TRIED = 300
MOST_TRIED = 4096
# So many periods of the formulas are looked at: what repeats must be seen repeating.
PERIODS = 4
# So often the shape rules are run at most. Only rules that cannot be followed need a run for each size.
MOST_RUNS = 400

# The sizes at which a network works, those at which it trains too, and those at which it can be made.
Sets: TypeAlias = "tuple[SizeSet, SizeSet, SizeSet]"


class Search:
    """The sizes that work, found by running the shape rules once for each way that they can go."""

    def __init__(self, graph: Graph, whole: Trace) -> None:
        """Start from a run at the sizes that the network is made at."""
        self._graph = graph
        self._period = whole.period
        self._tried = _count(max(graph.symbols.values(), default=0), whole.period)

    def sets(self, symbols: tuple[str, ...]) -> Sets:
        """Return the sizes at which a network works, trains and can be made, for symbols of one size.

        The others keep the sizes that the network is made at.
        """
        columns = _Columns(symbols[0], self._tried)
        known: list[tuple[bool, bool, bool] | None] = [None] * (self._tried + 1)
        first = min(self._graph.symbols[symbols[0]], self._tried)
        runs = 0
        for size in (first, *range(1, self._tried + 1)):
            if known[size] is None and runs < MOST_RUNS:
                runs += 1
                numbers = {**self._graph.symbols, **dict.fromkeys(symbols, size)}
                found = trace(self._graph, numbers, dict.fromkeys(symbols, symbols[0]))
                unknown = [each for each, done in enumerate(known) if done is None]
                for alike in columns.where(found.path.conditions, unknown):
                    known[alike] = self._verdict(found, columns, alike)
        known[0] = (False, False, False)
        tried = list(takewhile(lambda verdict: verdict is not None, known))
        works, trains, makes = zip(*filter(None, tried), strict=True)
        return tuple(SizeSet.of(verdicts, self._period) for verdicts in (works, trains, makes))  # pyright: ignore[reportReturnType]

    def _verdict(self, found: Trace, columns: _Columns, size: int) -> tuple[bool, bool, bool]:
        wrong = [weight for weight in found.weights if columns[weight.formula][size] != weight.wanted]
        works = not found.fails and all(weight.idle for weight in wrong)
        makes = not found.fails and not found.fails_in_training
        return works, works and makes and not wrong, makes


def _count(chosen: int, period: int) -> int:
    return min(max(LEAST_TRIED, 2 * chosen, PERIODS * period), MOST_TRIED)


class _Columns:
    """The values of formulas of one symbol, for all sizes from 0 to `last`."""

    def __init__(self, name: str, last: int) -> None:
        self._name = name
        self._sizes = range(last + 1)
        self._found: dict[Formula | Atom, Sequence[int]] = {}

    def __getitem__(self, formula: Formula) -> Sequence[int]:
        if formula not in self._found:
            products = [
                [factor * math.prod(values) for values in zip(*map(self._atom, product), strict=True)]
                if product
                else [factor] * len(self._sizes)
                for product, factor in formula.terms
            ]
            self._found[formula] = [sum(values) for values in zip(*products, strict=True)] or [0] * len(self._sizes)
        return self._found[formula]

    def _atom(self, atom: Atom) -> Sequence[int]:
        if atom.of is None:
            return self._sizes
        if atom not in self._found:
            inner = self[atom.of]
            scaled: Callable[[int], int] = lambda value: math.floor(value * atom.factor)  # noqa: E731
            divided: Callable[[int], int] = lambda value: value // atom.divisor  # noqa: E731
            self._found[atom] = list(map(scaled if atom.factor != 1 else divided, inner))
        return self._found[atom]

    def where(self, conditions: Iterable[Condition], sizes: list[int]) -> list[int]:
        """Return the sizes, of those given, at which all conditions hold."""
        for condition in conditions:
            values = self[condition.formula]
            sizes = [size for size in sizes if condition.test(values[size])]
        return sizes
