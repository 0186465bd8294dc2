"""Sets of sizes, and how they are said: "multiples of 32", "at least 75"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from archspec.diagnostics.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archspec.diagnostics.machine import Json

# So many runs of single sizes are listed; of more, the first ones and how many there are.
_LISTED = 6


@dataclass(frozen=True)
class SizeSet:
    """Which sizes of an axis work.

    Attributes:
        tried: all sizes from 1 to this one were looked at.
        works: those among them that work.
        period: whether a size works repeats itself, from some size on, after so many sizes or a part of that: it
            follows from what the sizes are divided by. 0 if nothing is known of that.
    """

    tried: int
    works: frozenset[int]
    period: int = 1

    @classmethod
    def of(cls, works: Sequence[bool], period: int = 1) -> SizeSet:
        """Return a set; `works[size]` tells whether that size works, and `works[0]` does not count."""
        return cls(len(works) - 1, frozenset(size for size, fits in enumerate(works) if size and fits), period)

    @cached_property
    def pattern(self) -> tuple[int, int, frozenset[int]]:
        """How it goes on: from which size on it repeats, after how many sizes, and with which remainders.

        Without a pattern that was seen twice it is taken to end with the sizes that were tried.
        """
        steps = [step for step in range(1, self.period + 1) if self.period % step == 0]
        seen = 2 * self.period
        if not self.period or 2 * seen > self.tried:  # not known, or more than could be tried
            steps, seen = list(range(1, self.tried // 3 + 1)), self.tried * 2 // 3
        for step in steps:
            start = self._start(step)
            if start <= self.tried - seen:
                window = range(self.tried - step + 1, self.tried + 1)
                return start, step, frozenset(size % step for size in window if size in self.works)
        return self.tried + 1, 1, frozenset()

    def _start(self, step: int) -> int:
        """Return from which size on it repeats after `step`."""
        start = self.tried - step
        while start >= 1 and (start in self.works) == (start + step in self.works):
            start -= 1
        return start + 1

    @property
    def step(self) -> tuple[int, int] | None:
        """The numbers d and r, if all sizes that work are r more than a multiple of d, and d is more than 1."""
        _, step, remainders = self.pattern
        if step == 1 or len(remainders) != 1:
            return None
        (remainder,) = remainders
        return (step, remainder) if all(size % step == remainder for size in self.works) else None

    def __contains__(self, size: object) -> bool:
        if not isinstance(size, int) or size < 1:
            return False
        start, step, remainders = self.pattern
        return size in self.works if size < start or size <= self.tried else size % step in remainders

    def nearest(self, size: int) -> tuple[int | None, int | None]:
        """Return the sizes that work next below and next above a size that does not."""
        _, step, remainders = self.pattern
        below = max((each for each in self.works if each < size), default=None)
        if size > self.tried:
            below = next((each for each in range(size - 1, size - 1 - step, -1) if each in self), below)
        highest = max(size, self.tried) + step
        above = next((each for each in range(size + 1, highest + 1) if each in self), None)
        return below, above if remainders or (above is not None and above <= self.tried) else None

    def describe(self) -> str:
        """Return which sizes these are, in words."""
        start, step, remainders = self.pattern
        single = _runs(size for size in self.works if size < start)
        if not remainders:
            return single or "none"
        first = next(size for size in range(start, start + step) if size % step in remainders)
        regular = _regular(step, remainders, first)
        return f"{single} and {regular}" if single else regular

    def record(self) -> dict[str, Json]:
        """Return it as plain data."""
        start, step, remainders = self.pattern
        return {
            "text": self.describe(),
            "single": [*sorted(size for size in self.works if size < start)],
            "from": start if remainders else None,
            "step": step if remainders else None,
            "remainders": [*sorted(remainders)],
            "tried": self.tried,
        }


def _regular(step: int, remainders: frozenset[int], first: int) -> str:
    text, least = _remainders(step, remainders)
    return text if first == least else f"{'' if step == 1 else text + ', '}at least {first}"


def _remainders(step: int, remainders: frozenset[int]) -> tuple[str, int]:
    """Return in words which sizes leave certain remainders, and the least of them."""
    if step == 1:
        return "any", 1
    least = min(remainders - {0} or {step})
    starts = [each for each in remainders if (each - 1) % step not in remainders]
    if len(starts) > 1:
        return f"remainder {_runs(remainders)} when divided by {step}", least
    more = len(remainders) - 1
    start, end = starts[0], (starts[0] + more) % step
    multiple = f"a multiple of {step}"
    if start == 0 or end == 0:
        others = f", or {'up to ' if more > 1 else ''}{more} {'more' if start == 0 else 'less'}" if more else ""
        return f"multiples of {step}{others}", least
    if start < end or not more:
        return f"{_runs(remainders)} more than {multiple}", least
    return f"from {step - start} less to {end} more than {multiple}", least


def _runs(sizes: Iterable[int]) -> str:
    """Return sizes as a list of runs: `28 to 31, 40 and 50`."""
    ordered = sorted(sizes)
    groups = [[size for _, size in run] for _, run in groupby(enumerate(ordered), lambda pair: pair[1] - pair[0])]
    texts = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in groups]
    if len(texts) > _LISTED:
        return f"{', '.join(texts[: _LISTED - 1])}, ... ({len(ordered)} sizes up to {ordered[-1]})"
    return listed(texts)
