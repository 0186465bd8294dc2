"""Lines that are indented too little or too much, where that is still YAML: they then stand at another level.

Each is reported once, with the move that puts it right, and read where it belongs.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.spec import WrongLevel
from archspec.diagnostics.text import closest, printable
from archspec.source.span import Span
from archspec.source.tree import Entry, Mapping, Scalar, Sequence, is_nothing
from archspec.spec import names
from archspec.spec.forms import is_node, shifted
from archspec.spec.models import BlockLevel, NodeLevel, SpecLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archspec.diagnostics.problem import Problem
    from archspec.diagnostics.proposal import Proposal
    from archspec.source.tree import Tree
    from archspec.spec.models import Level

    Report = Callable[[Problem], None]

_HOLDERS = ("params", "let", "inputs", "blocks", "graph", "outputs", "variants", "init", "preprocess")
_NO_NODES = ("params", "let", "inputs", "blocks", "outputs", "variants")  # keys that are hardly names of nodes
_NODE_KEYS = frozenset(NodeLevel.known())


# ----------------------------------------------------------------------------------------------------- a spec, a block


def placed(tree: Mapping, model: type[Level], where: str, report: Report) -> Mapping:
    """Return a spec or a block with what stands at another level put where it belongs."""
    tree = _unwrapped(tree, model, where, report)
    tree = _filled(tree, model, where, report)
    if model is SpecLevel:
        tree = _blocks_placed(tree, report)
    return _out_of_graph(tree, model, where, report)


def _unwrapped(tree: Mapping, model: type[Level], where: str, report: Report) -> Mapping:
    """Take apart a mapping whose keys are all those of the level around it: `model: {inputs: ..., graph: ...}`."""
    for place, entry in enumerate(tree.entries):
        inner = entry.value
        if entry.key.text in model.known() or not isinstance(inner, Mapping):
            continue
        keys = inner.keys()
        if "graph" in keys and len(keys) > 1 and set(keys) <= set(model.known()) - set(tree.keys()):
            proposal = _moved(inner.entries, entry.key.span.column, without=entry)
            _tell(report, inner.entries[0], f"'{printable(entry.key.text)}'", where, proposal, deeper=False)
            entries = (*tree.entries[:place], *inner.entries, *tree.entries[place + 1 :])
            return dataclasses.replace(tree, entries=entries)
    return tree


def _filled(tree: Mapping, model: type[Level], where: str, report: Report) -> Mapping:
    """Put what stands beside `graph:` or `blocks:` into it, if that is empty, or it goes on with what is in there."""
    entries: list[Entry] = []
    taken: list[Entry] = []

    def give() -> None:
        if taken:
            holder = entries[-1]
            _tell_taken(report, holder, taken, where)
            old = holder.value.entries if isinstance(holder.value, Mapping) else ()
            entries[-1] = Entry(holder.key, Mapping(taken[0].key.span, (*old, *taken)))
            taken.clear()

    for entry in tree.entries:
        if entries and entry.key.text not in model.known() and _goes_on(entries[-1], entry, model, started=bool(taken)):
            taken.append(entry)
        else:
            give()
            entries.append(entry)
    give()
    return dataclasses.replace(tree, entries=tuple(entries))


def _goes_on(holder: Entry, entry: Entry, model: type[Level], *, started: bool) -> bool:
    """Tell whether an entry that means nothing belongs to the key before it."""
    if holder.key.text not in _HOLDERS or holder.key.text not in model.known():
        return False
    if is_nothing(holder.value):
        return started or closest(entry.key.text, model.known()) is None or not isinstance(entry.value, Scalar)
    if not isinstance(holder.value, Mapping) or holder.value.span.line == holder.key.span.line:
        return False
    if holder.key.text == "graph":
        return is_node(entry) or (started and isinstance(entry.value, Scalar))
    return holder.key.text == "blocks" and _is_block(entry)


def _tell_taken(report: Report, holder: Entry, taken: list[Entry], where: str) -> None:
    inner = holder.value
    column = holder.key.span.column + 2
    if isinstance(inner, Mapping) and inner.entries:
        column = inner.entries[0].key.span.column
    _tell(report, taken[0], where, f"'{holder.key.text}'", _moved(taken, column), deeper=True)


def _blocks_placed(tree: Mapping, report: Report) -> Mapping:
    """Put keys of a block, or of the spec, that stand among the blocks where they belong."""
    entry = tree.entry("blocks")
    if entry is None or not isinstance(entry.value, Mapping):
        return tree
    blocks: list[Entry] = []
    out: list[Entry] = []
    for each in entry.value.entries:
        key, before = each.key.text, blocks[-1] if blocks else None
        is_key = key in (*BlockLevel.known(), *SpecLevel.known()) and not _is_block(each)
        inner = before.value if before is not None and isinstance(before.value, Mapping) else None
        if not is_key:
            blocks.append(each)
        elif before is not None and inner is not None and key in BlockLevel.known() and inner.get(key) is None:
            column = inner.entries[0].key.span.column if inner.entries else each.key.span.column + 2
            owner = f"block '{printable(before.key.text)}'"
            _tell(report, each, "'blocks'", owner, _moved([each], column), deeper=True)
            blocks[-1] = Entry(before.key, dataclasses.replace(inner, entries=(*inner.entries, each)))
        elif key in SpecLevel.known() and tree.get(key) is None:
            _tell(report, each, "'blocks'", "the spec", _moved([each], entry.key.span.column), deeper=False)
            out.append(each)
        else:
            blocks.append(each)
    return _with(tree, Entry(entry.key, dataclasses.replace(entry.value, entries=tuple(blocks))), out)


def _out_of_graph(tree: Mapping, model: type[Level], where: str, report: Report) -> Mapping:
    """Put keys of a spec or a block that stand among the nodes of its graph beside the graph."""
    entry = tree.entry("graph")
    if entry is None or not isinstance(entry.value, Mapping):
        return tree
    out = [each for each in entry.value.entries if _is_key_of(each, model, tree)]
    if not out or len(out) == len(entry.value.entries):
        return tree
    for each in out:
        _tell(report, each, "the graph", where, _moved([each], entry.key.span.column), deeper=False)
    kept = tuple(each for each in entry.value.entries if each not in out)
    return _with(tree, Entry(entry.key, dataclasses.replace(entry.value, entries=kept)), out)


def _is_key_of(entry: Entry, model: type[Level], tree: Mapping) -> bool:
    """Tell whether what stands among nodes is a key of the level around them, and certainly no node."""
    key = entry.key.text
    if key not in _NO_NODES or key not in model.known() or tree.get(key) is not None:
        return False
    return isinstance(entry.value, Mapping) and bool(entry.value.entries) and not is_node(entry)


# ----------------------------------------------------------------------------------------------------- nodes


def nodes_placed(tree: Mapping, report: Report) -> Mapping:
    """Return the nodes of a graph, keys that stand beside their node put into it, nodes in another put beside it."""
    entries: list[Entry] = []
    keys: list[Entry] = []  # of the last node, that stand beside it
    for entry in (*tree.entries, None):
        if entry is not None and entries and _is_key_of_node(entry, _joined(entries[-1], keys)):
            keys.append(entry)
            continue
        if keys:
            _tell_keys(report, keys, entries[-1])
            entries[-1] = _joined(entries[-1], keys)
            keys = []
        if entry is not None:
            own, others = _without_nodes(entry)
            for other in others:
                owner = f"node '{printable(entry.key.text)}'"
                _tell(report, other, owner, "the graph", _moved([other], entry.key.span.column), deeper=False)
            entries += [own, *others]
    return tree if tuple(entries) == tree.entries else dataclasses.replace(tree, entries=tuple(entries))


def _joined(node: Entry, keys: list[Entry]) -> Entry:
    inner = node.value
    if not keys:
        return node
    span = inner.span if isinstance(inner, Mapping) else keys[0].key.span
    return Entry(node.key, Mapping(span, (*(inner.entries if isinstance(inner, Mapping) else ()), *keys)))


def _is_key_of_node(entry: Entry, before: Entry) -> bool:
    """Tell whether what stands among the nodes is certainly none, and belongs to the node before it."""
    node, value, key = before.value, entry.value, entry.key.text
    if is_nothing(node):
        return isinstance(value, Scalar) and key in ("op", "share")
    if not isinstance(node, Mapping) or node.span.line == before.key.span.line or node.get(key) is not None:
        return False
    is_value = isinstance(value, Scalar) and isinstance(value.value, int | float)
    return is_value or _is_numbers(value) or key in ("from", "else")


def _tell_keys(report: Report, keys: list[Entry], node: Entry) -> None:
    inner, column = node.value, node.key.span.column + 2
    if isinstance(inner, Mapping) and inner.entries and inner.entries[0].key.span.column > keys[0].key.span.column:
        column = inner.entries[0].key.span.column
    _tell(report, keys[0], "the graph", f"node '{printable(node.key.text)}'", _moved(keys, column), deeper=True)


def _without_nodes(entry: Entry) -> tuple[Entry, list[Entry]]:
    """Return a node of an op without the nodes that stand in it, and these."""
    tree = entry.value
    if not isinstance(tree, Mapping) or tree.get("op") is None:
        return entry, []
    inner = [each for each in tree.entries if each.key.text not in _NODE_KEYS and is_node(each)]
    if not inner or any(names.fault_of_node_name(each.key.text) for each in inner):
        return entry, []
    kept = tuple(each for each in tree.entries if each not in inner)
    return Entry(entry.key, dataclasses.replace(tree, entries=kept)), inner


# ----------------------------------------------------------------------------------------------------- helpers


def _tell(report: Report, entry: Entry, found: str, owner: str, proposal: Proposal, *, deeper: bool) -> None:
    report(
        WrongLevel(
            span=entry.key.span,
            key=entry.key.text,
            found=found,
            owner=owner,
            deeper=deeper,
            proposals=lambda _steps: (proposal,),
        )
    )


def _moved(entries: Iterable[Entry], column: int, without: Entry | None = None) -> Proposal:
    """Return the proposal to indent entries so that they start at a column; a line that is then empty is taken out."""
    from archspec.diagnostics.proposal import Proposal, Replace

    changes = [change for entry in entries for change in shifted(entry, column - entry.key.span.column)]
    if without is not None:
        start = without.key.span
        changes.insert(0, Replace(Span(start.path, start.line, 1, start.line + 1, 1), ""))
    return Proposal("another indentation", tuple(changes), certain=True)


def _with(tree: Mapping, entry: Entry, added: Iterable[Entry] = ()) -> Mapping:
    entries = [entry if each.key.text == entry.key.text else each for each in tree.entries]
    return dataclasses.replace(tree, entries=(*entries, *added))


def _is_block(entry: Entry) -> bool:
    value = entry.value
    return isinstance(value, Mapping) and any(value.get(key) is not None for key in ("graph", "spec"))


def _is_numbers(tree: Tree) -> bool:
    items = tree.items if isinstance(tree, Sequence) else ()
    return bool(items) and all(isinstance(item, Scalar) and isinstance(item.value, int | float) for item in items)
