"""`archspec shapes`: the table of a network."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.options import format_option, spec_options
from archspec.cli.report import exit_code, unsilenced
from archspec.cli.session import current, is_terminal, wants_color
from archspec.cli.specs import load_spec
from archspec.ir.tensor import PRECISIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.diagnostics.problem import Problem
    from archspec.ir.graph import Graph
    from archspec.passes.pipeline import Analysis

Columns = tuple[str, ...]


def _parse_columns(_ctx: click.Context, param: click.Parameter, value: str | None) -> Columns | None:
    if value is None:
        return None
    from archspec.passes.columns import BY_KEY

    chosen = tuple(dict.fromkeys(key.strip() for key in value.split(",") if key.strip()))
    if not chosen or set(chosen) - set(BY_KEY):
        raise click.BadParameter(f"choose among {', '.join(BY_KEY)}, with commas between", param=param)
    return chosen


@click.command()
@spec_options
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Sum up blocks below N levels in one row each.")
@click.option(
    "--columns",
    callback=_parse_columns,
    metavar="LIST",
    help="Columns to show, as in name,op,shape,macs. JSON has all.",
)
@click.option(
    "--batch", type=click.IntRange(min=1), metavar="N", help="Count arithmetic and memory for N samples; else for one."
)
@click.option("--dtype", type=click.Choice(PRECISIONS), help="Count memory for weights and activations of this type.")
@format_option("text", "json", "csv", "markdown")
def shapes(  # noqa: PLR0913  (one parameter per option)
    *,
    spec: str,
    variant: str | None,
    params: dict[str, Any],
    inputs: dict[str, tuple[int | str, ...]],
    quiet: bool,
    depth: int | None,
    columns: Columns | None,
    batch: int | None,
    dtype: str | None,
    form: str,
) -> None:
    """Print what SPEC's layers give, cost and see: shapes, params, MACs, memory, receptive fields.

    A network with an error is shown as far as it goes, and then the error. Columns: name, op, inputs, shape, params,
    buffers, macs, flops, elementwise, weight_bytes, activation_bytes, saved_bytes, moved_bytes, intensity,
    receptive_field, smallest, coverage.

    \b
    Examples:
      archspec shapes specs/resnet34.yaml
      archspec shapes specs/resnet34.yaml --depth 1 --input 3x288x288
      archspec shapes specs/resnet34.yaml --columns name,shape,receptive_field
      archspec shapes specs/resnet34.yaml --batch 32 --dtype float16
      archspec shapes specs/resnet34.yaml --format json
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    del quiet  # the option has told the session
    from archspec.api import SpecError

    if columns and form == "json":
        raise click.UsageError("--columns does not go with --format json, which has everything")
    try:
        architecture = load_spec(spec, variant, params, inputs)
    except SpecError as error:
        if error.partial is None or not error.partial.nodes:
            raise
        Table(error.partial, error.problems, form, depth, columns, batch, dtype, complete=False).print()
        if form == "json":  # the document holds the problems
            click.get_current_context().exit(exit_code(error.problems))
        sys.stdout.flush()  # the error comes behind the table where both go to one place
        raise
    Table(architecture.graph, unsilenced(architecture.problems, current()), form, depth, columns, batch, dtype).print()


@dataclass(frozen=True, slots=True)
class Table:
    """What to print, and how."""

    graph: Graph
    problems: Sequence[Problem]
    form: str
    depth: int | None
    columns: Columns | None
    batch: int | None
    dtype: str | None
    complete: bool = True

    def print(self) -> None:
        """Print the table: as a tree on a terminal, plainly elsewhere."""
        from archspec.passes.pipeline import analyse

        analysis = analyse(self.graph, batch=self.batch, dtype=self.dtype)
        if self.form == "text" and is_terminal(sys.stdout):
            self._print_tree(analysis)
        else:
            click.echo(self._render(analysis), nl=False)

    def _print_tree(self, analysis: Analysis) -> None:
        from rich.console import Console

        from archspec.passes.terminal import print_table

        console = Console(no_color=not wants_color(sys.stdout), highlight=False)
        print_table(console, self.graph, analysis, depth=self.depth, columns=self.columns, complete=self.complete)

    def _render(self, analysis: Analysis) -> str:
        from archspec.passes.columns import BY_KEY, DEFAULT_COLUMNS
        from archspec.passes.render import render_csv, render_json, render_markdown, render_text

        if self.form == "json":
            return render_json(self.graph, analysis, self.problems, depth=self.depth)
        if self.form == "csv":
            return render_csv(self.graph, analysis, depth=self.depth, columns=self.columns or tuple(BY_KEY))
        render = render_markdown if self.form == "markdown" else render_text
        columns = self.columns or DEFAULT_COLUMNS
        return render(self.graph, analysis, depth=self.depth, columns=columns, complete=self.complete)
