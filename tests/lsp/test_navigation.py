from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec.lsp.navigation import definition, references
from tests.lsp.cursor import SPEC, SPECS, at, compile_here

if TYPE_CHECKING:
    from pathlib import Path


def target(words: str, text: str = SPEC, place: Path | None = None, occurrence: int = 1) -> tuple[str, str | None]:
    """Return the line of a definition, and the name of its file, if it is another one."""
    found = compile_here(text, place)
    (answer,) = definition(at(words, text, occurrence), found.outline, found)
    source = text if answer.text is None else answer.text.text
    line = source[source.rfind("\n", 0, answer.range.start) + 1 :].split("\n", 1)[0].strip()
    return line, None if answer.place is None else answer.place.name


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("op: un‸it, channels: 32", "unit:"),
        ("from: [uni‸t2", "unit2: {op: unit, channels: 32, stride: 2}"),
        ("ste‸m.channels", "stem: {op: conv, out_channels: 16, kernel_size: 3}"),
        ("out_channels: wid‸e", "let: {wide: channels * 2}"),
        (
            "unit, chan‸nels: 32",
            "params: {channels: int, stride: 1, act: {type: op, default: relu, choices: [relu, silu]}}",
        ),
        ("$ac‸t", "params: {channels: int, stride: 1, act: {type: op, default: relu, choices: [relu, silu]}}"),
        ("out_features: class‸es", "params: {classes: 10}"),
        ("small: {class‸es", "params: {classes: 10}"),
        ("from: inp‸ut", "unit:"),
    ],
)
def test_definitions(words: str, line: str) -> None:
    assert target(words) == (line, None)


def test_nothing_to_go_to() -> None:
    found = compile_here(SPEC)
    assert definition(at("glo‸bal_avg_pool"), found.outline, found) == []
    assert definition(at("kernel_si‸ze: 3}"), found.outline, found) == []


def test_other_files() -> None:
    place = SPECS / "mine.yaml"
    text = (
        "archspec: 1\nname: mine\nextends: families/resnet.yaml\nvariant: resnet18\nparams: {classes: 5}\n"
        "graph:\n  replace:\n    fc: {op: bottleneck, channels: 8}\n"
    )
    first, file = target("families/res‸net", text, place)
    assert (first.startswith("# yaml-language-server:"), file) == (True, "resnet.yaml")
    assert target("variant: resn‸et18", text, place) == ("resnet18: {depths: [2, 2, 2, 2]}", "resnet.yaml")
    assert target("{class‸es", text, place) == ("classes: 1000", "resnet.yaml")
    assert target("bottl‸eneck", text, place) == ("bottleneck:", "resnet.yaml")
    assert target("f‸c:", text, place) == ("fc: {op: linear, out_features: classes}", "resnet.yaml")


def test_references() -> None:
    found = compile_here(SPEC)
    texts = [SPEC[place.start : place.end] for place in references(at("classes‸: 10"), found.outline)]
    assert texts == ["classes"] * 3
    assert len(references(at("  unit‸2:"), found.outline)) == 3
    assert len(references(at("  uni‸t:"), found.outline)) == 3
