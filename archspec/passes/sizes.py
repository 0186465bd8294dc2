"""How shapes depend on the sizes that a spec leaves open (`[3, H, W]`), and which sizes work.

The network is made at one size. Here the shape rules of its ops are run once more on sizes that follow a formula
(`archspec.ir.sizes`): what comes out are the shapes as formulas, and the comparisons that must come out the same for
them to hold. Every size from 1 on for which they do works as well, or fails in the same place; of the others, one is
run, and so on until all are known. A size works if every shape rule accepts it and the weights keep their shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from archspec.diagnostics.text import listed
from archspec.ir.sizes import Formula, formula_of, shown
from archspec.passes.size_search import Search, Sets
from archspec.passes.size_trace import Trace, trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archspec.diagnostics.machine import Json
    from archspec.ir.graph import Graph, Value
    from archspec.passes.size_set import SizeSet


@dataclass(frozen=True, slots=True)
class Rule:
    """Which sizes work for some symbols.

    Attributes:
        symbols: the symbols; each may have any of the sizes by itself, unless they are `equal`.
        works: the sizes at which the network runs, with the weights that it has.
        trains: those at which it also trains, with the heads that are there in training only.
        makes: those at which it can be made, if perhaps with weights of other shapes.
        equal: the symbols are given the same size. That is said of symbols that depend on each other.
    """

    symbols: tuple[str, ...]
    works: SizeSet
    trains: SizeSet
    makes: SizeSet
    equal: bool = False

    @property
    def sets(self) -> Sets:
        """The three sets."""
        return self.works, self.trains, self.makes


@dataclass(frozen=True)
class Sizes:
    """What is known of the sizes that a network leaves open.

    Attributes:
        chosen: the size of each symbol that the network is made at.
        formulas: the shape of each value, as formulas.
        rules: which sizes work.
        weights: the tensors whose shapes depend on a size.
        dependent: whether the sizes of some symbols depend on each other; the rules hold for the others as chosen then.
    """

    chosen: Mapping[str, int]
    formulas: Mapping[Value, tuple[Formula, ...]]
    rules: tuple[Rule, ...]
    weights: tuple[str, ...] = ()
    dependent: bool = False

    @cached_property
    def known(self) -> dict[str, tuple[int, int]]:
        """Of which symbols it is known that they are always r more than a multiple of d; d and r by symbol."""
        steps = {name: rule.works.step for rule in self.rules for name in rule.symbols if not rule.equal}
        return {name: step for name, step in steps.items() if step is not None}

    def shape(self, value: Value) -> tuple[str, ...] | None:
        """Return the shape of a value, each size as a formula; None if it depends on no symbol."""
        formulas = self.formulas.get(value)
        if formulas is None or all(formula.is_constant for formula in formulas):
            return None
        return tuple(shown(formula, self.known) for formula in formulas)

    def lines(self) -> list[str]:
        """Return in words which sizes work."""
        together = {name: rule for rule in self.rules if rule.equal for name in rule.symbols}
        return [
            line
            for rule in self.rules
            # What holds for one of them alone is said only where it is not what holds for all of them together.
            if rule.equal or any(name not in together or together[name].sets != rule.sets for name in rule.symbols)
            for line in self._lines(rule)
        ]

    def _lines(self, rule: Rule) -> Iterator[str]:
        names = " = ".join(rule.symbols) if rule.equal else listed(rule.symbols)
        if self.dependent and not rule.equal:
            names += " alone"
        yield f"{names}: {rule.works.describe()}"
        if rule.trains != rule.works:
            yield f"{names}: {rule.trains.describe()} in training, for the heads that are there only then"
        if rule.makes != rule.trains:
            what = _shortened(self.weights)
            yield f"{names}: {rule.makes.describe()}, if made anew: the shape of {what} depends on the size"

    def advice(self, given: Mapping[str, int]) -> list[str]:
        """Return which sizes work, and the nearest ones, for symbols whose given sizes do not."""
        together = next((rule for rule in self.rules if rule.equal and _agree(given, rule.symbols)), None)
        if together is not None:
            return list(_advice(" = ".join(together.symbols), together.makes, given[together.symbols[0]]))
        return [
            text
            for rule in self.rules
            for name in rule.symbols
            if name in given and not rule.equal
            for text in _advice(name, rule.makes, given[name])
        ]

    def record(self) -> Json:
        """Return it as plain data."""
        return {
            "symbols": dict(self.chosen),
            "rules": [
                {
                    "symbols": list(rule.symbols),
                    "equal": rule.equal,
                    "works": rule.works.record(),
                    "trains": rule.trains.record(),
                    "makes": rule.makes.record(),
                }
                for rule in self.rules
            ],
            "weights": list(self.weights),
        }


def _agree(given: Mapping[str, int], names: Sequence[str]) -> bool:
    """Return whether all of these symbols are given, and the same size."""
    return len({given.get(name) for name in names}) == 1 and names[0] in given


def _advice(name: str, works: SizeSet, given: int) -> Iterator[str]:
    if given not in works:
        near = listed(size for size in works.nearest(given) if size is not None)
        yield f"sizes that work: {name}: {works.describe()}" + (f"; the nearest to {given}: {near}" if near else "")


def _shortened(names: Sequence[str]) -> str:
    return listed(names[:2]) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"  # noqa: PLR2004


def sizes(graph: Graph) -> Sizes | None:
    """Return what is known of the sizes that a network leaves open; None if it leaves none open."""
    if not graph.symbols:
        return None
    whole = trace(graph, graph.symbols)
    groups = _groups(graph.symbols, whole)
    search = Search(graph, whole)
    found: dict[tuple[str, ...], Sets] = {}
    for group in groups:
        for name in group:
            found[name,] = search.sets((name,))
        if len(group) > 1:
            found[group] = search.sets(group)
    return Sizes(
        graph.symbols,
        {value: tuple(map(formula_of, tensor.shape)) for value, tensor in whole.types.items()},
        tuple(_rules(found)),
        tuple(dict.fromkeys(weight.name for weight in whole.weights)),
        dependent=len(groups) < len(graph.symbols),
    )


def _groups(symbols: Iterable[str], whole: Trace) -> list[tuple[str, ...]]:
    """Return the symbols in groups of those that depend on each other."""
    groups = [{name} for name in symbols]
    for formula in whole.deciding():
        joined = [group for group in groups if group & formula.symbols]
        if len(joined) > 1:
            groups = [group for group in groups if group not in joined] + [set().union(*joined)]
    order = list(symbols)
    return [tuple(sorted(group, key=order.index)) for group in groups]


def _rules(found: Mapping[tuple[str, ...], Sets]) -> Iterator[Rule]:
    """Yield the rules; symbols with the same one share it."""
    shared: dict[Sets, list[str]] = {}
    for names, sets in found.items():
        if len(names) == 1:
            shared.setdefault(sets, []).extend(names)
    yield from (Rule(names, *sets, equal=True) for names, sets in found.items() if len(names) > 1)
    yield from (Rule(tuple(names), *sets) for sets, names in shared.items())
