"""The outline of a spec: its nodes, blocks and names, and what each of its words is, found without compiling it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.lsp.marks import Keys, Names, Symbol
from archspec.lsp.outline_nodes import GraphOutliner
from archspec.lsp.outliner import Outliner
from archspec.lsp.text import Range
from archspec.ops.catalog import BY_NAME
from archspec.source.tree import Mapping, Scalar, Sequence
from archspec.spec.models import (
    BlockLevel,
    EditLevel,
    InputLevel,
    ParameterLevel,
    PreprocessLevel,
    SpecBlockLevel,
    SpecLevel,
)
from archspec.spec.parameters import is_type, takes_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as MappingOf

    from archspec.lsp.marks import BlockTypes
    from archspec.lsp.outliner import Outline
    from archspec.lsp.text import Text
    from archspec.source.tree import Entry, Tree


def outline(tree: Tree, text: Text, foreign: MappingOf[str, BlockTypes] | None = None) -> Outline:
    """Return the outline of a spec. `foreign` are the parameters of blocks of other files, with their types."""
    outliner = Outliner(text)
    if isinstance(tree, Mapping):
        _SpecOutliner(outliner, tree, foreign or {}).run()
    outliner.found.marks.sort(key=lambda mark: mark.range)
    return outliner.found


class _SpecOutliner:
    """Outlines the levels above graphs."""

    def __init__(self, outliner: Outliner, tree: Mapping, foreign: MappingOf[str, BlockTypes]) -> None:
        self.outliner = outliner
        self.tree = tree
        self.foreign = foreign
        self.extends = isinstance(tree.get("extends"), Scalar)

    def run(self) -> None:
        out, tree = self.outliner, self.tree
        blocks = {entry.key.text: entry for entry in _entries(tree.get("blocks"))}
        out.blocks = frozenset((*blocks, *self.foreign))
        out.keys_of(SpecLevel, tree, ())
        self._files(tree.get("extends"), ("extends",))
        self._files(tree.get("import"), ("import",))
        inputs = self._inputs(tree.get("inputs"))
        names = Names(self._declared(tree, ()) | inputs, inputs, elsewhere=("graph",) if self.extends else None)
        for template in _entries(tree.get("inputs")):
            out.expression(template.value, names, ("inputs", template.key.text))
        self._variants(names)
        self._preprocess(names)
        own = {name: parameters_of(entry.value) for name, entry in blocks.items() if not _is_spec(entry.value)}
        graphs = GraphOutliner(out, {**self.foreign, **own})
        for entry in blocks.values():
            self._block(entry, graphs)
        names = self._graph(graphs, names)
        out.outputs(tree.get("outputs"), names, ("outputs",))
        self._init(names)
        self._allow(names)

    def _graph(self, graphs: GraphOutliner, names: Names) -> Names:
        """Outline the graph, or the edits of that of another spec; return what is in scope behind it."""
        out, graph = self.outliner, self.tree.get("graph")
        if self.extends and isinstance(graph, Mapping):
            out.keys_of(EditLevel, graph, ("graph",))
            graphs.edits(graph, names)
            return out.found.scopes["graph",]
        return names if graph is None else graphs.graph(graph, ("graph",), names, None)

    # ----------------------------------------------------------------------------------------------- declarations

    def _declared(self, tree: Mapping, owner: Keys) -> dict[str, Symbol]:
        """Mark the parameters and `let` of a spec or block, and return them."""
        out = self.outliner
        found: dict[str, Symbol] = {}
        for key in ("params", "let"):
            for entry in _entries(tree.get(key)):
                name, value = entry.key.text, entry.value
                found[name] = Symbol("name", owner, name)
                # In a spec that extends another, a value is given to a parameter of that, unless it is declared anew.
                defines = not self.extends or owner != () or key == "let" or isinstance(value, Mapping)
                out.mark(entry.key, "name", (*owner, key, name), found[name], defines=defines)
                seen = Names(dict(found))
                if key == "params" and isinstance(value, Mapping):
                    out.keys_of(ParameterLevel, value, (*owner, key, name))
                    given = value.get("type")
                    if isinstance(given, Scalar) and is_type(given.text) and takes_words(given.text):
                        out.expression(value.get("choices"), Names(), (*owner, key, name))
                    value = value.get("default")
                if value is not None:
                    out.expression(value, seen, (*owner, key, name))
        return found

    def _inputs(self, tree: Tree | None) -> dict[str, Symbol]:
        found: dict[str, Symbol] = {}
        for entry in _entries(tree):
            name = entry.key.text
            found[name] = Symbol("input", (), name)
            self.outliner.mark(entry.key, "name", ("inputs", name), found[name], defines=True)
            if isinstance(entry.value, Mapping):
                self.outliner.keys_of(InputLevel, entry.value, ("inputs", name))
        if len(found) == 1:
            found["input"] = next(iter(found.values()))
        return found

    def _variants(self, names: Names) -> None:
        out = self.outliner
        chosen = self.tree.get("variant")
        if isinstance(chosen, Scalar):
            out.mark(chosen, "variant", ("variant",), Symbol("variant", (), chosen.text))
        for entry in _entries(self.tree.get("variants")):
            name = entry.key.text
            keys = ("variants", name)
            out.mark(entry.key, "variant", keys, Symbol("variant", (), name), defines=True)
            for setting in _entries(entry.value):
                symbol = Symbol("name", (), setting.key.text)
                out.mark(setting.key, "name", (*keys, setting.key.text), symbol)
                out.expression(setting.value, names, (*keys, setting.key.text))

    def _preprocess(self, names: Names) -> None:
        out, preprocess = self.outliner, self.tree.get("preprocess")
        if isinstance(preprocess, Mapping):
            out.keys_of(PreprocessLevel, preprocess, ("preprocess",))
            for entry in preprocess.entries:
                if entry.key.text in ("mean", "std", "size"):
                    out.expression(entry.value, names, ("preprocess",))

    def _init(self, names: Names) -> None:
        out = self.outliner
        for entry in _entries(self.tree.get("init")):
            target, keys = entry.key.text, ("init", entry.key.text)
            if target in BY_NAME or target in out.blocks:
                out.mark(entry.key, "op", keys, Symbol("block", (), target))
            else:
                out.patterns(entry.key, names, keys)
            out.expression(entry.value, names, keys)

    def _allow(self, names: Names) -> None:
        for entry in _entries(self.tree.get("allow")):
            self.outliner.patterns(entry.value, names, ("allow", entry.key.text))

    def _files(self, tree: Tree | None, keys: Keys) -> None:
        for item in tree.items if isinstance(tree, Sequence) else (tree,):
            if isinstance(item, Scalar) and item.value is not None:
                self.outliner.mark(item, "file", keys)

    # ----------------------------------------------------------------------------------------------- blocks

    def _block(self, entry: Entry, graphs: GraphOutliner) -> None:
        out, name, tree = self.outliner, entry.key.text, entry.value
        owner = ("blocks", name)
        out.mark(entry.key, "block", owner, Symbol("block", (), name), defines=True)
        out.found.blocks[name] = Range(out.text.range(entry.key.span).start, out.text.range(tree.span).end)
        if not isinstance(tree, Mapping):
            return
        if _is_spec(tree):
            self._spec_block(tree, owner)
            return
        out.keys_of(BlockLevel, tree, owner)
        inputs = self._block_inputs(tree.get("inputs"), owner)
        names = Names(self._declared(tree, owner) | inputs, inputs)
        graph = tree.get("graph")
        if graph is not None:
            names = graphs.graph(graph, (*owner, "graph"), names, name)
        out.outputs(tree.get("outputs"), names, owner)

    def _spec_block(self, tree: Mapping, owner: Keys) -> None:
        """Outline a block that is another spec: what it names is in that."""
        out = self.outliner
        out.keys_of(SpecBlockLevel, tree, owner)
        self._files(tree.get("spec"), (*owner, "spec"))
        chosen = tree.get("variant")
        if isinstance(chosen, Scalar):
            out.mark(chosen, "variant", owner, Symbol("variant", owner, chosen.text))
        for entry in _entries(tree.get("params")):
            out.mark(entry.key, "name", owner, Symbol("name", owner, entry.key.text))
        inside = Names(elsewhere=(*owner, "graph"))
        out.references(tree.get("until"), inside, owner)
        out.outputs(tree.get("outputs"), inside, owner)

    def _block_inputs(self, tree: Tree | None, owner: Keys) -> dict[str, Symbol]:
        items = tree.items if isinstance(tree, Sequence) else (tree,)
        found: dict[str, Symbol] = {}
        for item in items:
            if isinstance(item, Scalar) and item.value is not None:
                found[item.text] = Symbol("input", owner, item.text)
                self.outliner.mark(item, "name", (*owner, "inputs"), found[item.text], defines=True)
        return found or {"input": Symbol("input", owner, "input")}


def _entries(tree: Tree | None) -> Iterable[Entry]:
    return tree.entries if isinstance(tree, Mapping) else ()


def _is_spec(tree: Tree) -> bool:
    return isinstance(tree, Mapping) and tree.get("spec") is not None


def parameters_of(tree: Tree) -> BlockTypes:
    """Return the parameters of a block or a spec, each with the text of its type, as far as one is written."""
    found: dict[str, str] = {}
    for parameter in _entries(tree.get("params")) if isinstance(tree, Mapping) else ():
        value = parameter.value
        written = value.get("type") if isinstance(value, Mapping) else value
        default = value.get("default") if isinstance(value, Mapping) else value
        text = written.text if isinstance(written, Scalar) else ""
        is_word = isinstance(default, Scalar) and isinstance(default.value, str)
        found[parameter.key.text] = text or ("str" if is_word else "")
    return found
