"""Sets of sizes, in words and in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.passes.size_set import SizeSet

if TYPE_CHECKING:
    from collections.abc import Callable

TRIED = 300


def where(works: Callable[[int], bool], period: int = 1) -> SizeSet:
    return SizeSet.of([False, *map(works, range(1, TRIED + 1))], period)


SAID: list[tuple[Callable[[int], bool], int, str]] = [
    (lambda _: True, 32, "any"),
    (lambda _: False, 1, "none"),
    (lambda size: size >= 75, 32, "at least 75"),
    (lambda size: size % 32 == 0, 32, "multiples of 32"),
    (lambda size: size % 32 == 0, 64, "multiples of 32"),
    (lambda size: size % 16 == 0 and size > 20, 16, "multiples of 16, at least 32"),
    (lambda size: size % 16 == 12 and size > 100, 16, "12 more than a multiple of 16, at least 108"),
    (lambda size: size % 16 == 12, 16, "12 more than a multiple of 16"),
    (lambda size: size % 8 in (0, 6, 7), 8, "multiples of 8, or up to 2 less"),
    (lambda size: size % 8 in (0, 7), 8, "multiples of 8, or 1 less"),
    (lambda size: size % 8 in (0, 1), 8, "multiples of 8, or 1 more"),
    (lambda size: size % 8 in (2, 3, 4), 8, "2 to 4 more than a multiple of 8"),
    (lambda size: size % 8 in (7, 0, 1), 8, "from 1 less to 1 more than a multiple of 8"),
    (lambda size: size % 8 in (1, 3), 8, "remainder 1 and 3 when divided by 8"),
    (lambda size: 28 <= size <= 31, 4, "28 to 31"),
    (lambda size: size == 224, 16, "224"),
    (lambda size: size in (5, 7) or size >= 20, 4, "5 and 7 and at least 20"),
    (lambda size: size % 9 == 0, 200, "multiples of 9"),
]


@pytest.mark.parametrize(("works", "period", "text"), SAID)
def test_sets_are_said_in_words(works: Callable[[int], bool], period: int, text: str) -> None:
    found = where(works, period)
    assert found.describe() == text
    assert found.record()["text"] == text


def test_long_lists_are_cut() -> None:
    squares = where(lambda size: round(size**0.5) ** 2 == size)
    assert squares.describe() == "1, 4, 9, 16, 25, ... (17 sizes up to 289)"


def test_the_nearest() -> None:
    found = where(lambda size: size % 32 == 0 and size > 32, 32)
    assert found.nearest(225) == (224, 256)
    assert found.nearest(33) == (None, 64)
    assert found.nearest(10_001) == (9_984, 10_016)
    only = where(lambda size: size == 224)
    assert only.nearest(200) == (None, 224)
    assert only.nearest(999) == (224, None)


@given(st.integers(1, 40), st.data())
def test_it_goes_on_as_it_was_seen(period: int, data: st.DataObject) -> None:
    remainders = data.draw(st.frozensets(st.integers(0, period - 1)))
    least = data.draw(st.integers(1, 100))
    single = data.draw(st.frozensets(st.integers(1, 100), max_size=3))

    def works(size: int) -> bool:
        return size in single or (size >= least and size % period in remainders)

    found = where(works, period)
    assert all((size in found) == works(size) for size in range(-3, 3 * TRIED) if size)
    size = data.draw(st.integers(1, 3 * TRIED))
    below, above = found.nearest(size)
    known = [each for each in range(1, 4 * TRIED) if works(each)]
    assert below == max((each for each in known if each < size), default=None)
    assert above == min((each for each in known if each > size), default=None)


def test_the_step_of_all_sizes() -> None:
    assert where(lambda size: size % 8 == 4 and size > 9, 8).step == (8, 4)
    assert where(lambda size: size % 8 == 4 or size == 5, 8).step is None
    assert where(lambda size: size > 4).step is None
