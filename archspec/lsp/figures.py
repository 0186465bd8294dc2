"""The figures of nodes as Markdown: shapes, parameters, multiply-accumulates, receptive field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.passes.columns import show_field, show_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archspec.ir.tensor import TensorType
    from archspec.lsp.compilation import Compilation, Use

_MOST_ROWS = 4


def shapes(types: Iterable[TensorType]) -> str:
    """Return shapes on one line; `-` for none."""
    return ", ".join(_shape(tensor) for tensor in types) or "-"


def _shape(tensor: TensorType) -> str:
    return show_shape(tensor.shape) if tensor.batch == "each" else " x ".join(map(str, tensor.shape)) or "scalar"


def figures(uses: tuple[Use, ...], found: Compilation) -> Iterator[str]:
    """Yield the lines of what there is to say of the uses of a node."""
    uses = tuple(use for use in uses if use.item is not None or use.values)  # the others failed
    made = [use for use in uses if use.item is not None]
    if not uses:
        yield "No figures: nothing uses it here, or a fault keeps it from being made."
    elif not made:
        reads = shapes(found.types(uses[0]))
        yield f"Left out: `when` is false{_everywhere(uses)}." + (f" {reads} passes." if reads != "-" else "")
    elif len(made) == 1:
        yield from _list(made[0], found)
        if len(uses) > 1:
            yield f"\nLeft out in {len(uses) - 1} of {len(uses)} uses, where `when` is false."
    else:
        yield from _table(made, len(uses), found)


def _everywhere(uses: tuple[Use, ...]) -> str:
    return f" in all {len(uses)} uses" if len(uses) > 1 else ""


def _list(use: Use, found: Compilation) -> Iterator[str]:
    cost, field = found.cost(use), found.field(use)
    yield f"- **in** {shapes(use.inputs)}"
    yield f"- **out** {shapes(found.types(use))}"
    yield f"- **params** {cost.params:,}" + (f", buffers {cost.buffers:,}" if cost.buffers else "")
    yield f"- **MACs** {cost.macs:,}"
    if field is not None:
        yield f"- **receptive field** {show_field(field)}"


def _table(made: list[Use], everywhere: int, found: Compilation) -> Iterator[str]:
    """Yield the table of several uses: those that differ in shape first."""
    distinct: dict[tuple[str, str], Use] = {}
    for use in made:
        distinct.setdefault((shapes(use.inputs), shapes(found.types(use))), use)
    shown = [*distinct.values(), *(use for use in made if use not in distinct.values())][:_MOST_ROWS]
    shown.sort(key=made.index)
    yield from ("| node | in | out | params | MACs | receptive field |", "|---|---|---|---:|---:|---|")
    for use in shown:
        cost, field = found.cost(use), found.field(use)
        cells = (f"`{use.path}`", shapes(use.inputs), shapes(found.types(use)), f"{cost.params:,}", f"{cost.macs:,}")
        yield f"| {' | '.join(cells)} | {'-' if field is None else show_field(field)} |"
    more, left_out = len(made) - len(shown), everywhere - len(made)
    notes = [f"and {more} more"] if more else []
    notes += [f"left out in {left_out} of {everywhere} uses, where `when` is false"] if left_out else []
    if notes:
        yield f"\n{', '.join(notes)}"


def summary(found: Compilation) -> Iterator[str]:
    """Yield the lines of what there is to say of the whole network."""
    graph = found.graph
    if graph is None or not graph.nodes:
        return
    cost = found.total
    for name, tensor in graph.inputs.items():
        yield f"- **{name}** {_shape(tensor)}"
    for output in graph.outputs:
        training = ", in training" if output.training_only else ""
        yield f"- **result {output.name}** {_shape(graph.type_of(output.value))}{training}"
    yield f"- **nodes** {len(graph.nodes):,}"
    yield f"- **params** {cost.params:,}" + (f", buffers {cost.buffers:,}" if cost.buffers else "")
    yield f"- **MACs** {cost.macs:,}"
