"""From the located YAML tree to templates: which keys stand where, and of which kind their values are."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.graph import NameTaken
from archspec.diagnostics.catalog.spec import BadName, EmptyGraph, MissingKey, UnknownKey, UnknownLint, WrongKind
from archspec.diagnostics.catalog.syntax import MissingColon
from archspec.diagnostics.text import look_alike, printable
from archspec.ir.tensor import ITEM_BYTES
from archspec.source.tree import Entry, Mapping, Scalar, Sequence, Tree, is_nothing
from archspec.spec import names
from archspec.spec.forms import (
    BESIDE_OP,
    is_node,
    named,
    shape_of,
    with_colon,
    without_colon,
    without_dashes,
    words_in,
    written,
)
from archspec.spec.keys import meant_keys, suits
from archspec.spec.models import BlockLevel, InputLevel, Level, NodeLevel, OutputLevel
from archspec.spec.node_reader import NodeReader
from archspec.spec.parameters import read_parameters
from archspec.spec.placement import nodes_placed, placed
from archspec.spec.template import (
    GAP,
    Allowance,
    Argument,
    BlockTemplate,
    GraphTemplate,
    InitTemplate,
    InputTemplate,
    Let,
    NodeTemplate,
    OutputTemplate,
    Ref,
    Variant,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from collections.abc import Mapping as MappingOf

    from archspec.diagnostics.problem import Collector, Problem
    from archspec.source.span import Span


def kind_of(tree: Tree) -> str:
    """Return what a value is, in words."""
    if isinstance(tree, Mapping):
        return "a mapping" if tree.entries else "an empty mapping"
    if isinstance(tree, Sequence):
        return "a list" if tree.items else "an empty list"
    if tree.value is None:
        return "nothing"
    return f"the text {tree.text!r}" if isinstance(tree.value, str) else tree.text


# What stands first in a node of a list, and is not its name; a block may have a parameter that is called `name`.
_PAIR = re.compile(r"([A-Za-z_]\w*)\s*[:=]\s*(\S.*)", re.ASCII)
_NO_NAMES = frozenset({*NodeLevel.known(), "name"})


def _pair_in(tree: Tree) -> str | None:
    """Return `w: 8` for a text `w:8` or `w = 8`."""
    pair = _PAIR.fullmatch(tree.text) if isinstance(tree, Scalar) and isinstance(tree.value, str) else None
    return None if pair is None else f"{pair[1]}: {pair[2]}"


def _only_item(tree: Tree) -> Scalar | None:
    """Return the text in a list of one."""
    if not isinstance(tree, Sequence) or len(tree.items) != 1 or not isinstance(tree.items[0], Scalar):
        return None
    return tree.items[0] if isinstance(tree.items[0].value, str) else None


def _may_be_node(entry: Entry) -> bool:
    return is_node(entry) or (isinstance(entry.value, Scalar) and isinstance(entry.value.value, str))


def _renamed(model: type[Level], tree: Mapping, meant: MappingOf[Span, str]) -> Mapping:
    """Return a mapping with other keys at some places, where that is clear and their values can be read as theirs."""
    counts = Counter(meant.values())
    entries: list[Entry] = []
    for entry in tree.entries:
        key = meant.get(entry.key.span)
        is_clear = key is not None and counts[key] == 1 and tree.get(key) is None
        if key is not None and is_clear and (is_nothing(entry.value) or suits(model, key, entry.value)):
            entries.append(Entry(dataclasses.replace(entry.key, text=key), entry.value))
        else:
            entries.append(entry)
    return dataclasses.replace(tree, entries=tuple(entries)) if meant else tree


def _number_in(tree: Tree) -> Scalar | None:
    """Return the first number in a list."""
    scalars = (item for item in tree.items if isinstance(item, Scalar)) if isinstance(tree, Sequence) else ()
    return next((item for item in scalars if isinstance(item.value, int | float)), None)


class Reader:
    """Reads parts of a spec; what is wrong goes to the collector, and reading goes on with what is right."""

    def __init__(self, collector: Collector) -> None:
        """Report to `collector`."""
        self._collector = collector
        self._path: list[str] = []

    # ----------------------------------------------------------------------------------------------- problems

    def report(self, problem: Problem) -> None:
        """Add a problem of the node that is being read, if it is one."""
        node = problem.node or ".".join(self._path) or None
        self._collector.add(dataclasses.replace(problem, node=node))

    @contextmanager
    def inside(self, name: str) -> Generator[None]:
        """Report what is found meanwhile as a problem of a node, or of a block's."""
        self._path.append(name)
        try:
            yield
        finally:
            self._path.pop()

    def wrong(self, tree: Tree, what: str, wanted: str, instead: str | None = None) -> None:
        """Report that a value is of the wrong kind; `instead` is what was meant, as it is written."""
        self.report(WrongKind(span=tree.span, what=what, wanted=wanted, found=kind_of(tree), instead=instead))

    # ----------------------------------------------------------------------------------------------- kinds

    def mapping(self, tree: Tree, what: str) -> Mapping | None:
        """Return the tree if it is a mapping; otherwise report."""
        if isinstance(tree, Mapping):
            return tree
        self.wrong(tree, what, "a mapping", _pair_in(tree))
        return None

    def entries(self, tree: Tree | None, what: str) -> tuple[Entry, ...]:
        """Return the entries of an optional mapping."""
        if isinstance(tree, Sequence) and (listed := named(tree)) is not None:
            self._as_mapping(tree, what)
            return listed
        found = None if tree is None or is_nothing(tree) else self.mapping(tree, what)
        return found.entries if found else ()

    def _as_mapping(self, tree: Sequence, what: str) -> None:
        """Report a mapping that is written as a list."""
        proposal = without_dashes(tree)
        self.report(
            WrongKind(
                span=tree.span,
                what=what,
                wanted="a mapping",
                found="a list of mappings",
                suggestion="leave the '- ' before each name out: NAME: {...}",
                proposals=None if proposal is None else lambda _steps: (proposal,),
            )
        )

    def word(self, tree: Tree, what: str) -> str | None:
        """Return the text of a scalar that names something; otherwise report."""
        if isinstance(tree, Scalar) and tree.text and tree.value is not None and not isinstance(tree.value, bool):
            return tree.text
        only = _only_item(tree)
        self.wrong(tree, what, "a name", None if only is None else only.text)
        return None

    def text(self, tree: Tree | None, what: str) -> str:
        """Return free text; empty where there is none."""
        if tree is None or is_nothing(tree):
            return ""
        if isinstance(tree, Scalar) and isinstance(tree.value, str):
            return tree.text
        self.wrong(tree, what, "text")
        return ""

    def items(self, tree: Tree) -> tuple[Tree, ...]:
        """Return the items of a list, or the one value that stands in place of a list."""
        return tree.items if isinstance(tree, Sequence) else (tree,)

    def level(
        self, model: type[Level], tree: Mapping, where: str | None = None, wanted: MappingOf[str, str] | None = None
    ) -> Mapping:
        """Check the keys of a mapping; return it with what was meant by those that mean nothing, to read on with.

        `wanted` are keys that must be there beside those that the level always needs, each with an example. One that is
        there under another name is not reported as missing too.
        """
        where, examples = where or model.where, {**dict(model.required()), **(wanted or {})}
        meant = meant_keys(model, tree, examples)
        for entry in tree.entries:
            if entry.key.text not in model.known():
                self._unknown_key(model, tree, entry, where, meant.get(entry.key.span))
        for key, example in examples.items():
            if tree.get(key) is None and key not in meant.values():
                self.report(MissingKey(span=tree.span, key=key, where=where, example=example))
        return _renamed(model, tree, meant)

    def _unknown_key(self, model: type[Level], tree: Mapping, entry: Entry, where: str, meant: str | None) -> None:
        hint = None if meant is None else f"did you mean '{meant}'?"
        if meant is not None and tree.get(meant) is not None:
            hint = f"{meant!r} is there already: leave one of the two out"
        key = entry.key
        self.report(UnknownKey(span=key.span, key=key.text, where=where, known=model.known(), suggestion=hint))

    def has_unknown_keys(self, model: type[Level], tree: Mapping) -> bool:
        """Tell whether keys of a mapping mean nothing there."""
        return not set(tree.keys()) <= set(model.known())

    def is_misspelt(self, model: type[Level], tree: Mapping, meant: str) -> bool:
        """Tell whether a key that means nothing most likely stands for `meant`."""
        return meant in meant_keys(model, tree).values()

    def name(self, key: Scalar, what: str, fault_of: Callable[[str], str | None]) -> bool:
        """Check a name; report what is wrong with it."""
        reason = fault_of(key.text)
        if reason is not None:
            self.report(
                BadName(span=key.span, what=what, name=key.text, reason=reason, suggestion=look_alike(key.text))
            )
        return reason is None

    def distinct(self, named: Iterable[tuple[str, Span, str]]) -> None:
        """Report names that two things have; each comes as (name, place, what it is)."""
        seen: dict[str, str] = {}
        for name, span, what in named:
            if name in seen and name != "input":  # which is a bad name for anything but an input
                self.report(NameTaken(span=span, name=name, taken_by=seen[name]))
            seen.setdefault(name, what)

    # ----------------------------------------------------------------------------------------------- graphs

    def graph(self, tree: Tree, where: str) -> GraphTemplate | None:
        """Read a graph: a mapping of nodes, or a list of them."""
        if isinstance(tree, Scalar):
            wanted = "a mapping of nodes, or a list of them"
            hint = look_alike(tree.text) or ("put a blank behind each '-'" if tree.text.startswith("-") else None)
            what, found = f"the graph of {where}", kind_of(tree)
            self.report(WrongKind(span=tree.span, what=what, wanted=wanted, found=found, suggestion=hint))
            return None
        if isinstance(tree, Mapping):
            tree = nodes_placed(tree, self.report)
            nodes = [self._named_node(entry) for entry in tree.entries]
            for count, position in enumerate(tree.dropped):
                nodes.insert(position + count, NodeTemplate(f"{GAP}{count}", tree.span, broken=True))
        elif (listed := named(tree, _NO_NAMES)) is not None and all(map(_may_be_node, listed)):
            self._as_mapping(tree, f"the graph of {where}" if where == "the spec" else where)
            return self.graph(Mapping(tree.span, listed), where)
        elif number := _number_in(tree):
            wanted, found = "a list of nodes", f"one with {kind_of(number)} in it"
            self.report(WrongKind(span=tree.span, what=where, wanted=wanted, found=found, suggestion=BESIDE_OP))
            return None
        else:
            nodes = list(self._listed_nodes(tree.items))
        if not nodes:
            self.report(EmptyGraph(span=tree.span, where=where))
            return None
        return GraphTemplate(tree.span, tuple(nodes), isinstance(tree, Sequence))

    def _listed_nodes(self, items: Iterable[Tree]) -> Iterator[NodeTemplate]:
        """Yield the nodes of a list. Of rows as other systems have them (`[-1, 1, Conv, [64, 3]]`), one is reported."""
        has_row = False
        for index, item in enumerate(items):
            is_row = _number_in(item) is not None
            if has_row and is_row:
                yield NodeTemplate(str(index), item.span, broken=True)
            else:
                yield self.node(str(index), item.span, item)
            has_row |= is_row

    def _named_node(self, entry: Entry) -> NodeTemplate:
        if (key := without_colon(entry)) is not None:
            self.report(MissingColon(span=key.span, text=key.text, proposals=lambda _: (with_colon(key),)))
            return NodeTemplate(key.text, key.span, broken=True)
        # A graph that `archspec expand` wrote may number the nodes of a mapping, as lists do.
        if not names.is_number(entry.key.text):
            with self.inside(entry.key.text):
                self.name(entry.key, "a node", names.fault_of_node_name)
        return self.node(entry.key.text, entry.key.span, entry.value)

    def node(self, name: str, span: Span, tree: Tree) -> NodeTemplate:
        """Read a node. Of one that cannot be read in full, what can be comes back, marked as broken."""
        with self.inside(name):
            if isinstance(tree, Mapping):
                return NodeReader(self, name, span, tree).read()
            if isinstance(tree, Scalar):
                op = self.op(tree)
                return NodeTemplate(name, span, op=op, broken=op is None)
            graph = self.graph(tree, f"group {printable(name)!r}")
            return NodeTemplate(name, span, graph=graph, broken=graph is None)

    def op(self, tree: Tree) -> Scalar | None:
        """Return the name of an op or block; otherwise report."""
        if isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text:
            return tree
        only = _only_item(tree)
        self.wrong(tree, "op", "the name of an op or a block", None if only is None else only.text)
        return only

    def reference(self, tree: Tree, what: str) -> Ref | None:
        """Return a reference to a node; otherwise report."""
        text = self.word(tree, what)
        return None if text is None else Ref(text, tree.span)

    # ----------------------------------------------------------------------------------------------- inputs, outputs

    def outputs(self, tree: Tree | None) -> tuple[OutputTemplate, ...]:
        """Read `outputs`: names and the nodes that they stand for, or a list of nodes that keep their names."""
        if tree is None or is_nothing(tree):
            return ()
        if isinstance(tree, Mapping) or (isinstance(tree, Sequence) and named(tree) is not None):
            entries = self.entries(tree, "outputs")
            return tuple(output for entry in entries if (output := self._output(entry)) is not None)
        refs = [ref for item in self.items(tree) if (ref := self.reference(item, "outputs")) is not None]
        self.distinct((ref.text, ref.span, "another output") for ref in refs)
        return tuple(OutputTemplate(ref.text, ref) for ref in refs)

    def _output(self, entry: Entry) -> OutputTemplate | None:
        # The output of a list graph may be called after its node, which is a number.
        if not names.is_number(entry.key.text):
            self.name(entry.key, "an output", names.fault_of_identifier)
        if not isinstance(entry.value, Mapping):
            ref = self.reference(entry.value, "an output")
            return OutputTemplate(entry.key.text, ref) if ref else None
        tree = self.level(OutputLevel, entry.value)
        source, when = tree.get("from"), tree.get("when")
        ref = None if source is None else self.reference(source, "from")
        if when is not None and not (isinstance(when, Scalar) and when.text == "training"):
            self.wrong(when, "when of an output", "`training`")
        return OutputTemplate(entry.key.text, ref, training_only=when is not None) if ref else None

    def input_names(self, tree: Tree | None) -> tuple[str, ...]:
        """Read the names of a block's or group's inputs."""
        if tree is None or is_nothing(tree):
            return ("input",)
        found = [item for item in self.items(tree) if self.word(item, "inputs") and isinstance(item, Scalar)]
        for item in found:
            if item.text != "input":
                self.name(item, "an input", names.fault_of_parameter_name)
        self.distinct((item.text, item.span, "another input") for item in found)
        return tuple(dict.fromkeys(item.text for item in found)) or ("input",)

    def inputs(self, tree: Tree | None) -> tuple[InputTemplate, ...]:
        """Read the network's inputs; empty if one of them cannot be read."""
        if tree is not None and (shape := shape_of(tree)) is not None:
            self.wrong(tree, "inputs", "a mapping of names to shapes", written(shape))
            tree = shape
        entries = self.entries(tree, "inputs")
        if tree is not None and not entries and (isinstance(tree, Mapping) or is_nothing(tree)):
            self.wrong(tree, "inputs", "a mapping such as {image: [3, 224, 224]}")
        found = tuple(template for entry in entries if (template := self._input(entry)) is not None)
        return found if len(found) == len(entries) else ()

    def _input(self, entry: Entry) -> InputTemplate | None:
        if entry.key.text != "input":
            self.name(entry.key, "an input", names.fault_of_parameter_name)
        shape, dtype = entry.value, "float32"
        if isinstance(shape, Mapping):
            tree = self.level(InputLevel, shape, f"input {printable(entry.key.text)!r}")
            dtype = self._dtype(tree.get("dtype"))
            shape = tree.get("shape")
            if shape is None:
                return None
        if not isinstance(shape, Sequence):
            self.wrong(shape, f"the shape of input {printable(entry.key.text)!r}", "a list such as [3, 224, 224]")
            return None
        return InputTemplate(entry.key.text, entry.key.span, shape.items, dtype)

    def _dtype(self, tree: Tree | None) -> str:
        if tree is None:
            return "float32"
        if isinstance(tree, Scalar) and tree.text in ITEM_BYTES:
            return tree.text
        self.wrong(tree, "dtype", "one of " + ", ".join(ITEM_BYTES))
        return "float32"

    # ----------------------------------------------------------------------------------------------- the rest

    def lets(self, tree: Tree | None) -> tuple[Let, ...]:
        """Read `let`. Names in what is no mapping come back marked as broken, so that their uses are no mistakes."""
        entries = self.entries(tree, "let")
        named = (entry for entry in entries if self.name(entry.key, "a value", names.fault_of_parameter_name))
        found = tuple(Let(entry.key.text, entry.key.span, entry.value) for entry in named)
        return found if entries else tuple(Let(word, item.span, item, broken=True) for word, item in words_in(tree))

    def block(self, entry: Entry) -> BlockTemplate | None:
        """Read a block definition; None if there is no graph in it that can be read."""
        name = entry.key.text
        self.name(entry.key, "a block", names.fault_of_block_name)
        with self.inside(name):
            where = f"block {printable(name)!r}"
            tree = self.mapping(entry.value, where)
            if tree is None:
                return None
            tree = self.level(BlockLevel, placed(tree, BlockLevel, where, self.report), where)
            graph_tree = tree.get("graph")
            graph = None if graph_tree is None else self.graph(graph_tree, where)
            params, lets = read_parameters(self, tree.get("params")), self.lets(tree.get("let"))
            inputs, outputs = self.input_names(tree.get("inputs")), self.outputs(tree.get("outputs"))
            description = self.text(tree.get("description"), "description")
            places = [(input_name, entry.key.span, "an input") for input_name in inputs]
            places += [(parameter.name, parameter.span, "a parameter") for parameter in params]
            self.distinct([*places, *((let.name, let.span, "a `let`") for let in lets)])
            if graph is None:
                return None
            return BlockTemplate(name, entry.key.span, graph, params, inputs, lets, outputs, description)

    def init(self, entry: Entry) -> InitTemplate | None:
        """Read an entry of `init`; None if it cannot be read."""
        target = entry.key.text
        if is_nothing(entry.value):
            return InitTemplate(target, entry.key.span, ())
        if not isinstance(entry.value, Mapping):
            self.wrong(entry.value, f"init of {printable(target)!r}", "a mapping such as {weight: zeros}")
            return None
        fills = tuple(Argument(each.key.text, each.key.span, each.value) for each in entry.value.entries)
        return InitTemplate(target, entry.key.span, fills)

    def variants(self, tree: Tree | None) -> dict[str, Variant]:
        """Read the variants."""
        found: dict[str, Variant] = {}
        for entry in self.entries(tree, "variants"):
            name = entry.key.text
            self.name(entry.key, "a variant", names.fault_of_identifier)
            settings = self.entries(entry.value, f"variant {printable(name)!r}")
            arguments = tuple(Argument(given.key.text, given.key.span, given.value) for given in settings)
            found[name] = Variant(name, entry.key.span, arguments)
        return found

    # ----------------------------------------------------------------------------------------------- lints

    def allowances(self, tree: Tree | None) -> tuple[Allowance, ...]:
        """Read `allow`: names of lints, or a mapping of them to patterns of paths, where nothing stands for all."""
        if tree is None or is_nothing(tree):
            return ()
        if isinstance(tree, Mapping):
            named = [(entry.key, None if is_nothing(entry.value) else entry.value) for entry in tree.entries]
        else:
            named = [(item, None) for item in self.items(tree)]
        found = (self._allowance(name, patterns) for name, patterns in named)
        return tuple(allowance for allowance in found if allowance is not None)

    def _allowance(self, name: Tree, patterns: Tree | None) -> Allowance | None:
        from archspec.diagnostics.catalog import lints

        text = self.word(name, "a lint in `allow`")
        code = None if text is None else lints.code_of(text)
        if text is None or code is None:
            if text is not None:
                self.report(UnknownLint(span=name.span, name=text, known=tuple(lints.CODES)))
            return None
        items = () if patterns is None else self.items(patterns)
        if not items:
            return Allowance(code, text, (Ref("*", name.span),))
        refs = [self.reference(item, f"what `allow` names for {printable(text)}") for item in items]
        return Allowance(code, text, tuple(ref for ref in refs if ref is not None))
