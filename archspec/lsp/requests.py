"""What the protocol asks, and which feature answers."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from archspec.lsp.actions import problems_with_fixes, quick_fixes
from archspec.lsp.completion import completion
from archspec.lsp.files import File, Files
from archspec.lsp.hints import hints
from archspec.lsp.hover import hover
from archspec.lsp.navigation import definition, highlights, references
from archspec.lsp.protocol import Positions, Refused, log_no_refusals, path_of
from archspec.lsp.rename import RenameError, renameable, renamed
from archspec.lsp.server import Server, types
from archspec.lsp.symbols import symbols
from archspec.lsp.text import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from archspec.elaborate.network import Choice
    from archspec.lsp.actions import QuickFix
    from archspec.lsp.navigation import Target
    from archspec.lsp.symbols import Entry

Result = TypeVar("Result")

_STALE = "*Figures of the text before the last edit, which is still being compiled.*"

_KINDS = {
    "key": types.CompletionItemKind.Keyword,
    "op": types.CompletionItemKind.Function,
    "block": types.CompletionItemKind.Class,
    "parameter": types.CompletionItemKind.Property,
    "node": types.CompletionItemKind.Variable,
    "value": types.CompletionItemKind.Value,
    "variant": types.CompletionItemKind.EnumMember,
    "file": types.CompletionItemKind.File,
    "function": types.CompletionItemKind.Function,
}
_SYMBOLS = {
    "parameter": types.SymbolKind.Constant,
    "input": types.SymbolKind.Variable,
    "block": types.SymbolKind.Class,
    "node": types.SymbolKind.Field,
    "variant": types.SymbolKind.EnumMember,
}


def serve(choice: Choice) -> None:
    """Answer on standard input and output until the client leaves."""
    server = make_server(choice)
    log_no_refusals()
    gc.freeze()  # what was imported stays
    gc.set_threshold(50_000, 20, 100)  # a graph is many objects at once, and hardly any of them garbage
    sys.setswitchinterval(0.001)  # a request is not kept waiting by what is compiled beside it
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a class prints that a spec names must not get among the messages
    server.start_io(incoming, outgoing)


def make_server(choice: Choice | None = None) -> Server:
    """Return a server that answers everything."""
    server = Server(choice)
    _documents(server)
    _reading(server)
    _navigating(server)
    _writing(server)
    return server


def _documents(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(types.SHUTDOWN)
    def shutdown(_params: Any) -> None:
        server.documents.shut_down()


def _reading(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def on_hover(params: types.HoverParams) -> types.Hover | None:
        view = await server.view(params.text_document.uri)
        place = None if view is None else server.place(view, params.position)
        found = None if view is None or place is None else hover(place, view.outline, view.found)
        if view is None or found is None:
            return None
        text = found.markdown if view.fresh else f"{found.markdown}\n\n{_STALE}"
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), server.range(view, found.range))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def on_hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        view = await server.view(params.text_document.uri)
        if view is None:
            return []
        positions = server.positions(view.text)
        made: list[types.InlayHint] = []
        for hint in hints(Range(0, len(view.outlined.text)), view.outline, view.outlined, view.found):
            offset = view.moved_back(hint.offset)
            place = None if offset is None else positions.position(offset)
            if place is not None and params.range.start.line <= place.line <= params.range.end.line:
                tooltip = hint.tooltip or None
                made.append(
                    types.InlayHint(place, hint.label, types.InlayHintKind.Type, None, tooltip, padding_left=True)
                )
        return made

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def on_symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = server.documents.get(params.text_document.uri)
        if document is None:
            return []
        text, words = document.outlined()
        positions = server.positions(text)
        return [_symbol(entry, positions) for entry in symbols(words)]


def _symbol(entry: Entry, positions: Positions) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        entry.name,
        _SYMBOLS[entry.kind],
        positions.range(entry.whole),
        positions.range(entry.head),
        entry.detail,
        children=[_symbol(each, positions) for each in entry.inside],
    )


def _navigating(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def on_definition(params: types.DefinitionParams) -> list[types.Location]:
        view = await server.view(params.text_document.uri)
        place = None if view is None else server.place(view, params.position)
        if view is None or place is None:
            return []
        found = definition(place, view.outline, view.found)
        uri = params.text_document.uri
        located = (_location(server, each, uri, partial(server.range, view)) for each in found)
        return [each for each in located if each is not None]

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def on_references(params: types.ReferenceParams) -> list[types.Location]:
        uri = params.text_document.uri
        try:
            sheet = _sheet(server, uri)
        except Refused:
            return []
        found = await server.documents.work(
            lambda: references(
                sheet.offset(params.position),
                sheet.here,
                sheet.files,
                sheet.roots,
                with_definitions=params.context.include_declaration,
            )
        )
        located = (_location(server, each, uri, sheet.positions.range) for each in found)
        return [each for each in located if each is not None]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def on_highlight(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        view = await server.view(params.text_document.uri)
        place = None if view is None else server.place(view, params.position)
        if view is None or place is None:
            return []
        ranges = (server.range(view, each) for each in highlights(place, view.outline))
        return [types.DocumentHighlight(each) for each in ranges if each is not None]


def _location(
    server: Server, target: Target, uri: str, range_here: Callable[[Range], types.Range | None]
) -> types.Location | None:
    """Return a place; `range_here` tells where one of the document itself is."""
    if target.text is None or target.place is None:
        place = range_here(target.range)
        return None if place is None else types.Location(uri, place)
    return types.Location(server.uri_at(target.place), server.positions(target.text).range(target.range))


def _writing(server: Server) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[" ", ":", "{", "[", ",", ".", "$"])
    )
    async def on_completion(params: types.CompletionParams) -> list[types.CompletionItem]:
        document = server.documents.get(params.text_document.uri)
        if document is None:
            return []
        positions = server.positions(document.text)
        offset = positions.offset(params.position)
        last = document.last or (await server.documents.view(document)).found
        return [
            types.CompletionItem(
                each.label,
                kind=_KINDS[each.kind],
                detail=each.detail or None,
                documentation=types.MarkupContent(types.MarkupKind.Markdown, each.documentation)
                if each.documentation
                else None,
                text_edit=types.TextEdit(positions.range(Range(each.start, offset)), each.text),
                sort_text=f"{number:04}",
            )
            for number, each in enumerate(completion(document.text.text, offset, last))
        ]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def on_prepare_rename(params: types.PrepareRenameParams) -> types.Range:
        sheet = _sheet(server, params.text_document.uri)
        return sheet.positions.range(
            await _renaming(server, lambda: renameable(sheet.offset(params.position), sheet.here, sheet.roots))
        )

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def on_rename(params: types.RenameParams) -> types.WorkspaceEdit:
        uri, new = params.text_document.uri, params.new_name
        sheet = _sheet(server, uri)
        offset = sheet.offset(params.position)
        changes = await _renaming(
            server, lambda: renamed(offset, new, sheet.here, sheet.files, sheet.roots, server.choice)
        )
        if server.documents.texts() != sheet.files.texts:
            raise Refused("a document was changed meanwhile")
        edits: dict[str, list[types.TextEdit]] = {}
        for change in changes:
            place = change.file.place
            positions = server.positions(change.file.text)
            target = uri if place is None or change.file is sheet.here else server.uri_at(place)
            edits[target] = [types.TextEdit(positions.range(each), new) for each in change.ranges]
        return server.changes(edits)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    async def on_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        view = await server.view(uri, wait=True)
        if view is None or not view.fresh or not view.found.problems:
            return []
        positions = server.positions(view.text)
        within = Range(positions.offset(params.range.start), positions.offset(params.range.end))
        problems = await server.documents.work(lambda: problems_with_fixes(view.found))
        return [
            _action(server, fix, uri, params.context.diagnostics) for fix in quick_fixes(within, problems, view.found)
        ]


@dataclass(frozen=True)
class _Sheet:
    """An open document among the files that have to do with it."""

    here: File
    files: Files
    roots: list[Path]
    positions: Positions

    def offset(self, position: types.Position) -> int:
        return self.positions.offset(position)


def _sheet(server: Server, uri: str) -> _Sheet:
    """Return a document with the files around it. Its text must be YAML: what cannot be read names nothing."""
    document = server.documents.get(uri)
    if document is None:
        raise Refused("the document is not open")
    files = Files(server.documents.texts())
    here = files.of(document.source)
    if here.tree is None:
        raise Refused("the document is not valid YAML")
    return _Sheet(here, files, server.roots(document.place), server.positions(here.text))


async def _renaming(server: Server, task: Callable[[], Result]) -> Result:
    """Do something off the main path, and tell the client why it cannot be done, if so."""
    try:
        return await server.documents.work(task)
    except RenameError as error:
        raise Refused(str(error)) from None


def _action(server: Server, fix: QuickFix, uri: str, shown: Sequence[types.Diagnostic]) -> types.CodeAction:
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in fix.edits:
        target = uri if edit.place is None or edit.place == path_of(uri) else server.uri_at(edit.place)
        place = server.positions(edit.text).range(edit.range)
        changes.setdefault(target, []).append(types.TextEdit(place, edit.replacement))
    mended = [each for each in shown if each.code == fix.problem.code]
    workspace_edit = server.changes(changes)
    return types.CodeAction(fix.title, types.CodeActionKind.QuickFix, mended, is_preferred=True, edit=workspace_edit)
