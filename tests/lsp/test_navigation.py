from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec.lsp.files import Files
from archspec.lsp.navigation import definition, highlights, references
from archspec.source.span import SourceFile
from tests.lsp.cursor import SPEC, SPECS, at, compile_here

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.lsp.files import File
    from archspec.lsp.text import Range


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


def referred(words: str, here: File, files: Files, roots: list[Path]) -> list[str]:
    """Return the lines of all references, with the names of other files before them."""
    found: list[str] = []
    for each in references(at(words, here.source.text), here, files, roots):
        source = here.source.text if each.text is None else each.text.text
        line = source[source.rfind("\n", 0, each.range.start) + 1 :].split("\n", 1)[0].strip()
        found.append(line if each.place is None else f"{each.place.name}: {line}")
    return found


def test_references() -> None:
    files = Files({})
    here = files.of(SourceFile("<unsaved>", SPEC))
    assert len(referred("classes‸: 10", here, files, [])) == 3
    assert len(referred("  unit‸2:", here, files, [])) == 3
    assert len(referred("  uni‸t:", here, files, [])) == 3
    assert len(referred("op: co‸nv", here, files, [])) == 3
    uses = references(at("classes‸: 10", SPEC), here, files, [], with_definitions=False)
    assert [SPEC[: each.range.start].count("\n") for each in uses] == [SPEC.count("\n") - 3, SPEC.count("\n") - 1]
    found = compile_here(SPEC)
    assert len(highlights(at("  uni‸t:"), found.outline)) == 3


def test_references_in_other_files(tmp_path: Path) -> None:
    (tmp_path / "family.yaml").write_text(SPEC, encoding="utf-8")
    text = "archspec: 1\nname: mine\nextends: family.yaml\nvariant: small\ngraph: {replace: {unit1: relu}}\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("archspec: 1\nextends: mine.yaml\nvariant: [\n", encoding="utf-8")
    files = Files({})
    mine, family = files.at(tmp_path / "mine.yaml"), files.at(tmp_path / "family.yaml")
    assert referred("variant: sma‸ll", mine, files, [tmp_path]) == [
        "variant: small",
        "family.yaml: small: {classes: 2}",
    ]
    assert referred("  uni‸t1:", family, files, [tmp_path]) == [
        "unit1: {op: unit, channels: stem.channels, repeat: 2}",
        "mine.yaml: graph: {replace: {unit1: relu}}",
    ]


@pytest.mark.parametrize("name", ["families/resnet", "families/swin", "fpn_resnet50", "lraspp_mobilenet_v3_large"])
def test_what_is_defined_refers_back(name: str) -> None:
    """Each word is among the references of its definition."""
    files = Files({})
    place = SPECS / f"{name}.yaml"
    here = files.at(place)
    found = compile_here(here.source.text, place)
    known: dict[object, set[tuple[str | None, Range]]] = {}
    words = [mark for mark in here.outline.marks if mark.symbol is not None]
    for mark in words:
        targets = definition(mark.range.start, found.outline, found)
        for target in targets:
            home = here if target.place is None else files.at(target.place)
            key = (home.place, target.range)
            if key not in known:
                back = references(target.range.start, home, files, [SPECS])
                known[key] = {(None if each.place is None else each.place.name, each.range) for each in back}
            is_named = mark.symbol in {each.symbol for each in home.outline.marks if each.defines} or home is not here
            assert not is_named or (None if home is here else place.name, mark.range) in known[key], (mark, target)
    assert sum(bool(definition(mark.range.start, found.outline, found)) for mark in words) > len(words) / 3


def test_what_a_spec_within_a_spec_names() -> None:
    place = SPECS / "fpn_resnet50.yaml"
    text = place.read_text(encoding="utf-8")
    assert target("variant: res‸net50", text, place) == (
        "resnet50: {block: bottleneck, depths: [3, 4, 6, 3]}",
        "resnet.yaml",
    )
    assert target("until: lay‸er4", text, place)[1] == "resnet.yaml"
    assert target("c2: lay‸er1", text, place)[0].startswith("layer1:")


def test_nodes_that_are_inserted() -> None:
    text = (
        "archspec: 1\nname: mine\nextends: families/resnet.yaml\nvariant: resnet18\n"
        "graph:\n  insert_before: {fc: {drop: {op: dropout, p: 0.2}}}\noutputs: drop\n"
    )
    assert target("outputs: dr‸op", text, SPECS / "mine.yaml")[1] is None
    assert "insert_before" in target("outputs: dr‸op", text, SPECS / "mine.yaml")[0]
