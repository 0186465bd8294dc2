"""Inlay hints, document symbols, diagnostics and quick fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.lsp.actions import problems_with_fixes, quick_fixes
from archspec.lsp.diagnostics import diagnostics, reference_page
from archspec.lsp.hints import hints
from archspec.lsp.symbols import symbols
from archspec.lsp.text import Range
from tests.lsp.cursor import HEAD, SPEC, SPECS, compile_here

if TYPE_CHECKING:
    from pathlib import Path


def test_hints() -> None:
    found = compile_here(SPEC)
    lines = {
        SPEC[SPEC.rfind("\n", 0, hint.offset) + 1 : hint.offset].strip(): hint.label
        for hint in hints(Range(0, len(SPEC)), found.outline, found.text, found)
    }
    assert lines["stem: {op: conv, out_channels: 16, kernel_size: 3}"] == "N x 16 x 30 x 30"
    assert lines["unit2: {op: unit, channels: 32, stride: 2}"] == "N x 32 x 30 x 30"
    assert lines["flatten: flatten"] == "N x 32"
    assert (
        lines["conv: {op: conv, out_channels: wide, kernel_size: 3, stride: stride, padding: 1}"]
        == "N x 32 x 30 x 30 ..."
    )
    assert lines["skip:"] == "N x 32 x 30 x 30"
    assert lines["- batch_norm"] == "N x 32 x 30 x 30"


def test_hints_of_a_part() -> None:
    found = compile_here(SPEC)
    start = SPEC.index("  flatten")
    assert [hint.label for hint in hints(Range(start, start + 10), found.outline, found.text, found)] == ["N x 32"]


def test_symbols() -> None:
    found = compile_here(SPEC)
    entries = symbols(found.outline)
    assert [(entry.name, entry.kind) for entry in entries[:3]] == [
        ("classes", "parameter"),
        ("image", "input"),
        ("unit", "block"),
    ]
    (unit,) = [entry for entry in entries if entry.name == "unit"]
    assert [entry.name for entry in unit.inside] == ["conv", "act", "skip"]
    assert [entry.detail for entry in unit.inside[2].inside] == ["conv", "batch_norm"]
    for entry in (*entries, *unit.inside):
        assert entry.whole.start <= entry.head.start <= entry.head.end <= entry.whole.end


def test_diagnostics() -> None:
    text = f"{HEAD}graph:\n  conv: {{op: conv, out_channels: 8, kernal_size: 3}}\n"
    (found,) = diagnostics(compile_here(text))
    assert text[found.range.start : found.range.end] == "kernal_size"
    assert found.problem.code == "AS302"
    assert "kernel_size" in found.message
    assert found.page == (reference_page(), "as302-unknown-parameter")


def test_the_page_has_the_headings() -> None:
    page = reference_page()
    assert page is not None
    headings = {
        line[4:].lower().replace(" ", "-")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line[:4] == "### "
    }
    text = f"{HEAD}graph:\n  conv: {{op: conv, out_channels: 8, kernal_size: 3}}\n"
    assert {each.page[1] for each in diagnostics(compile_here(text)) if each.page} <= headings


def test_a_fault_in_another_file_is_shown_where_that_is_named() -> None:
    family = SPECS / "families" / "mine.yaml"
    text = "archspec: 1\nname: mine\nextends: families/mine.yaml\n"
    open_text = f"{HEAD}graph: {{conv: {{op: conf}}}}\n"
    place = SPECS / "mine.yaml"
    (found,) = diagnostics(compile_here(text, place, {family: open_text}))
    assert text[found.range.start : found.range.end] == "families/mine.yaml"
    assert [each.place for each in found.related] == [family]


def test_where_a_block_is_used_is_related(tmp_path: Path) -> None:
    text = (
        f"{HEAD}blocks:\n  unit:\n    params: {{k: int}}\n"
        "    graph: {conv: {op: conv, out_channels: 8, kernel_size: k}}\n"
        "graph:\n  a: {op: unit, k: 99}\n"
    )
    (found,) = diagnostics(compile_here(text, tmp_path / "net.yaml"))
    assert [each.message for each in found.related] == ["in block unit, used by a"]


def test_quick_fixes() -> None:
    text = f"{HEAD}graph:\n  conv: {{op: conv, out_channels: 8, kernal_size: 3}}\n"
    found = compile_here(text)
    start = text.index("kernal")
    (fix,) = quick_fixes(Range(start, start), problems_with_fixes(found), found)
    (edit,) = fix.edits
    mended = text[: edit.range.start] + edit.replacement + text[edit.range.end :]
    assert compile_here(mended).compiled.problems == ()
    assert list(quick_fixes(Range(0, 0), problems_with_fixes(found), found)) == []
