"""Which networks of a scan fit the bounds, which of them come first, and how near the others came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.text import did_you_mean, printable
from archspec.scanning.figures import ALIASES, BY_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from archspec.scanning.bounds import Bound
    from archspec.scanning.scanner import Measured


@dataclass(frozen=True, slots=True)
class Order:
    """By what to sort: a figure or setting, the least first or the greatest."""

    name: str
    descending: bool = False


def read_order(text: str, settings: Collection[str]) -> tuple[Order, ...]:
    """Return the orders that `-macs,width` stands for: `-` puts the greatest first.

    Raises:
        ValueError: there is no such figure or setting.
    """
    found: list[Order] = []
    for word in text.split(","):
        name = word.strip().removeprefix("-")
        key = ALIASES.get(name, name)
        if key not in BY_KEY and name not in settings:
            remedy = (
                did_you_mean(name, [*BY_KEY, *ALIASES, *settings]) or f"there are {', '.join([*BY_KEY, *settings])}"
            )
            raise ValueError(f"there is no figure or setting {printable(name)!r}; {remedy}")
        found.append(Order(key if key in BY_KEY else name, word.strip().startswith("-")))
    return tuple(found)


def order_of(bounds: Sequence[Bound]) -> tuple[Order, ...]:
    """Return the order in which the best come first: those that use most of the budget, or else the cheapest.

    The budget is the upper bound on MACs, or if there is none, the first upper bound on any figure.
    """
    upper = [bound.name for bound in bounds if bound.is_upper]
    if not upper:
        return (Order("macs"),)
    return (Order("macs" if "macs" in upper else upper[0], descending=True),)


def ordered(found: Iterable[Measured], orders: Sequence[Order]) -> list[Measured]:
    """Return networks in order; those without a figure come last, and equal ones stay as they are."""
    rows = list(found)
    for order in reversed(orders):
        known = [row for row in rows if _number(row, order.name) is not None]
        unknown = [row for row in rows if _number(row, order.name) is None]
        known.sort(key=lambda row, name=order.name: _Comparable(_number(row, name)), reverse=order.descending)
        rows = known + unknown
    return rows


class _Comparable:
    """A value that can be compared with others of other types: numbers, then texts, then lists."""

    def __init__(self, value: Any) -> None:
        rank = 0 if isinstance(value, int | float) else 1 if isinstance(value, str) else 2
        self._key = (rank, value if rank < 2 else repr(value))  # noqa: PLR2004  (what is a list)

    def __lt__(self, other: _Comparable) -> bool:
        return self._key < other._key


def _number(row: Measured, name: str) -> Any:
    """Return by what a network is compared: of a figure with several axes, the least."""
    value = row.values.get(name) if name in BY_KEY else row.variation.settings().get(name)
    return min(value) if isinstance(value, tuple) and value else value or (0 if value == 0 else None)


def fits(row: Measured, bounds: Sequence[Bound]) -> bool:
    """Tell whether a network keeps to all bounds."""
    if row.failed:
        return False
    settings = row.variation.settings()
    return all(bound.holds(row.values, settings) for bound in bounds)


@dataclass(frozen=True, slots=True)
class Miss:
    """How a network missed the bounds: by what part of the limit it missed the worst one."""

    row: Measured
    bound: Bound
    share: float


def nearest(rows: Iterable[Measured], bounds: Sequence[Bound]) -> Miss | None:
    """Return the network that misses its worst bound most narrowly; None if none could be made."""
    misses = (
        Miss(row, *max(((bound, bound.miss(row.values, row.variation.settings())) for bound in bounds), key=_share))
        for row in rows
        if not row.failed
    )
    return min(misses, key=lambda miss: miss.share, default=None)


def _share(pair: tuple[Bound, float]) -> float:
    return pair[1]
