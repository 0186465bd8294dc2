"""Reading one node that is a mapping: its keys, where it reads from, its condition, its loops."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

from archspec.diagnostics.catalog.expansion import BadRepeat
from archspec.diagnostics.catalog.spec import MissingKey, UnknownKey, WrongKind
from archspec.diagnostics.text import closest, did_you_mean, folded, printable, stuck_key
from archspec.source.tree import Entry, Mapping, Scalar, Sequence
from archspec.spec import names
from archspec.spec.forms import NESTS, as_op, below_key, gathered, is_node, names_in, unnested
from archspec.spec.keys import MEANINGS
from archspec.spec.models import NodeLevel, RepeatLevel
from archspec.spec.template import Argument, NodeTemplate, Ref, Repeat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.diagnostics.problem import Problem
    from archspec.source.span import Span
    from archspec.source.tree import Tree
    from archspec.spec.reader import Reader

NODE_KEYS = NodeLevel.known()
_WITH_SHARE = ("share", "from", "when", "else")

_Part = TypeVar("_Part")


def _holds_parameters(entry: Entry) -> bool:
    """Tell whether a value is nothing, or a mapping that is no node."""
    value = entry.value
    return value.value is None if isinstance(value, Scalar) else isinstance(value, Mapping) and bool(value.entries)


def _is_meant(entry: Entry, wanted: str) -> bool:
    """Tell whether a key most likely stands for `op` or `graph`, whose form its value has."""
    key, value = entry.key.text, entry.value
    if key in NODE_KEYS or (isinstance(value, Scalar) and not isinstance(value.value, str)):
        return False
    return wanted in MEANINGS.get(folded(key), ()) or closest(key, NODE_KEYS) == wanted


class NodeReader:
    """Reads a node that is a mapping."""

    def __init__(self, reader: Reader, name: str, span: Span, tree: Mapping) -> None:
        """Read `tree`, whose key is `name`, at `span`."""
        self._reader = reader
        self._name = name
        self._span = span
        self._tree = tree
        self._where = f"node {printable(name)!r}"
        self._broken = False

    def read(self) -> NodeTemplate:
        """Return the node. Of one that cannot be read in full, what can be comes back, marked as broken."""
        self._tree = self._without_nesting(self._respelt(self._gathered(self._tree)))
        tree, reader = self._tree, self._reader
        op_tree, graph_tree = tree.get("op"), tree.get("graph")
        self._check_keys()
        is_group = graph_tree is not None
        where = f"group {printable(self._name)!r}"
        sources = self._sources(tree.get("from"))
        return NodeTemplate(
            self._name,
            self._span,
            op=None if op_tree is None or is_group else self._kept(reader.op(op_tree)),
            arguments=() if is_group else tuple(self._arguments()),
            sources=sources,
            when=self._condition(tree.get("when")),
            otherwise=self._otherwise(tree.entry("else")),
            repeats=self._repeats(tree.get("repeat")),
            share=self._shared(tree.get("share")),
            dense=self._is_dense(tree),
            graph=None if graph_tree is None else self._kept(reader.graph(graph_tree, where)),
            inputs=self._input_names(sources) if is_group else ("input",),
            outputs=reader.outputs(tree.get("outputs")) if is_group else (),
            broken=self._broken,
        )

    def _input_names(self, sources: tuple[Ref, ...] | None) -> tuple[str, ...]:
        """Return what a group calls its inputs; several that it does not name are called like what they are."""
        tree = self._tree.get("inputs")
        if tree is not None or sources is None:
            return self._reader.input_names(tree)
        found = tuple(source.text.rpartition(".")[2] for source in sources)
        usable = len(set(found)) == len(found) > 1 and not any(map(names.fault_of_parameter_name, found))
        return found if usable else ("input",)

    def _fail(self, problem: Problem) -> None:
        self._reader.report(problem)
        self._broken = True

    def _kept(self, part: _Part | None) -> _Part | None:
        """Return a part that was read; None means that it could not be, which has been reported."""
        self._broken |= part is None
        return part

    # ----------------------------------------------------------------------------------------------- keys

    def _check_keys(self) -> None:
        """Check that the node is either an op or a group, and has the keys of that."""
        op, graph = self._tree.entry("op"), self._tree.entry("graph")
        if self._tree.entry("share") is not None:
            self._check_share()
        elif op is not None and graph is not None:
            hint = "remove one of the two keys"
            self._fail(
                WrongKind(
                    span=graph.key.span, what=self._where, wanted="an op or a group", found="both", suggestion=hint
                )
            )
        elif op is not None:
            self._check_op()
        elif graph is not None:
            self._check_group()
        elif not self._broken:
            self._check_neither()

    def _check_share(self) -> None:
        share = self._tree.entry("share")
        if share is not None and any(self._tree.entry(key) is not None for key in ("op", "graph")):
            hint = "remove one of the two keys"
            wanted = "a node of its own, or one that shares another's module"
            self._fail(WrongKind(span=share.key.span, what=self._where, wanted=wanted, found="both", suggestion=hint))
            return
        for entry in self._tree.entries:
            if entry.key.text not in _WITH_SHARE:
                hint = "what it is, the shared node says; beside share there can be from, when and else"
                self._unknown(entry, self._where, hint)

    def _check_op(self) -> None:
        if (entry := self._tree.entry("outputs")) is not None:
            hint = "only blocks and groups name their outputs; those of an op are read as node.0, node.1, ..."
            self._unknown(entry, self._where, hint)

    def _check_group(self) -> None:
        for entry in self._tree.entries:
            if entry.key.text not in NODE_KEYS:
                meant = did_you_mean(entry.key.text, NODE_KEYS)
                hint = meant or "a group has no parameters; it sees the names around it"
                self._unknown(entry, f"group {printable(self._name)!r}", hint)

    def _check_neither(self) -> None:
        """Report a node that has neither op nor graph."""
        for entry in self._tree.entries:
            if (stuck := stuck_key(entry.key.text)) and stuck.startswith(("op:", "graph:")):
                self._unknown(entry, self._where, f"put a blank behind the colon: {stuck}")
                return
        example = "op: NAME, or graph: for a group"
        self._fail(MissingKey(span=self._span, key="op", where=self._where, example=example))

    def _gathered(self, tree: Mapping) -> Mapping:
        """Return the node with values in brackets, and keys with colons, where these are missing, after reporting."""
        tree, found = gathered(tree)
        for loose in found:
            key = printable(loose.entry.key.text)
            if loose.is_key:
                what, wanted = f"{key} in {self._where}", "a key with a colon and a blank behind it"
            else:
                what, wanted = key, "one number" if isinstance(loose.entry.value, Scalar) else "a list in brackets"
            self._reader.report(
                WrongKind(span=loose.span, what=what, wanted=wanted, found=repr(loose.found), instead=loose.text)
            )
        return tree

    def _without_nesting(self, tree: Mapping) -> Mapping:
        """Return the node with the parameters that stand in a mapping of their own beside `op`, after reporting."""
        op = tree.get("op")
        if not isinstance(op, Scalar) or names.is_import_path(op.text):
            return tree
        entries: list[Entry] = []
        for entry in tree.entries:
            if folded(entry.key.text) in NESTS and isinstance(entry.value, Mapping) and entry.value.entries:
                self._report_nest(entry, entry.value, tree)
                entries += [inner for inner in entry.value.entries if tree.get(inner.key.text) is None]
            else:
                entries.append(entry)
        return dataclasses.replace(tree, entries=tuple(entries))

    def _report_nest(self, entry: Entry, inner: Mapping, tree: Mapping) -> None:
        key = entry.key
        hint = f"parameters stand beside 'op' themselves: leave '{printable(key.text)}:' out"
        proposal = unnested(entry, inner)
        self._reader.report(
            UnknownKey(
                span=key.span,
                key=key.text,
                where=self._where,
                known=tree.keys(),
                suggestion=hint,
                proposals=lambda _steps: (proposal,),
            )
        )

    def _respelt(self, tree: Mapping) -> Mapping:
        """Return the node with `op` or `graph` in place of the key that most likely stands for it, after reporting."""
        if any(tree.entry(key) is not None for key in ("op", "graph", "share")):
            return tree
        for place, entry in enumerate(tree.entries):
            wanted = "op" if isinstance(entry.value, Scalar) else "graph"
            if _is_meant(entry, wanted):
                hint = f"did you mean '{wanted}'?"
                self._report_unknown(entry, self._where, hint)
                key = dataclasses.replace(entry.key, text=wanted)
                entries = (*tree.entries[:place], Entry(key, entry.value), *tree.entries[place + 1 :])
                return dataclasses.replace(tree, entries=entries)
        own = tuple(entry for entry in tree.entries if entry.key.text not in NODE_KEYS)
        if any(map(is_node, own)) and all(is_node(entry) or isinstance(entry.value, Scalar) for entry in own):
            return self._as_group(tree, own)
        if len(own) == 1 and _holds_parameters(own[0]):
            return self._as_op(tree, own[0])
        return tree

    def _as_group(self, tree: Mapping, own: tuple[Entry, ...]) -> Mapping:
        """Return a node in which other nodes stand without a `graph` around them, as the group that is meant."""
        self._reader.report(
            MissingKey(
                span=self._span,
                key="graph",
                where=self._where,
                example="graph: {...}",
                suggestion="put 'graph:' above the nodes in it, and indent them below that",
                proposals=lambda _steps: (below_key("graph", own),),
            )
        )
        graph = Entry(dataclasses.replace(own[0].key, text="graph"), Mapping(own[0].key.span, own))
        return dataclasses.replace(tree, entries=(*(e for e in tree.entries if e not in own), graph))

    def _as_op(self, tree: Mapping, entry: Entry) -> Mapping:
        """Return a node whose only key is an op, with its parameters in a mapping, as it is meant."""
        name = entry.key
        self._reader.report(
            UnknownKey(
                span=name.span,
                key=name.text,
                where=self._where,
                known=NODE_KEYS,
                suggestion=f"write op: {printable(name.text)}, and its parameters beside that",
                proposals=lambda _steps: (as_op(entry, in_braces=tree.span.column < tree.entries[0].key.span.column),),
            )
        )
        inner = entry.value.entries if isinstance(entry.value, Mapping) else ()
        op = Entry(dataclasses.replace(name, text="op"), Scalar(name.span, name.text, name.text))
        rest = (each for each in tree.entries if each is not entry)
        return dataclasses.replace(tree, entries=(op, *inner, *rest))

    def _unknown(self, entry: Entry, where: str, suggestion: str | None = None) -> None:
        self._report_unknown(entry, where, suggestion)
        self._broken = True

    def _report_unknown(self, entry: Entry, where: str, suggestion: str | None) -> None:
        key = entry.key
        self._reader.report(
            UnknownKey(span=key.span, key=key.text, where=where, known=NODE_KEYS, suggestion=suggestion)
        )

    def _arguments(self) -> Iterator[Argument]:
        # `inputs` of an op is most likely meant as `from`; expansion says so, as of any key that the op does not know.
        for entry in self._tree.entries:
            if entry.key.text not in NODE_KEYS or entry.key.text == "inputs":
                yield Argument(entry.key.text, entry.key.span, entry.value)

    # ----------------------------------------------------------------------------------------------- from, when

    def _sources(self, tree: Tree | None) -> tuple[Ref, ...] | None:
        if tree is None:
            return None
        items = self._reader.items(tree)
        if listed := names_in(tree):
            instead = f"[{', '.join(item.text for item in listed)}]"
            self._reader.wrong(tree, "from", "the name of a node, or a list of names", instead)
            items = listed
        refs = [self._kept(self._reader.reference(item, "from")) for item in items]
        if not refs:
            self._broken = True
            self._reader.wrong(tree, "from", "the name of a node, or a list of names")
        return tuple(ref for ref in refs if ref is not None) or None

    def _condition(self, tree: Tree | None) -> Scalar | None:
        if tree is None or isinstance(tree, Scalar):
            return tree
        self._broken = True
        self._reader.wrong(tree, "when", "a condition")
        return None

    def _otherwise(self, entry: Entry | None) -> Ref | None:
        if entry is None:
            return None
        if self._tree.get("when") is None and not self._reader.is_misspelt(NodeLevel, self._tree, "when"):
            where = f"{self._where}, which has 'else',"
            self._fail(MissingKey(span=entry.key.span, key="when", where=where, example="when: CONDITION"))
        return self._kept(self._reader.reference(entry.value, "else"))

    # ----------------------------------------------------------------------------------------------- repeat

    def _repeats(self, tree: Tree | None) -> tuple[Repeat, ...]:
        if tree is None:
            return ()
        loops = [self._kept(self._loop(item)) for item in self._reader.items(tree)]
        if not loops:
            self._fail(BadRepeat(span=tree.span, reason="the list of loops is empty"))
        return tuple(loop for loop in loops if loop is not None)

    def _shared(self, tree: Tree | None) -> Ref | None:
        return None if tree is None else self._kept(self._reader.reference(tree, "share"))

    def _is_dense(self, tree: Mapping) -> bool:
        """Read `connect`, whose only word is `dense`."""
        entry = tree.entry("connect")
        if entry is None:
            return False
        if not (isinstance(entry.value, Scalar) and entry.value.text == "dense"):
            self._broken = True
            self._reader.wrong(entry.value, "connect", "`dense`")
        elif tree.get("repeat") is None and not self._reader.is_misspelt(NodeLevel, tree, "repeat"):
            where = f"{self._where}, which has 'connect',"
            self._fail(MissingKey(span=entry.key.span, key="repeat", where=where, example="repeat: 4"))
        elif isinstance(tree.get("repeat"), Sequence):
            reason = "densely connected copies come from one loop, not from a list of them"
            self._fail(BadRepeat(span=entry.key.span, reason=reason))
        return True

    def _loop(self, tree: Tree) -> Repeat | None:
        """Return one loop; None if it cannot be read in full."""
        if isinstance(tree, Scalar) and tree.value is not None:
            return Repeat(tree.span, count=tree)
        if not isinstance(tree, Mapping):
            self._reader.wrong(tree, "repeat", "a count, a mapping, or a list of them")
            return None
        tree = self._reader.level(RepeatLevel, tree)
        if not self._is_loop(tree):
            return None
        index, bound, pattern = tree.get("index"), tree.get("as"), tree.get("name")
        names_bound = () if bound is None else tuple(map(self._variable, self._reader.items(bound)))
        index_name = "i" if index is None else self._variable(index)
        if pattern is not None and not isinstance(pattern, Scalar):
            self._reader.wrong(pattern, "name of the copies", 'a pattern such as "layer{i + 1}"')
            return None
        if index_name is None or None in names_bound:
            return None
        read = tuple(name for name in names_bound if name is not None)
        variables = [item for part in (index, bound) if part is not None for item in self._reader.items(part)]
        places = zip((*(() if index is None else (index_name,)), *read), variables, strict=True)
        self._reader.distinct((name, item.span, "another variable of this loop") for name, item in places)
        return Repeat(tree.span, tree.get("count"), tree.get("each"), read, index_name, pattern)

    def _is_loop(self, tree: Mapping) -> bool:
        if self._reader.has_unknown_keys(RepeatLevel, tree):
            return False  # what is missing may be misspelt
        reason = None
        if (tree.get("count") is None) == (tree.get("each") is None):
            reason = "give either `count` or `each`"
        elif tree.get("as") is not None and tree.get("each") is None:
            reason = "`as` names the values of `each`, and there is no `each`"
        if reason is not None:
            self._reader.report(BadRepeat(span=tree.span, reason=reason))
        return reason is None

    def _variable(self, tree: Tree) -> str | None:
        text = self._reader.word(tree, "a repeat variable")
        if text is None or not isinstance(tree, Scalar):
            return None
        return text if self._reader.name(tree, "a repeat variable", names.fault_of_parameter_name) else None
