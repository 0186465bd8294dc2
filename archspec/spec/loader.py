"""From a file to a spec template: reading, the top level, and what the spec extends."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog import yaml as yaml_problems
from archspec.diagnostics.catalog.spec import (
    BadName,
    CannotReadSpec,
    ExtendsLoop,
    MissingKey,
    OutsideRoot,
    UnknownSpecParameter,
    UnsupportedVersion,
)
from archspec.diagnostics.problem import Note, ProblemError
from archspec.source.fault import YamlFault
from archspec.source.tree import Mapping, Scalar, Tree
from archspec.source.yaml import parse, read
from archspec.spec import names
from archspec.spec.edits import edit_graph
from archspec.spec.models import SpecLevel
from archspec.spec.parameters import read_parameters
from archspec.spec.reader import Reader
from archspec.spec.template import Argument, Parameter, SpecTemplate

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Collector
    from archspec.source.span import SourceFile, Span

LANGUAGE_VERSION = 1
LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a spec stands: its folder, the root that it may not leave, and the specs that led to it."""

    folder: Path
    root: Path
    chain: tuple[tuple[Path, str], ...] = ()


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


def load_template(source: SourceFile, path: Path | None, collector: Collector) -> SpecTemplate | None:
    """Read a spec, and all that it extends.

    `path` is where `source` was read from, None for standard input; problems go to `collector`, and what could not be
    read at all gives None.
    """
    place = (path or Path("-")).absolute()
    folder = place.parent.resolve()
    origin = _Origin(folder, root_of(folder), ((place.parent.resolve() / place.name, source.path),))
    return _Loader(collector).spec(source, origin)


def root_of(folder: Path) -> Path:
    """Return the spec root of a folder: the nearest folder called `specs` around it, else the folder itself."""
    return next((parent for parent in (folder, *folder.parents) if parent.name == "specs"), folder)


def zoo_root() -> Path:
    """Return the folder of the specs that come with archspec: in the installed package, else in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_zoo" / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


class _Loader:
    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.reader = Reader(collector)
        self.files: dict[str, SourceFile] = {}

    def spec(self, source: SourceFile, origin: _Origin) -> SpecTemplate | None:
        self.files[source.path] = source
        try:
            tree = parse(source)
        except YamlFault as fault:
            self.collector.add(yaml_problems.from_fault(fault))
            return None
        mapping = self.reader.mapping(tree, "a spec")
        if mapping is None or not self._version(mapping) or not self.reader.level(SpecLevel, mapping):
            return None
        extends = mapping.get("extends")
        return self._whole(mapping) if extends is None else self._derived(mapping, extends, origin)

    def _version(self, tree: Mapping) -> bool:
        version = tree.get("archspec")
        if isinstance(version, Scalar) and type(version.value) is int and version.value == LANGUAGE_VERSION:
            return True
        if version is not None:
            shown = version.text if isinstance(version, Scalar) else "this"
            self.collector.add(UnsupportedVersion(span=version.span, version=shown))
        return version is None  # a missing version is reported with the other missing keys

    # ----------------------------------------------------------------------------------------------- a whole spec

    def _whole(self, tree: Mapping) -> SpecTemplate | None:
        reader = self.reader
        graph_tree, inputs_tree = tree.get("graph"), tree.get("inputs")
        for key, example in (("inputs", "inputs: {image: [3, 224, 224]}"), ("graph", "graph: {...}")):
            if tree.get(key) is None:
                self.collector.add(MissingKey(span=tree.span, key=key, where="the spec", example=example))
        if graph_tree is None or inputs_tree is None:
            return None
        graph = reader.graph(graph_tree, "the spec")
        inputs = reader.inputs(inputs_tree)
        spec_parts = self._parts(tree)
        if graph is None or not inputs:
            return None
        return dataclasses.replace(spec_parts, graph=graph, inputs=inputs)

    def _parts(self, tree: Mapping, base: SpecTemplate | None = None) -> SpecTemplate:
        """Read everything but graph and inputs, on top of what an extended spec says."""
        reader = self.reader
        outputs, description = tree.get("outputs"), tree.get("description")
        blocks = {
            block.name: block
            for entry in reader.entries(tree.get("blocks"), "blocks")
            if (block := reader.block(entry)) is not None
        }
        start = base or _EMPTY
        return dataclasses.replace(
            start,
            name=self._name(tree),
            span=tree.span,
            files=self.files,
            description=description.text if isinstance(description, Scalar) else start.description,
            params=start.params if base else read_parameters(reader, tree.get("params")),
            lets=(*start.lets, *reader.lets(tree.get("let"))),
            blocks={**start.blocks, **blocks},
            outputs=start.outputs if outputs is None else reader.outputs(outputs),
            variants={**start.variants, **reader.variants(tree.get("variants"))},
            preprocess=tree.get("preprocess") or start.preprocess,
        )

    def _name(self, tree: Mapping) -> str:
        name = tree.get("name")
        if not isinstance(name, Scalar):
            self.reader.word(name or tree, "name")
            return "network"
        reason = names.fault_of_identifier(name.text)
        if reason is not None:
            self.collector.add(BadName(span=name.span, what="a network", name=name.text, reason=reason))
            return "network"
        return name.text

    # ----------------------------------------------------------------------------------------------- extends

    def _derived(self, tree: Mapping, extends: Tree, origin: _Origin) -> SpecTemplate | None:
        base = self._base(extends, origin)
        if base is None:
            return None
        spec = self._parts(tree, base)
        params, settings = self._own_params(tree, base)
        variant = tree.get("variant")
        inputs = self.reader.inputs(tree.get("inputs"))
        graph_tree = tree.get("graph")
        graph = base.graph if graph_tree is None else edit_graph(self.reader, base.graph, graph_tree)
        return dataclasses.replace(
            spec,
            params=params,
            settings=(*base.settings, *settings),
            variant=variant if isinstance(variant, Scalar) else base.variant,
            inputs=inputs or base.inputs,
            graph=graph,
        )

    def _own_params(self, tree: Mapping, base: SpecTemplate) -> tuple[tuple[Parameter, ...], tuple[Argument, ...]]:
        """Split `params` into new declarations (long form) and values for what the base declares."""
        declared: list[Parameter] = list(base.params)
        settings: list[Argument] = []
        for entry in self.reader.entries(tree.get("params"), "params"):
            if base.parameter(entry.key.text) is not None:
                settings.append(Argument(entry.key.text, entry.key.span, entry.value))
            elif isinstance(entry.value, Mapping):
                alone = Mapping(entry.key.span, (entry,))
                declared.extend(read_parameters(self.reader, alone))
            else:
                known = tuple(parameter.name for parameter in base.params)
                self.collector.add(UnknownSpecParameter(span=entry.key.span, name=entry.key.text, known=known))
        return tuple(declared), tuple(settings)

    def _base(self, extends: Tree, origin: _Origin) -> SpecTemplate | None:
        text = self.reader.word(extends, "extends")
        path = None if text is None else self._locate(text, extends.span, origin)
        if text is None or path is None:
            return None
        shown = self._shown(path, text, origin)
        chain = (*origin.chain, (path, shown))
        if path in [seen for seen, _ in origin.chain] or len(chain) > LONGEST_CHAIN:
            self.collector.add(ExtendsLoop(span=extends.span, chain=tuple(name for _, name in chain)))
            return None
        try:
            source = read(path, shown)
        except OSError as error:
            self._unreadable(extends.span, text, (error.strerror or "it cannot be opened").lower())
            return None
        except YamlFault as fault:
            problem = yaml_problems.from_fault(fault)
            self.collector.add(dataclasses.replace(problem, notes=(Note("extended here", extends.span),)))
            return None
        root = origin.root if path.is_relative_to(origin.root) else zoo_root().resolve()
        return self.spec(source, _Origin(path.parent, root, chain))

    def _locate(self, text: str, span: Span, origin: _Origin) -> Path | None:
        """Return the real path of a file that a spec names: beside the spec, else in the zoo."""
        if text.startswith(("/", "~")) or ":" in text or "\\" in text or "\0" in text:
            self.collector.add(OutsideRoot(span=span, file=text))
            return None
        beside = (origin.folder / text).resolve()
        if not beside.is_relative_to(origin.root):
            self.collector.add(OutsideRoot(span=span, file=text))
            return None
        in_zoo = (zoo_root() / text).resolve()
        if not beside.exists() and in_zoo.is_relative_to(zoo_root().resolve()) and in_zoo.exists():
            return in_zoo
        return beside

    def _shown(self, path: Path, text: str, origin: _Origin) -> str:
        """Return a path as messages show it: relative to the spec that named it, as the user wrote that one."""
        first = origin.chain[-1]
        parent = Path(first[1]).parent
        return str(parent / text) if path.is_relative_to(origin.root) else f"zoo/{text}"

    def _unreadable(self, span: Span, file: str, reason: str) -> None:
        self.collector.add(CannotReadSpec(span=span, file=file, reason=reason))


def _empty() -> SpecTemplate:
    from archspec.source.span import Span
    from archspec.spec.template import GraphTemplate

    nowhere = Span("", 1, 1, 1, 1)
    return SpecTemplate("network", nowhere, {}, (), GraphTemplate(nowhere, (), is_list=False))


_EMPTY = _empty()
