"""The language server: what the protocol asks, answered by one module per feature.

The features know neither the protocol nor pygls; this module, `archspec.lsp.requests` and `archspec.lsp.protocol` do.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from archspec.elaborate.network import Choice
from archspec.lsp.diagnostics import diagnostics
from archspec.lsp.documents import Documents
from archspec.lsp.protocol import Positions, path_of, uri_of
from archspec.lsp.text import Range, Text
from archspec.spec.files import root_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archspec.lsp.diagnostics import Diagnostic, Related
    from archspec.lsp.documents import Document, View

QUIET = 0.15
"""Seconds without another edit, after which a document is checked."""

_SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}


class Server(LanguageServer):
    """A language server for specs."""

    def __init__(self, choice: Choice | None = None) -> None:
        """Compile documents with `choice`."""
        super().__init__(
            "archspec", version("archspec"), text_document_sync_kind=types.TextDocumentSyncKind.Incremental
        )
        self.choice = choice or Choice()
        self.documents = Documents(self.choice)

    def positions(self, text: Text) -> Positions:
        """Return the positions of a text, as the client counts them."""
        return Positions(text, self.workspace.position_encoding)

    async def view(self, uri: str, *, wait: bool = False) -> View | None:
        """Return an open document for a request; None for one that is not open."""
        document = self.documents.get(uri)
        return None if document is None else await self.documents.view(document, wait=wait)

    def place(self, view: View, position: types.Position) -> int | None:
        """Return where a position is in the text of the outline; None if it cannot be told."""
        return view.moved(self.positions(view.text).offset(position))

    def range(self, view: View, place: Range) -> types.Range | None:
        """Return the range of a place of the outline's text; None if it cannot be told."""
        start, end = view.moved_back(place.start), view.moved_back(place.end)
        return None if start is None or end is None else self.positions(view.text).range(Range(start, end))

    def roots(self, place: Path | None) -> list[Path]:
        """Return the folders whose files may be looked at and changed: what the client has open, around a file."""
        uris = [folder.uri for folder in self.workspace.folders.values()] or [self.workspace.root_uri]
        roots = [path for uri in uris if uri and (path := path_of(uri)) is not None]
        if place is not None and not any(place.is_relative_to(root) for root in roots):
            roots.append(root_of(place.parent))
        return roots

    def changes(self, edits: Mapping[str, Sequence[types.TextEdit]]) -> types.WorkspaceEdit:
        """Return edits of files, by their addresses: of the versions that are open, if the client knows versions."""
        client = self.client_capabilities.workspace
        if client is None or client.workspace_edit is None or not client.workspace_edit.document_changes:
            return types.WorkspaceEdit({uri: list(each) for uri, each in edits.items()})
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=self._version(uri)), list(each)
                )
                for uri, each in edits.items()
            ]
        )

    def _version(self, uri: str) -> int | None:
        return None if self.documents.get(uri) is None else self.workspace.get_text_document(uri).version

    def uri_at(self, place: Path) -> str:
        """Return the address of a file, as the client writes it if it has the file open."""
        document = self.documents.at(place)
        return uri_of(place) if document is None else document.uri

    # ----------------------------------------------------------------------------------------------- documents

    def changed(self, uri: str) -> None:
        """Take the new text of a document, and check it once nothing changes any more."""
        document = self.documents.put(uri, path_of(uri), self.workspace.get_text_document(uri).source)
        for each in (document, *self.documents.dependents(document.place)):
            self._check_soon(each)

    def closed(self, uri: str) -> None:
        """Forget a document: from now on, its file counts."""
        document = self.documents.get(uri)
        self.documents.close(uri)
        if document is not None:
            for each in self.documents.dependents(document.place):
                self._check_soon(each)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _check_soon(self, document: Document) -> None:
        if document.waiting is not None:
            document.waiting.cancel()
        document.waiting = asyncio.create_task(self._check(document))

    async def _check(self, document: Document) -> None:
        await asyncio.sleep(QUIET if document.last is not None else 0)
        view = await self.documents.view(document, wait=True)
        await self.documents.work(lambda: view.found.problems)  # lints take their time, too
        if view.fresh and self.documents.get(document.uri) is document:
            self.publish(document, view)
            # A hover that comes while the next text is compiled is answered from this one.
            await self.documents.work(view.found.find_figures)

    def publish(self, document: Document, view: View) -> None:
        """Show the problems of a document."""
        found = [self._diagnostic(each, view) for each in diagnostics(view.found)]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(document.uri, found))

    def _diagnostic(self, found: Diagnostic, view: View) -> types.Diagnostic:
        href = None if found.page is None else types.CodeDescription(f"{uri_of(found.page[0])}#{found.page[1]}")
        return types.Diagnostic(
            self.positions(view.text).range(found.range),
            found.message,
            severity=_SEVERITIES[found.problem.severity],
            code=found.problem.code,
            code_description=href,
            source="archspec",
            related_information=[self._related(each, view) for each in found.related],
        )

    def _related(self, related: Related, view: View) -> types.DiagnosticRelatedInformation:
        source = view.found.compiled.sources[related.span.path]
        place = self.positions(Text(source.text)).range_of(related.span)
        return types.DiagnosticRelatedInformation(types.Location(uri_of(related.place), place), related.message)
