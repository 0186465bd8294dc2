"""`archspec field`: what the units of a node see of the input."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.options import format_option, spec_options
from archspec.cli.specs import load_spec
from archspec.diagnostics.text import first_few
from archspec.passes.tables import aligned_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archspec.passes.field import FieldReport, Span

_UNIT = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})*\Z")
_MOST_NODES = 3


def _parse_unit(_ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    text = value.replace(" ", "")
    if not _UNIT.match(text):
        raise click.BadParameter("write numbers from 0 with commas between, as in --unit 3,3", param=param)
    return tuple(map(int, text.split(",")))


@click.command()
@spec_options
@click.argument("node", metavar="NODE")
@click.option("--unit", callback=_parse_unit, metavar="R,C", help="The unit to look at; by default the middle one.")
@click.option("--of", "source", metavar="INPUT", help="The input to tell of, where there are several.")
@format_option("text", "json")
def field(  # noqa: PLR0913  (one parameter per option)
    *,
    spec: str,
    variant: str | None,
    params: dict[str, Any],
    inputs: dict[str, tuple[int | str, ...]],
    quiet: bool,
    node: str,
    unit: tuple[int, ...] | None,
    source: str | None,
    form: str,
) -> None:
    """Print what the units of NODE see of the input of SPEC: size, stride, start, and where the field comes from.

    For one unit, the part of the input that it sees is printed too. NODE is a path as `archspec shapes` prints it; that
    of a block means its result. docs/receptive_fields.md says by which conventions all this is counted.

    \b
    Examples:
      archspec field specs/resnet18.yaml layer4
      archspec field specs/resnet18.yaml layer2.0.conv1 --unit 3,3
      archspec field specs/resnet18.yaml layer3 --input 3x512x512 --format json
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.passes.field import field_record, report_field

    architecture = load_spec(spec, variant, params, inputs)
    reports = report_field(architecture.graph, node, unit, source)
    if form == "json":
        records = [field_record(report) for report in reports]
        click.echo(json.dumps({"archspec": 1, "name": architecture.name, "fields": records}, indent=2))
    else:
        click.echo("\n\n".join("\n".join(_lines(report, quiet=quiet)) for report in reports))


def _lines(report: FieldReport, *, quiet: bool) -> Iterator[str]:
    from archspec.passes.columns import show_shape

    field = report.field
    yield f"{report.node} ({report.op}): {show_shape(report.shape)}"
    if not field.axes:
        yield "sees no input that has spatial axes"
        return
    yield f"what its units see of {field.source} ({' x '.join(map(str, field.extent))}):"
    yield ""
    yield from aligned_lines(("", "size", "stride", "start", "smallest path", "sees"), _rows(report), {1, 2, 3, 4})
    yield ""
    yield from _unit(report)
    yield from _remarks(report)
    if report.steps and not quiet:
        yield ""
        yield "where it grows, along the path of the largest field:"
        yield ""
        yield from _steps(report)


def _rows(report: FieldReport) -> Iterator[tuple[str, ...]]:
    from archspec.passes.columns import show_seen

    field = report.field
    bound = "" if field.exact else "<= "
    columns = (report.axes, field.size, field.stride, field.start, field.smallest, field.extent)
    for name, size, stride, start, smallest, extent in zip(*columns, strict=True):
        yield name, f"{bound}{size}", f"{stride:g}", str(start), str(smallest), show_seen(size, extent)


def _unit(report: FieldReport) -> Iterator[str]:
    name = f"unit {','.join(map(str, report.unit))}" if report.units else "each element"
    if not report.field.local:
        yield f"{name} sees the whole input"
        return
    if None in report.region:
        yield f"{name} reads nothing of the input"
        return
    yield f"{name} sees {_rectangle(report.axes, report.region)}; the centre is {_centre(report.region)}"
    if None in report.inside:
        yield "  all of that is padding"
    elif report.inside != report.region:
        yield f"  of that, the input has {_rectangle(report.axes, report.inside)}"


def _rectangle(axes: Sequence[str], region: Sequence[Span]) -> str:
    return ", ".join(f"{name} {span[0]} to {span[1]}" for name, span in zip(axes, region, strict=True) if span)


def _centre(region: Sequence[Span]) -> str:
    return ",".join(f"{(span[0] + span[1]) / 2:g}" for span in region if span)


def _remarks(report: FieldReport) -> Iterator[str]:
    field = report.field
    if report.global_nodes:
        yield f"global: every unit depends on the whole input, through {_named(report.global_nodes)}"
        if not field.local:
            yield "  no path is local, so the figures are those of the map that was read as a whole"
    if report.misaligned_nodes:
        yield f"misaligned: paths that differ in stride or centre are joined in {_named(report.misaligned_nodes)}"
    if report.bounded_nodes:
        yield f"an upper bound: it could not be followed exactly through {_named(report.bounded_nodes)}"
    if not (report.global_nodes or report.misaligned_nodes or report.bounded_nodes):
        yield "all paths are local and aligned, and the figures exact"


def _named(nodes: Sequence[str]) -> str:
    return first_few(nodes, _MOST_NODES)


def _steps(report: FieldReport) -> list[str]:
    rows = [
        (
            step.node,
            step.op,
            step.window,
            "x".join(map(str, step.size)),
            "x".join(dict.fromkeys(f"{stride:g}" for stride in step.stride)),
            ",".join(dict.fromkeys(f"{growth:+d}" for growth in step.growth)),
        )
        for step in report.steps
    ]
    return aligned_lines(("node", "op", "window", "size", "stride", "growth"), rows, {3, 4, 5})
