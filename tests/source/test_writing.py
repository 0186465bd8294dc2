from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.source.span import SourceFile
from archspec.source.tree import plain
from archspec.source.writing import block, flow, scalar, sentence
from archspec.source.yaml import parse

# What a YAML file may hold; other characters can be written with escapes only, as they are here.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=True),
    TEXTS,
    st.sampled_from(
        ["no", "true", "null", "~", "1e3", "010", "12:30", "- a", "a: b", "a #b", "a:", "#", "'", '"', "%a", "<<", ""]
    ),
)
KEYS = st.text("abcdefgh_", min_size=1, max_size=6).filter(lambda text: text not in {"a", "b"})
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


def read(text: str) -> Any:
    return plain(parse(SourceFile("test.yaml", text)))


@given(VALUES)
@settings(deadline=None)
def test_flow_reads_back(value: Any) -> None:
    assert read(f"value: {flow(value)}\n") == {"value": value}


@given(TEXTS)
@settings(deadline=None)
def test_sentences_read_back(text: str) -> None:
    assert read(f"value: {sentence(text)}\n") == {"value": text}


@given(SCALARS)
@settings(deadline=None)
def test_scalars_read_back_in_lists(value: Any) -> None:
    assert read(f"- {scalar(value)}\n- [{scalar(value)}, {scalar(value)}]\n") == [value, [value, value]]


def test_plain_where_it_can_be() -> None:
    assert flow({"op": "conv", "kernel_size": (3, 1), "p": 0.5, "eps": 1e-05, "bias": False}) == (
        "{op: conv, kernel_size: [3, 1], p: 0.5, eps: 1e-05, bias: false}"
    )
    assert sentence("Deep networks (He et al., 2015, arXiv:1512.03385), with names.") == (
        "Deep networks (He et al., 2015, arXiv:1512.03385), with names."
    )
    assert sentence("It: has # all\n\u202e") == '"It: has # all\\n\\u202e"'


def test_block_style() -> None:
    document = {"a": "1", "b": ["x", {"c": "y", "d": ["z", "[1, 2]"]}, ["p", "q"]], "e": {"f": {"g": "h"}}}
    text = "".join(f"{line}\n" for line in block(document))
    assert text == (
        "a: 1\nb:\n  - x\n  - c: y\n    d:\n      - z\n      - [1, 2]\n  - - p\n    - q\ne:\n  f:\n    g: h\n"
    )
    assert read(text) == {"a": 1, "b": ["x", {"c": "y", "d": ["z", [1, 2]]}, ["p", "q"]], "e": {"f": {"g": "h"}}}
