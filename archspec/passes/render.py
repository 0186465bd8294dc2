"""The table as plain text, CSV, Markdown and JSON.

Plain text is for pipes as much as for eyes: full width, never cut, no colour. `archspec.passes.terminal` draws the
same table for a terminal.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from archspec.passes.columns import (
    BY_KEY,
    DEFAULT_COLUMNS,
    LEGEND,
    SUMMED,
    marks_used,
    show_bytes,
    show_coverage,
    show_shape,
)
from archspec.passes.report import document, rows
from archspec.passes.summary import last_map
from archspec.passes.tables import aligned_lines, markdown_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archspec.diagnostics.problem import Problem
    from archspec.ir.graph import Graph
    from archspec.passes.pipeline import Analysis
    from archspec.passes.report import Row


def render_text(
    graph: Graph,
    analysis: Analysis,
    *,
    depth: int | None = None,
    columns: Sequence[str] = DEFAULT_COLUMNS,
    complete: bool = True,
) -> str:
    """Return the table with aligned columns, a legend and the totals.

    Args:
        graph: the network.
        analysis: what the passes found on it.
        depth: how many parts of a dotted path to tell apart; None for a row per node.
        columns: keys of the columns, in order.
        complete: whether the network is all of the spec; where it has an error, it is not.
    """
    table = rows(graph, analysis, depth)
    parts = [headline(graph, analysis, complete=complete), *aligned_lines(*_cells(table, columns)), ""]
    if "receptive_field" in columns:
        parts += [*legend(table), *last_map_lines(graph, analysis), ""]
    if lines := size_lines(analysis):
        parts += [*lines, ""]
    totals = total_lines(analysis)
    width = max(len(value) for _, value, _ in totals)
    parts += [total_title(analysis), *(f"{name:<12}{value:>{width}}  {note}" for name, value, note in totals)]
    parts += ["", *(f"{f'most {name}':<13}{rest}" for name, rest in largest_lines(table))]
    return "\n".join(parts) + "\n"


def render_csv(
    graph: Graph, analysis: Analysis, *, depth: int | None = None, columns: Sequence[str] = DEFAULT_COLUMNS
) -> str:
    """Return the rows as CSV, with plain numbers and no totals."""
    chosen = [BY_KEY[key] for key in columns]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(header for column in chosen for header in column.headers or (column.key,))
    for row in rows(graph, analysis, depth):
        data = [column.data(row) for column in chosen]
        writer.writerow(datum for each in data for datum in (each if isinstance(each, tuple) else (each,)))
    return target.getvalue()


def render_markdown(
    graph: Graph,
    analysis: Analysis,
    *,
    depth: int | None = None,
    columns: Sequence[str] = DEFAULT_COLUMNS,
    complete: bool = True,
) -> str:
    """Return the table and the totals as GitHub-flavoured Markdown. The arguments are those of `render_text`."""
    table = rows(graph, analysis, depth)
    lines = [headline(graph, analysis, complete=complete), "", *markdown_lines(*_cells(table, columns))]
    if "receptive_field" in columns:
        lines += ["", "  \n".join([*legend(table), *last_map_lines(graph, analysis)]).replace("*", r"\*")]
    lines += ["", f"{total_title(analysis).capitalize()}:", ""]
    lines += [*(f"- {name}: {value} {note}".rstrip() for name, value, note in total_lines(analysis))]
    lines += [f"- most {name}: {rest}" for name, rest in largest_lines(table)]
    return "\n".join(lines) + "\n"


def render_json(graph: Graph, analysis: Analysis, problems: Iterable[Problem] = (), *, depth: int | None = None) -> str:
    """Return the document of `archspec shapes --format json`."""
    return json.dumps(document(graph, analysis, problems, depth), indent=2) + "\n"


def headline(graph: Graph, analysis: Analysis, *, complete: bool = True) -> str:
    """Return what the network is and reads: `resnet34 (image: N x 3 x 224 x 224)`, and what was chosen: `float16`."""
    inputs = ", ".join(f"{name}: {show_shape(_open_shape(graph, name), analysis.batch)}" for name in graph.inputs)
    chosen = ([] if analysis.batch is None else [f"batch {analysis.batch}"]) + [analysis.dtype or ""]
    return "; ".join([f"{graph.name} ({inputs})", ", ".join(filter(None, chosen))]).removesuffix("; ") + (
        "" if complete else ", as far as it could be made"
    )


def legend(table: Sequence[Row]) -> list[str]:
    """Return how to read the receptive fields of a table, with the marks that it uses."""
    fields = [row.receptive_field for row in table]
    if not any(field.axes for field in fields):
        return []
    return [LEGEND, *(f"  {mark:<3}{meaning}" for mark, meaning in marks_used(fields).items())]


def last_map_lines(graph: Graph, analysis: Analysis) -> list[str]:
    """Return how much of the input the last map sees: `the last map (layer4.1.relu2) sees 435 of 224: all`."""
    last = last_map(graph, analysis.receptive_fields)
    if not last:
        return []
    field = analysis.receptive_fields[last]
    more = "; and the whole input, through a global operation" if field.global_ else ""
    return [f"the last map ({last}) sees {show_coverage(field)}{more}"]


def total_title(analysis: Analysis) -> str:
    """Return what the totals are of."""
    return "totals, per sample" if analysis.batch is None else f"totals, for a batch of {analysis.batch}"


def total_lines(analysis: Analysis) -> list[tuple[str, str, str]]:
    """Return the totals: name, figure, and the rule by which it is counted."""
    totals, memory = analysis.totals, analysis.memory
    return [
        ("params", f"{totals.params:,}", "trained elements"),
        ("buffers", f"{totals.buffers:,}", "elements that are not trained"),
        ("weights", show_bytes(totals.weight_bytes), "params and buffers"),
        ("MACs", f"{totals.macs:,}", "multiply-accumulates of layers and matrix products"),
        ("FLOPs", f"{totals.flops:,}", "= 2 x MACs"),
        ("elementwise", f"{totals.elementwise:,}", "other operations"),
        ("activations", show_bytes(memory.activation_bytes), "results of all nodes"),
        ("saved", show_bytes(totals.saved_bytes), "kept for the backward pass in training"),
        ("peak", show_bytes(memory.peak_bytes), f"alive at once in inference{_at(memory.peak_node)}"),
        ("moved", show_bytes(totals.moved_bytes), "read and written in inference, node by node"),
        ("intensity", f"{totals.intensity:,.1f}", "FLOPs per byte moved"),
    ]


def largest_lines(table: Sequence[Row], count: int = 3) -> list[tuple[str, str]]:
    """Return which rows have most of what: the title of the column, and the largest rows with their shares."""
    found: list[tuple[str, str]] = []
    for key in SUMMED:
        amounts = [(row, amount) for row in table if isinstance(amount := BY_KEY[key].data(row), int) and amount]
        amounts.sort(key=lambda pair: -pair[1])
        whole = sum(amount for _, amount in amounts)
        shown = [f"{row.name} {BY_KEY[key].text(row)} ({amount / whole:.0%})" for row, amount in amounts[:count]]
        if shown:
            found.append((BY_KEY[key].title, ", ".join(shown)))
    return found


def _at(node: str) -> str:
    return f", at {node}" if node else ""


def _open_shape(graph: Graph, name: str) -> Iterable[int | str]:
    shape = graph.inputs[name].shape
    marks = graph.symbolic_inputs.get(name, (None,) * len(shape))
    return (mark or size for mark, size in zip(marks, shape, strict=True))


def size_lines(analysis: Analysis) -> list[str]:
    """Return which sizes work, and those that the figures are for, where the spec leaves sizes open."""
    if analysis.sizes is None:
        return []
    chosen = ", ".join(f"{name} = {size}" for name, size in analysis.sizes.chosen.items())
    return [*(f"sizes that work: {line}" for line in analysis.sizes.lines()), f"figures are for {chosen}"]


def _cells(table: Sequence[Row], keys: Sequence[str]) -> tuple[list[str], list[list[str]], list[int]]:
    """Return titles, rows, and which columns stand to the right."""
    columns = [BY_KEY[key] for key in keys]
    cells = [[column.text(row) for column in columns] for row in table]
    return [column.title for column in columns], cells, [place for place, each in enumerate(columns) if each.right]
