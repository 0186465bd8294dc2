"""The table on a terminal: a tree of blocks, with bars for what costs most. Only this module imports rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from archspec.passes.columns import BY_KEY, DEFAULT_COLUMNS
from archspec.passes.render import headline, largest_lines, last_map_lines, legend, size_lines, total_lines, total_title
from archspec.passes.report import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from archspec.ir.graph import Graph
    from archspec.passes.pipeline import Analysis
    from archspec.passes.report import Row

# How long the longest bar is: on a wide terminal, on a narrower one, and where there is no room for it.
BAR_CELLS = (8, 4, 0)
# What a narrow terminal is spared, in this order.
EXPENDABLE = ("activation_bytes", "op")


def print_table(
    console: Console,
    graph: Graph,
    analysis: Analysis,
    *,
    depth: int | None = None,
    columns: Sequence[str] | None = None,
    complete: bool = True,
) -> None:
    """Print the table, a legend and the totals.

    Args:
        console: where to print. On a narrow one, bars and some default columns are left out; nothing is cut.
        graph: the network.
        analysis: what the passes found on it.
        depth: how many levels of blocks to open; None for all.
        columns: keys of the columns, in order; None for the usual ones, as far as there is room.
        complete: whether the network is all of the spec; where it has an error, it is not.
    """
    leaves = rows(graph, analysis, depth)
    tree = list(_tree(graph, analysis, leaves))
    tables = (_table(tree, chosen, _largest(leaves, chosen), bars) for chosen, bars in _choices(columns))
    table, width = _first_that_fits(console, tables)
    table.width = width
    console.print(Text(headline(graph, analysis, complete=complete), style="bold"))
    # A table that is still too wide is wrapped by the terminal: harder to read than a cut one, but complete.
    console.print(table, crop=False, no_wrap=True)
    console.print()
    with_fields = columns is None or "receptive_field" in columns
    lines = [*legend(leaves), *last_map_lines(graph, analysis)] if with_fields else []
    _print_notes(console, lines, analysis, leaves)


def _first_that_fits(console: Console, tables: Iterable[Table]) -> tuple[Table, int]:
    """Return the first table that fits, or the last, with its width."""
    roomy = console.options.update(width=10**6)
    measured = [(table, console.measure(table, options=roomy).maximum) for table in tables]
    return next(((table, width) for table, width in measured if width <= console.width), measured[-1])


def _print_notes(console: Console, lines: Sequence[str], analysis: Analysis, leaves: Sequence[Row]) -> None:
    for line in lines:
        console.print(Text(line, style="dim"))
    if lines:
        console.print()
    if lines := size_lines(analysis):
        for line in lines:
            console.print(Text(line))
        console.print()
    totals = total_lines(analysis)
    width = max(len(value) for _, value, _ in totals)
    console.print(Text(total_title(analysis), style="dim"))
    for name, value, note in totals:
        console.print(Text.assemble(f"{name:<12}", (f"{value:>{width}}", "bold"), "  ", (note, "dim")))
    console.print()
    for name, rest in largest_lines(leaves):
        console.print(Text.assemble(f"{f'most {name}':<13}", rest))


def _choices(columns: Sequence[str] | None) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield columns, and the length of bars, in order of preference."""
    chosen = tuple(columns or DEFAULT_COLUMNS)
    yield from ((chosen, cells) for cells in BAR_CELLS)
    if columns is None:
        for spared in EXPENDABLE:
            chosen = tuple(key for key in chosen if key != spared)
            yield chosen, 0


def _table(tree: Sequence[tuple[Row, int, bool]], columns: Sequence[str], largest: dict[str, int], bars: int) -> Table:
    """Return the table; `largest` has the figure of a full bar of `bars` cells. Without bars figures have colours."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for key in columns:
        table.add_column(BY_KEY[key].title, justify="right" if BY_KEY[key].right else "left", no_wrap=True)
        if key in largest and bars:
            table.add_column("", no_wrap=True)
    for row, level, is_block in tree:
        cells: list[Text] = []
        for key in columns:
            # Of the path, the last part only: the blocks above have said the rest.
            text = "  " * level + row.name.rpartition(".")[2] if key == "name" else BY_KEY[key].text(row)
            share = 0.0 if is_block or key not in largest else _measure(row, key) / largest[key]
            cells.append(Text(text, style=_color(share) if share and not bars else ""))
            if key in largest and bars:
                cells.append(Text("━" * round(share * bars), style=_color(share)))
        table.add_row(*cells, style="dim" if is_block else None)
    return table


def _color(share: float) -> str:
    """Return the colour of a figure by its share of the largest one in its column."""
    return "red" if share > 1 / 2 else "yellow" if share > 1 / 16 else ""


def _largest(leaves: Sequence[Row], columns: Sequence[str]) -> dict[str, int]:
    found = {key: max((_measure(row, key) for row in leaves), default=0) for key in columns if BY_KEY[key].right}
    return {key: value for key, value in found.items() if value}


def _measure(row: Row, key: str) -> int:
    value = BY_KEY[key].data(row)
    return value if isinstance(value, int) else 0


def _tree(graph: Graph, analysis: Analysis, leaves: Sequence[Row]) -> Iterator[tuple[Row, int, bool]]:
    """Yield the rows in order, each block's own before its contents: the row, its level, and whether it is a block."""
    deepest = max((row.name.count(".") for row in leaves), default=0)
    blocks = [{row.name: row for row in rows(graph, analysis, level + 1)} for level in range(deepest)]
    opened: tuple[str, ...] = ()
    for row in leaves:
        parents = row.name.split(".")[:-1]
        paths = tuple(".".join(parents[: level + 1]) for level in range(len(parents)))
        for level, path in enumerate(paths):
            if path not in opened:
                yield blocks[level][path], level, True
        opened = paths
        yield row, len(paths), False
