"""`archspec ops`: the ops, or one of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from archspec.cli.options import format_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.ir.op import Op
    from archspec.ops.reference import OpReference


@click.command()
@click.argument("name", required=False)
@format_option("text", "json")
def ops(*, name: str | None, form: str) -> None:
    """List the ops by family; with NAME, describe one: its parameters, types, defaults and examples.

    \b
    Examples:
      archspec ops
      archspec ops conv
      archspec ops --format json
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.ops.catalog import OPS
    from archspec.ops.reference import describe_op

    references = [describe_op(op) for op in (OPS if name is None else (_find(name),))]
    if form == "json":
        click.echo(json.dumps({"archspec": 1, "ops": [asdict(reference) for reference in references]}, indent=2))
    elif name is None:
        click.echo("\n".join(_overview(references)))
    else:
        click.echo("\n".join(_page(references[0])))


def _find(name: str) -> type[Op]:
    from archspec.diagnostics.text import did_you_mean, printable
    from archspec.ops.catalog import BY_NAME

    if name not in BY_NAME:
        remedy = did_you_mean(name, BY_NAME) or "`archspec ops` lists them"
        raise click.UsageError(f"there is no op '{printable(name)}'; {remedy}")
    return BY_NAME[name]


def _overview(references: list[OpReference]) -> Iterable[str]:
    width = max(len(reference.name) for reference in references)
    families = dict.fromkeys(reference.family for reference in references)
    for number, family in enumerate(families):
        yield from [""] * (number > 0) + [f"{family}:"]
        for reference in (each for each in references if each.family == family):
            yield f"  {reference.name:{width}}  {reference.summary}"


def _page(reference: OpReference) -> Iterable[str]:
    yield f"{reference.name} ({reference.inputs})"
    yield from ("", reference.summary)
    if reference.details:
        yield from ("", reference.details)
    if reference.parameters:
        yield from ("", "Parameters:")
        width = max(len(parameter.name) for parameter in reference.parameters)
        for parameter in reference.parameters:
            default = "required" if parameter.default is None else f"default {parameter.default}"
            yield f"  {parameter.name:{width}}  {parameter.type} ({default})"
            if parameter.description:
                yield f"  {'':{width}}  {parameter.description}"
    if reference.examples:
        yield from ("", "Examples:", *(f"  {example}" for example in reference.examples))
