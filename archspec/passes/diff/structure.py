"""What came, went and moved, for people: whole blocks instead of their nodes, and what is alike together."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.text import first_few
from archspec.ir.text import stated
from archspec.passes.diff.grouping import full_skeleton, grouped, pattern, places, shown, skeleton, values_text
from archspec.passes.report import scopes_by_path, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archspec.ir.graph import Graph, Node
    from archspec.passes.diff.comparison import Comparison, NodeChange, Rewiring

# As many values as are named of what a node reads.
MOST_READS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line on the structure.

    Attributes:
        mark: `+` added, `-` removed, `~` changed, `>` renamed, `@` reads something else.
        place: where.
        text: what.
    """

    mark: str
    place: str
    text: str


def structure_lines(comparison: Comparison) -> Iterator[Line]:
    """Yield what there is to say of the nodes."""
    yield from _whole("-", comparison.before.graph, comparison.removed)
    yield from _whole("+", comparison.after.graph, comparison.added)
    yield from _renamings(comparison.renamed)
    yield from _changes(comparison)
    yield from _rewirings(comparison)


# ----------------------------------------------------------------------------------------------------- came and went


@dataclass(frozen=True, slots=True)
class _Whole:
    """A node, or a block with all its nodes."""

    path: str
    title: str
    nodes: tuple[Node, ...]


def _whole(mark: str, graph: Graph, nodes: Sequence[Node]) -> Iterator[Line]:
    """Yield what came or went, a block of which no node is left over as one."""
    found = _largest(graph, nodes)
    for group in grouped(found, lambda each: (full_skeleton(each.path), each.title)):
        where = places([each.path for each in group])
        first = group[0]
        if len(first.nodes) == 1 and first.nodes[0].path == first.path:
            yield Line(mark, where, _count(group) + _ops_text([each.nodes[0] for each in group]))
            continue
        inside = sum(len(each.nodes) for each in group)
        yield Line(mark, where, f"{_count(group)}{first.title} ({inside} nodes)")


def _count(group: Sequence[object]) -> str:
    return f"{len(group)} x " if len(group) > 1 else ""


def _largest(graph: Graph, nodes: Sequence[Node]) -> list[_Whole]:
    """Return the outermost blocks that consist of some nodes alone, and the nodes that are in none."""
    sizes = Counter(prefix for path in graph.nodes for prefix in _prefixes(path))
    here = Counter(prefix for node in nodes for prefix in _prefixes(node.path))
    scopes = scopes_by_path(graph)
    members: dict[str, list[Node]] = {}
    for node in nodes:
        whole = next(prefix for prefix in _prefixes(node.path) if here[prefix] == sizes[prefix])
        members.setdefault(whole, []).append(node)
    titles = {path: title_of(scopes[path]) if path in scopes else "group" for path in members}
    return [
        _Whole(path, inside[0].op.op if inside[0].path == path else titles[path], tuple(inside))
        for path, inside in members.items()
    ]


def _prefixes(path: str) -> Iterator[str]:
    """Yield a path's beginnings, the shortest first."""
    parts = path.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _ops_text(nodes: Sequence[Node]) -> str:
    """Return the op of some nodes, with the parameters that they have in common."""
    parameters = [stated(node.op) for node in nodes]
    common = {
        name: value
        for name, value in parameters[0].items()
        if all(name in each and each[name] == value for each in parameters)
    }
    words = [nodes[0].op.op, *(f"{name}={shown(value)}" for name, value in common.items())]
    return " ".join(words)


# ----------------------------------------------------------------------------------------------------- moved


def _renamings(renamed: Iterable[tuple[str, str]]) -> Iterator[Line]:
    """Yield what is called otherwise: `features.3 -> features.4`, for all nodes whose names differ in this alone."""
    counts = Counter(map(_difference, renamed))
    for group in grouped(counts, _shift):
        nodes = sum(counts[each] for each in group)
        (first, to), (last, end) = group[0], group[-1]
        text = f"-> {to or '(the top)'}" if len(group) == 1 else f"-> {to} ... {end}"
        where = (first or "(the top)") if len(group) == 1 else f"{first} ... {last}"
        yield Line(">", where, text + (f" ({nodes} nodes)" if nodes > 1 else ""))


def _difference(pair: tuple[str, str]) -> tuple[str, str]:
    """Return two paths without the end that they have in common."""
    one, other = pair[0].split("."), pair[1].split(".")
    while one and other and one[-1] == other[-1]:
        one.pop()
        other.pop()
    return ".".join(one), ".".join(other)


def _shift(pair: tuple[str, str]) -> object:
    """Return by how much a number moved, and in which list; or the pair itself, if it is no such move."""
    around, _, number = pair[0].rpartition(".")
    its_around, _, its_number = pair[1].rpartition(".")
    if around == its_around and number.isdigit() and its_number.isdigit():
        return around, int(its_number) - int(number)
    return pair


# ----------------------------------------------------------------------------------------------------- changed


def _changes(comparison: Comparison) -> Iterator[Line]:
    alike = _Alike(comparison.before.graph)
    for group in grouped(comparison.changed, _kind_of_change):
        texts = []
        for name in group[0].settings:
            values = [change.settings[name] for change in group]
            texts.append(f"{name} {values_text(values)}")
        op = "" if "op" in group[0].settings else f"{group[0].before.op.op} "
        paths = [change.before.path for change in group]
        yield Line("~", places(paths), f"{alike.count(paths, group[0].before.op.op)}{op}{', '.join(texts)}")


def _kind_of_change(change: NodeChange) -> tuple[Any, ...]:
    return (skeleton(change.before.path), change.before.op.op, *change.settings)


class _Alike:
    """Counts the nodes that stand where some changed nodes stand, in other copies, and did not change."""

    def __init__(self, graph: Graph) -> None:
        self._nodes: dict[tuple[str, str], list[str]] = {}
        for node in graph.nodes.values():
            self._nodes.setdefault((skeleton(node.path), node.op.op), []).append(node.path)

    def count(self, paths: Sequence[str], op: str) -> str:
        """Return `16 x`, or `16 of 20 x` where the pattern stands for nodes that did not change, too."""
        if len(paths) == 1:
            return ""
        alike = re.compile(re.escape(pattern(paths)).replace(r"\*", r"\d+"))
        count = sum(alike.fullmatch(path) is not None for path in self._nodes[skeleton(paths[0]), op])
        return f"{len(paths)} of {count} x " if count > len(paths) else f"{len(paths)} x "


def _rewirings(comparison: Comparison) -> Iterator[Line]:
    for group in grouped(comparison.rewired, _kind_of_rewiring):
        first = group[0]
        more = f" and {len(group) - 1} more alike" if len(group) > 1 else ""
        yield Line("@", first.after.path + more, f"{first.after.op.op} {_reads(first, comparison.pairs)}")


def _reads(change: Rewiring, pairs: Mapping[str, str]) -> str:
    """Return what a node reads in A and in B; of many values, only those that differ."""
    before, after = change.reads_before, change.reads_after
    if len(before) <= MOST_READS and len(after) <= MOST_READS:
        return f"reads {', '.join(before) or 'nothing'} -> {', '.join(after) or 'nothing'}"
    gone = [name for name in before if pairs.get(name, name) not in after]
    kept = {pairs.get(name, name) for name in before}
    new = [name for name in after if name not in kept]
    parts = [
        f"{what} {first_few(names, MOST_READS)}"
        for what, names in (("no longer reads", gone), ("also reads", new))
        if names
    ]
    return ", and ".join(parts) or "reads the same in another order"


def _kind_of_rewiring(change: Rewiring) -> tuple[Any, ...]:
    reads = (tuple(map(skeleton, names)) for names in (change.reads_before, change.reads_after))
    return (skeleton(change.after.path), *reads)
