"""Several values in one text: ranges, lists, and both within brackets.

    0.25:2:0.25         0.25, 0.5, ... 2: the end is included
    16:512:*2           16, 32, ... 512
    1,2,4               three values
    [2,2],[3,4]         two values, both lists
    [2:4,{2,6}]         every list with 2, 3 or 4 in front and 2 or 6 behind
    relu,silu           words; what is no number is read as in YAML

Values are counted by arithmetic before any is made. Ranges are exact: steps of 0.1 give 0.3, not 0.30000000000000004.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation, localcontext
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

from archspec.diagnostics.text import printable
from archspec.source.fault import YamlFault
from archspec.source.span import SourceFile
from archspec.source.tree import plain
from archspec.source.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")
_NUMBER_LIKE = re.compile(r"[+-]?(\.?[0-9]|\.?inf\b|\.?nan\b)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_OPENING, _CLOSING = "[{", "]}"
_EXACT = Context(prec=60)
# No parameter is as large or as small, and arithmetic beyond would be slow.
_LARGEST, _SMALLEST, _MOST_DIGITS = Decimal("1e15"), Decimal("1e-15"), 40
_DEEPEST = 8
_MOST_FACTORS = 10_000


class ValuesError(ValueError):
    """A text that does not say which values are meant. The message says why."""


@dataclass(frozen=True, slots=True)
class One:
    """A single value."""

    value: Any
    count: int = 1

    def __iter__(self) -> Iterator[Any]:
        yield self.value


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from a first one on, by a step that is added or a factor."""

    start: Decimal
    step: Decimal
    count: int
    is_factor: bool
    are_integers: bool

    def __iter__(self) -> Iterator[int | float]:
        for index in range(self.count):
            with localcontext(_EXACT):
                number = self.start * self.step**index if self.is_factor else self.start + self.step * index
            yield int(number) if self.are_integers else float(number)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The values of several texts, one after the other."""

    parts: tuple[Choices, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(part.count for part in self.parts)

    def __iter__(self) -> Iterator[Any]:
        for part in self.parts:
            yield from part


@dataclass(frozen=True, slots=True)
class Lists:
    """Every list whose entries are among given values, the last entry changing first."""

    entries: tuple[Choices, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return prod(entry.count for entry in self.entries)

    def __iter__(self) -> Iterator[list[Any]]:
        yield from (list(values) for values in product(*self.entries))


Choices: TypeAlias = "One | Range | AnyOf | Lists"


def read_values(text: str) -> Choices:
    """Return the values that a text stands for.

    Raises:
        ValuesError: it stands for none.
    """
    return _any_of(text, 0)


def _any_of(text: str, depth: int) -> Choices:
    parts = tuple(_read(part.strip(), depth) for part in split(text))
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _read(text: str, depth: int) -> Choices:
    if not text:
        raise ValuesError("a value is missing: write values with commas between them, as in 1,2,4")
    if depth > _DEEPEST:
        raise ValuesError(f"brackets are nested more than {_DEEPEST} deep")
    if text[0] == "{" and text[-1] == "}":
        return _any_of(text[1:-1], depth + 1)
    if text[0] == "[" and text[-1] == "]":
        inside = text[1:-1].strip()
        return Lists(tuple(_read(part.strip(), depth + 1) for part in split(inside)) if inside else ())
    if ":" in text and _NUMBER_LIKE.match(text):
        return read_range(text)
    return One(_scalar(text))


def split(text: str, separator: str = ",") -> list[str]:
    """Return the parts of a text between separators that stand in no brackets and no quotes.

    Raises:
        ValuesError: a bracket or quote is not closed.
    """
    parts, start, expected, quote = [], 0, "", ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _OPENING:
            expected += _CLOSING[_OPENING.index(character)]
        elif character in _CLOSING:
            if not expected.endswith(character):
                raise ValuesError(f"the {character} at character {index + 1} closes nothing")
            expected = expected[:-1]
        elif character == separator and not expected:
            parts.append(text[start:index])
            start = index + 1
    if expected or quote:
        raise ValuesError(f"the end is missing: {expected[-1:] or quote}")
    return [*parts, text[start:]]


def _scalar(text: str) -> Any:
    try:
        value = plain(parse(SourceFile("", text)))
    except YamlFault as fault:
        from archspec.diagnostics.catalog.yaml import from_fault

        raise ValuesError(f"{printable(text)} is no value: {from_fault(fault).message()}") from None
    if value is None or isinstance(value, dict | list) or value != value:  # noqa: PLR0124  (what differs from itself is NaN)
        raise ValuesError(f"{printable(text)} is no value that a parameter takes: a number, a word, true or false")
    return value


# ----------------------------------------------------------------------------------------------------- ranges


def read_range(text: str) -> Range:
    """Return the numbers of `start:stop:step`; without a step it is 1, and `*2` is a factor.

    Raises:
        ValuesError: they are no numbers, or there are none between them.
    """
    words = [word.strip() for word in text.split(":")]
    if len(words) not in (2, 3):
        raise ValuesError(f"{printable(text)} is no range: write start:stop:step, as in 0.25:2:0.25")
    is_factor = len(words) == 3 and words[2].startswith("*")  # noqa: PLR2004  (start, stop, step)
    if is_factor:
        words[2] = words[2][1:].strip()
    start, stop, *rest = (_number(word, text) for word in words)
    are_integers = all(map(_INTEGER.match, words))
    if not rest and not are_integers:
        raise ValuesError(f"{printable(text)} needs a step, as in {words[0]}:{words[1]}:0.25")
    step = rest[0] if rest else Decimal(1)
    count = _count_of_factor(text, start, stop, step) if is_factor else _count(text, words, start, stop, step)
    return Range(start, step, count, is_factor, are_integers)


def _number(word: str, text: str) -> Decimal:
    if not _NUMBER.match(word):
        raise ValuesError(f"{printable(word) or 'nothing'} in {printable(text)} is no number")
    try:
        value = Decimal(word)
    except InvalidOperation:
        value = Decimal("inf")
    tiny = value != 0 and abs(value) < _SMALLEST
    if not value.is_finite() or abs(value) > _LARGEST or tiny or len(value.as_tuple().digits) > _MOST_DIGITS:
        raise ValuesError(f"{printable(word)} in {printable(text)} is too large or too small for a range")
    return value


def _count(text: str, words: list[str], start: Decimal, stop: Decimal, step: Decimal) -> int:
    if step == 0:
        raise ValuesError(f"the step of {printable(text)} is 0")
    if (stop - start) * step < 0:
        remedy = f"{words[1]}:{words[0]}" + (f":{words[2].lstrip('+-')}" if len(words) > 2 else "")  # noqa: PLR2004
        raise ValuesError(
            f"{printable(text)} runs backwards, so there is nothing in it; {printable(remedy)} runs forwards"
        )
    with localcontext(_EXACT):
        return int((stop - start) / step) + 1


def _count_of_factor(text: str, start: Decimal, stop: Decimal, factor: Decimal) -> int:
    if start <= 0 or stop <= 0 or factor <= 0:
        raise ValuesError(f"{printable(text)} must be above 0 throughout, as in 16:512:*2")
    if factor == 1 or (stop != start and (stop > start) != (factor > 1)):
        raise ValuesError(f"{printable(text)} never gets to its end: write a factor above 1, as in 16:512:*2")
    count, value = 0, start
    with localcontext(_EXACT):
        while value <= stop if factor > 1 else value >= stop:
            count += 1
            value *= factor
            if count > _MOST_FACTORS:
                raise ValuesError(f"{printable(text)} has more than {_MOST_FACTORS:,} values")
    return count
