"""What the words of a spec are: the marks of an outline, the symbols that they stand for, and what is in scope."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archspec.lsp.text import Range
    from archspec.spec.models import Level

# The keys and list positions that lead to something in a spec: ("blocks", "basic", "graph", "conv1").
Keys: TypeAlias = "tuple[str, ...]"

Kind = Literal["key", "node", "op", "parameter", "reference", "name", "block", "variant", "file"]

# The parameters of a block, each with the text of its type, as far as one is written.
BlockTypes: TypeAlias = "dict[str, str]"

_WORD = re.compile(r"""\"[^\"]*\"|'[^']*'|(?<![\w.])[A-Za-z_]\w*""")


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something that has a name, in this file or in one that it names.

    `owner` says where: the graph of a node, the block (or spec: empty) of a parameter, the node of an index. What is in
    another file is called as if it were in this one; within a block that is a spec (`spec: FILE`), all begins with
    `("blocks", NAME)`.
    """

    kind: Literal["node", "name", "index", "input", "block", "variant"]
    owner: Keys
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of a spec that means something.

    Attributes:
        kind: what it is; a `parameter` is the key of an argument, a `name` stands in an expression or is declared.
        text: the word.
        range: where it is.
        keys: the node or declaration that it belongs to.
        symbol: what it stands for, as far as that is in this file.
        defines: it is where the symbol gets its name.
        level: for a key of the language, the level that it is of.
    """

    kind: Kind
    text: str
    range: Range
    keys: Keys
    symbol: Symbol | None = None
    defines: bool = False
    level: type[Level] | None = None


@dataclass(frozen=True, slots=True)
class NodeSite:
    """A node as the file has it.

    Attributes:
        keys: where it is.
        name: what it is called; None in a list.
        head: its name or, in a list, the node itself.
        whole: from its name to its end.
        op: its op or block, as written; None for a group.
        graph: the keys of the graph that it is in.
        block: the block that it is in; None in the network itself.
    """

    keys: Keys
    name: str | None
    head: Range
    whole: Range
    op: str | None
    graph: Keys
    block: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """What is in scope: what expressions see, and what `from` can name."""

    seen: Mapping[str, Symbol] = field(default_factory=dict[str, Symbol])
    nodes: Mapping[str, Symbol] = field(default_factory=dict[str, Symbol])
    around: Names | None = None
    elsewhere: Keys | None = None  # the graph of an extended spec: names that are not found here are of its nodes

    def find(self, name: str) -> Symbol | None:
        """Return what a name in an expression stands for; what is not here, the extended spec may have."""
        found = self.find_here(name)
        outermost = self
        while outermost.around is not None:
            outermost = outermost.around
        return Symbol("name", (), name) if found is None and outermost.elsewhere is not None else found

    def find_here(self, name: str) -> Symbol | None:
        """Return what a name in an expression stands for in this file.

        A parameter, and an index, keeps its meaning where a node within is called like it.
        """
        node: Symbol | None = None
        level: Names | None = self
        while level is not None:
            symbol = level.seen.get(name)
            if symbol is not None:
                return symbol if node is None or symbol.kind in {"name", "index"} else node
            node = node or level.nodes.get(name)
            level = level.around
        return node

    def node(self, name: str) -> Symbol | None:
        """Return what a name in `from` stands for."""
        found = self.nodes.get(name)
        return Symbol("node", self.elsewhere, name) if found is None and self.elsewhere is not None else found

    def all_seen(self) -> Iterator[Symbol]:
        """Yield all that expressions see, innermost first."""
        yield from self.seen.values()
        yield from self.nodes.values()
        if self.around is not None:
            yield from self.around.all_seen()


def words_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield the identifiers of an expression that are no attributes, each with its place in the text."""
    for match in _WORD.finditer(text):
        if match[0][0] not in "\"'":
            yield match.start(), match[0]
