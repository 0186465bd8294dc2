"""`archspec expand`: the spec with nothing left to resolve."""

from __future__ import annotations

from typing import Any

import click

from archspec.cli.options import spec_options
from archspec.cli.specs import load_spec


@click.command()
@spec_options
def expand(
    *, spec: str, variant: str | None, params: dict[str, Any], inputs: dict[str, tuple[int | str, ...]], quiet: bool
) -> None:
    """Print SPEC with nothing left to resolve: no parameters, blocks, repeats or conditions.

    The result is a spec itself, of the same network.

    \b
    Examples:
      archspec expand specs/resnet34.yaml
      archspec expand specs/families/resnet.yaml --variant resnet50 --set classes=102
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    del quiet  # the option has told the session
    click.echo(load_spec(spec, variant, params, inputs).expand(), nl=False)
