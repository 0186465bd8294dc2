"""The columns of the table, and how numbers are written for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archspec.passes.receptive_field import ReceptiveField
    from archspec.passes.report import Row

Datum: TypeAlias = "str | int | float | bool"

LEGEND = (
    "receptive field: SIZE /STRIDE @START: unit i sees START + i * STRIDE to START + i * STRIDE + SIZE - 1 of the input"
)
MARKS = {
    "*": "and the whole input, through a global operation",
    "!": "paths joined here or before disagree in stride or centre",
    "<=": "an upper bound",
}

_KILO = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        key: what `--columns` and the JSON call it.
        title: its header.
        text: what is written for people.
        data: what is written to CSV: plain, to be read by programs; a tuple where it takes several columns.
        right: aligned to the right, as numbers are.
        headers: the names of those several columns; by default the key.
    """

    key: str
    title: str
    text: Callable[[Row], str]
    data: Callable[[Row], Datum | tuple[Datum, ...]]
    right: bool = False
    headers: tuple[str, ...] = ()


def show_shape(shape: Iterable[int | str], batch: int | None = None) -> str:
    """Return a shape with its batch: `N x 64 x 112 x 112`."""
    return " x ".join(["N" if batch is None else str(batch), *map(str, shape)])


def show_bytes(size: int) -> str:
    """Return a number of bytes: `802.8 kB`, in powers of 1000."""
    if size < _KILO:
        return f"{size} B"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= _KILO
        if round(amount, 1) < _KILO:
            return f"{amount:.1f} {unit}"
    return f"{amount / _KILO:,.1f} TB"


def show_field(field: ReceptiveField) -> str:
    """Return a receptive field: `19x19 /4 @-9`, with the marks of the legend."""
    if not field.axes:
        return "-"
    bound = "" if field.exact else "<="
    text = f"{bound}{'x'.join(map(str, field.size))} /{_collapse(field.stride, 'x')} @{_collapse(field.start, ',')}"
    return text + "".join(mark for mark in _marks(field))


def show_seen(size: int, extent: int) -> str:
    """Return how much of an axis of the input a field covers: `36 of 224`, `435 of 224: all`."""
    return f"{size} of {extent}" + (": all" if size >= extent else "")


def show_coverage(field: ReceptiveField) -> str:
    """Return how much of the input a unit sees, per axis; one text stands for all of them."""
    seen = [show_seen(size, extent) for size, extent in zip(field.size, field.extent, strict=True)]
    return " by ".join(seen if len(set(seen)) > 1 else seen[:1]) or "-"


def marks_used(fields: Sequence[ReceptiveField]) -> dict[str, str]:
    """Return the marks that some fields need, with their meanings."""
    used = {mark.strip() for field in fields for mark in _marks(field)}
    if any(not field.exact for field in fields):
        used.add("<=")
    return {mark: meaning for mark, meaning in MARKS.items() if mark in used}


def _marks(field: ReceptiveField) -> list[str]:
    return [mark for mark, shown in ((" *", field.global_), (" !", not field.aligned)) if shown and field.axes]


def _collapse(values: Sequence[int | float], separator: str) -> str:
    numbers = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return numbers[0] if len(set(numbers)) == 1 else separator.join(numbers)


def _field_data(field: ReceptiveField) -> tuple[Datum, ...]:
    figures = (" ".join(map(str, each)) for each in (field.size, field.stride, field.start))
    return (*figures, field.global_, field.aligned, field.exact)


def _show_shapes(row: Row) -> str:
    formulas = row.formulas or (None,) * len(row.shapes)
    return ", ".join(
        dict.fromkeys(show_shape(known or shape, row.batch) for shape, known in zip(row.shapes, formulas, strict=True))
    )


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"


def _amount(size: int) -> str:
    return show_bytes(size) if size else "-"


COLUMNS: tuple[Column, ...] = (
    Column("name", "node", lambda row: row.name, lambda row: row.name),
    Column("op", "op", lambda row: row.op, lambda row: row.op),
    Column("inputs", "inputs", lambda row: ", ".join(row.inputs), lambda row: " ".join(row.inputs)),
    Column("shape", "output", _show_shapes, lambda row: "x".join(map(str, row.shape))),
    Column("params", "params", lambda row: _number(row.params), lambda row: row.params, right=True),
    Column("buffers", "buffers", lambda row: _number(row.buffers), lambda row: row.buffers, right=True),
    Column("macs", "MACs", lambda row: _number(row.macs), lambda row: row.macs, right=True),
    Column("flops", "FLOPs", lambda row: _number(row.flops), lambda row: row.flops, right=True),
    Column("elementwise", "elementwise", lambda row: _number(row.elementwise), lambda row: row.elementwise, right=True),
    Column(
        "weight_bytes", "weights", lambda row: show_bytes(row.weight_bytes), lambda row: row.weight_bytes, right=True
    ),
    Column(
        "activation_bytes",
        "activations",
        lambda row: show_bytes(row.activation_bytes),
        lambda row: row.activation_bytes,
        right=True,
    ),
    Column("saved_bytes", "saved", lambda row: _amount(row.saved_bytes), lambda row: row.saved_bytes, right=True),
    Column("moved_bytes", "moved", lambda row: _amount(row.moved_bytes), lambda row: row.moved_bytes, right=True),
    Column(
        "intensity",
        "FLOPs/byte",
        lambda row: f"{row.intensity:,.1f}" if row.intensity else "-",
        lambda row: round(row.intensity, 3),
        right=True,
    ),
    Column(
        "receptive_field",
        "receptive field",
        lambda row: show_field(row.receptive_field),
        lambda row: _field_data(row.receptive_field),
        headers=("field_size", "field_stride", "field_start", "field_global", "field_aligned", "field_exact"),
    ),
    Column(
        "smallest",
        "smallest path",
        lambda row: "x".join(map(str, row.receptive_field.smallest)) or "-",
        lambda row: "x".join(map(str, row.receptive_field.smallest)),
    ),
    Column(
        "coverage",
        "sees",
        lambda row: show_coverage(row.receptive_field),
        lambda row: " ".join(map(str, row.receptive_field.coverage)),
    ),
)
BY_KEY: dict[str, Column] = {column.key: column for column in COLUMNS}

DEFAULT_COLUMNS = ("name", "op", "shape", "params", "macs", "activation_bytes", "receptive_field")
# What is told of where most of it goes.
SUMMED = ("params", "macs", "saved_bytes")
