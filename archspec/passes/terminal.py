"""The table on a terminal: a tree of blocks, with bars for what costs most. Only this module imports rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from archspec.passes.columns import BY_KEY, DEFAULT_COLUMNS
from archspec.passes.render import headline, legend, total_lines
from archspec.passes.report import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from archspec.ir.graph import Graph
    from archspec.passes.pipeline import Analysis
    from archspec.passes.report import Row

BAR_CELLS = 8
# Columns whose largest figures are marked.
MEASURED = ("params", "macs", "activation_bytes")


def print_table(
    console: Console,
    graph: Graph,
    analysis: Analysis,
    *,
    depth: int | None = None,
    columns: Sequence[str] = DEFAULT_COLUMNS,
) -> None:
    """Print the table, a legend and the totals.

    Args:
        console: where to print; its width is the table's.
        graph: the network.
        analysis: what the passes found on it.
        depth: how many levels of blocks to open; None for all.
        columns: keys of the columns, in order.
    """
    leaves = rows(graph, analysis, depth)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for key in columns:
        numeric = BY_KEY[key].right
        table.add_column(
            BY_KEY[key].title, justify="right" if numeric else "left", no_wrap=key != "inputs", overflow="ellipsis"
        )
        if _has_bar(key):
            table.add_column("", no_wrap=True)
    largest = {key: max((_measure(row, key) for row in leaves), default=0) for key in MEASURED}
    for row, level, is_block in _tree(graph, analysis, leaves):
        cells = [cell for key in columns for cell in _cells(row, key, level, 0 if is_block else largest.get(key, 0))]
        table.add_row(*cells, style="dim" if is_block else None)
    console.print(Text(headline(graph), style="bold"))
    console.print(table)
    console.print()
    if "receptive_field" in columns:
        for line in legend(leaves):
            console.print(Text(line, style="dim"))
        console.print()
    for name, value, note in total_lines(analysis):
        console.print(Text.assemble(f"{name:<12}", (f"{value:>16}", "bold"), "  ", (note, "dim")))


def _tree(graph: Graph, analysis: Analysis, leaves: Sequence[Row]) -> Iterator[tuple[Row, int, bool]]:
    """Yield the rows in order, each block's own before its contents: the row, its level, and whether it is a block."""
    deepest = max((row.name.count(".") for row in leaves), default=0)
    blocks = [{row.name: row for row in rows(graph, analysis, level + 1)} for level in range(deepest)]
    opened: tuple[str, ...] = ()
    for row in leaves:
        *parents, _ = row.name.split(".")
        paths = tuple(".".join(parents[: level + 1]) for level in range(len(parents)))
        for level, path in enumerate(paths):
            if path not in opened:
                yield blocks[level][path], level, True
        opened = paths
        yield row, len(paths), False


def _cells(row: Row, key: str, level: int, largest: int) -> list[Text]:
    if key == "name":
        # The last part only: the blocks above have said the rest.
        return [Text("  " * level + row.name.rpartition(".")[2])]
    text = Text(BY_KEY[key].text(row))
    if not _has_bar(key):
        return [text]
    share = _measure(row, key) / largest if largest else 0.0
    return [text, Text("━" * round(share * BAR_CELLS), style="red" if share > 1 / 2 else "yellow")]


def _has_bar(key: str) -> bool:
    return key in MEASURED


def _measure(row: Row, key: str) -> int:
    return {"params": row.params, "macs": row.macs, "activation_bytes": row.activation_bytes}.get(key, 0)
