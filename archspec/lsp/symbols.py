"""Document symbols: the outline that an editor shows beside a spec."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.lsp.marks import Keys, NodeSite
    from archspec.lsp.outliner import Outline
    from archspec.lsp.text import Range


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the outline."""

    name: str
    kind: Literal["parameter", "input", "block", "node", "variant"]
    detail: str
    whole: Range
    head: Range
    inside: list[Entry] = field(default_factory=list["Entry"])


def symbols(words: Outline) -> list[Entry]:
    """Return parameters, inputs, blocks, nodes and variants, in the order of the text; nodes nest."""
    entries: list[Entry] = []
    blocks: dict[str, Entry] = {}
    for mark in words.marks:
        if not mark.defines:
            continue
        if mark.kind == "block":
            blocks[mark.text] = Entry(mark.text, "block", "block", words.blocks[mark.text], mark.range)
            entries.append(blocks[mark.text])
        elif mark.kind == "variant":
            entries.append(Entry(mark.text, "variant", "variant", mark.range, mark.range))
        elif mark.keys[:1] in {("params",), ("inputs",)}:
            kind = "parameter" if mark.keys[0] == "params" else "input"
            entries.append(Entry(mark.text, kind, kind, mark.range, mark.range))
    entries += _nodes(words.nodes.values(), blocks)
    return sorted(entries, key=lambda entry: entry.whole.start)


def _nodes(sites: Iterable[NodeSite], blocks: dict[str, Entry]) -> list[Entry]:
    """Return the nodes of the network; those of blocks are put into these."""
    made: dict[Keys, Entry] = {}
    outermost: list[Entry] = []
    for site in sorted(sites, key=lambda site: (site.whole.start, -site.whole.end)):
        entry = Entry(site.name or site.keys[-1], "node", site.op or "group", site.whole, site.head)
        made[site.keys] = entry
        around = next((made[keys] for keys in _around(site.keys) if keys in made), None)
        if around is None and site.block is not None:
            around = blocks.get(site.block)
        (outermost if around is None else around.inside).append(entry)
    return outermost


def _around(keys: Keys) -> Iterable[Keys]:
    return (keys[:length] for length in range(len(keys) - 1, 0, -1))
