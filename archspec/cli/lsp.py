"""`archspec lsp`: the language server."""

from __future__ import annotations

import click

from archspec.cli.options import allow_imports_option
from archspec.cli.session import current


@click.command()
@allow_imports_option
def lsp() -> None:
    """Serve the language to an editor, on standard input and output.

    An editor starts it itself; docs/editor.md says how. It needs the extra `lsp`.

    \b
    Examples:
      pip install 'archspec[lsp]'
      archspec lsp
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.elaborate.network import Choice

    try:
        from archspec.lsp.requests import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        from archspec.diagnostics.catalog.runtime import ExtraMissing
        from archspec.diagnostics.problem import ProblemError

        raise ProblemError(ExtraMissing(library="pygls", extra="lsp")) from None

    serve(Choice(allow_imports=current().allow_imports))
