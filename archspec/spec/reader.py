"""From the located YAML tree to templates: which keys stand where, and of which kind their values are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.expansion import BadRepeat
from archspec.diagnostics.catalog.graph import NameTaken
from archspec.diagnostics.catalog.spec import (
    BadName,
    EmptyGraph,
    MissingKey,
    NotSupported,
    UnknownKey,
    WrongKind,
)
from archspec.diagnostics.text import closest
from archspec.source.tree import Entry, Mapping, Scalar, Sequence, Tree
from archspec.spec import names
from archspec.spec.models import BlockLevel, InputLevel, Level, NodeLevel, OutputLevel, RepeatLevel
from archspec.spec.parameters import read_parameters
from archspec.spec.template import (
    Argument,
    BlockTemplate,
    GraphTemplate,
    InputTemplate,
    Let,
    NodeTemplate,
    OutputTemplate,
    Ref,
    Repeat,
    Variant,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archspec.diagnostics.problem import Collector
    from archspec.source.span import Span

_RESERVED = NodeLevel.keys()
_LATER = {"connect": "`connect`", "share": "`share`"}
_DTYPES = ("float32", "float16", "bfloat16", "float64", "int64", "int32", "uint8", "bool")


def kind_of(tree: Tree) -> str:
    """Return what a value is, in words."""
    if isinstance(tree, Mapping):
        return "a mapping"
    if isinstance(tree, Sequence):
        return "a list"
    if tree.value is None:
        return "nothing"
    return f"the text {tree.text!r}" if isinstance(tree.value, str) else tree.text


class Reader:
    """Reads parts of a spec; what is wrong goes to the collector, and reading goes on with what is right."""

    def __init__(self, collector: Collector) -> None:
        """Report to `collector`."""
        self.collector = collector

    # ----------------------------------------------------------------------------------------------- kinds

    def wrong(self, tree: Tree, what: str, wanted: str) -> None:
        """Report that a value is of the wrong kind."""
        self.collector.add(WrongKind(span=tree.span, what=what, wanted=wanted, found=kind_of(tree)))

    def mapping(self, tree: Tree, what: str) -> Mapping | None:
        """Return the tree if it is a mapping; otherwise report."""
        if isinstance(tree, Mapping):
            return tree
        self.wrong(tree, what, "a mapping")
        return None

    def entries(self, tree: Tree | None, what: str) -> tuple[Entry, ...]:
        """Return the entries of an optional mapping."""
        if tree is None or (isinstance(tree, Scalar) and tree.value is None and not tree.quoted):
            return ()
        found = self.mapping(tree, what)
        return found.entries if found else ()

    def word(self, tree: Tree, what: str) -> str | None:
        """Return the text of a scalar that names something; otherwise report."""
        if isinstance(tree, Scalar) and tree.value is not None and not isinstance(tree.value, bool):
            return tree.text
        self.wrong(tree, what, "a name")
        return None

    def items(self, tree: Tree) -> tuple[Tree, ...]:
        """Return the items of a list, or the one value that stands in place of a list."""
        return tree.items if isinstance(tree, Sequence) else (tree,)

    def level(self, model: type[Level], tree: Mapping, where: str | None = None) -> bool:
        """Check the keys of a mapping; return whether all that it must have are there."""
        known = model.keys()
        for entry in tree.entries:
            if entry.key.text not in known:
                self.collector.add(
                    UnknownKey(span=entry.key.span, key=entry.key.text, where=where or model.where, known=known)
                )
        missing = [(key, example) for key, example in model.required() if tree.get(key) is None]
        for key, example in missing:
            self.collector.add(MissingKey(span=tree.span, key=key, where=where or model.where, example=example))
        return not missing

    def name(self, key: Scalar, what: str, fault_of: Callable[[str], str | None]) -> bool:
        """Check a name; report what is wrong with it."""
        reason = fault_of(key.text)
        if reason is not None:
            self.collector.add(BadName(span=key.span, what=what, name=key.text, reason=reason))
        return reason is None

    # ----------------------------------------------------------------------------------------------- graphs

    def graph(self, tree: Tree, where: str) -> GraphTemplate | None:
        """Read a graph: a mapping of nodes, or a list of them."""
        if isinstance(tree, Scalar):
            self.wrong(tree, f"the graph of {where}", "a mapping of nodes, or a list of them")
            return None
        if isinstance(tree, Mapping):
            nodes = [self._named_node(entry) for entry in tree.entries]
        else:
            nodes = [self.node(str(index), item.span, item) for index, item in enumerate(tree.items)]
        if not nodes:
            self.collector.add(EmptyGraph(span=tree.span, where=where))
            return None
        return GraphTemplate(tree.span, tuple(nodes), isinstance(tree, Sequence))

    def _named_node(self, entry: Entry) -> NodeTemplate:
        # A graph that `archspec expand` wrote may number the nodes of a mapping, as lists do.
        if not entry.key.text.isdecimal():
            self.name(entry.key, "a node", names.fault_of_node_name)
        return self.node(entry.key.text, entry.key.span, entry.value)

    def node(self, name: str, span: Span, tree: Tree) -> NodeTemplate:
        """Read a node. One that cannot be read comes back without op and graph; its results are then unknown."""
        if isinstance(tree, Sequence):
            return NodeTemplate(name, span, graph=self.graph(tree, f"group {name!r}"))
        if isinstance(tree, Scalar):
            return NodeTemplate(name, span, op=self._op(tree))
        return self._long_node(name, span, tree)

    def _op(self, tree: Tree) -> Scalar | None:
        if isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text:
            return tree
        self.wrong(tree, "op", "the name of an op or a block")
        return None

    def _long_node(self, name: str, span: Span, tree: Mapping) -> NodeTemplate:
        for key, feature in _LATER.items():
            if (entry := tree.entry(key)) is not None:
                self.collector.add(NotSupported(span=entry.key.span, feature=feature))
        op, graph = tree.get("op"), tree.get("graph")
        if (op is None) == (graph is None) and not any(tree.get(key) for key in _LATER):
            self._neither_or_both(name, span, tree)
        outputs = tree.get("outputs")
        return NodeTemplate(
            name,
            span,
            op=None if op is None or graph is not None else self._op(op),
            arguments=() if graph is not None else tuple(self._arguments(tree)),
            sources=self._sources(tree.get("from")),
            when=self._condition(tree.get("when")),
            otherwise=self._reference(tree.get("else"), "else"),
            repeats=self._repeats(tree.get("repeat")),
            graph=None if graph is None or op is not None else self.graph(graph, f"group {name!r}"),
            outputs=() if outputs is None else self.outputs(outputs),
        )

    def _neither_or_both(self, name: str, span: Span, tree: Mapping) -> None:
        if tree.get("op") is None:
            misspelt = next((entry.key for entry in tree.entries if closest(entry.key.text, ("op", "graph"))), None)
            if misspelt is not None:
                self.collector.add(
                    UnknownKey(span=misspelt.span, key=misspelt.text, where=f"node {name!r}", known=("op", "graph"))
                )
                return
            self.collector.add(
                MissingKey(span=span, key="op", where=f"node {name!r}", example="op: NAME, or graph: for a group")
            )
            return
        extra = tree.entry("graph")
        self.collector.add(
            WrongKind(
                span=extra.key.span if extra else span, what=f"node {name!r}", wanted="an op or a group", found="both"
            )
        )

    def _arguments(self, tree: Mapping) -> Iterator[Argument]:
        for entry in tree.entries:
            if entry.key.text not in _RESERVED:
                yield Argument(entry.key.text, entry.key.span, entry.value)

    def _sources(self, tree: Tree | None) -> tuple[Ref, ...] | None:
        if tree is None:
            return None
        refs = [self._reference(item, "from") for item in self.items(tree)]
        if not refs:
            self.wrong(tree, "from", "the name of a node, or a list of names")
        return tuple(ref for ref in refs if ref is not None) or None

    def _reference(self, tree: Tree | None, what: str) -> Ref | None:
        if tree is None:
            return None
        text = self.word(tree, what)
        return None if text is None else Ref(text, tree.span)

    def _condition(self, tree: Tree | None) -> Scalar | None:
        if tree is None or isinstance(tree, Scalar):
            return tree
        self.wrong(tree, "when", "a condition")
        return None

    # ----------------------------------------------------------------------------------------------- repeats

    def _repeats(self, tree: Tree | None) -> tuple[Repeat, ...]:
        if tree is None:
            return ()
        return tuple(loop for item in self.items(tree) if (loop := self._repeat(item)) is not None)

    def _repeat(self, tree: Tree) -> Repeat | None:
        if isinstance(tree, Scalar):
            return Repeat(tree.span, count=tree)
        if not isinstance(tree, Mapping):
            self.wrong(tree, "repeat", "a count, a mapping, or a list of them")
            return None
        self.level(RepeatLevel, tree)
        count, each = tree.get("count"), tree.get("each")
        if (count is None) == (each is None):
            self.collector.add(BadRepeat(span=tree.span, reason="give either `count` or `each`"))
            return None
        index, name, bound = tree.get("index"), tree.get("name"), tree.get("as")
        variables = (*(() if index is None else (index,)), *(() if bound is None else self.items(bound)))
        for variable in variables:
            if isinstance(variable, Scalar):
                self.name(variable, "a repeat variable", names.fault_of_parameter_name)
        return Repeat(
            tree.span,
            count,
            each,
            names=tuple(text for item in self.items(bound) if (text := self.word(item, "as"))) if bound else (),
            index=(self.word(index, "index") or "i") if index else "i",
            name=name if isinstance(name, Scalar) else None,
        )

    # ----------------------------------------------------------------------------------------------- the rest

    def outputs(self, tree: Tree) -> tuple[OutputTemplate, ...]:
        """Read `outputs`: names and the nodes that they stand for, or a list of nodes that keep their names."""
        if isinstance(tree, Sequence):
            refs = (self._reference(item, "outputs") for item in tree.items)
            return tuple(OutputTemplate(ref.text, ref) for ref in refs if ref)
        if isinstance(tree, Scalar):
            ref = self._reference(tree, "outputs")
            return (OutputTemplate(ref.text, ref),) if ref else ()
        return tuple(output for entry in tree.entries if (output := self._output(entry)) is not None)

    def _output(self, entry: Entry) -> OutputTemplate | None:
        self.name(entry.key, "an output", names.fault_of_identifier)
        if not isinstance(entry.value, Mapping):
            ref = self._reference(entry.value, "an output")
            return OutputTemplate(entry.key.text, ref) if ref else None
        if not self.level(OutputLevel, entry.value):
            return None
        ref, when = self._reference(entry.value.get("from"), "from"), entry.value.get("when")
        if when is not None and not (isinstance(when, Scalar) and when.text == "training"):
            self.wrong(when, "when of an output", "`training`")
        return OutputTemplate(entry.key.text, ref, training_only=when is not None) if ref else None

    def lets(self, tree: Tree | None) -> tuple[Let, ...]:
        """Read `let`."""
        return tuple(
            Let(entry.key.text, entry.key.span, entry.value)
            for entry in self.entries(tree, "let")
            if self.name(entry.key, "a value", names.fault_of_parameter_name)
        )

    def block(self, entry: Entry) -> BlockTemplate | None:
        """Read a block definition."""
        name = entry.key.text
        self.name(entry.key, "a block", names.fault_of_node_name)
        tree = self.mapping(entry.value, f"block {name!r}")
        if tree is None or not self.level(BlockLevel, tree, f"block {name!r}"):
            return None
        graph = self.graph(tree.get("graph") or tree, f"block {name!r}")
        inputs, outputs = tree.get("inputs"), tree.get("outputs")
        if graph is None:
            return None
        return BlockTemplate(
            name,
            entry.key.span,
            graph,
            params=read_parameters(self, tree.get("params")),
            inputs=("input",) if inputs is None else self._input_names(inputs),
            lets=self.lets(tree.get("let")),
            outputs=() if outputs is None else self.outputs(outputs),
            description=_text(tree.get("description")),
        )

    def _input_names(self, tree: Tree) -> tuple[str, ...]:
        found = [item for item in self.items(tree) if self.word(item, "inputs") and isinstance(item, Scalar)]
        for item in found:
            if item.text != "input":
                self.name(item, "an input", names.fault_of_parameter_name)
        return tuple(dict.fromkeys(item.text for item in found)) or ("input",)

    def inputs(self, tree: Tree | None) -> tuple[InputTemplate, ...]:
        """Read the network's inputs."""
        found = (self._input(entry) for entry in self.entries(tree, "inputs"))
        return tuple(template for template in found if template is not None)

    def _input(self, entry: Entry) -> InputTemplate | None:
        if entry.key.text != "input":
            self.name(entry.key, "an input", names.fault_of_parameter_name)
        shape, dtype = entry.value, "float32"
        if isinstance(shape, Mapping):
            if not self.level(InputLevel, shape):
                return None
            dtype = self._dtype(shape.get("dtype"))
            shape = shape.get("shape") or shape
        if not isinstance(shape, Sequence):
            self.wrong(shape, f"the shape of input {entry.key.text!r}", "a list such as [3, 224, 224]")
            return None
        return InputTemplate(entry.key.text, entry.key.span, shape.items, dtype)

    def _dtype(self, tree: Tree | None) -> str:
        if tree is None:
            return "float32"
        if isinstance(tree, Scalar) and tree.text in _DTYPES:
            return tree.text
        self.wrong(tree, "dtype", "one of " + ", ".join(_DTYPES))
        return "float32"

    def variants(self, tree: Tree | None) -> dict[str, Variant]:
        """Read the variants."""
        found: dict[str, Variant] = {}
        for entry in self.entries(tree, "variants"):
            self.name(entry.key, "a variant", names.fault_of_identifier)
            found[entry.key.text] = Variant(
                entry.key.text, entry.key.span, self.settings(entry.value, f"variant {entry.key.text!r}")
            )
        return found

    def settings(self, tree: Tree | None, what: str) -> tuple[Argument, ...]:
        """Read values given to parameters by name."""
        return tuple(Argument(entry.key.text, entry.key.span, entry.value) for entry in self.entries(tree, what))

    def distinct(self, graph: GraphTemplate, inputs: tuple[str, ...]) -> None:
        """Report nodes that are called like an input of their graph."""
        for node in graph.nodes:
            if node.name in inputs:
                self.collector.add(NameTaken(span=node.span, name=node.name, taken_by="an input of this graph"))


def _text(tree: Any) -> str:
    return tree.text if isinstance(tree, Scalar) and isinstance(tree.value, str) else ""
