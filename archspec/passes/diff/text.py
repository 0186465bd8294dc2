"""What differs between two networks, as text for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.text import counted
from archspec.passes.columns import show_bytes, show_shape
from archspec.passes.diff.grouping import clipped, grouped, places, shown, skeleton
from archspec.passes.diff.structure import structure_lines
from archspec.passes.diff.weights import trained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from archspec.ir.tensor import Shape, TensorType
    from archspec.passes.diff.comparison import Comparison, Side
    from archspec.passes.diff.structure import Line
    from archspec.passes.diff.weights import Tensor

MARKS = {
    "-": "only in A",
    "+": "only in B",
    ">": "called otherwise in B",
    "~": "other parameters in B",
    "@": "reads something else in B",
}
_CODES = {"-": "31", "+": "32", ">": "36", "~": "33", "@": "35", "title": "1"}
_WIDEST_PLACE = 44
_LEAST_SHARE = 0.001
# As many lines on tensors of another shape, shapes in one of them, and names of tensors as are shown.
MOST_LINES, MOST_SHAPES, MOST_NAMES = 12, 2, 4


@dataclass(frozen=True, slots=True)
class Names:
    """What A and B are called in the headline."""

    before: str
    after: str


def render_text(comparison: Comparison, names: Names, *, color: bool = False) -> str:
    """Return what differs: structure, shapes, totals, receptive field, weights.

    Args:
        comparison: what was found.
        names: what the two networks are called.
        color: whether to colour it for a terminal.
    """
    paint = _paint if color else _plain
    parts = [[paint("title", f"A: {names.before}"), paint("title", f"B: {names.after}")]]
    if comparison.equal:
        parts.append(["the networks are the same"])
    else:
        parts += _sections(comparison, paint)
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _sections(comparison: Comparison, paint: Callable[[str, str], str]) -> Iterator[list[str]]:
    structure = list(structure_lines(comparison))
    summary = _structure_summary(comparison)
    yield [paint("title", f"structure: {summary}"), *_legend(structure), *_structure(structure, paint)]
    for title, table in (("facts", comparison.facts), ("parameters", comparison.params)):
        if table:
            yield [paint("title", title), *_table(table)]
    yield [paint("title", f"shapes: {_shapes_summary(comparison)}"), *_shapes(comparison)]
    yield [paint("title", "totals"), *_totals(comparison)]
    yield [paint("title", "weights of A in B"), *_weights(comparison)]


# ----------------------------------------------------------------------------------------------------- structure


def _structure_summary(comparison: Comparison) -> str:
    counts = (
        (len(comparison.removed), "removed"),
        (len(comparison.added), "added"),
        (len(comparison.renamed), "renamed"),
        (len(comparison.changed), "changed"),
        (len(comparison.rewired), "reading something else"),
    )
    said = [f"{count:,} {what}" for count, what in counts if count]
    nodes = counted(len(comparison.after.graph.nodes), "node")
    sizes = f"{len(comparison.before.graph.nodes):,} -> {nodes}"
    return f"{sizes}; {', '.join(said)}" if said else f"the same {nodes}"


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    used = {line.mark for line in lines}
    if used:
        yield "  (" + ", ".join(f"{mark} {meaning}" for mark, meaning in MARKS.items() if mark in used) + ")"


def _structure(lines: Sequence[Line], paint: Callable[[str, str], str]) -> Iterator[str]:
    width = min(max((len(line.place) for line in lines), default=0), _WIDEST_PLACE)
    for line in lines:
        yield f"  {paint(line.mark, line.mark)} {line.place:<{width}}  {line.text}"


def _table(table: Mapping[str, tuple[Any, Any]]) -> Iterator[str]:
    width = max(map(len, table))
    for name, values in table.items():
        before, after = (clipped(value if isinstance(value, str) else shown(value)) for value in values)
        yield f"  {name:<{width}}  {before} -> {after}"


# ----------------------------------------------------------------------------------------------------- shapes


def _shapes_summary(comparison: Comparison) -> str:
    both = len(comparison.pairs)
    if not comparison.reshaped:
        return f"the same in all {both:,} nodes that both have"
    return f"{len(comparison.reshaped):,} of the {both:,} nodes that both have give another one"


def _shapes(comparison: Comparison) -> Iterator[str]:
    """Yield where shapes first differ, and whether the results do."""
    if comparison.reshaped:
        one, other = comparison.reshaped[0]
        yield f"  first at {_moved(one.path, other.path)}: {_types(one.output_types)} -> {_types(other.output_types)}"
    before, after = comparison.before.graph, comparison.after.graph
    for old, new in zip(before.outputs, after.outputs, strict=False):
        types = before.type_of(old.value), after.type_of(new.value)
        if types[0] != types[1]:
            yield f"  result {_moved(old.name, new.name)}: {_types(types[:1])} -> {_types(types[1:])}"


def _moved(before: str, after: str) -> str:
    return before if before == after else f"{before} ({after} in B)"


def _types(types: Iterable[TensorType]) -> str:
    return ", ".join(
        show_shape(tensor.shape) + ("" if tensor.dtype == "float32" else f" {tensor.dtype}") for tensor in types
    )


# ----------------------------------------------------------------------------------------------------- totals


def totals_of(side: Side) -> dict[str, int]:
    """Return the totals of a network, by the names that `archspec shapes` gives them."""
    totals, memory = side.analysis.totals, side.analysis.memory
    return {
        "params": totals.params,
        "buffers": totals.buffers,
        "macs": totals.macs,
        "elementwise": totals.elementwise,
        "weight_bytes": totals.weight_bytes,
        "activation_bytes": memory.activation_bytes,
        "peak_bytes": memory.peak_bytes,
    }


_TITLES = {"macs": "MACs", "weight_bytes": "weights", "activation_bytes": "activations", "peak_bytes": "peak"}


def _totals(comparison: Comparison) -> list[str]:
    before, after = totals_of(comparison.before), totals_of(comparison.after)
    rows = [_total(key, before[key], after[key]) for key in before]
    rows.append(_field_row(comparison))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        f"  {name:<{widths[0]}}  {old:>{widths[1]}} -> {new:>{widths[2]}}  {change:>{widths[3]}}  {share}".rstrip()
        for name, old, new, change, share in rows
    ]


def _total(key: str, before: int, after: int) -> tuple[str, str, str, str, str]:
    show = show_bytes if key.endswith("_bytes") else "{:,}".format
    difference = after - before
    sign = "+" if difference > 0 else "-"
    change = f"{sign}{show(abs(difference))}" if difference else "same"
    return (_TITLES.get(key, key), show(before), show(after), change, _percent(before, after))


def _percent(before: int, after: int) -> str:
    if before == after or not before:
        return ""
    share = (after - before) / before
    return "<0.1%" if abs(share) < _LEAST_SHARE else f"{share:+.1%}"


def _field_row(comparison: Comparison) -> tuple[str, str, str, str, str]:
    before, after = comparison.before.summary, comparison.after.summary
    same = before.receptive_field == after.receptive_field
    where = f"last map: {_moved(before.last_map, after.last_map)}" if before.last_map or after.last_map else ""
    old, new = (_sizes(each.receptive_field) for each in (before, after))
    return ("receptive field", old, new, "same" if same else "", where)


def _sizes(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "-"


# ----------------------------------------------------------------------------------------------------- weights


def _weights(comparison: Comparison) -> Iterator[str]:
    weights = comparison.weights
    fit = trained(weights.fitting)
    of_after = f", {_share(fit, weights.params_after)} of B's" if weights.params_after != weights.params_before else ""
    everything = " (load_state_dict takes them with strict=True)" if weights.all_fit else ""
    yield (
        f"  {fit:,} of {weights.params_before:,} parameters ({_share(fit, weights.params_before)}{of_after}) fit "
        f"by name and shape{everything}"
    )
    if weights.elsewhere:
        yield (
            f"  of these, {_amount(weights.elsewhere)} belong to other nodes in B, which took their names over: "
            f"{_first(weights.elsewhere)}"
        )
    if weights.renamed:
        yield f"  {_amount([one for one, _ in weights.renamed])} fit under another name:"
        yield from _listed([(one.key, other.key, one.shape) for one, other in weights.renamed])
    if weights.reshaped:
        yield f"  {_amount([one for one, _ in weights.reshaped])} have another shape in B:"
        lines = [_reshaped(group) for group in grouped(weights.reshaped, lambda pair: _role(pair[0]))]
        yield from (f"    {line}" for line in lines[:MOST_LINES])
        if len(lines) > MOST_LINES:
            yield f"    ... and {len(lines) - MOST_LINES} more like them (--format json lists every tensor)"
    for tensors, where in ((weights.only_before, "A"), (weights.only_after, "B")):
        if tensors:
            yield f"  {_amount(tensors)} only in {where}: {_first(tensors)}"


def _listed(renamed: Sequence[tuple[str, str, Shape]]) -> Iterator[str]:
    (first, to, _), (last, end, _) = renamed[0], renamed[-1]
    yield f"    {first} -> {to}" + (f" ... {last} -> {end}" if len(renamed) > 1 else "")


def _reshaped(group: Sequence[tuple[Tensor, Tensor]]) -> str:
    changes = list(dict.fromkeys(f"{_sizes(one.shape)} -> {_sizes(other.shape)}" for one, other in group))
    if len(changes) > MOST_SHAPES:
        changes = [changes[0], "...", changes[-1]]
    count = f"{len(group)} x " if len(group) > 1 else ""
    return f"{places([one.key for one, _ in group])}: {count}{', '.join(changes)}"


def _role(tensor: Tensor) -> tuple[str, str]:
    """Return what the tensors of a block's copies have in common."""
    return skeleton(tensor.node), tensor.name


def _first(tensors: Sequence[Tensor]) -> str:
    groups = grouped(tensors, _role)
    names = [places([tensor.key for tensor in group]) for group in groups]
    return ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")


def _amount(tensors: Sequence[Tensor]) -> str:
    return f"{counted(len(tensors), 'tensor')} ({trained(tensors):,} parameters)"


def _share(part: int, whole: int) -> str:
    if not whole:
        return "0%"
    if part == whole:
        return "100%"
    # Neither "all" nor "none" where it is only nearly so.
    return "<0.1%" if 0 < part / whole < _LEAST_SHARE else f"{min(part / whole, 1 - _LEAST_SHARE):.1%}"


def _plain(_style: str, text: str) -> str:
    return text


def _paint(style: str, text: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
