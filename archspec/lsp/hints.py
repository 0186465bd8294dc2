"""Inlay hints: what comes out of each node, behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.lsp.figures import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.lsp.compilation import Compilation
    from archspec.lsp.marks import NodeSite
    from archspec.lsp.outliner import Outline
    from archspec.lsp.text import Range, Text


@dataclass(frozen=True, slots=True)
class Hint:
    """Text to show at a place, and more of it for who asks."""

    offset: int
    label: str
    tooltip: str


def hints(within: Range, words: Outline, text: Text, found: Compilation) -> Iterator[Hint]:
    """Yield a hint for each node of a stretch of the text; one that comes out in several shapes shows the first."""
    for site in words.nodes.values():
        if not within.start <= site.head.start <= within.end:
            continue
        results = [shapes(found.types(use)) for use in found.uses.get(site.keys, ()) if use.values]
        distinct = list(dict.fromkeys(results))
        if distinct:
            label = distinct[0] + (" ..." if len(distinct) > 1 else "")
            tooltip = "" if len(distinct) == 1 else "\n\n".join(f"{results.count(each)} x {each}" for each in distinct)
            yield Hint(_behind(site, text), label, tooltip)


def _behind(site: NodeSite, text: Text) -> int:
    """Return the end of a node that stands on one line, or of the first line of one that does not."""
    end = text.end_of_line(site.head.start)
    return min(site.whole.end, end)
