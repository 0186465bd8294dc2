"""A document, compiled: what became of each of its nodes, and the figures of that."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.ir.graph import Node, Scope
from archspec.lsp.outline import outline
from archspec.lsp.outliner import Outline
from archspec.lsp.text import Text
from archspec.passes.cost import Cost, costs, total
from archspec.passes.receptive_field import ReceptiveField, receptive_fields
from archspec.source.span import SourceFile
from archspec.spec.files import zoo_root
from archspec.spec.loader import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archspec.api import Compiled
    from archspec.diagnostics.problem import Problem
    from archspec.ir.graph import Child, Graph, Value
    from archspec.ir.tensor import TensorType
    from archspec.lsp.marks import Keys
    from archspec.source.tree import Tree


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that a node of the spec has become.

    A node in a block that is used four times has four uses; a repeated node has one, which holds its copies.

    Attributes:
        path: the path of the node or scope; that of the graph around it, where `when` left it out.
        item: None where it was left out, or failed.
        values: its results, by name.
        inputs: what it reads.
        names: what its expressions see.
    """

    path: str
    item: Node | Scope[Any] | None
    values: tuple[Value, ...]
    inputs: tuple[TensorType, ...]
    names: Mapping[str, Any]

    def nodes(self) -> Iterator[Node]:
        """Yield the nodes that it consists of."""
        if isinstance(self.item, Node):
            yield self.item
        elif self.item is not None:
            yield from _nodes_of(self.item)


@dataclass(frozen=True)
class Compilation:
    """A document as it was at one time, compiled.

    Attributes:
        text: its text.
        place: where it is; None for a document that is not a file.
        compiled: what became of it.
        texts: those of all documents that were open, by path.
        choice: what it was compiled with.
    """

    text: Text
    place: Path | None
    compiled: Compiled
    texts: Mapping[Path, str]
    choice: Choice
    _variants: dict[str, Compilation] = field(default_factory=dict[str, "Compilation"])

    @property
    def graph(self) -> Graph | None:
        """The network, or as much of it as could be made."""
        return self.compiled.graph

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong or, if nothing is, doubtful."""
        try:
            return self.compiled.findings()
        except Exception:  # noqa: BLE001  (a lint that fails must not hide the rest)
            return self.compiled.problems

    @cached_property
    def tree(self) -> Tree | None:
        """The located tree of the document; None if it is not YAML."""
        return read_tree(self.compiled.source)[0]

    @cached_property
    def outline(self) -> Outline:
        """What its words are; empty if it is not YAML."""
        template = self.compiled.template
        blocks = {} if template is None else template.blocks
        foreign = {name: {each.name: each.type for each in block.params} for name, block in blocks.items()}
        return Outline() if self.tree is None else outline(self.tree, self.text, foreign)

    @cached_property
    def uses(self) -> Mapping[Keys, tuple[Use, ...]]:
        """What the nodes of the document have become, by their keys."""
        found: dict[Keys, list[Use]] = {}
        if self.graph is not None:
            self._gather(self.graph.root, found)
        return {keys: tuple(uses) for keys, uses in found.items()}

    def _gather(self, scope: Scope[Any], found: dict[Keys, list[Use]]) -> None:
        assert self.graph is not None
        place = _place_of(scope.template)
        for child in scope.children:
            item: Node | Scope[Any] | None = child.item
            here = _place_of(child.template)
            # The copies of a node are part of the one use that holds them.
            if here is not None and (here != place or scope.kind == "block") and here[0] == self.compiled.source.path:
                keys = self.outline.starts.get(here[1:])
                if keys is not None:
                    found.setdefault(keys, []).append(self.use_of(child, scope))
            if isinstance(item, Scope):
                self._gather(item, found)

    def use_of(self, child: Child[Any], scope: Scope[Any]) -> Use:
        """Return what one node of a scope has become."""
        item: Node | Scope[Any] | None = child.item
        types: tuple[TensorType, ...] = ()
        if isinstance(item, Node):
            types = item.input_types
        elif item is not None:
            types = tuple(item.input_types.values())
        path = scope.path if item is None else item.path
        return Use(path, item, tuple(child.values.values()), types, child.env)

    def uses_of_block(self, name: str) -> Iterator[Scope[Any]]:
        """Yield what a block has become, in order."""
        scopes = () if self.graph is None else self.graph.root.walk()
        return (scope for scope in scopes if scope.kind == "block" and scope.block == name)

    def variant(self, name: str) -> Compilation | None:
        """Return the network of a variant; None if there is no such variant."""
        template = self.compiled.template
        if template is None or name not in template.variants:
            return None
        if name not in self._variants:
            choice = dataclasses.replace(self.choice, variant=name)
            self._variants[name] = compiled(self.text.text, self.place, self.texts, choice)
        return self._variants[name]

    # ----------------------------------------------------------------------------------------------- figures

    @cached_property
    def costs(self) -> Mapping[str, Cost]:
        """What each node costs; empty where a bug kept that from being found."""
        try:
            return {} if self.graph is None else costs(self.graph)
        except Exception:  # noqa: BLE001  (a fault of one analysis must not take the others along)
            return {}

    @cached_property
    def fields(self) -> Mapping[str, ReceptiveField]:
        """What each node sees of the input; empty where a bug kept that from being found."""
        try:
            return {} if self.graph is None else receptive_fields(self.graph)
        except Exception:  # noqa: BLE001  (as above)
            return {}

    def find_figures(self) -> None:
        """Find what nodes cost and what they see, which takes its time, before someone asks."""
        _ = self.fields, self.costs

    @property
    def total(self) -> Cost:
        """What the network costs."""
        return total(self.costs.values())

    def cost(self, use: Use) -> Cost:
        """Return what a use costs."""
        return total(self.costs[node.path] for node in use.nodes() if node.path in self.costs)

    def types(self, use: Use) -> tuple[TensorType, ...]:
        """Return the types of its results."""
        return () if self.graph is None else tuple(map(self.graph.type_of, use.values))

    def field(self, use: Use) -> ReceptiveField | None:
        """Return what a unit of its first result sees of the input."""
        return self.fields.get(use.values[0].node) if use.values else None

    # ----------------------------------------------------------------------------------------------- files

    def named(self, text: str) -> SourceFile | None:
        """Return the file that the document names so: beside it, or in the zoo."""
        beside = (self.place or Path("-").absolute()).parent
        wanted = [(folder / text).resolve() for folder in (beside, zoo_root())]
        sources = self.compiled.sources.values()
        return next((each for place in wanted for each in sources if each.place == place), None)

    def path_of(self, shown: str) -> Path | None:
        """Return the file that is called so in spans."""
        if shown == self.compiled.source.path:
            return self.place
        source = self.compiled.sources.get(shown)
        return None if source is None else source.place


def compiled(
    text: str,
    place: Path | None,
    texts: Mapping[Path, str],
    choice: Choice | None = None,
) -> Compilation:
    """Return a document, compiled. `texts` are those of all open documents, by path."""
    choice = choice or Choice()
    return Compilation(Text(text), place, compile_text(source_of(text, place), choice, texts), texts, choice)


def source_of(text: str, place: Path | None) -> SourceFile:
    """Return the text of a document as the compiler takes it."""
    return SourceFile("<unsaved>" if place is None else str(place), text, place)


def _nodes_of(scope: Scope[Any]) -> Iterator[Node]:
    for child in scope.children:
        item: Node | Scope[Any] | None = child.item
        if isinstance(item, Node):
            yield item
        elif item is not None:
            yield from _nodes_of(item)


def _place_of(template: Any) -> tuple[str, int, int] | None:
    """Return where a template is that a scope or a node was expanded from."""
    span = getattr(template, "span", None)
    return None if span is None else (span.path, span.line, span.column)
