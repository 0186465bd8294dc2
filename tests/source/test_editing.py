from __future__ import annotations

import pytest

from archspec.source.editing import Edit, Lines, edited
from archspec.source.span import SourceFile, Span

TEXT = "a: 1  # one\r\nb: [2,\n    3]\n"


def span(line: int, column: int, end_line: int, end_column: int) -> Span:
    return Span("s.yaml", line, column, end_line, end_column)


def test_edits_are_made_at_their_places_whatever_their_order() -> None:
    edits = [Edit(span(3, 5, 3, 6), "30"), Edit(span(1, 4, 1, 5), "one")]
    assert edited(SourceFile("s.yaml", TEXT), edits).text == "a: one  # one\r\nb: [2,\n    30]\n"


def test_an_empty_span_inserts_and_one_over_lines_replaces_them() -> None:
    edits = [Edit(span(2, 1, 2, 1), "# new\n"), Edit(span(2, 4, 3, 7), "4")]
    assert edited(SourceFile("s.yaml", TEXT), edits).text == "a: 1  # one\r\n# new\nb: 4\n"


def test_edits_of_other_files_are_passed_over() -> None:
    source = SourceFile("other.yaml", TEXT)
    assert edited(source, [Edit(span(1, 1, 1, 2), "x")]) == source


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        edited(SourceFile("s.yaml", TEXT), [Edit(span(1, 1, 1, 5), ""), Edit(span(1, 4, 1, 5), "")])


def test_places_behind_the_end_are_the_end() -> None:
    lines = Lines(TEXT)
    assert lines.index(9, 1) == len(TEXT)
    assert lines.index(4, 99) == len(TEXT)
    assert lines.of(span(2, 4, 3, 7)) == "[2,\n    3]"
