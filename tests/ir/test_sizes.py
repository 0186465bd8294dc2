"""Sizes with a formula: the number at hand, and the formula that holds for others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.ir.sizes import NotFollowedError, Path, Size, fixed, formula_of, scaled, shown, symbol

if TYPE_CHECKING:
    from collections.abc import Callable

Step = tuple[str, int]

STEPS: dict[str, Callable[[int, int], int]] = {
    "add": lambda size, by: size + by,
    "subtract": lambda size, by: size - by,
    "from": lambda size, by: by - size,
    "times": lambda size, by: size * by,
    "divide": lambda size, by: size // by,
    "round up": lambda size, by: -(-size // by),
    "remainder": lambda size, by: size % by,
    "least": min,
    "most": max,
    "square": lambda size, _: size**2,
    "branch": lambda size, by: size + 1 if size > by else size - 1,
    "equal": lambda size, by: 0 if size == by else size,
    "parity": lambda size, _: size // 2 if size % 2 == 0 else 3 * size + 1,
}
steps = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(1, 9)), max_size=8)


def walked(size: int, way: list[Step]) -> int:
    for name, by in way:
        size = STEPS[name](size, by)
        if abs(size) > 10**9:  # squares of squares
            return 0
    return size


def of(value: int, name: str = "H", path: Path | None = None) -> Size:
    return Size(value, symbol(name), path or Path())


@given(st.integers(1, 300), st.integers(1, 300), steps)
def test_the_formula_holds_wherever_the_conditions_do(here: int, there: int, way: list[Step]) -> None:
    path = Path()
    found = walked(of(here, path=path), way)
    assert int.__pos__(found) == walked(here, way)
    assert formula_of(found).value({"H": here}) == walked(here, way)
    if all(condition.test(condition.formula.value({"H": there})) for condition in path.conditions):
        assert formula_of(found).value({"H": there}) == walked(there, way)


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 9), st.integers(1, 9))
def test_several_symbols(height: int, width: int, by: int, more: int) -> None:
    path = Path()
    area = (of(height, "H", path) // by + more) * (of(width, "W", path) * more - by)
    assert formula_of(area).value({"H": height, "W": width}) == (height // by + more) * (width * more - by)
    assert formula_of(area).value({"H": 7, "W": 11}) == (7 // by + more) * (11 * more - by)


SHORT: list[tuple[Callable[[int], int], str]] = [
    (lambda size: (size + 6 - 7) // 2 + 1, "ceil(H/2)"),
    (lambda size: -(-size // 2), "ceil(H/2)"),
    (lambda size: ((size + 6 - 7) // 2 + 2) // 2, "ceil(H/4)"),
    (lambda size: ((-(-size // 2)) + 2 - 3) // 2 + 1, "ceil(H/4)"),
    (lambda size: (size - 3) // 2 + 1, "floor((H - 1)/2)"),
    (lambda size: ((size - 3) // 2 - 2) // 3, "floor((H - 7)/6)"),
    (lambda size: size // 2 * 2, "2*floor(H/2)"),
    (lambda size: 2 * size // 2, "H"),
    (lambda size: (4 * size + 2) // 8, "floor(H/2)"),
    (lambda size: 5 - size, "-H + 5"),
    (lambda size: size - size + 4, "4"),
    (lambda size: math.prod((3, size, size)), "3*H*H"),
    (lambda size: sum((1, size, 2)), "H + 3"),
    (lambda size: scaled(size, 2.0), "2*H"),
    (lambda size: scaled(size, 0.5), "floor(0.5*H)"),
]


@pytest.mark.parametrize(("size", "text"), SHORT)
def test_formulas_are_short(size: Callable[[int], int], text: str) -> None:
    assert shown(formula_of(size(of(9)))) == text


EXACT: list[tuple[Callable[[int], int], tuple[int, int], str]] = [
    (lambda size: -(-size // 32), (32, 0), "H/32"),
    (lambda size: -(-size // 32), (16, 0), "ceil(H/32)"),
    (lambda size: size // 2 * 2, (2, 0), "H"),
    (lambda size: size // 4 * 2, (4, 0), "H/2"),
    (lambda size: size // 4 * 3, (4, 0), "3*H/4"),
    (lambda size: (size - 12) // 16 * 8 - 4, (16, 12), "H/2 - 10"),
    (lambda size: (size - 5) // 2, (16, 12), "H/2 - 3"),
    (lambda size: (size // 2) * (size // 2), (2, 0), "(H/2)*(H/2)"),
]


@pytest.mark.parametrize(("size", "step", "text"), EXACT)
def test_what_always_divides_is_a_fraction(size: Callable[[int], int], step: tuple[int, int], text: str) -> None:
    assert shown(formula_of(size(of(12))), {"H": step}) == text


def test_conditions_are_noted_as_they_came_out() -> None:
    path = Path()
    size = of(9, path=path)
    assert size > 3
    assert size != 5
    assert size + 1 == 10
    assert not size < size  # noqa: PLR0124  (nothing to note: it holds for all)
    noted = [(str(condition.formula), condition.relation, condition.holds) for condition in path.conditions]
    assert noted == [("H - 3", "<=", False), ("H - 5", "==", False), ("H - 9", "==", True)]


def test_what_needs_a_number_holds_for_that_one_only() -> None:
    path = Path()
    assert list(range(fixed(of(3, path=path)))) == [0, 1, 2]
    (condition,) = path.conditions
    assert condition.test(0)
    assert not condition.test(1)
    assert fixed(3) == 3


LOST: list[Callable[[int], object]] = [
    lambda size: size / 2,
    lambda size: {size},
    lambda size: size * 1.5,
    float,
    int,
    hash,
]


@pytest.mark.parametrize("use", LOST)
def test_what_leaves_no_formula_is_refused(use: Callable[[int], object]) -> None:
    with pytest.raises(NotFollowedError):
        use(of(4))


@given(st.integers(1, 999), st.floats(0.01, 9))
def test_scaled_sizes_are_computed_as_pytorch_does(size: int, factor: float) -> None:
    assert scaled(size, factor) == int.__pos__(scaled(of(size), factor)) == math.floor(size * factor)
    assert formula_of(scaled(of(4), factor)).value({"H": size}) == math.floor(size * factor)
