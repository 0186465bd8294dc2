from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.scanning.plan import Plan, read_shapes
from archspec.scanning.values import ValuesError, read_values

if TYPE_CHECKING:
    from decimal import Decimal


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0.25:1:0.25", [0.25, 0.5, 0.75, 1.0]),
        ("0.1:0.5:0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("1:4", [1, 2, 3, 4]),
        ("1:4:2", [1, 3]),
        ("8:1:-3", [8, 5, 2]),
        ("5:5:1", [5]),
        ("16:128:*2", [16, 32, 64, 128]),
        ("1:10:*3", [1, 3, 9]),
        ("8:1:*0.5", [8.0, 4.0, 2.0, 1.0]),
        ("1,2:4,8", [1, 2, 3, 4, 8]),
        ("relu,silu", ["relu", "silu"]),
        ("true,false", [True, False]),
        ('"a,b",c', ["a,b", "c"]),
        ("package.module:Class", ["package.module:Class"]),
        ("[2,2],[3,4]", [[2, 2], [3, 4]]),
        ("[2,[3,4]]", [[2, [3, 4]]]),
        ("[1:2,{5,6}]", [[1, 5], [1, 6], [2, 5], [2, 6]]),
        ("[]", [[]]),
        ("{1,2}", [1, 2]),
    ],
)
def test_values(text: str, wanted: list[object]) -> None:
    choices = read_values(text)
    assert list(choices) == wanted
    assert [type(value) for value in choices] == [type(value) for value in wanted]
    assert choices.count == len(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "a value is missing"),
        ("1,,2", "a value is missing"),
        ("2:1:0.5", "runs backwards, so there is nothing in it; 1:2:0.5 runs forwards"),
        ("1:2:-1", "runs backwards"),
        ("1:2:0", "the step of 1:2:0 is 0"),
        ("nan:1:1", "nan in nan:1:1 is no number"),
        ("0:.inf:1", ".inf in 0:.inf:1 is no number"),
        ("0:1e99:1", "1e99 in 0:1e99:1 is too large"),
        ("1e-99:1:1", "too large or too small"),
        ("1.5:2", "1.5:2 needs a step"),
        ("1:2:3:4", "write start:stop:step"),
        ("1:", "nothing in 1: is no number"),
        ("1:x:2", "x in 1:x:2 is no number"),
        ("0:8:*2", "must be above 0"),
        ("8:1:*2", "never gets to its end"),
        ("1:8:*1", "never gets to its end"),
        ("1:1e14:*1.000001", "more than 10,000 values"),
        ("[1", "the end is missing: ]"),
        ("1]", "the ] at character 2 closes nothing"),
        ("'a", "the end is missing: '"),
        (".nan", "is no value that a parameter takes"),
        ("~", "is no value that a parameter takes"),
        ("[" * 50 + "]" * 50, "nested more than 8 deep"),
        ("1e999", "1e999 is no value"),
    ],
)
def test_what_is_no_value_is_said(text: str, wanted: str) -> None:
    with pytest.raises(ValuesError, match=re.escape(wanted)):
        read_values(text)


numbers = st.decimals(min_value=-1000, max_value=1000, allow_nan=False, places=3)


@given(start=numbers, step=numbers.filter(bool), count=st.integers(1, 200), over=st.decimals(0, 1, places=2))
def test_a_range_has_all_its_steps_and_its_end(start: Decimal, step: Decimal, count: int, over: Decimal) -> None:
    """However far the end is beyond the last step, short of one more, and in floats that have no exact sum."""
    stop = start + step * (count - 1) + (step * over if over < 1 else 0)
    choices = read_values(f"{start}:{stop}:{step}")
    assert choices.count == count
    assert list(choices) == [float(start + step * index) for index in range(count)]


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        choices = read_values(text)
    except ValuesError:
        return
    if choices.count < 1000:
        assert len(list(choices)) == choices.count


@given(st.text(alphabet="0123456789.:*-+,[]{}eE ", max_size=24))
def test_any_text_of_numbers_is_read_or_refused(text: str) -> None:
    try:
        choices = read_values(text)
    except ValuesError:
        return
    assert choices.count >= 1
    if choices.count < 1000:
        assert len(list(choices)) == choices.count


def test_huge_ranges_are_counted_not_made() -> None:
    assert read_values("[0:1000000000:1,0:1000000000:1,0:1:1e-15]").count > 10**32


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("3x128x160", "", [(3, 128, 160)]),
        ("3x{128:256:64}", "", [(3, 128), (3, 192), (3, 256)]),
        ("3x128:256:64", "", [(3, 128), (3, 192), (3, 256)]),
        ("3x8x16,3x16x8", "", [(3, 8, 16), (3, 16, 8)]),
        ("image=1x{8,9}x{8,9}", "image", [(1, *sizes) for sizes in product((8, 9), (8, 9))]),
    ],
)
def test_shapes(text: str, name: str, wanted: list[tuple[int, ...]]) -> None:
    shapes = read_shapes(text)
    assert shapes.name == name
    assert list(shapes) == wanted
    assert shapes.count == len(wanted)


@pytest.mark.parametrize("text", ["3x0x4", "3x1.5", "axb", "3xx4", "", "1b=3x4", "3x{4", "3x-1", "3x1e3"])
def test_what_is_no_shape_is_refused(text: str) -> None:
    with pytest.raises(ValuesError):
        read_shapes(text)


def test_a_plan_is_the_product_and_what_was_given_last_changes_first() -> None:
    plan = Plan(("a", "b"), {"width": read_values("1,2"), "k": read_values("3")}, (read_shapes("3x{4,8}"),))
    assert plan.count == 8
    assert [tuple(variation.settings().values()) for variation in plan][:3] == [
        ("a", 1, 3, "3x4"),
        ("a", 1, 3, "3x8"),
        ("a", 2, 3, "3x4"),
    ]
    assert plan.varied == ("variant", "width", "input")
    assert plan.fixed == {"k": 3}
