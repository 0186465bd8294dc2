"""From a file to a spec template: reading, the top level, and what the spec extends."""

from __future__ import annotations

import dataclasses
import re
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog import yaml as yaml_problems
from archspec.diagnostics.catalog.graph import NameTaken, UnknownNode
from archspec.diagnostics.catalog.spec import UnknownSpecParameter, UnknownVariant, UnsupportedVersion, WrongKind
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import look_alike, printable
from archspec.source.fault import YamlFault
from archspec.source.tree import Mapping, Scalar, is_nothing
from archspec.source.yaml import parse, read
from archspec.spec import names
from archspec.spec.edits import edit_graph
from archspec.spec.files import Origin, opened, root_of
from archspec.spec.keys import meant_keys
from archspec.spec.models import LibraryLevel, PreprocessLevel, SpecBlockLevel, SpecLevel
from archspec.spec.parameters import read_parameters
from archspec.spec.placement import placed
from archspec.spec.reader import Reader
from archspec.spec.template import (
    Allowance,
    Argument,
    BlockTemplate,
    GraphTemplate,
    InitTemplate,
    InputTemplate,
    Library,
    Parameter,
    SpecTemplate,
)

if TYPE_CHECKING:
    from collections.abc import Generator
    from collections.abc import Mapping as MappingOf

    from archspec.diagnostics.problem import Collector
    from archspec.source.span import SourceFile
    from archspec.source.tree import Entry, Tree

LANGUAGE_VERSION = 1
_UNNAMED = "network"
_OF_PUNCTUATION = frozenset(
    {
        *("needs-quotes", "unexpected-in-brackets", "unexpected-colon", "missing-colon", "bad-indentation"),
        *("unexpected-dash", "yaml-syntax", "key-not-scalar"),
    }
)


def read_source(path: Path, shown: str) -> SourceFile:
    """Read a file.

    Raises:
        ProblemError: it is not readable text.
        OSError: it cannot be opened.
    """
    try:
        return read(path, shown)
    except YamlFault as fault:
        raise ProblemError(yaml_problems.from_fault(fault)) from None


def load_template(
    source: SourceFile,
    path: Path | None,
    collector: Collector,
    files: dict[str, SourceFile] | None = None,
    texts: MappingOf[Path, str] | None = None,
) -> SpecTemplate | None:
    """Read a spec, and all that it extends.

    `path` is where `source` was read from, None for standard input. Problems go to `collector`, and all files that were
    read to `files`, by the paths in their spans. `texts` are taken in place of what is in other files, by their real
    paths. Of what could not be read at all, None comes back.
    """
    place = (path or Path("-")).absolute()
    folder = place.parent.resolve()
    origin = Origin(folder, root_of(folder), ((folder / place.name, source.path),), texts or {})
    loader = _Loader(collector, {} if files is None else files)
    template = loader.spec(source, origin)
    return None if template is None else dataclasses.replace(template, allowances=tuple(loader.allowances))


@lru_cache(maxsize=64)
def read_tree(source: SourceFile) -> tuple[Tree | None, tuple[YamlFault, ...]]:
    """Return what a file says, None if that cannot be told, and all that is wrong with it as YAML.

    A family that many specs extend is parsed once, and so is a spec that an editor asks about again and again.
    """
    faults: list[YamlFault] = []
    try:
        tree = parse(source, faults)
    except YamlFault as fault:
        return None, (*faults, fault)
    return tree, tuple(faults)


class _Loader:
    def __init__(self, collector: Collector, files: dict[str, SourceFile]) -> None:
        self.collector = collector
        self.reader = Reader(collector)
        self.files = files
        self.all_read = True  # whether every file with blocks could be read
        self.allowances: list[Allowance] = []
        self._open: list[set[str]] = []  # for each file that is being read: itself, and those that it names

    def spec(self, source: SourceFile, origin: Origin) -> SpecTemplate | None:
        with self._reading() as files:
            mapping = self._mapping(source)
            if mapping is None:
                return None
            if not _is_library(mapping):
                mapping = placed(mapping, SpecLevel, SpecLevel.where, self.reader.report)
            if _is_library(mapping):
                spec = self._file_of_blocks(mapping, origin)
            else:
                mapping = self._spec_level(mapping)
                extends = mapping.get("extends")
                spec = self._whole(mapping, origin) if extends is None else self._derived(mapping, extends, origin)
            self._allow(mapping, files)
        return spec if self.all_read else None  # otherwise it is not known which blocks there are

    def _spec_level(self, tree: Mapping) -> Mapping:
        """Check the keys of a spec; one that extends no other has inputs and a graph of its own."""
        extends = tree.get("extends") is not None or "extends" in meant_keys(SpecLevel, tree).values()
        wanted = {} if extends else {"inputs": "inputs: {image: [3, 224, 224]}", "graph": "graph: {...}"}
        return self.reader.level(SpecLevel, tree, wanted=wanted)

    @contextmanager
    def _reading(self) -> Generator[set[str]]:
        """Gather the files that are read meanwhile."""
        self._open.append(set())
        try:
            yield self._open[-1]
        finally:
            self._open.pop()

    def _allow(self, tree: Mapping, files: set[str]) -> None:
        """Read `allow`: everywhere for the spec itself, in their own `files` for the others."""
        is_own = len(self._open) == 1
        for allowance in self.reader.allowances(tree.get("allow")):
            self.allowances.append(allowance if is_own else dataclasses.replace(allowance, files=frozenset(files)))

    def _file_of_blocks(self, tree: Mapping, origin: Origin) -> SpecTemplate | None:
        """Return a file of blocks as what can be checked: its blocks."""
        tree = self.reader.level(LibraryLevel, tree)
        library = self._blocks(tree, origin)
        nothing = GraphTemplate(tree.span, (), is_list=False)
        inputs = (InputTemplate("input", tree.span, ()),)
        spec = SpecTemplate(_UNNAMED, tree.span, self.files, inputs, nothing, is_library=True)
        return dataclasses.replace(spec, blocks=library.blocks, broken_blocks=library.broken)

    def _mapping(self, source: SourceFile) -> Mapping | None:
        """Return what a file says, if it is a mapping in a known version of the language."""
        self.files[source.path] = source
        for files in self._open:
            files.add(source.path)
        tree, faults = read_tree(source)
        for fault in faults:
            problem = yaml_problems.from_fault(fault)
            hint = problem.suggestion or _hint_for(source, fault)
            self.collector.add(dataclasses.replace(problem, node=_node_of(fault.keys), suggestion=hint))
        if tree is None:
            return None
        if is_nothing(tree):
            hint = "a spec begins with the line archspec: 1; `archspec init` starts one from the zoo"
            found = WrongKind(span=tree.span, what="a spec", wanted="a mapping", found="nothing", suggestion=hint)
            self.collector.add(found)
            return None
        mapping = self.reader.mapping(tree, "a spec")
        return mapping if mapping is not None and self._version_is_known(mapping) else None

    def _version_is_known(self, tree: Mapping) -> bool:
        version = tree.get("archspec")
        if version is None:
            return True  # reported with the other missing keys
        if isinstance(version, Scalar) and type(version.value) is int and version.value == LANGUAGE_VERSION:
            return True
        shown = version.text if isinstance(version, Scalar) else "this"
        self.collector.add(UnsupportedVersion(span=version.span, version=shown))
        return False

    # ----------------------------------------------------------------------------------------------- a whole spec

    def _whole(self, tree: Mapping, origin: Origin) -> SpecTemplate | None:
        reader = self.reader
        graph_tree = tree.get("graph")
        graph = None if graph_tree is None else reader.graph(graph_tree, "the spec")
        inputs = reader.inputs(tree.get("inputs"))
        params = read_parameters(reader, tree.get("params"))
        nothing = GraphTemplate(tree.span, (), is_list=False)
        start = SpecTemplate(_UNNAMED, tree.span, self.files, inputs, graph or nothing, params=params)
        spec = self._on_top(start, tree, origin)
        places = [(template.name, template.span, "an input") for template in inputs]
        places += [(parameter.name, parameter.span, "a parameter") for parameter in params]
        reader.distinct([*places, *((let.name, let.span, "a `let`") for let in spec.lets)])
        return None if graph is None else spec

    def _on_top(self, base: SpecTemplate, tree: Mapping, origin: Origin) -> SpecTemplate:
        """Read all but graph, inputs and parameters, on top of what the base says."""
        reader = self.reader
        library = self._blocks(tree, origin)
        lets = {let.name: let for let in (*base.lets, *reader.lets(tree.get("let")))}
        variant, preprocess = tree.get("variant"), self._preprocess(tree.get("preprocess"))
        if variant is not None and (reader.word(variant, "variant") is None or not isinstance(variant, Scalar)):
            variant = None
        return dataclasses.replace(
            base,
            name=self._name(tree.get("name")),
            span=tree.span,
            description=reader.text(tree.get("description"), "description") or base.description,
            lets=tuple(lets.values()),
            blocks={**base.blocks, **library.blocks},
            broken_blocks=base.broken_blocks | library.broken,
            outputs=reader.outputs(tree.get("outputs")) or base.outputs,
            variants={**base.variants, **reader.variants(tree.get("variants"))},
            variant=variant or base.variant,
            preprocess=base.preprocess if preprocess is None else preprocess,
            preprocess_is_inherited=preprocess is None and base.preprocess is not None,
            init=self._init(base, tree.get("init")),
        )

    def _name(self, tree: Tree | None) -> str:
        if tree is None or self.reader.word(tree, "name") is None or not isinstance(tree, Scalar):
            return _UNNAMED
        return tree.text if self.reader.name(tree, "a network", names.fault_of_identifier) else _UNNAMED

    def _preprocess(self, tree: Tree | None) -> Tree | None:
        if tree is None or is_nothing(tree):
            return tree
        mapping = self.reader.mapping(tree, "preprocess")
        return tree if mapping is None else self.reader.level(PreprocessLevel, mapping)

    def _init(self, base: SpecTemplate, tree: Tree | None) -> tuple[InitTemplate, ...]:
        """Return the entries of `init` behind those of the base that stay; an empty one takes the base's away."""
        own = [(entry.key.text, self.reader.init(entry)) for entry in self.reader.entries(tree, "init")]
        kept = [entry for entry in base.init if entry.target not in dict(own)]
        return (*kept, *(entry for _, entry in own if entry is not None and entry.fills))

    # ----------------------------------------------------------------------------------------------- extends

    def _derived(self, tree: Mapping, extends: Tree, origin: Origin) -> SpecTemplate | None:
        base = self._base(extends, origin)
        if base is None:
            return None
        spec = self._on_top(base, tree, origin)
        params, settings = self._own_params(tree, base)
        graph_tree = tree.get("graph")
        return dataclasses.replace(
            spec,
            params=params,
            settings=(*base.settings, *settings),
            inputs=self.reader.inputs(tree.get("inputs")) if tree.get("inputs") is not None else base.inputs,
            graph=base.graph if graph_tree is None else edit_graph(self.reader, base.graph, graph_tree),
        )

    def _own_params(self, tree: Mapping, base: SpecTemplate) -> tuple[tuple[Parameter, ...], tuple[Argument, ...]]:
        """Split `params` into new declarations (in the long form) and values for what the base declares."""
        declared: list[Parameter] = list(base.params)
        settings: list[Argument] = []
        for entry in self.reader.entries(tree.get("params"), "params"):
            if base.parameter(entry.key.text) is not None:
                settings.append(Argument(entry.key.text, entry.key.span, entry.value))
            elif isinstance(entry.value, Mapping):
                declared.extend(read_parameters(self.reader, Mapping(entry.key.span, (entry,))))
            else:
                known = tuple(parameter.name for parameter in base.params)
                self.collector.add(UnknownSpecParameter(span=entry.key.span, name=entry.key.text, known=known))
        return tuple(declared), tuple(settings)

    def _base(self, extends: Tree, origin: Origin) -> SpecTemplate | None:
        """Return the spec that one extends."""
        text = self.reader.word(extends, "extends")
        found = None if text is None else opened(text, extends.span, origin, self.reader.report)
        return None if found is None else self.spec(*found)

    # ----------------------------------------------------------------------------------------------- other files

    def _imported(self, tree: Tree | None, origin: Origin) -> Library:
        """Return the blocks of the files that a spec imports; those of one file see one another, and nothing else."""
        blocks: dict[str, BlockTemplate] = {}
        broken: set[str] = set()
        for item in () if tree is None or is_nothing(tree) else self.reader.items(tree):
            text = self.reader.word(item, "import")
            found = None if text is None else opened(text, item.span, origin, self.reader.report)
            library = None if found is None else self._library(*found)
            if text is None or library is None:
                self.all_read = False
                continue
            for name, block in library.blocks.items():
                if name in blocks and block.span != blocks[name].span:  # of one file that both import, it is the same
                    self.collector.add(NameTaken(span=item.span, name=name, taken_by="a block of another import"))
                blocks.setdefault(name, block)
            broken |= library.broken
        return Library(blocks, frozenset(broken))

    def _library(self, source: SourceFile, origin: Origin) -> Library | None:
        """Return the blocks of a file, with those that it imports itself."""
        with self._reading() as files:
            mapping = self._mapping(source)
            if mapping is None:
                return None
            model = LibraryLevel if _is_library(mapping) else SpecLevel
            mapping = self.reader.level(model, mapping)
            own = self._blocks(mapping, origin)
            self._allow(mapping, files)
        inner: dict[str, BlockTemplate] = {}
        home = Library(inner, own.broken)
        for name, block in own.blocks.items():
            inner[name] = block if block.home is not None else dataclasses.replace(block, home=home)
        return home

    def _blocks(self, tree: Mapping, origin: Origin) -> Library:
        """Return the blocks that a file defines or imports."""
        imported = self._imported(tree.get("import"), origin)
        blocks: dict[str, BlockTemplate | None] = {}
        for entry in self.reader.entries(tree.get("blocks"), "blocks"):
            name = entry.key.text
            if name in imported.blocks:
                self.collector.add(NameTaken(span=entry.key.span, name=name, taken_by="a block that is imported"))
            is_spec = isinstance(entry.value, Mapping) and entry.value.get("spec") is not None
            blocks[name] = self._spec_block(entry, origin) if is_spec else self.reader.block(entry)
        readable = {name: block for name, block in blocks.items() if block is not None}
        return Library({**imported.blocks, **readable}, imported.broken | (blocks.keys() - readable.keys()))

    def _spec_block(self, entry: Entry, origin: Origin) -> BlockTemplate | None:
        """Return a block that is another spec, or the first part of one."""
        reader, tree = self.reader, entry.value
        reader.name(entry.key, "a block", names.fault_of_block_name)
        with reader.inside(entry.key.text):
            assert isinstance(tree, Mapping)
            tree = reader.level(SpecBlockLevel, tree, f"block {printable(entry.key.text)!r}")
            named = tree.get("spec")
            text = None if named is None else reader.word(named, "spec")
            found = None if named is None or text is None else opened(text, named.span, origin, self.reader.report)
            spec = None if found is None else self.spec(*found)
            if spec is None:
                return None
            given = self._given(spec, tree)
            graph = self._until(spec.graph, tree.get("until"))
            if given is None or graph is None:
                return None
            outputs = reader.outputs(tree.get("outputs"))
            if not outputs and len(graph.nodes) == len(spec.graph.nodes):
                outputs = tuple(output for output in spec.outputs if not output.training_only)
            params = tuple(dataclasses.replace(p, default=given.get(p.name, p.default)) for p in spec.params)
            inputs = tuple(template.name for template in spec.inputs)
            description = reader.text(tree.get("description"), "description") or spec.description
            home = Library(spec.blocks, spec.broken_blocks)
            return BlockTemplate(
                entry.key.text, entry.key.span, graph, params, inputs, spec.lets, outputs, description, home
            )

    def _given(self, spec: SpecTemplate, tree: Mapping) -> dict[str, Tree] | None:
        """Return the values of a spec's parameters where it stands as a block; None if the variant does not exist."""
        chosen = tree.get("variant") or spec.variant
        variant = spec.variants.get(chosen.text) if isinstance(chosen, Scalar) else None
        if chosen is not None and variant is None:
            shown = chosen.text if isinstance(chosen, Scalar) else "this"
            self.reader.report(UnknownVariant(span=chosen.span, variant=shown, known=tuple(spec.variants)))
            return None
        given = {
            argument.name: argument.value for argument in (*(variant.arguments if variant else ()), *spec.settings)
        }
        known = tuple(parameter.name for parameter in spec.params)
        for setting in self.reader.entries(tree.get("params"), "params"):
            if setting.key.text not in known:
                self.reader.report(UnknownSpecParameter(span=setting.key.span, name=setting.key.text, known=known))
            given[setting.key.text] = setting.value
        return given

    def _until(self, graph: GraphTemplate, tree: Tree | None) -> GraphTemplate | None:
        """Return the nodes of a graph up to one of them; None after reporting that there is no such node."""
        if tree is None:
            return graph
        known = [node.name for node in graph.nodes]
        name = self.reader.word(tree, "until")
        if name in known:
            return dataclasses.replace(graph, nodes=graph.nodes[: known.index(name) + 1])
        if name is not None:
            self.reader.report(UnknownNode(span=tree.span, name=name, known=tuple(known), is_output=True))
        return None


def _is_library(tree: Mapping) -> bool:
    """Tell whether a file holds blocks and no network."""
    return tree.get("blocks") is not None and all(
        tree.get(key) is None for key in ("graph", "inputs", "extends", "name")
    )


def _hint_for(source: SourceFile, fault: YamlFault) -> str | None:
    """Return what to do about a fault of YAML, where the line shows what was meant."""
    lines, number = source.lines(), fault.span.line
    line = lines[number - 1] if number <= len(lines) else ""
    if fault.slug not in _OF_PUNCTUATION:
        return None
    if fault.slug == "key-not-scalar":
        return "write the name alone, without braces" if "{{" in line else None
    if re.search(r":\s[^#]*\?[^#]*:", line):
        return "write a if condition else b"
    content = line.partition(" #")[0]
    return look_alike(content) or look_alike(lines[number - 2].partition(" #")[0] if number > 1 else "")


def _node_of(keys: tuple[str, ...]) -> str | None:
    """Return the path of the node to which the keys of a spec lead, if they lead to one."""
    path: list[str] = []
    if keys[:1] == ("blocks",):
        path, keys = list(keys[1:2]), keys[2:]
    if keys[:1] != ("graph",):
        return ".".join(path) or None
    names_a_node = False
    for key in keys:
        if names_a_node or key.isdecimal():
            path.append(key)
            names_a_node = False
        elif key == "graph":
            names_a_node = True
        else:
            break  # a parameter of the node
    return ".".join(path) or None
