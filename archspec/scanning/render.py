"""A scan as a table for people, CSV, Markdown and JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.text import counted
from archspec.passes.tables import aligned_lines, markdown_lines
from archspec.scanning.figures import BY_KEY, DEFAULT_COLUMNS
from archspec.source.writing import flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archspec.scanning.figures import Value
    from archspec.scanning.ranking import Miss
    from archspec.scanning.scanner import Measured

# The version of the document; it changes when a key changes its meaning or goes.
DOCUMENT_VERSION = 1
MOST_ERRORS = 8


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan found.

    Attributes:
        name: what the spec is called.
        rows: the networks to show, in order.
        failed: those that could not be made.
        count: how many were looked at.
        fitting: how many of them fit the bounds; None if there are no bounds.
        fit: the bounds, as they were written.
        nearest: the network that came nearest to the bounds, where none fits.
        varied: the settings that differ between the networks.
        fixed: the settings that are the same for all.
        columns: keys of the figures to show; None for the usual ones.
    """

    name: str
    rows: Sequence[Measured]
    failed: Sequence[Measured]
    count: int
    varied: Sequence[str]
    fixed: Mapping[str, Any]
    fitting: int | None = None
    fit: str | None = None
    nearest: Miss | None = None
    columns: Sequence[str] | None = None


# ----------------------------------------------------------------------------------------------------- for people


def render_text(report: Report) -> str:
    """Return a table with aligned columns, what could not be made, and what came nearest if nothing fits."""
    parts = [[_headline(report), *(aligned_lines(*_cells(report)) if report.rows else ())]]
    parts += [lines for lines in (list(_nearest(report)), list(_errors(report))) if lines]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def render_markdown(report: Report) -> str:
    """Return the same as GitHub-flavoured Markdown."""
    lines = [_headline(report), "", *markdown_lines(*_cells(report))]
    for remarks in (list(_nearest(report)), list(_errors(report))):
        if remarks:
            lines += ["", remarks[0], "", *(f"- {line.strip()}" for line in remarks[1:])]
    return "\n".join(lines).rstrip() + "\n"


def _headline(report: Report) -> str:
    fixed = "".join(f", {name}={_shown(value)}" for name, value in report.fixed.items())
    good = report.count - len(report.failed) if report.fitting is None else report.fitting
    fit = "" if report.fitting is None else f", {report.fitting:,} within {report.fit}"
    shown = f", the first {len(report.rows):,} of them shown" if 0 < len(report.rows) < good else ""
    return f"{report.name}{fixed}: {counted(report.count, 'variant')}{fit}{shown}"


def _cells(report: Report) -> tuple[list[str], list[list[str]], list[int]]:
    """Return titles, rows, and which columns stand to the right."""
    figures = [BY_KEY[key] for key in report.columns or DEFAULT_COLUMNS]
    settings = [row.variation.settings() for row in report.rows]
    rows = [
        [
            *(_shown(chosen.get(name)) for name in report.varied),
            *(each.text(row.values.get(each.key)) for each in figures),
        ]
        for row, chosen in zip(report.rows, settings, strict=True)
    ]
    numeric = [all(_is_number(chosen.get(name)) for chosen in settings) for name in report.varied]
    numeric += [figure.kind != "text" for figure in figures]
    titles = [*report.varied, *(figure.title for figure in figures)]
    return titles, rows, [place for place, is_number in enumerate(numeric) if is_number]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _nearest(report: Report) -> Iterator[str]:
    miss = report.nearest
    if miss is None:
        return
    figure = BY_KEY.get(miss.bound.name)
    value = miss.row.values.get(miss.bound.name)
    got = figure.text(value) if figure else _shown(miss.row.variation.settings().get(miss.bound.name))
    by = f" by {miss.share:.1%}" if miss.share < float("inf") else ""
    yield "nothing fits; nearest:"
    yield f"  {_settings_text(miss.row, report)}: {miss.bound.text} is missed{by}: {miss.bound.name} is {got}"


def _errors(report: Report) -> Iterator[str]:
    failed = report.failed
    if not failed:
        return
    yield f"{len(failed):,} of {report.count:,} variants cannot be made:"
    for row in failed[:MOST_ERRORS]:
        at = f" ({row.node})" if row.node else ""
        yield f"  {_settings_text(row, report)}: {row.code} {row.message}{at}"
    if len(failed) > MOST_ERRORS:
        yield f"  ... and {len(failed) - MOST_ERRORS:,} more (--format json lists all)"


def _settings_text(row: Measured, report: Report) -> str:
    settings = row.variation.settings()
    named = report.varied or tuple(settings)
    return " ".join(f"{name}={_shown(settings.get(name))}" for name in named) or report.name


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else "-" if value is None else flow(value)


# ----------------------------------------------------------------------------------------------------- for programs


def render_csv(report: Report) -> str:
    """Return the networks as CSV, with plain numbers; those that could not be made stand at the end, with the error."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    names = [*report.fixed, *report.varied]
    keys = report.columns or tuple(BY_KEY)
    writer.writerow([*names, *keys, "error"])
    for row in (*report.rows, *(report.failed if report.fitting is None else ())):
        settings = row.variation.settings()
        error = f"{row.code} {row.message}" if row.failed else ""
        figures = (_datum(row.values.get(key)) for key in keys)
        writer.writerow([*(_shown(settings.get(name)) for name in names), *figures, error])
    return target.getvalue()


def _datum(value: Value) -> str | int | float:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else value


def render_json(report: Report) -> str:
    """Return the document of `archspec scan --format json`."""
    miss = report.nearest
    document = {
        "archspec": DOCUMENT_VERSION,
        "name": report.name,
        "count": report.count,
        "failed": len(report.failed),
        "fit": report.fit,
        "fitting": report.fitting,
        "nearest": None
        if miss is None
        else {
            **_record(miss.row),
            "bound": miss.bound.text,
            "missed_by": miss.share if miss.share < float("inf") else None,
        },
        "variants": [_record(row) for row in report.rows],
        "problems": [
            {"settings": row.variation.settings(), "code": row.code, "message": row.message, "node": row.node or None}
            for row in report.failed
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _record(row: Measured) -> dict[str, Any]:
    figures = {key: list(value) if isinstance(value, tuple) else value for key, value in row.values.items()}
    return {"settings": row.variation.settings(), "figures": figures}
