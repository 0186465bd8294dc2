from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.diagnostics.text import MAX_TEXT, closest, did_you_mean, edit_distance, printable

OPS = (
    *("conv", "conv_transpose", "batch_norm", "max_pool", "avg_pool", "global_avg_pool", "linear", "relu", "relu6"),
    *("flatten", "dropout", "add", "mul", "concat", "silu"),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("conv1", "conv1"),
        ("é 😀 \u5377", "é 😀 \u5377"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("\u200b\ufeff\u00a0", r"\u200b\ufeff\xa0"),
        ("\u2028\x85", r"\u2028\x85"),
        ("\ud800", r"\ud800"),
        ("\U000e0001", r"\U000e0001"),
        ("x" * 100, "x" * (MAX_TEXT - 1) + "…"),
        ("x" * MAX_TEXT, "x" * MAX_TEXT),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()), st.integers(1, 100))
def test_printable_text_is_printable_and_short(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit * len("\\U00000000")
    assert printable(shown, len(shown)) == shown


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Con", "conv"),
        ("conv", "conv"),
        ("Conv2d", "conv"),
        ("MaxPool2d", "max_pool"),
        ("max-pool", "max_pool"),
        ("BatchNorm2d", "batch_norm"),
        ("rellu", "relu"),
        ("realu", "relu"),
        ("rleu", "relu"),
        ("relu_6", "relu6"),
        ("Flaten", "flatten"),
        ("conv_tranpose", "conv_transpose"),
        ("globalavgpool", "global_avg_pool"),
        ("transformer", None),
        ("dense", None),
        ("x", None),
        ("", None),
        ("-", None),
        ("y" * 1_000_000, None),
    ],
)
def test_closest(word: str, meant: str | None) -> None:
    assert closest(word, OPS) == meant


def test_the_closest_of_several() -> None:
    assert closest("depth_mutiple", ["depth_module", "depth_multiple", "depth_multiples"]) == "depth_multiple"
    assert closest("conv3", ["conv1", "conv2"]) == "conv1"


def test_candidates_may_be_any_iterable_of_any_size() -> None:
    assert closest("conf", iter(["conv"] + [f"n{number}" for number in range(100_000)])) == "conv"
    assert closest("conv", []) is None


def test_did_you_mean() -> None:
    assert did_you_mean("Con", OPS) == "did you mean 'conv'?"
    assert did_you_mean("transformer", OPS) is None
    assert did_you_mean("ab\x1bcd", ["ab\x1bce"]) == r"did you mean 'ab\x1bce'?"


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [("", "", 0), ("", "abc", 3), ("abc", "acb", 1), ("kitten", "sitting", 3), ("ca", "abc", 3), ("conv", "con", 1)],
)
def test_edit_distance(left: str, right: str, edits: int) -> None:
    assert edit_distance(left, right) == edits


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edit_distance_is_symmetric_and_bounded(left: str, right: str) -> None:
    edits = edit_distance(left, right)
    assert edits == edit_distance(right, left)
    assert abs(len(left) - len(right)) <= edits <= max(len(left), len(right))
    assert (edits == 0) is (left == right)
