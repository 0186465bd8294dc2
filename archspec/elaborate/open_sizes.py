"""Sizes that a spec leaves open (`[3, H, W]`): what they are called, and at which numbers the network is made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archspec.source.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.diagnostics.problem import Problem
    from archspec.source.tree import Tree
    from archspec.spec.template import SpecTemplate

_SYMBOL = re.compile(r"[A-Z][A-Za-z0-9_]*\Z")
# Tried in turn, until the network can be made: common sizes of images, and one with many divisors.
NUMBERS = (224, 256, 299, 512, 32, 28, 64, 128, 1024, 2520)
ATTEMPTS = len(NUMBERS) + 1
_IMAGE_RANK = 3


def is_symbol(text: str) -> bool:
    """Return whether a size that is no parameter is one that is left open: a name that begins with a capital."""
    return _SYMBOL.match(text) is not None


class OpenSizes:
    """The open sizes of one attempt to make a network, with a number for each.

    Attributes:
        numbers: the number of each symbol that was met so far.
        marks: for each input, the symbol of each axis; None for one of a given size.
    """

    def __init__(self, spec: SpecTemplate, attempt: int) -> None:
        """Take the `attempt`-th candidate for each symbol: first the spec's own number, if it has one."""
        self._spec = spec
        self._attempt = attempt
        self.numbers: dict[str, int] = {}
        self.marks: dict[str, tuple[str | None, ...]] = {}

    def number(self, symbol: str, name: str, position: int) -> int:
        """Return the number for a symbol that is the size of an axis of an input."""
        return self.numbers.setdefault(symbol, self._candidate(name, position))

    def mark(self, name: str, position: int, rank: int, symbol: str) -> None:
        """Note that a symbol is the size of an axis of an input."""
        marks = list(self.marks.get(name, (None,) * rank))
        marks[position] = symbol
        self.marks[name] = tuple(marks)

    def _candidate(self, name: str, position: int) -> int:
        natural = list(dict.fromkeys([*self._stated(name, position), *NUMBERS]))
        return natural[min(self._attempt, len(natural) - 1)]

    def _stated(self, name: str, position: int) -> Iterator[int]:
        """Yield the number that the spec itself has for an axis: in the input's shape, or as the size of images."""
        template = next(each for each in self._spec.inputs if each.name == name)
        if position < len(template.shape):
            yield from _numbers(template.shape[position])
        if len(template.shape) == _IMAGE_RANK and position and isinstance(self._spec.preprocess, Mapping):
            size = self._spec.preprocess.get("size")
            yield from list(_numbers(size) if size is not None else ())[position - _IMAGE_RANK :][:1]


def _numbers(tree: Tree) -> Iterator[int]:
    if isinstance(tree, Sequence):
        for item in tree.items:
            yield from _numbers(item)
    elif isinstance(tree, Scalar) and type(tree.value) is int and tree.value > 0:
        yield tree.value


def may_be_for_its_size(sizes: OpenSizes, problems: tuple[Problem, ...]) -> bool:
    """Return whether it is worth trying other numbers: shapes do not fit, and some sizes are open."""
    unfit = any(problem.severity == "error" and problem.code.startswith("AS2") for problem in problems)
    return unfit and bool(sizes.numbers)
