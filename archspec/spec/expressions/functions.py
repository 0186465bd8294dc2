"""The functions of expressions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.diagnostics.text import counted
from archspec.spec.expressions.values import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archspec.spec.expressions.values import Number, Value

MAX_LIST = 10_000
"""Items in a list."""

_MAX_PLACES = 30  # round(1, -10**9) would build a number of a billion digits


class ArgumentError(Exception):
    """Arguments of a kind or value that a function does not take."""

    def __init__(self, takes: str, got: str) -> None:
        """Keep what would have been right, and what there was, in words."""
        super().__init__(takes, got)
        self.takes = takes
        self.got = got


class TooLongError(Exception):
    """A list would have more than `MAX_LIST` items."""

    def __init__(self, length: int) -> None:
        """Keep the length."""
        super().__init__(length)
        self.length = length


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    Attributes:
        call: what it does with its arguments, of which there are at least `least` and at most `most`.
        source: what generated source calls it by, if not by the same name, as a builtin or as `make_divisible`.
    """

    call: Callable[[Sequence[Value]], Value]
    least: int
    most: int
    source: str | None = None

    def takes(self) -> str:
        """Return how many arguments it takes, in words."""
        if self.most > self.least + 1:
            return f"at least {counted(self.least, 'argument')}"
        either = f"{self.least} or " if self.least < self.most else ""
        return either + counted(self.most, "argument")


def make_divisible(value: Number, divisor: int, min_value: int | None = None) -> int:
    """Return the multiple of `divisor` nearest to `value`, but no less than `min_value` and 90% of `value`.

    The rounding of channels in the MobileNets, as in torchvision's `_make_divisible`.

    >>> make_divisible(32 * 0.75, 8), make_divisible(11, 8)
    (24, 16)
    """
    if min_value is None:
        min_value = divisor
    rounded = max(min_value, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def _numbers(values: Sequence[Value]) -> list[Number]:
    numbers = [value for value in values if isinstance(value, (int, float))]
    if len(numbers) < len(values):
        raise ArgumentError("numbers", kind(next(value for value in values if not isinstance(value, (int, float)))))
    return numbers


def _number(value: Value) -> Number:
    if not isinstance(value, (int, float)):
        raise ArgumentError("a number", kind(value))
    return value


def _whole(value: Value) -> int:
    if isinstance(value, float) and value.is_integer():
        raise ArgumentError("a whole number", f"{value!r}, a fraction by its type; // divides without one")
    if not isinstance(value, int):
        raise ArgumentError("a whole number", f"{value!r}" if isinstance(value, float) else kind(value))
    return value


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise ArgumentError("a list", kind(value))
    return value


def _several(values: Sequence[Value]) -> list[Number]:
    """Return the numbers of `max(a, b)`, or of `max([a, b])`."""
    if len(values) > 1:
        return _numbers(values)
    if not isinstance(values[0], list):
        raise ArgumentError("a list or several numbers", f"one {kind(values[0]).removeprefix('a ')}")
    if not values[0]:
        raise ArgumentError("a list of at least one number", "an empty one")
    return _numbers(values[0])


def _round(values: Sequence[Value]) -> Value:
    if len(values) == 1:
        return round(_number(values[0]))
    places = _whole(values[1])
    if abs(places) > _MAX_PLACES:
        raise ArgumentError(f"-{_MAX_PLACES} to {_MAX_PLACES} places", str(places))
    return round(_number(values[0]), places)


def _square_root(values: Sequence[Value]) -> Value:
    value = _number(values[0])
    if value < 0:
        raise ArgumentError("a number that is not negative", f"{value!r}")
    return math.sqrt(value)


def _logarithm(values: Sequence[Value]) -> Value:
    value = _number(values[0])
    if value <= 0:
        raise ArgumentError("a number above zero", f"{value!r}")
    return math.log2(value)


def _range(values: Sequence[Value]) -> Value:
    bounds = [_whole(value) for value in values]
    if len(bounds) > 2 and bounds[2] == 0:  # noqa: PLR2004  (start, stop, step)
        raise ArgumentError("a step other than 0", "0")
    numbers = range(*bounds)
    if len(numbers) > MAX_LIST:
        raise TooLongError(len(numbers))
    return list(numbers)


def _make_divisible(values: Sequence[Value]) -> Value:
    value, divisor = _number(values[0]), _whole(values[1])
    if divisor < 1:
        raise ArgumentError("a divisor of at least 1", str(divisor))
    return make_divisible(value, divisor, _whole(values[2]) if len(values) > 2 else None)  # noqa: PLR2004


FUNCTIONS: dict[str, Function] = {
    "min": Function(lambda values: min(_several(values)), 1, MAX_LIST),
    "max": Function(lambda values: max(_several(values)), 1, MAX_LIST),
    "abs": Function(lambda values: abs(_number(values[0])), 1, 1),
    "round": Function(_round, 1, 2),
    "floor": Function(lambda values: math.floor(_number(values[0])), 1, 1, source="math.floor"),
    "ceil": Function(lambda values: math.ceil(_number(values[0])), 1, 1, source="math.ceil"),
    "sqrt": Function(_square_root, 1, 1, source="math.sqrt"),
    "log2": Function(_logarithm, 1, 1, source="math.log2"),
    "sum": Function(lambda values: sum(_numbers(_list(values[0]))), 1, 1),
    "len": Function(lambda values: len(_list(values[0])), 1, 1),
    "range": Function(_range, 1, 3),
    "make_divisible": Function(_make_divisible, 2, 3),
}
