from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec.lsp.rename import RenameError, renameable, renamed
from tests.lsp.cursor import HEAD, SPEC, SPECS, at, compile_here

if TYPE_CHECKING:
    from archspec.lsp.outliner import Outline


def rename(words: str, new: str, text: str = SPEC) -> str:
    """Return the text with something renamed."""
    outline: Outline = compile_here(text).outline
    for place in sorted(renamed(at(words, text), new, outline), reverse=True):
        text = text[: place.start] + new + text[place.end :]
    return text


@pytest.mark.parametrize(
    ("words", "new", "lines"),
    [
        ("  st‸em:", "root", ["root: {op: conv", "channels: root.channels"]),
        ("uni‸t2, ", "last", ["last: {op: unit", "from: [last, last]"]),
        ("  uni‸t:", "body", ["  body:", "{op: body, channels: 32", "{op: body, channels: stem.channels"]),
        ("out_channels: wid‸e", "width", ["let: {width: channels * 2}", "out_channels: width"]),
        ("unit, chan‸nels: 32", "size", ["{size: int", "wide: size * 2", "{op: unit, size: 32", "size: stem.channels"]),
        ("params: {class‸es", "labels", ["params: {labels: 10}", "out_features: labels", "small: {labels: 2}"]),
        ("sma‸ll", "tiny", ["tiny: {classes"]),
    ],
)
def test_renamed_everywhere(words: str, new: str, lines: list[str]) -> None:
    text = rename(words, new)
    assert all(line in text for line in lines)
    assert compile_here(text).compiled.problems == ()


def test_inner_names_stay() -> None:
    text = rename("  act‸: $act", "after")
    assert "after: $act" in text
    assert "act: {type: op" in text


@pytest.mark.parametrize(
    ("words", "new", "reason"),
    [
        ("  st‸em:", "forward", "cannot be its name"),
        ("  st‸em:", "a b", "cannot be its name"),
        ("  st‸em:", "pool", "already"),
        ("from: inp‸ut", "x", "language's own"),
        ("kernel_si‸ze: 3}", "x", "nothing here"),
    ],
)
def test_refused(words: str, new: str, reason: str) -> None:
    with pytest.raises(RenameError, match=reason):
        rename(words, new)


def test_what_others_may_be_given_is_refused() -> None:
    text = (SPECS / "families" / "resnet.yaml").read_text(encoding="utf-8")
    with pytest.raises(RenameError, match="other blocks may stand there"):
        rename("params: {chann‸els: int, stride: 1, groups: 1", "width", text)


def test_what_has_its_name_elsewhere_is_refused() -> None:
    text = "archspec: 1\nname: mine\nextends: families/resnet.yaml\nvariant: resnet18\n"
    with pytest.raises(RenameError, match="in another file"):
        renameable(at("variant: res‸net18", text), compile_here(text).outline)


def test_a_block_as_a_value() -> None:
    text = (
        f"{HEAD}blocks:\n  one: {{graph: {{relu: relu}}}}\nparams2: 1\ngraph:\n"
        "  stages: {op: $kind, repeat: {each: [one, relu], as: kind}}\n"
    )
    assert "each: [two, relu]" in rename("  on‸e:", "two", text)
