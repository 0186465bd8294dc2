from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.scanning.bounds import BoundsError, read_bounds
from archspec.scanning.figures import ALIASES, BY_KEY, FIGURES

if TYPE_CHECKING:
    from archspec.scanning.figures import Value

VALUES: dict[str, Value] = {"macs": 500_000_000, "rf": (300, 200), "coverage": (1.2, 0.8), "peak_bytes": 4_000_000}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("macs<=600M", True),
        ("macs<=0.5G", True),
        ("macs<0.5B", False),
        ("macs==500000k", True),
        ("macs!=500_000_000", False),
        ("macs <= 6e8 and rf >= 200", True),
        ("macs<=600m,rf>=224", False),
        ("rf.height>=224", True),
        ("rf.width>=224,", False),
        ("rf.depth>=1", False),
        ("rf<=299", False),
        ("224<=rf.height", True),
        ("100M<=macs<=499M", False),
        ("100M<macs<=500M", True),
        ("coverage>=80%", True),
        ("coverage>=0.81", False),
        ("peak<=4MB", True),
        ("peak<=3.9MiB & macs>1", True),
        ("peak<4000kB", False),
        ("params<=1G", False),  # it was not measured
        ("width<=1.5", True),
        ("act<=1", False),
        ("macs≤600M, rf≥1", True),
    ],
)
def test_bounds(text: str, holds: bool) -> None:  # noqa: FBT001
    settings = {"width": 1.0, "act": "relu"}
    assert all(bound.holds(VALUES, settings) for bound in read_bounds(text, settings)) is holds


@pytest.mark.parametrize(
    ("text", "place", "wanted"),
    [
        ("mac<=600M", 0, "there is no figure 'mac'; did you mean 'macs'?"),
        ("rf>=1, widht<=1", 7, "did you mean 'width'?"),
        ("rf.hight>=1", 0, "rf has no axis 'hight'; did you mean 'height'?"),
        ("macs.height>=1", 0, "macs has no axes"),
        ("macs=600M", 4, "write == for equal"),
        ("macs<=", 6, "a number such as 600M must stand here"),
        ("macs 600M", 5, "<= or >= must stand here"),
        ("macs<=600X", 6, "600X has no unit that fits; write 600k, 600M or 4.1G"),
        ("macs<=64KiB", 6, "has no unit that fits"),
        ("rf>=224px rf<=300", 10, "write a comma between bounds"),
        ("", 0, "a figure such as macs must stand here"),
        ("macs<=1,,rf>=1", 8, "a figure such as macs must stand here"),
        ("__import__('os')<=1", 10, "'(' has no meaning here"),
        ("macs<=1e999", 6, "1e999 is too large"),
        ("output<=1", 0, "output is no number"),
        ("macs<=1 if 1 else 2", 8, "write a comma between bounds"),
        ("macs<=1," * 300, 0, "this is too long"),
    ],
)
def test_what_is_no_bound_is_shown(text: str, place: int, wanted: str) -> None:
    with pytest.raises(BoundsError) as error:
        read_bounds(text, ["width"])
    assert wanted in str(error.value)
    assert error.value.start == place
    message, _, marks = error.value.shown().splitlines()
    assert message.endswith(f"(at character {place + 1})")
    assert marks.index("^") == place + 2


def refusal(text: str) -> BoundsError | None:
    """Why a text is no list of bounds; None if it is one."""
    try:
        bounds = read_bounds(text)
    except BoundsError as error:
        return error
    assert all(math.isfinite(bound.limit) for bound in bounds)
    return None


@given(st.text(max_size=60) | st.text(alphabet="macsrf.height<>=!,0123456789.eEkMGB%_ and", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    error = refusal(text)
    if error is not None:
        assert 0 <= error.start <= len(text)
        assert "^" in error.shown()


NAMES = [figure.key for figure in FIGURES if figure.kind == "count"]
COMPARE = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}
parts = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(sorted(COMPARE)),
    st.integers(0, 5000),
    st.sampled_from([("", 1), ("k", 1000), ("M", 10**6), ("G", 10**9)]),
    st.sampled_from(["", " ", "  "]),
)


@given(st.lists(parts, min_size=1, max_size=5), st.sampled_from([",", " and ", ", "]), st.integers(0, 10**10))
def test_bounds_mean_what_they_say(
    written: list[tuple[str, str, int, tuple[str, int], str]], separator: str, value: int
) -> None:
    text = separator.join(f"{name}{gap}{sign}{gap}{number}{unit}" for name, sign, number, (unit, _), gap in written)
    bounds = read_bounds(text)
    assert [bound.limit for bound in bounds] == [number * factor for _, _, number, (_, factor), _ in written]
    values: dict[str, Value] = dict.fromkeys(NAMES, value)
    wanted = [COMPARE[sign](value, number * factor) for _, sign, number, (_, factor), _ in written]
    assert [bound.holds(values, {}) for bound in bounds] == wanted
    assert [bound.miss(values, {}) == 0 for bound in bounds] == wanted


def test_other_names_are_names_of_figures() -> None:
    assert set(ALIASES.values()) <= set(BY_KEY)
    assert not set(ALIASES) & set(BY_KEY)
