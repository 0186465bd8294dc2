"""Hover: what stands at a place, and the figures of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.text import first_few
from archspec.elaborate.environment import ShapeView
from archspec.ir.graph import Scope
from archspec.lsp import documentation
from archspec.lsp.figures import figures, shapes, summary
from archspec.ops.reference import yaml_text
from archspec.source.tree import Mapping, Scalar
from archspec.spec.expressions import UNKNOWN
from archspec.spec.loader import read_tree
from archspec.spec.models import NodeLevel, SpecLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.lsp.compilation import Compilation, Use
    from archspec.lsp.marks import Mark, NodeSite, Symbol
    from archspec.lsp.outliner import Outline
    from archspec.lsp.text import Range
    from archspec.spec.models import Level
    from archspec.spec.template import BlockTemplate, Parameter

_SUMMARISED = frozenset({"archspec", "name", "graph", "extends", "variant"})
_MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Hover:
    """Markdown, and the word that it is about."""

    markdown: str
    range: Range


def hover(offset: int, outline: Outline, found: Compilation) -> Hover | None:
    """Return what there is to say of what stands at a place.

    `outline` is that of the text as it is now; `found` may be of a text that was there before.
    """
    mark = outline.at(offset)
    if mark is None:
        return None
    lines = list(_Hovering(outline, found).lines(mark))
    return Hover("\n".join(lines), mark.range) if lines else None


class _Hovering:
    def __init__(self, outline: Outline, found: Compilation) -> None:
        self.outline = outline
        self.found = found

    def lines(self, mark: Mark) -> Iterator[str]:
        if mark.kind == "node":
            yield from self._node(self.outline.nodes[mark.keys], brief=True)
        elif mark.kind == "op":
            yield from self._op(mark)
        elif mark.kind == "parameter":
            yield from self._parameter(mark)
        elif mark.kind == "reference" or (mark.kind == "name" and mark.symbol and mark.symbol.kind == "node"):
            yield from self._reference(mark)
        elif mark.kind == "name":
            yield from self._name(mark)
        elif mark.kind == "block":
            yield from self._block(mark.text)
        elif mark.kind == "variant":
            yield from self._variant(mark)
        elif mark.kind == "file":
            yield from self._file(mark)
        elif mark.level is not None:
            yield from self._key(mark, mark.level)

    # ----------------------------------------------------------------------------------------------- nodes

    def _uses(self, site: NodeSite) -> tuple[Use, ...]:
        return self.found.uses.get(site.keys, ())

    def _node(self, site: NodeSite, *, brief: bool) -> Iterator[str]:
        uses = self._uses(site)
        yield from (f"**{self._path(site, uses)}** {self._title(site)}".rstrip(), "")
        yield from figures(uses, self.found)
        op = self._op_name(site, uses)
        reference, block = documentation.op(op), self._blocks().get(op)
        if block is not None:
            yield from ("", "---", *([f"`{op}`: {block.description}"] if brief else documentation.block_page(block)))
        elif reference is not None:
            page = [f"`{op}`: {reference.summary}"] if brief else documentation.op_page(reference)
            yield from ("", "---", *page)

    def _path(self, site: NodeSite, uses: tuple[Use, ...]) -> str:
        if len(uses) == 1 and uses[0].item is not None and uses[0].path:
            return uses[0].path
        inner = [key for key in site.keys[2:] if key != "graph"] if site.block else site.keys[1:]
        return ".".join(key for key in inner if key != "graph") or ".".join(site.keys)

    def _title(self, site: NodeSite) -> str:
        uses = self._uses(site)
        copies = {count for use in uses if (count := _copies(use)) is not None}
        times = f"{min(copies)} x " if len(copies) == 1 else ""
        op = self._op_name(site, uses)
        what = f"{times}`{op}`" if op else f"{times}group"
        return what + (f" in block `{site.block}`" if site.block else "")

    def _op_name(self, site: NodeSite, uses: tuple[Use, ...]) -> str:
        """Return the op of a node; for `$name`, what that is here."""
        op = site.op or ""
        if not op.startswith("$"):
            return op
        values = {str(value) for use in uses if (value := use.names.get(op[1:])) is not None}
        return values.pop() if len(values) == 1 else op

    def _op(self, mark: Mark) -> Iterator[str]:
        site = self.outline.nodes.get(mark.keys)
        if site is not None and site.op == mark.text:
            yield from self._node(site, brief=False)
            return
        block, reference = self._blocks().get(mark.text), documentation.op(mark.text)
        if block is not None:
            yield from documentation.block_page(block)
        elif reference is not None:
            yield from documentation.op_page(reference)

    def _reference(self, mark: Mark) -> Iterator[str]:
        symbol = mark.symbol
        if symbol is None or symbol.kind != "node":
            yield from self._name(mark)
            return
        site = self.outline.site_of(symbol)
        if site is not None:
            yield from self._node(site, brief=True)
            return
        uses = tuple(self._elsewhere(symbol))
        if uses:
            owner = (
                f"block `{symbol.owner[1]}`" if symbol.owner[:1] == ("blocks",) else "the spec that this one extends"
            )
            yield from (f"**{symbol.name}**, of {owner}", "")
            yield from figures(uses, self.found)

    def _elsewhere(self, symbol: Symbol) -> Iterator[Use]:
        """Yield what a node has become that is in another file: of the extended spec, or of one that is a block."""
        if symbol.owner[:1] == ("blocks",):
            scopes = tuple(self.found.uses_of_block(symbol.owner[1]))
        else:
            scopes = () if self.found.graph is None else (self.found.graph.root,)
        for scope in scopes if symbol.owner[-1:] == ("graph",) else ():
            for child in scope.children:
                if child.template.name == symbol.name:
                    yield self.found.use_of(child, scope)

    # ----------------------------------------------------------------------------------------------- names

    def _name(self, mark: Mark) -> Iterator[str]:
        parameter = self._declared(mark)
        if parameter is not None:
            yield documentation.declared_parameter(parameter)
        else:
            yield f"`{mark.text}`"
        values = self._values(mark)
        if values:
            shown = ", ".join(values[:_MOST_SHOWN]) + (", ..." if len(values) > _MOST_SHOWN else "")
            yield from ("", f"Here: {shown}")

    def _declared(self, mark: Mark) -> Parameter | None:
        template, symbol = self.found.compiled.template, mark.symbol
        if template is None or symbol is None or symbol.kind != "name":
            return None
        if symbol.owner == ():
            return template.parameter(symbol.name)
        block = template.blocks.get(symbol.owner[1])
        return next((each for each in block.params if each.name == symbol.name), None) if block else None

    def _values(self, mark: Mark) -> list[str]:
        """Return the values that a name has where it stands, each once."""
        uses = self.found.uses.get(mark.keys, ())
        tables: list[Any] = [use.names for use in uses]
        graph = self.found.graph
        if not tables and graph is not None and mark.keys[:1] != ("blocks",):
            tables = [graph.root.env]
        values = (table.get(mark.text) for table in tables)
        return list(dict.fromkeys(_shown(value) for value in values if value is not None and value is not UNKNOWN))

    # ----------------------------------------------------------------------------------------------- parameters, keys

    def _parameter(self, mark: Mark) -> Iterator[str]:
        site = self.outline.nodes.get(mark.keys)
        op = "" if site is None else self._op_name(site, self._uses(site))
        block, reference = self._blocks().get(op), documentation.op(op)
        if block is not None:
            yield from (documentation.declared_parameter(each) for each in block.params if each.name == mark.text)
        elif reference is not None:
            found = (each for each in reference.parameters if each.name == mark.text)
            yield from (documentation.op_parameter(each) for each in found)

    def _key(self, mark: Mark, level: type[Level]) -> Iterator[str]:
        yield f"`{mark.text}`: {description_of(level, mark.text)}"
        if level is SpecLevel and mark.text in _SUMMARISED:
            yield from ("", *summary(self.found))
        elif level is NodeLevel and mark.keys in self.outline.nodes:
            uses = self._uses(self.outline.nodes[mark.keys])
            if mark.text == "from" and uses:
                yield from ("", f"Reads {shapes(uses[0].inputs)}")

    def _block(self, name: str) -> Iterator[str]:
        block = self._blocks().get(name)
        if block is not None:
            yield from documentation.block_page(block)
        uses = [f"`{use.path}`" for use in self.found.uses_of_block(name)]
        if uses:
            yield from ("", f"Used by {first_few(uses, _MOST_SHOWN)}")
        elif block is not None:
            yield from ("", "Nothing uses it here.")

    def _blocks(self) -> dict[str, BlockTemplate]:
        template = self.found.compiled.template
        return {} if template is None else dict(template.blocks)

    # ----------------------------------------------------------------------------------------------- files, variants

    def _variant(self, mark: Mark) -> Iterator[str]:
        is_own = mark.symbol is not None and not mark.symbol.owner  # and not of a spec that is a block here
        chosen = self.found.variant(mark.text) if is_own else None
        yield from (f"variant `{mark.text}`", "")
        if chosen is not None:
            yield from summary(chosen)

    def _file(self, mark: Mark) -> Iterator[str]:
        source = self.found.named(mark.text)
        if source is not None:
            tree = read_tree(source)[0]
            description = tree.get("description") if isinstance(tree, Mapping) else None
            yield f"`{source.place}`"
            if isinstance(description, Scalar):
                yield from ("", description.text)


def description_of(level: type[Level], key: str) -> str:
    """Return what a key of the language is for."""
    infos = level.model_fields.items()
    return next((info.description or "" for name, info in infos if (info.alias or name) == key), "")


def _copies(use: Use) -> int | None:
    """Return how many copies a use holds; None if the node is not repeated."""
    item = use.item
    if not isinstance(item, Scope) or item.kind not in {"repeat", "splice", "dense"}:
        return None
    joins = (child.template for child in item.children if child.template.op is None and child.template.graph is None)
    return sum(child.item is not None for child in item.children) - sum(1 for _ in joins)


def _shown(value: Any) -> str:
    if isinstance(value, ShapeView):
        return "-" if value.type is None else shapes([value.type])
    return f"`{yaml_text(value)}`"
