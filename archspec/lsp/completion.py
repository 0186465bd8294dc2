"""Completion: what can be written at a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from archspec.elaborate.arguments import words_of
from archspec.elaborate.environment import SHAPE_ATTRIBUTES
from archspec.ir.tensor import ITEM_BYTES
from archspec.lsp import documentation
from archspec.lsp.context import PLACEHOLDER, Context, context_at
from archspec.lsp.figures import shapes
from archspec.lsp.hover import description_of
from archspec.lsp.outline import outline
from archspec.ops.catalog import BY_NAME
from archspec.ops.initialisers import INITIALISER_BY_NAME
from archspec.spec import models
from archspec.spec.expressions.functions import FUNCTIONS
from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from archspec.lsp.compilation import Compilation
    from archspec.lsp.marks import Keys, Names, NodeSite
    from archspec.lsp.outliner import Outline
    from archspec.spec.models import Level
    from archspec.spec.template import BlockTemplate, SpecTemplate

ItemKind = Literal["key", "op", "block", "parameter", "node", "value", "variant", "file", "function"]

_LEVELS: dict[str, type[Level]] = {
    "spec": models.SpecLevel,
    "block": models.BlockLevel,
    "parameter": models.ParameterLevel,
    "input": models.InputLevel,
    "output": models.OutputLevel,
    "repeat": models.RepeatLevel,
    "preprocess": models.PreprocessLevel,
    "edits": models.EditLevel,
}
_TYPES = ("int", "float", "bool", "str", "op", "list[int]", "list[float]", "list[str]")
_MOST_FILES = 400


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be written: `text` in place of what stands from `start` to the cursor."""

    label: str
    kind: ItemKind
    text: str
    start: int
    detail: str = ""
    documentation: str = ""


def completion(text: str, offset: int, found: Compilation | None) -> list[Item]:
    """Return what can be written at a place of a text. `found` is the last that is known of the document."""
    context = context_at(text, offset)
    return (
        []
        if context is None
        else list(dict.fromkeys(_Completing(context, found, text[context.start : offset]).items()))
    )


class _Completing:
    def __init__(self, context: Context, found: Compilation | None, written: str) -> None:
        self.context = context
        self.found = found
        self.written = written
        self.outline: Outline = outline(context.tree, context.text)
        self.template: SpecTemplate | None = None if found is None else found.compiled.template

    def items(self) -> Iterator[Item]:
        context = self.context
        if context.is_key:
            yield from self._keys()
            return
        if "." in self.written and context.kind in {"argument", "expression", "repeat"}:
            yield from self._attributes()
            return
        values = {
            "node": self._ops,
            "op": self._ops,
            "references": self._references,
            "output": self._references,
            "outputs": self._references,
            "argument": self._argument,
            "repeat": self._names,
            "expression": self._names,
            "setting": self._words_of_setting,
            "variant": self._variants,
            "file": self._files,
            "initialiser": self._initialisers,
        }
        fixed = {
            "type": _TYPES,
            "parameter": (*_TYPES, "true", "false"),
            "dtype": tuple(ITEM_BYTES),
            "connect": ("dense",),
            "training": ("training",),
        }
        if context.kind in values:
            yield from values[context.kind]()
        yield from (self._item(word, "value") for word in fixed.get(context.kind, ()))

    def _item(self, label: str, kind: ItemKind, detail: str = "", page: str = "", *, key: bool = False) -> Item:
        return Item(label, kind, f"{label}: " if key else label, self.context.start, detail, page)

    # ----------------------------------------------------------------------------------------------- keys

    def _keys(self) -> Iterator[Item]:
        kind = self.context.kind
        if kind in _LEVELS:
            yield from self._of_level(_LEVELS[kind])
            if kind == "block" and not self.context.present - {"description"}:
                yield from self._of_level(models.SpecBlockLevel)
        elif kind == "node":
            yield from self._of_node()
        elif kind in {"replaced", "inserted"}:
            yield from (self._item(name, "node", key=True) for name in self._base_nodes())
        elif kind == "settings" or (kind == "params" and self.context.tree.get("extends") is not None):
            for each in self.template.params if self.template else ():
                page = documentation.declared_parameter(each)
                if each.name not in self.context.present:
                    yield self._item(each.name, "parameter", each.type, page, key=True)
        elif kind == "init":
            yield from (Item(each.label, each.kind, f"{each.label}: ", each.start, each.detail) for each in self._ops())
        elif kind == "initialiser":
            yield from (self._item(name, "function", key=True) for name in INITIALISER_BY_NAME)

    def _of_level(self, level: type[Level]) -> Iterator[Item]:
        for key in level.known():
            if key not in self.context.present:
                yield self._item(key, "key", page=description_of(level, key), key=True)

    def _of_node(self) -> Iterator[Item]:
        site = self.outline.nodes.get(self.context.keys)
        op = "" if site is None else site.op or ""
        present = self.context.present
        block, reference = self._blocks().get(op), documentation.op(op)
        if block is not None:
            for each in block.params:
                if each.name not in present:
                    page = documentation.declared_parameter(each)
                    yield self._item(each.name, "parameter", each.type, page, key=True)
        elif reference is not None:
            for each in reference.parameters:
                if each.name not in present:
                    detail = "required" if each.default is None else f"default {each.default}"
                    yield self._item(each.name, "parameter", detail, documentation.op_parameter(each), key=True)
        group_only = {"graph", "inputs", "outputs"} if op else set[str]()
        left_out = group_only | ({"op"} if "graph" in present else set[str]())
        yield from (item for item in self._of_level(models.NodeLevel) if item.label not in left_out)

    # ----------------------------------------------------------------------------------------------- values

    def _ops(self) -> Iterator[Item]:
        blocks = self._blocks()
        for name, block in blocks.items():
            yield self._item(name, "block", "block", "\n".join(documentation.block_page(block)))
        for name in self.outline.blocks:
            if name not in blocks:
                yield self._item(name, "block", "block")
        for name in BY_NAME:
            reference = documentation.op(name)
            if name not in blocks and reference is not None:
                yield self._item(name, "op", reference.inputs, "\n".join(documentation.op_page(reference)))

    def _references(self) -> Iterator[Item]:
        scope = self._scope()
        site = self._node()
        names = () if scope is None else tuple(scope.nodes)
        if site is not None and site.name in names:
            names = names[: names.index(site.name)]
        names = (*names, *self._base_nodes()) if scope is not None and scope.elsewhere else names
        yield from (
            self._item(name, "node", self._shape(name)) for name in ("input", *names) if PLACEHOLDER not in name
        )

    def _argument(self) -> Iterator[Item]:
        """Yield the words that a parameter takes, and the names that an expression may use."""
        site = self._node()
        op = "" if site is None else site.op or ""
        parameter = next((key for key in reversed(self.context.keys) if not key.isdecimal()), "")
        block = self._blocks().get(op)
        if op in BY_NAME:
            yield from (self._item(word, "value") for word in sorted(words_of(BY_NAME[op], parameter).listed))
            reference = documentation.op(op)
            types = {each.name: each.type for each in reference.parameters} if reference else {}
            if "true or false" in types.get(parameter, ""):
                yield from (self._item(word, "value") for word in ("true", "false"))
        declared = next((each for each in block.params if each.name == parameter), None) if block else None
        if declared is not None:
            yield from (self._item(str(choice), "value") for choice in declared.choices)
            if declared.type == "op":
                yield from self._ops()
        yield from self._names()

    def _names(self) -> Iterator[Item]:
        scope = self._scope()
        for symbol in () if scope is None else scope.all_seen():
            if PLACEHOLDER not in symbol.name and not symbol.name.isdecimal():
                is_node = symbol.kind in {"node", "input"}
                yield self._item(symbol.name, "node" if is_node else "parameter", symbol.kind)
        if scope is not None and scope.elsewhere and self.template:
            yield from (self._item(each.name, "parameter", each.type) for each in self.template.params)
        yield from (self._item(name, "function") for name in FUNCTIONS)

    def _attributes(self) -> Iterator[Item]:
        """Yield what an expression may ask of a shape."""
        start = self.context.start + self.written.rindex(".") + 1
        yield from (Item(name, "value", name, start) for name in SHAPE_ATTRIBUTES)

    def _words_of_setting(self) -> Iterator[Item]:
        name = self.context.keys[-1]
        declared = self.template.parameter(name) if self.template else None
        if declared is not None:
            yield from (self._item(str(choice), "value") for choice in declared.choices)
            if declared.type == "op":
                yield from self._ops()

    def _variants(self) -> Iterator[Item]:
        known = self.template.variants if self.template else {}
        yield from (self._item(name, "variant") for name in known)

    def _initialisers(self) -> Iterator[Item]:
        yield from (self._item(name, "function") for name in INITIALISER_BY_NAME)

    def _files(self) -> Iterator[Item]:
        place = None if self.found is None else self.found.place
        if place is not None and place.parent.is_dir():
            yield from (self._item(name, "file") for name in _specs_below(place.parent) if name != place.name)
        yield from (self._item(name, "file", "of the zoo") for name in _specs_below(zoo_root()) if "/" in name)

    # ----------------------------------------------------------------------------------------------- around

    def _blocks(self) -> dict[str, BlockTemplate]:
        return {} if self.template is None else dict(self.template.blocks)

    def _node(self) -> NodeSite | None:
        keys = self.context.keys
        return next(
            (self.outline.nodes[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in self.outline.nodes), None
        )

    def _scope(self) -> Names | None:
        """Return what is in scope: that of the innermost graph around the cursor."""
        keys = self.context.keys
        inner = (keys[:n] for n in range(len(keys), 0, -1))
        graph: Iterable[Keys] = (("graph",),) if keys[:1] == ("outputs",) else inner
        return next((self.outline.scopes[each] for each in graph if each in self.outline.scopes), None)

    def _base_nodes(self) -> Iterator[str]:
        yield from (node.name for node in self.template.graph.nodes) if self.template else ()

    def _shape(self, name: str) -> str:
        site = self._node()
        if self.found is None or site is None:
            return ""
        uses = self.found.uses.get((*site.graph, name), ())
        return shapes(self.found.types(uses[0])) if uses and uses[0].values else ""


def _specs_below(folder: Path) -> list[str]:
    """Return the YAML files below a folder, relative to it, as far as there are not too many."""
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.yaml"))[:_MOST_FILES]]
