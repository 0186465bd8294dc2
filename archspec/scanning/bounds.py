"""Bounds on figures: `macs<=600M, rf>=224`. A tiny language of comparisons; nothing is ever executed.

bounds      = bound {("," | "and") bound}
bound       = name comparison number | number comparison name [comparison number]
name        = a figure (macs, peak), one axis of it (rf.height), or a setting that is scanned (width)
number      = 600M, 1.5e9, 25MB, 64KiB, 80%
"""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from archspec.diagnostics.text import did_you_mean, printable
from archspec.scanning.figures import ALIASES, AXIS_NAMES, FIGURES, Figure, axis_of, figure_named

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from archspec.scanning.figures import Value

Number: TypeAlias = "int | float"

_MOST_CHARACTERS = 2_000
# By what part of the limit 600M misses `macs<600M`.
_LEAST_MISS = 1e-12
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>[+-]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?P<unit>[A-Za-z%]*)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_]+)?)"
    r"|(?P<comparison><=|>=|==|!=|<|>|≤|≥|=)"
    r"|(?P<comma>,|&&?)"
)
_MIRRORED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "==", "!=": "!="}
_COMPARE: Mapping[str, Callable[[Number, Number], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}
_OTHERWISE = {"≤": "<=", "≥": ">="}
_THOUSANDS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_BYTES = {
    **{
        unit: 10 ** (3 * power)
        for power, prefix in enumerate(("", "k", "m", "g", "t"))
        for unit in (prefix, f"{prefix}b")
    },
    **{unit: 2 ** (10 * power) for power, prefix in enumerate("kmgt", 1) for unit in (f"{prefix}i", f"{prefix}ib")},
}
_UNITS: Mapping[str, Mapping[str, int | Decimal]] = {
    "count": _THOUSANDS,
    "pixels": {"": 1, "px": 1, "k": 10**3},
    "share": {"": 1, "%": Decimal("0.01")},
    "bytes": _BYTES,
    "setting": _THOUSANDS,
}
_EXAMPLES = {
    "count": "600k, 600M or 4.1G",
    "pixels": "224",
    "share": "0.8 or 80%",
    "bytes": "25MB or 64KiB",
    "setting": "0.5",
}


class BoundsError(ValueError):
    """A text that is no list of bounds.

    Attributes:
        text: the text.
        start: where the fault is.
        end: where it ends.
    """

    def __init__(self, message: str, text: str, start: int, end: int) -> None:
        """Say what is wrong, and where."""
        super().__init__(message)
        self.text, self.start, self.end = text, start, end

    def shown(self) -> str:
        """Return the message with the place marked."""
        marks = " " * self.start + "^" * max(1, self.end - self.start)
        return f"{self} (at character {self.start + 1})\n  {printable(self.text, 200)}\n  {marks}"


@dataclass(frozen=True, slots=True)
class Bound:
    """One comparison.

    Attributes:
        text: as it was written.
        name: what is compared: the key of a figure, or a setting.
        axis: the one axis that counts; None for all.
        comparison: `<=`, `>=`, `<`, `>`, `==` or `!=`.
        limit: the number.
        is_setting: the name is that of a setting.
    """

    text: str
    name: str
    axis: str | None
    comparison: str
    limit: Number
    is_setting: bool = False

    @property
    def is_upper(self) -> bool:
        """Whether it says how much there may be."""
        return self.comparison in ("<=", "<", "==")

    def numbers(self, values: Mapping[str, Value], settings: Mapping[str, object]) -> tuple[Number, ...]:
        """Return the numbers that must keep to it; none if the network has none."""
        value = settings.get(self.name) if self.is_setting else values.get(self.name)
        if isinstance(value, tuple):
            if self.axis is None:
                return value
            place = axis_of(self.axis, len(value))
            return () if place is None else (value[place],)
        return (value,) if isinstance(value, int | float) and not isinstance(value, bool) else ()

    def holds(self, values: Mapping[str, Value], settings: Mapping[str, object]) -> bool:
        """Tell whether a network keeps to it: along all axes, if the figure has several."""
        numbers = self.numbers(values, settings)
        return bool(numbers) and all(_COMPARE[self.comparison](number, self.limit) for number in numbers)

    def miss(self, values: Mapping[str, Value], settings: Mapping[str, object]) -> float:
        """Return by what part of the limit it is missed; 0 if it holds."""
        if self.holds(values, settings):
            return 0.0
        numbers = self.numbers(values, settings)
        apart = (abs(number - self.limit) / abs(self.limit) if self.limit else math.inf for number in numbers)
        return max(*apart, _LEAST_MISS) if numbers else math.inf


def read_bounds(text: str, settings: Collection[str] = ()) -> tuple[Bound, ...]:
    """Return the bounds that a text lists. `settings` are names of what is scanned, which may be bounded too.

    Raises:
        BoundsError: it is no such list.
    """
    if len(text) > _MOST_CHARACTERS:
        raise BoundsError("this is too long", text[:40], 0, 40)
    return _Reader(text, settings).bounds()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int
    number: str = ""
    unit: str = ""


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise BoundsError(f"{text[place]!r} has no meaning here", text, place, place + 1)
        kind = "number" if match["number"] else str(match.lastgroup)
        if kind == "name" and match["name"] == "and":
            kind = "comma"
        if kind != "space":
            found.append(_Token(kind, match[0], place, match.end(), match["number"] or "", match["unit"] or ""))
        place = match.end()
    return found


class _Reader:
    def __init__(self, text: str, settings: Collection[str]) -> None:
        self._text = text
        self._settings = settings
        self._tokens = _tokens(text)
        self._next = 0

    def bounds(self) -> tuple[Bound, ...]:
        found = self._bound()
        while self._peek("comma"):
            self._next += 1
            if self._next == len(self._tokens):
                break  # a comma at the end
            found += self._bound()
        if self._next < len(self._tokens):
            raise self._fault("write a comma between bounds, as in macs<=600M, rf>=224")
        return tuple(found)

    def _bound(self) -> list[Bound]:
        start = self._next
        if self._peek("number"):
            number, comparison, name = self._take("number"), self._comparison(), self._name()
            found = [self._made(name, _MIRRORED[comparison], number, start)]
            if self._peek("comparison"):
                comparison = self._comparison()
                found.append(self._made(name, comparison, self._take("number"), start))
            return found
        name, comparison = self._name(), self._comparison()
        return [self._made(name, comparison, self._take("number"), start)]

    def _made(self, name: _Token, comparison: str, number: _Token, start: int) -> Bound:
        known, _, axis = name.text.partition(".")
        figure = figure_named(known)
        text = self._text[self._tokens[start].start : self._tokens[self._next - 1].end]
        if figure is None:
            return Bound(text, known, None, comparison, self._limit(number, "setting"), is_setting=True)
        return Bound(text, figure.key, axis or None, comparison, self._limit(number, figure.kind))

    def _name(self) -> _Token:
        token = self._take("name")
        known, dot, axis = token.text.partition(".")
        figure = figure_named(known)
        if figure is None and (known not in self._settings or dot):
            raise self._unknown(token, known)
        if figure is not None and figure.kind == "text":
            raise BoundsError(f"{known} is no number", self._text, token.start, token.end)
        if figure is not None and dot and not (figure.per_axis and axis in AXIS_NAMES):
            raise BoundsError(_no_axis(figure, axis), self._text, token.start, token.end)
        return token

    def _unknown(self, token: _Token, name: str) -> BoundsError:
        numbers = [figure.key for figure in FIGURES if figure.kind != "text"]
        remedy = did_you_mean(name, [*numbers, *ALIASES, *self._settings])
        known = ", ".join([*numbers, *self._settings])
        message = f"there is no figure {printable(name)!r}; {remedy or f'there are {known}'}"
        return BoundsError(message, self._text, token.start, token.end)

    def _comparison(self) -> str:
        token = self._take("comparison")
        if token.text == "=":
            raise BoundsError("write == for equal, or <= and >= for a bound", self._text, token.start, token.end)
        return _OTHERWISE.get(token.text, token.text)

    def _limit(self, token: _Token, kind: str) -> Number:
        factor = _UNITS[kind].get(token.unit.lower())
        if factor is None:
            message = f"{printable(token.text)} has no unit that fits; write {_EXAMPLES[kind]}"
            raise BoundsError(message, self._text, token.start, token.end)
        if not math.isfinite(float(token.number)):
            raise BoundsError(f"{printable(token.text)} is too large", self._text, token.start, token.end)
        number = Decimal(token.number) * factor
        return int(number) if number == int(number) else float(number)

    # ----------------------------------------------------------------------------------------------- tokens

    def _peek(self, kind: str) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next].kind == kind

    def _take(self, kind: str) -> _Token:
        if not self._peek(kind):
            wanted = {"name": "a figure such as macs", "number": "a number such as 600M", "comparison": "<= or >="}
            raise self._fault(f"{wanted[kind]} must stand here")
        self._next += 1
        return self._tokens[self._next - 1]

    def _fault(self, message: str) -> BoundsError:
        if self._next < len(self._tokens):
            token = self._tokens[self._next]
            return BoundsError(message, self._text, token.start, token.end)
        return BoundsError(message, self._text, len(self._text), len(self._text) + 1)


def _no_axis(figure: Figure, axis: str) -> str:
    if not figure.per_axis:
        return f"{figure.key} has no axes"
    remedy = did_you_mean(axis, AXIS_NAMES) or f"there are {', '.join(AXIS_NAMES)}"
    return f"{figure.key} has no axis {printable(axis)!r}; {remedy}"
