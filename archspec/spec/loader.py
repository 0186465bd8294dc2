"""From a file to a spec template: reading, the top level, and what the spec extends."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog import yaml as yaml_problems
from archspec.diagnostics.catalog.spec import (
    CannotReadSpec,
    ExtendsLoop,
    MissingKey,
    NotSupported,
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
from archspec.spec.models import PreprocessLevel, SpecLevel
from archspec.spec.parameters import read_parameters
from archspec.spec.reader import Reader, is_nothing
from archspec.spec.template import Argument, GraphTemplate, InitTemplate, Parameter, SpecTemplate

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Collector
    from archspec.source.span import SourceFile, Span

LANGUAGE_VERSION = 1
LONGEST_CHAIN = 16
_UNNAMED = "network"
_LATER = ("import",)


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


def load_template(
    source: SourceFile, path: Path | None, collector: Collector, files: dict[str, SourceFile] | None = None
) -> SpecTemplate | None:
    """Read a spec, and all that it extends.

    `path` is where `source` was read from, None for standard input. Problems go to `collector`, and all files that were
    read to `files`, by the paths in their spans. Of what could not be read at all, None comes back.
    """
    place = (path or Path("-")).absolute()
    folder = place.parent.resolve()
    origin = _Origin(folder, root_of(folder), ((folder / place.name, source.path),))
    return _Loader(collector, {} if files is None else files).spec(source, origin)


def root_of(folder: Path) -> Path:
    """Return the spec root of a folder: the nearest folder called `specs` around it, else the folder itself."""
    return next((parent for parent in (folder, *folder.parents) if parent.name == "specs"), folder)


def zoo_root() -> Path:
    """Return the folder of the specs that come with archspec: in the installed package, else in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_zoo" / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


class _Loader:
    def __init__(self, collector: Collector, files: dict[str, SourceFile]) -> None:
        self.collector = collector
        self.reader = Reader(collector)
        self.files = files

    def spec(self, source: SourceFile, origin: _Origin) -> SpecTemplate | None:
        self.files[source.path] = source
        faults: list[YamlFault] = []
        try:
            tree = parse(source, faults)
        except YamlFault as fault:
            tree = None
            faults.append(fault)
        for fault in faults:
            self.collector.add(dataclasses.replace(yaml_problems.from_fault(fault), node=_node_of(fault.keys)))
        if tree is None:
            return None
        mapping = self.reader.mapping(tree, "a spec")
        if mapping is None or not self._version_is_known(mapping):
            return None
        mapping = self._without_later(mapping)
        if mapping is None:
            return None
        self.reader.level(SpecLevel, mapping)
        extends = mapping.get("extends")
        return self._whole(mapping) if extends is None else self._derived(mapping, extends, origin)

    def _version_is_known(self, tree: Mapping) -> bool:
        version = tree.get("archspec")
        if version is None:
            return True  # reported with the other missing keys
        if isinstance(version, Scalar) and type(version.value) is int and version.value == LANGUAGE_VERSION:
            return True
        shown = version.text if isinstance(version, Scalar) else "this"
        self.collector.add(UnsupportedVersion(span=version.span, version=shown))
        return False

    def _without_later(self, tree: Mapping) -> Mapping | None:
        """Report parts of the language that are yet to come, and leave them out."""
        for key in _LATER:
            if (entry := tree.entry(key)) is not None:
                self.collector.add(NotSupported(span=entry.key.span, feature=f"`{key}`"))
        if tree.entry("import") is not None:
            return None  # which blocks there would be is not known
        return Mapping(tree.span, tuple(entry for entry in tree.entries if entry.key.text not in _LATER))

    # ----------------------------------------------------------------------------------------------- a whole spec

    def _whole(self, tree: Mapping) -> SpecTemplate | None:
        reader = self.reader
        self._require(tree)
        graph_tree = tree.get("graph")
        graph = None if graph_tree is None else reader.graph(graph_tree, "the spec")
        inputs = reader.inputs(tree.get("inputs"))
        params = read_parameters(reader, tree.get("params"))
        nothing = GraphTemplate(tree.span, (), is_list=False)
        start = SpecTemplate(_UNNAMED, tree.span, self.files, inputs, graph or nothing, params=params)
        spec = self._on_top(start, tree)
        places = [(template.name, template.span, "an input") for template in inputs]
        places += [(parameter.name, parameter.span, "a parameter") for parameter in params]
        reader.distinct([*places, *((let.name, let.span, "a `let`") for let in spec.lets)])
        return None if graph is None else spec

    def _require(self, tree: Mapping) -> None:
        """Report what a spec must have that extends no other, unless its key is there, misspelt."""
        for key, example in (("inputs", "inputs: {image: [3, 224, 224]}"), ("graph", "graph: {...}")):
            if tree.get(key) is None and not self.reader.is_misspelt(SpecLevel, tree, key):
                self.collector.add(MissingKey(span=tree.span, key=key, where="the spec", example=example))

    def _on_top(self, base: SpecTemplate, tree: Mapping) -> SpecTemplate:
        """Read all but graph, inputs and parameters, on top of what the base says."""
        reader = self.reader
        blocks = {entry.key.text: reader.block(entry) for entry in reader.entries(tree.get("blocks"), "blocks")}
        readable = {name: block for name, block in blocks.items() if block is not None}
        lets = {let.name: let for let in (*base.lets, *reader.lets(tree.get("let")))}
        variant, preprocess = tree.get("variant"), tree.get("preprocess")
        self._check_preprocess(preprocess)
        if variant is not None and (reader.word(variant, "variant") is None or not isinstance(variant, Scalar)):
            variant = None
        return dataclasses.replace(
            base,
            name=self._name(tree.get("name")),
            span=tree.span,
            description=reader.text(tree.get("description"), "description") or base.description,
            lets=tuple(lets.values()),
            blocks={**base.blocks, **readable},
            broken_blocks=base.broken_blocks | (blocks.keys() - readable.keys()),
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

    def _check_preprocess(self, tree: Tree | None) -> None:
        if tree is None or is_nothing(tree):
            return
        mapping = self.reader.mapping(tree, "preprocess")
        if mapping is None:
            return
        self.reader.level(PreprocessLevel, mapping)

    def _init(self, base: SpecTemplate, tree: Tree | None) -> tuple[InitTemplate, ...]:
        """Return the entries of `init` behind those of the base that stay; an empty one takes the base's away."""
        own = [(entry.key.text, self.reader.init(entry)) for entry in self.reader.entries(tree, "init")]
        kept = [entry for entry in base.init if entry.target not in dict(own)]
        return (*kept, *(entry for _, entry in own if entry is not None and entry.fills))

    # ----------------------------------------------------------------------------------------------- extends

    def _derived(self, tree: Mapping, extends: Tree, origin: _Origin) -> SpecTemplate | None:
        base = self._base(extends, origin)
        if base is None:
            return None
        spec = self._on_top(base, tree)
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

    def _base(self, extends: Tree, origin: _Origin) -> SpecTemplate | None:
        """Return the spec that one extends."""
        text = self.reader.word(extends, "extends")
        path = None if text is None else self._locate(text, extends.span, origin)
        if text is None or path is None:
            return None
        in_root = path.is_relative_to(origin.root)
        shown = str(Path(origin.chain[-1][1]).parent / text) if in_root else f"zoo/{text}"
        chain = (*origin.chain, (path, shown))
        circular = path in [seen for seen, _ in origin.chain]
        if circular or len(chain) > LONGEST_CHAIN:
            problem = ExtendsLoop(span=extends.span, chain=tuple(name for _, name in chain), circular=circular)
            self.collector.add(problem)
            return None
        try:
            source = read(path, shown)
        except OSError as error:
            reason = (error.strerror or "it cannot be opened").lower()
            self.collector.add(CannotReadSpec(span=extends.span, file=text, reason=reason))
            return None
        except YamlFault as fault:
            problem = yaml_problems.from_fault(fault)
            self.collector.add(dataclasses.replace(problem, notes=(Note("extended here", extends.span),)))
            return None
        return self.spec(source, _Origin(path.parent, origin.root if in_root else zoo_root().resolve(), chain))

    def _locate(self, text: str, span: Span, origin: _Origin) -> Path | None:
        """Return the real path of a file that a spec names: beside the spec, else in the zoo."""
        zoo = zoo_root().resolve()
        outside = text.startswith(("/", "~")) or any(character in text for character in ":\\\0")
        try:
            beside = (origin.folder / text).resolve()
            in_zoo = (zoo / text).resolve()
            if not outside and beside.is_relative_to(origin.root):
                return in_zoo if not beside.exists() and in_zoo.is_relative_to(zoo) and in_zoo.exists() else beside
        except (OSError, RuntimeError, ValueError) as error:  # a name that is too long, links in a circle, a NUL
            reason = (getattr(error, "strerror", None) or "there is no such file").lower()
            self.collector.add(CannotReadSpec(span=span, file=text, reason=reason))
            return None
        self.collector.add(OutsideRoot(span=span, file=text))
        return None


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
