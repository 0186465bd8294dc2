"""`archspec zoo`: the networks that come with archspec."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from archspec.cli.options import format_option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archspec.cli.networks import Family, Network

TITLES = ("network", "input", "params", "MACs", "receptive field", "of input")
_RIGHT = frozenset({2, 3, 4, 5})


@click.command()
@click.argument("name", required=False)
@format_option("text", "json")
def zoo(*, name: str | None, form: str) -> None:
    """List the networks that come with archspec, by family; with NAME, print the text of one's spec.

    The receptive field is that of the last map (before what is global), in pixels, and as a part of the input. A +
    says that gates or attention let it see everything as well. `archspec init` starts a spec of your own from one.

    \b
    Examples:
      archspec zoo
      archspec zoo --format json
      archspec zoo resnet34
      archspec zoo families/resnet
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.cli.networks import families

    if name is not None:
        click.echo(without_schema_line(require_spec(name).read_text(encoding="utf-8")), nl=False)
        return
    found = families()
    if form == "json":
        listed = [{key: value for key, value in asdict(each).items() if key != "networks"} for each in found]
        specs = [asdict(network) for family in found for network in family.networks]
        click.echo(json.dumps({"archspec": 1, "families": listed, "specs": specs}, indent=2))
    else:
        click.echo("\n".join(_table(found)))


def require_spec(name: str) -> Path:
    """Return the spec of a network or family of the zoo.

    Raises:
        click.UsageError: there is none of that name.
    """
    from archspec.cli.networks import find_spec, spec_paths
    from archspec.diagnostics.text import did_you_mean, printable

    found = find_spec(name)
    if found is None:
        remedy = did_you_mean(name.removesuffix(".yaml"), spec_paths()) or "`archspec zoo` lists them"
        raise click.UsageError(f"there is no network '{printable(name)}' in the zoo; {remedy}")
    return found


def without_schema_line(text: str) -> str:
    """Return the text of a spec without the line by which editors find the schema: it holds for one place only."""
    from archspec.ops.schema import SCHEMA_LINE

    first, _, rest = text.partition("\n")
    return rest if first.startswith(SCHEMA_LINE) else text


def _table(found: list[Family]) -> Iterator[str]:
    """Yield a table whose columns run through all families, with a line before each family."""
    from archspec.passes.tables import aligned_lines

    networks = [network for family in found for network in family.networks]
    titles, rule, *rows = aligned_lines(TITLES, [_row(network) for network in networks], right=_RIGHT)
    yield from (titles, rule)
    lines = iter(rows)
    before = 2
    for family in found:
        if len(family.networks) > 1:
            yield from ("", f"{family.name}: {family.description}")
        elif before > 1:
            yield ""
        yield from (next(lines) for _ in family.networks)
        before = len(family.networks)


def _row(network: Network) -> tuple[str, ...]:
    field, part = "x".join(map(str, network.receptive_field)), "-"
    sizes = set(network.receptive_field)
    if len(sizes) == 1:
        field = str(network.receptive_field[0])
    if network.coverage:
        part = f"{min(network.coverage):.0%}" + ("+" if network.sees_everything else "")
    return (
        network.name,
        ", ".join("x".join(map(str, shape)) for shape in network.inputs.values()),
        f"{network.params:,}",
        f"{network.macs:,}",
        field or "-",
        part,
    )
