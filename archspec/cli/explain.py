"""`archspec explain`: what a problem means, with an example."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from archspec.cli.options import format_option

if TYPE_CHECKING:
    from archspec.diagnostics.machine import Json
    from archspec.diagnostics.problem import Problem


@click.command()
@click.argument("problem", metavar="CODE|SLUG", required=False)
@format_option("text", "json")
def explain(*, problem: str | None, form: str) -> None:
    """Explain a problem by its code or its name: why it is one, and an example without it.

    Without an argument, list all of them.

    \b
    Examples:
      archspec explain AS204
      archspec explain concat-shapes-differ
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.diagnostics.catalog.listing import ALL
    from archspec.diagnostics.doc import explain as text_of
    from archspec.diagnostics.doc import parse_doc

    kinds = ALL if problem is None else (_find(problem),)
    if form == "json":
        click.echo(json.dumps({"archspec": 1, "problems": [_record(kind) for kind in kinds]}, indent=2))
    elif problem is None:
        width = max(len(kind.slug) for kind in kinds)
        for kind in kinds:
            click.echo(f"{kind.code}  {kind.slug:{width}}  {parse_doc(kind).summary}")
    else:
        click.echo(text_of(kinds[0]), nl=False)


def _find(name: str) -> type[Problem]:
    from archspec.diagnostics.catalog.listing import by_code, by_slug
    from archspec.diagnostics.text import did_you_mean, printable

    found = by_code.get(name.upper()) or by_slug.get(name.lower())
    if found is None:
        remedy = did_you_mean(name, (*by_code, *by_slug)) or "`archspec explain` lists them"
        raise click.UsageError(f"there is no problem '{printable(name)}'; {remedy}")
    return found


def _record(kind: type[Problem]) -> Json:
    from archspec.diagnostics.doc import parse_doc

    doc = parse_doc(kind)
    return {
        "code": kind.code,
        "slug": kind.slug,
        "severity": kind.severity,
        "summary": doc.summary,
        "why": doc.why,
        "bad": doc.bad,
        "good": doc.good,
    }
