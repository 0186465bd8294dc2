"""`archspec scan`: the costs of many variants of a network."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from archspec.cli.options import allow_imports_option, format_option, quiet_option, spec_argument
from archspec.cli.session import current, is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archspec.scanning.bounds import Bound
    from archspec.scanning.plan import Plan, Shapes
    from archspec.scanning.ranking import Order
    from archspec.scanning.render import Report
    from archspec.scanning.scanner import Measured
    from archspec.scanning.values import Choices
    from archspec.spec.template import SpecTemplate

MOST = 100_000
ALL_FAILED = 1


def _params(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, Choices]:
    """Read `NAME=VALUES`."""
    from archspec.scanning.values import ValuesError, read_values

    found: dict[str, Choices] = {}
    for text in values:
        name, equals, written = text.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter("write NAME=VALUES, as in --set width=0.25:2:0.25", param=param)
        if name in found:
            raise click.BadParameter(f"{name} is given twice; write its values with commas between them", param=param)
        try:
            found[name] = read_values(written)
        except ValuesError as error:
            raise click.BadParameter(f"{name}: {error}", param=param) from None
    return found


def _shapes(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Shapes, ...]:
    from archspec.scanning.plan import read_shapes, repeated
    from archspec.scanning.values import ValuesError

    try:
        found = tuple(map(read_shapes, values))
    except ValuesError as error:
        raise click.BadParameter(str(error), param=param) from None
    if (name := repeated([shapes.name for shapes in found])) is not None:
        what = f"input {name}" if name else "the input"
        raise click.BadParameter(f"{what} is given twice; write its shapes with commas between them", param=param)
    return found


def _variants(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(dict.fromkeys(name.strip() for value in values for name in value.split(",") if name.strip())) or (
        None,
    )


def _columns(_ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    from archspec.scanning.figures import BY_KEY, figure_named

    figures = [figure_named(name.strip()) for name in value.split(",") if name.strip()]
    known = [figure.key for figure in figures if figure is not None]
    if not known or len(known) < len(figures):
        raise click.BadParameter(f"choose among {', '.join(BY_KEY)}, with commas between", param=param)
    return tuple(dict.fromkeys(known))


@click.command()
@spec_argument
@click.option(
    "--variant",
    "variants",
    multiple=True,
    callback=_variants,
    metavar="NAMES",
    help="Variants of the spec: resnet18,resnet34, or all.",
)
@click.option(
    "--set",
    "params",
    multiple=True,
    callback=_params,
    metavar="NAME=VALUES",
    help="Values of a parameter: 0.25:2:0.25 (the end included), 16:512:*2, 1,2,4 or [2,2],[3,4]. Repeatable.",
)
@click.option(
    "--input",
    "shapes",
    multiple=True,
    callback=_shapes,
    metavar="[NAME=]SHAPES",
    help="Shapes of an input: 3x128:256:32 is square, or 3x128x160,3x160x128. Repeatable.",
)
@click.option("--fit", metavar="BOUNDS", help="Show only what fits, the best first: 'macs<=600M, rf>=224'.")
@click.option("--sort", metavar="KEYS", help="Sort by figures or settings, as in macs; -macs for the greatest first.")
@click.option("--columns", callback=_columns, metavar="LIST", help="Figures to show, as in params,macs,rf.")
@click.option("--limit", "--top", type=click.IntRange(min=1), metavar="N", help="Show no more than N.")
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=MOST,
    show_default=True,
    metavar="N",
    help="Refuse to scan more than N.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that share the work; 0 for one on each core.",
)
@allow_imports_option
@quiet_option
@format_option("text", "csv", "json", "markdown")
def scan(  # noqa: PLR0913  (one parameter per option)
    *,
    spec: str,
    variants: tuple[str | None, ...],
    params: dict[str, Choices],
    shapes: tuple[Shapes, ...],
    fit: str | None,
    sort: str | None,
    columns: tuple[str, ...] | None,
    limit: int | None,
    most: int,
    jobs: int,
    quiet: bool,
    form: str,
) -> None:
    """Print what many variants of SPEC cost and see: every combination of the given variants, values and shapes.

    With --fit, only those within a budget, the one that uses most of it first. Figures: params, buffers, macs, flops,
    elementwise, weight_bytes (weights), activation_bytes (activations), saved_bytes (saved: kept for the backward
    pass), peak_bytes (peak), nodes, rf (the receptive field of the last map), coverage (that as a part of the input);
    rf.height and coverage.width are those of one axis.
    Numbers may end in k, M, G, B or T, bytes in MB or MiB, shares in %. What cannot be made is listed with its error.

    \b
    Examples:
      archspec scan specs/mobilenet_v2.yaml --set width=0.25:2:0.25
      archspec scan specs/families/resnet.yaml --variant all --format csv
      archspec scan specs/families/resnet.yaml --set "depths=[2,{2,3,4},2:8:2,2]" --fit "macs<=3G" --top 10
      archspec scan specs/mobilenet_v2.yaml --set width=0.5:1.5:0.1 --input 3x128:256:32 --fit "macs<=300M, rf>=224"
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.scanning.plan import Plan, check_plan

    template = _template(spec)
    plan = check_plan(Plan(variants, params, shapes), template)
    if plan.count > most:
        raise click.UsageError(f"that makes {plan.count:,} variants, more than {most:,}; --most allows more")
    request = _request(plan, fit, sort, columns, everything=form in ("csv", "json"))
    found = list(_shown_at_work(_scanned(template, plan, request, jobs), plan.count))
    report = _report(template.name, plan, request, found, limit)
    click.echo(_rendered(report, form), nl=False)
    del quiet  # the option has told the session
    if len(report.failed) == len(found):
        click.get_current_context().exit(ALL_FAILED)


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of the networks.

    Attributes:
        keys: the figures to measure.
        columns: those to show; None for the usual ones.
        orders: by what to sort.
        fit: the bounds, as they were written.
        bounds: what they say.
    """

    keys: tuple[str, ...]
    columns: tuple[str, ...] | None = None
    orders: tuple[Order, ...] = ()
    fit: str | None = None
    bounds: tuple[Bound, ...] = field(default=())


def _request(
    plan: Plan, fit: str | None, sort: str | None, columns: tuple[str, ...] | None, *, everything: bool
) -> Request:
    from archspec.scanning.bounds import BoundsError, read_bounds
    from archspec.scanning.figures import BY_KEY, DEFAULT_COLUMNS
    from archspec.scanning.ranking import order_of, read_order

    settings = (*plan.params, "variant") if plan.variants != (None,) else tuple(plan.params)
    try:
        bounds = () if fit is None else read_bounds(fit, settings)
        orders = read_order(sort, settings) if sort is not None else order_of(bounds) if bounds else ()
    except BoundsError as error:
        raise click.UsageError(f"--fit: {error.shown()}") from None
    except ValueError as error:
        raise click.UsageError(f"--sort: {error}") from None
    wanted = columns or (tuple(BY_KEY) if everything else DEFAULT_COLUMNS)
    keys = {*wanted, *(bound.name for bound in bounds), *(order.name for order in orders)}
    return Request(tuple(key for key in BY_KEY if key in keys), columns, orders, fit, bounds)


def _template(spec: str) -> SpecTemplate:
    """Return the spec as it was written.

    Raises:
        ProblemError: it cannot be read, or describes no network.
    """
    from archspec.api import read_template

    return read_template(spec, current().sources)


def _scanned(template: SpecTemplate, plan: Plan, request: Request, jobs: int) -> Iterator[Measured]:
    from archspec.scanning.pool import CHUNK, scan_in_parallel
    from archspec.scanning.scanner import Scanner

    scanner = Scanner(template, request.keys, current().allow_imports)
    processes = min(jobs or os.cpu_count() or 1, -(-plan.count // CHUNK))
    return scan_in_parallel(scanner, plan, processes) if processes > 1 else scanner.scan(plan)


def _report(name: str, plan: Plan, request: Request, found: Sequence[Measured], limit: int | None) -> Report:
    from archspec.scanning.ranking import fits, nearest, ordered
    from archspec.scanning.render import Report

    failed = [row for row in found if row.failed]
    good = [row for row in found if not row.failed]
    chosen = [row for row in good if fits(row, request.bounds)] if request.bounds else good
    return Report(
        name=name,
        rows=ordered(chosen, request.orders)[:limit],
        failed=failed,
        count=len(found),
        varied=plan.varied,
        fixed=plan.fixed,
        fitting=len(chosen) if request.bounds else None,
        fit=request.fit,
        nearest=nearest(good, request.bounds) if request.bounds and not chosen else None,
        columns=request.columns,
    )


def _rendered(report: Report, form: str) -> str:
    from archspec.scanning import render

    forms = {
        "text": render.render_text,
        "csv": render.render_csv,
        "json": render.render_json,
        "markdown": render.render_markdown,
    }
    return forms[form](report)


_PAUSE = 0.2


def _shown_at_work(found: Iterable[Measured], count: int) -> Iterator[Measured]:
    """Hand on the results, and show on a terminal how far the scan is."""
    if current().quiet or not is_terminal(sys.stderr):
        yield from found
        return
    start = shown = time.monotonic()
    try:
        for done, row in enumerate(found, 1):
            yield row
            now = time.monotonic()
            if now - shown >= _PAUSE:
                shown = now
                rate = 60 * done / (now - start)
                click.echo(f"\r{done:,} of {count:,} variants, {rate:,.0f} a minute\x1b[K", file=sys.stderr, nl=False)
    finally:
        click.echo("\r\x1b[K", file=sys.stderr, nl=False)
