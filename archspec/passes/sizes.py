"""How shapes depend on the sizes that a spec leaves open (`[3, H, W]`), and which sizes work.

The network is made at one size. Here the shape rules of its ops are run once more on sizes that follow a formula
(`archspec.ir.sizes`): what comes out are the shapes as formulas, and the comparisons that must come out the same for
them to hold. Every size from 1 on for which they do works as well, or fails in the same place; of the others, one is
run, and so on until all are known. A size works if every shape rule accepts it and the weights keep their shapes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from archspec.diagnostics.problem import ProblemError
from archspec.ir.graph import Value
from archspec.ir.sizes import Formula, NotFollowedError, Path, Size, fixed, formula_of, shown, symbol
from archspec.passes.heads import training_only
from archspec.passes.size_set import SizeSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from archspec.diagnostics.machine import Json
    from archspec.ir.graph import Graph, Node
    from archspec.ir.sizes import Atom, Condition
    from archspec.ir.tensor import TensorType

# So many sizes are looked at in any case, and so many at most.
LEAST_TRIED = 300
MOST_TRIED = 4096
# So many periods of the formulas are looked at: what repeats must be seen repeating.
PERIODS = 4
# So often the shape rules are run at most. Only rules that cannot be followed need a run for each size.
MOST_RUNS = 400


Sets: TypeAlias = "tuple[SizeSet, SizeSet, SizeSet]"


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
        names = " = ".join(rule.symbols) if rule.equal else _listed(rule.symbols)
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
        near = " and ".join(str(size) for size in works.nearest(given) if size is not None)
        yield f"sizes that work: {name}: {works.describe()}" + (f"; the nearest to {given}: {near}" if near else "")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _shortened(names: Sequence[str]) -> str:
    return _listed(names[:2]) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"  # noqa: PLR2004


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


# ------------------------------------------------------------------------------------------------- one run


@dataclass(frozen=True, slots=True)
class Weight:
    """A size of a tensor with weights that depends on symbols, and the number that it must be.

    `idle` marks a tensor of a head that is there in training only.
    """

    name: str
    formula: Formula
    wanted: int
    idle: bool = False


@dataclass(slots=True)
class Trace:
    """What one run of the shape rules found.

    Attributes:
        path: the conditions under which the rules go the same way.
        types: the type of each value, with sizes that follow a formula.
        weights: the sizes of weights that depend on symbols.
        fails: the rule of some node refused its inputs; the run ended there.
        fails_in_training: it did in a head that is there in training only, and what depends on that was left out.
        followed: all rules could be followed; otherwise some are known to give what they gave for these numbers only.
    """

    path: Path
    types: dict[Value, TensorType]
    weights: list[Weight] = field(default_factory=list[Weight])
    fails: bool = False
    fails_in_training: bool = False
    followed: bool = True

    def deciding(self) -> Iterator[Formula]:
        """Yield the formulas of which it depends whether a size works."""
        yield from (condition.formula for condition in self.path.conditions)
        yield from (weight.formula for weight in self.weights)

    @property
    def period(self) -> int:
        """After how many sizes the formulas repeat themselves, but for a constant; 0 if that is not known."""
        if not self.followed:
            return 0
        formulas = {*self.deciding(), *(formula_of(size) for tensor in self.types.values() for size in tensor.shape)}
        return math.lcm(1, *(divisor for formula in formulas for divisor in formula.divisors))


def trace(graph: Graph, numbers: Mapping[str, int], names: Mapping[str, str] | None = None) -> Trace:
    """Run the shape rules of a network once, with the given numbers as sizes.

    Args:
        graph: the network.
        numbers: a number for each symbol.
        names: which symbols follow a formula, and what they are called in it; by default all, by their own names.
    """
    names = dict.fromkeys(numbers, "") if names is None else names
    path = Path()
    found = Trace(path, {})
    for name, tensor in graph.inputs.items():
        marks = graph.symbolic_inputs.get(name, (None,) * tensor.rank)
        shape = (
            size if mark is None else _size(mark, numbers[mark], names, path)
            for size, mark in zip(tensor.shape, marks, strict=True)
        )
        found.types[Value(name)] = tensor.with_shape(*shape)
    known: _Known = {}
    idle = training_only(graph)
    for node in graph.nodes.values():
        if any(value not in found.types for value in node.inputs):
            continue
        try:
            _run(node, found, known, idle=node.path in idle)
        except ProblemError:
            found.fails_in_training = True
            found.fails = node.path not in idle
        if found.fails:
            break
    return found


def _size(mark: str, number: int, names: Mapping[str, str], path: Path) -> int:
    return Size(number, symbol(names[mark] or mark), path) if mark in names else number


_Known: TypeAlias = "dict[object, tuple[tuple[TensorType, ...], list[Weight]]]"


def _run(node: Node, found: Trace, known: _Known, *, idle: bool) -> None:
    """Run the shape rule of a node. Equal ops, which are mostly one object, are run once on the same types.

    Raises:
        ProblemError: the rule refuses the types.
    """
    inputs = tuple(found.types[value] for value in node.inputs)
    key = (id(node.op), node.shares is None, *map(_key, inputs))
    if key not in known:
        known[key] = _followed(node, inputs, found)
    results, weights = known[key]
    found.types.update((Value(node.path, index), result) for index, result in enumerate(results))
    found.weights.extend(replace(each, name=f"{node.path}.{each.name}".rstrip("."), idle=idle) for each in weights)


def _key(tensor: TensorType) -> tuple[object, ...]:
    return (tensor.dtype, tensor.batch, *(size.formula if isinstance(size, Size) else size for size in tensor.shape))


def _followed(node: Node, inputs: tuple[TensorType, ...], found: Trace) -> tuple[tuple[TensorType, ...], list[Weight]]:
    if node.op.follows_sizes:
        try:
            return node.op.infer(inputs), _weights(node, inputs)
        except NotFollowedError:
            pass
    found.followed = found.followed and not any(isinstance(size, Size) for tensor in inputs for size in tensor.shape)
    plain = tuple(tensor.with_shape(*map(fixed, tensor.shape)) for tensor in inputs)
    return node.op.infer(plain), _weights(node, plain)


def _weights(node: Node, inputs: tuple[TensorType, ...]) -> list[Weight]:
    """Return the sizes of a node's own tensors that depend on symbols, or differ from those that it has."""
    if node.shares is not None:
        return []
    pairs = zip(node.op.parameters(inputs), node.parameters(), strict=True)
    sides = ((found.name, zip(found.shape, made.shape, strict=True)) for found, made in pairs)
    return [
        Weight(name, formula_of(size), wanted)
        for name, both in sides
        for size, wanted in both
        if isinstance(size, Size) or int(size) != wanted
    ]


# ------------------------------------------------------------------------------------------------- all sizes


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
