"""The documents that an editor has open, and the compiling of them off the main path."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from archspec.lsp.compilation import Compilation, compiled, source_of
from archspec.lsp.outline import outline
from archspec.lsp.outliner import Outline
from archspec.lsp.text import Text
from archspec.spec.loader import read_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archspec.elaborate.network import Choice
    from archspec.source.span import SourceFile

_SMALL = 2_000  # nodes, whose figures take some 50 ms

Result = TypeVar("Result")

PATIENCE = 0.07
"""Seconds for which a request waits for its document to be compiled, if it was compiled before."""


@dataclass(frozen=True, slots=True)
class View:
    """A document, as a request sees it.

    Attributes:
        text: its text.
        outline: what the words are of a text that was YAML: of this one, if that is known already.
        outlined: that text.
        found: what it was compiled to.
        fresh: `found` is of this very text.
    """

    text: Text
    outline: Outline
    outlined: Text
    found: Compilation
    fresh: bool

    def moved(self, offset: int) -> int | None:
        """Return where a place of the text is in the text of the outline; None if it cannot be told."""
        if self.text.text == self.outlined.text:
            return offset
        return _moved(self.text.text, self.outlined.text, offset)

    def moved_back(self, offset: int) -> int | None:
        """Return where a place of the outline's text is in the text; None if it cannot be told."""
        if self.text.text == self.outlined.text:
            return offset
        return _moved(self.outlined.text, self.text.text, offset)


class Document:
    """An open document."""

    def __init__(self, uri: str, place: Path | None, text: str) -> None:
        """Begin with the text that it was opened with."""
        self.uri = uri
        self.place = place
        self.text = Text(text)
        self.last: Compilation | None = None
        self.task: asyncio.Task[Compilation] | None = None
        self.waiting: asyncio.Task[None] | None = None
        self._outlined: tuple[Text, Outline] | None = None

    @property
    def source(self) -> SourceFile:
        """Its text, as the compiler takes it."""
        return source_of(self.text.text, self.place)

    def outlined(self) -> tuple[Text, Outline]:
        """Return the outline of the text, or of the last one that was YAML, with that text."""
        last = self.last
        if last is not None and last.tree is not None and last.text.text == self.text.text:
            self._outlined = (last.text, last.outline)
        if self._outlined is None or self._outlined[0].text != self.text.text:
            tree = read_tree(self.source)[0]
            if tree is not None:
                self._outlined = (self.text, outline(tree, self.text))
        return self._outlined or (self.text, Outline())


class Documents:
    """All open documents."""

    def __init__(self, choice: Choice) -> None:
        """Compile them with `choice`."""
        self._choice = choice
        self._open: dict[str, Document] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compile")

    def __iter__(self) -> Iterator[Document]:
        """Return the open documents."""
        return iter(self._open.values())

    def get(self, uri: str) -> Document | None:
        """Return an open document."""
        return self._open.get(uri)

    def put(self, uri: str, place: Path | None, text: str) -> Document:
        """Open a document, or give it another text."""
        document = self._open.get(uri)
        if document is None:
            document = self._open[uri] = Document(uri, place, text)
        elif document.text.text != text:
            document.text = Text(text)
        self._forget(document)
        return document

    def close(self, uri: str) -> None:
        """Close a document: from now on, its file counts."""
        document = self._open.pop(uri, None)
        if document is not None:
            self._forget(document)

    def dependents(self, place: Path | None) -> Iterator[Document]:
        """Yield the other documents that name a file, as far as they have been compiled."""
        for document in self._open.values():
            sources = () if document.last is None else document.last.compiled.sources.values()
            if place is not None and document.place != place and any(each.place == place for each in sources):
                yield document

    def _forget(self, changed: Document) -> None:
        """Compile a document, and those that name it, anew when they are asked for next."""
        for document in (changed, *self.dependents(changed.place)):
            document.task = None

    def at(self, place: Path) -> Document | None:
        """Return the open document of a file."""
        return next((each for each in self._open.values() if each.place == place), None)

    def texts(self) -> dict[Path, str]:
        """Return the texts of all documents that are files, by path."""
        return {each.place: each.text.text for each in self._open.values() if each.place is not None}

    def compiling(self, document: Document) -> asyncio.Task[Compilation]:
        """Return the compiling of a document's text, which begins when it is first asked for."""
        if document.task is None:
            document.task = asyncio.create_task(self._compile(document))
        return document.task

    async def _compile(self, document: Document) -> Compilation:
        text, texts = document.text.text, self.texts()
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._worker, _work, text, document.place, texts, self._choice)
        if document.last is None or found.text.text == document.text.text or document.last.graph is None:
            document.last = found
        return found

    async def view(self, document: Document, *, wait: bool = False) -> View:
        """Return a document for a request.

        A document that was compiled before, and takes its time now, is answered from what was found then, unless the
        request must `wait`.
        """
        task = self.compiling(document)
        before = document.last
        fresh = True
        if before is None or wait:
            found = await asyncio.shield(task)
        else:
            done, _ = await asyncio.wait({task}, timeout=PATIENCE)
            fresh = bool(done)
            found = task.result() if fresh else before
        fresh = fresh and found.text.text == document.text.text
        outlined, marks = document.outlined() if fresh or found.tree is None else (found.text, found.outline)
        return View(document.text, marks, outlined, found, fresh)

    async def work(self, task: Callable[[], Result]) -> Result:
        """Do something that takes its time, off the main path."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, task)

    def shut_down(self) -> None:
        """Let the worker go."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def _work(text: str, place: Path | None, texts: dict[Path, str], choice: Choice) -> Compilation:
    """Compile a text. The figures of small networks are left until someone asks: most requests do not."""
    found = compiled(text, place, texts, choice)
    _ = found.uses
    if found.graph is not None and len(found.graph.nodes) > _SMALL:
        found.find_figures()
    return found


def _moved(here: str, there: str, offset: int) -> int | None:
    """Return where a place is in another version of a text, if all before it or all behind it is the same."""
    if offset <= len(there) and here[:offset] == there[:offset]:
        return offset
    left = len(here) - offset
    return len(there) - left if left <= len(there) and here[offset:] == there[len(there) - left :] else None
