"""Pairing two sequences so that what belongs together stands together, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Pairs: TypeAlias = "list[tuple[int, int]]"
Score: TypeAlias = "Callable[[Look, Look, bool], int]"

# As many pairs of members are looked at, about: a million take half a second. Of sequences whose lengths multiply to
# more, only members that stand about as far from the start, in proportion, can be paired.
_MOST_PAIRS = 400_000
_NARROWEST_BAND = 16
_OUT_OF_REACH = -(10**9)


class Item(NamedTuple):
    """What is known of one member of a sequence. Equal numbers stand for equal things.

    Attributes:
        name: its name.
        look: the rest.
    """

    name: str
    look: Look


class Look(NamedTuple):
    """What a member of a sequence is, whatever it is called.

    Attributes:
        exact: the op with its parameters; of a group, those of all nodes in it, with their names.
        form: the op; of a group, those of all nodes in it, with their names.
        kind: the op; of a block, its definition.
        result: the shape that it gives.
        is_group: it is no node, but a group of them.
        is_numbered: its name is a number.
        gap: how many members that are known to be in both sequences stand before it.
    """

    exact: int
    form: int
    kind: int
    result: int
    is_group: bool
    is_numbered: bool
    gap: int = 0


def align(left: Sequence[Item], right: Sequence[Item], score: Score) -> Pairs:
    """Return which members belong together, as rising pairs of positions.

    `score` says how well two suit each other; it is told whether they are called alike.
    Among all ways to pair them in order, it is one with the greatest sum of scores; a score of 0 means that two do not
    belong together. (Needleman and Wunsch, 1970, without a price for what is left out.)
    """
    start, stop = _equal_ends(left, right)
    rest_left, rest_right = left[start : len(left) - stop], right[start : len(right) - stop]
    pairs = [(index, index) for index in range(start)]
    pairs += [(start + one, start + other) for one, other in _Sums(rest_left, rest_right, score).pairs()]
    return pairs + [(len(left) - index, len(right) - index) for index in range(stop, 0, -1)]


def _equal_ends(left: Sequence[Item], right: Sequence[Item]) -> tuple[int, int]:
    """Return how many members are equal at the start, name included, and at the end, whatever they are called."""
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    stop = 0
    while stop < shorter - start and left[-1 - stop].look == right[-1 - stop].look:
        stop += 1
    return start, stop


class _Sums:
    """The greatest sums of scores that the first so many members of both sequences can have, row by row.

    A row is kept from its first column of interest to its last. Behind that, the sum is taken as that of the last.
    """

    def __init__(self, left: Sequence[Item], right: Sequence[Item], score: Score) -> None:
        self._left, self._right, self._score = left, right, score
        self._looks = list(dict.fromkeys(item.look for item in right))
        numbers = {look: number for number, look in enumerate(self._looks)}
        self._numbers = [numbers[item.look] for item in right]
        self._scores: dict[Look, list[int]] = {}
        self._columns: dict[str, int] = {item.name: column for column, item in enumerate(right, 1)}
        width = max(_NARROWEST_BAND, _MOST_PAIRS // max(1, len(left)))
        columns = len(right)
        centers = (row * columns // max(1, len(left)) for row in range(len(left) + 1))
        self._bands = [(max(0, center - width // 2), min(columns, center + width // 2)) for center in centers]
        self._rows = [[0] * (self._bands[0][1] + 1)]
        for row in range(1, len(left) + 1):
            self._rows.append(self._next(row))

    def _next(self, row: int) -> list[int]:
        first, last = self._bands[row]
        before, above = self._bands[row - 1][0], self._rows[-1]
        # What stands above a column; behind the end of that row, its last sum.
        above = above[first - before :] + above[-1:] * (last - self._bands[row - 1][1])
        diagonal = self._at(row - 1, first - 1) if first else 0
        scores, numbers = self._scores_of(self._left[row - 1].look), self._numbers
        namesake = self._columns.get(self._left[row - 1].name, 0)
        made: list[int] = []
        best = 0
        for column, up in enumerate(above, first):
            best = max(best, up)
            if column:
                score = scores[numbers[column - 1]]
                if column == namesake:
                    score = self._score(self._left[row - 1].look, self._right[column - 1].look, True)  # noqa: FBT003
                if score and diagonal + score > best:
                    best = diagonal + score
            made.append(best)
            diagonal = up
        return made

    def _scores_of(self, look: Look) -> list[int]:
        """Return how well a member suits each kind of member of the other sequence."""
        if look not in self._scores:
            self._scores[look] = [self._score(look, other, False) for other in self._looks]  # noqa: FBT003
        return self._scores[look]

    def _at(self, row: int, column: int) -> int:
        """Return a sum; a column before the first one cannot be reached."""
        first, last = self._bands[row]
        return _OUT_OF_REACH if column < first else self._rows[row][min(column, last) - first]

    def pairs(self) -> list[tuple[int, int]]:
        """Return the pairs that the greatest sum consists of."""
        found: list[tuple[int, int]] = []
        row, column = len(self._left), len(self._right)
        while row and column:
            column = min(column, self._bands[row][1])
            here = self._at(row, column)
            # What can be left out at the end is, so that pairs stand as early as possible: layer1.0 to layer1.0.
            if here == self._at(row, column - 1):
                column -= 1
            elif here == self._at(row - 1, column):
                row -= 1
            else:
                row, column = row - 1, column - 1
                found.append((row, column))
        return found[::-1]
