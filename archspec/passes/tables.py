"""Rows of text as tables: in aligned columns, and as GitHub-flavoured Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


def aligned_lines(titles: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return the lines of a table; the columns numbered in `right` are numbers, and stand at their right edge."""
    cells = [tuple(titles), *(tuple(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, tuple("-" * width for width in widths))
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]


def markdown_lines(titles: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return the same as Markdown, where no cell can end early, and no `*` begins emphasis."""
    rule = ["---:" if column in right else "---" for column in range(len(titles))]
    return [_markdown_row(row) for row in (titles, rule, *rows)]


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|").replace(" *", r" \*") for cell in cells) + " |"
