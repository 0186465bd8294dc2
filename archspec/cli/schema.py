"""`archspec schema`: the JSON schema of specs."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON schema of specs, with which editors complete and check them.

    It is made from the op catalog. docs/editor.md says how an editor finds it.

    \b
    Examples:
      archspec schema > archspec.schema.json
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.ops.schema import schema_text

    click.echo(schema_text(), nl=False)
