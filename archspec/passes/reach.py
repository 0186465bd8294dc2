"""Which input coordinates the units of one axis read: the arithmetic under receptive fields.

Along one axis, unit `i` of a map reads input coordinates between `low(i)` and `high(i)`. Where all windows are
regular, both move on by the same stride from unit to unit. Behind a transposed convolution or an interpolation they do
not: they repeat after some units, shifted. So both are kept as periodic sequences, `low(i + period) = low(i) +
advance`, which stay exact under every window and join (`Reach`). Where the period would grow out of hand they give way
to straight lines around them, which are sound but may be too wide (`Strip`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from archspec.ir.window import Window
from archspec.passes.taps import LONGEST_PERIOD, Taps, outline, pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archspec.passes.taps import Sliding


@dataclass(frozen=True, slots=True)
class Strip:
    """A bound: unit `i` reads nothing outside `[slope * i + low, slope * i + high]`."""

    slope: Fraction
    low: Fraction
    high: Fraction

    @property
    def stride(self) -> Fraction:
        """Input elements from one unit to the next, on average."""
        return self.slope

    @property
    def size(self) -> int:
        """The most input elements that a unit can span."""
        return math.floor(self.high - self.low) + 1

    @property
    def start(self) -> int:
        """The first input coordinate that unit 0 can read."""
        return math.ceil(self.low)

    @property
    def offset(self) -> Fraction:
        """Twice the centre of unit 0; equal offsets and strides make two axes aligned."""
        return self.low + self.high

    def span(self, unit: int) -> tuple[int, int]:
        """Return the first and the last input coordinate that a unit can read."""
        return math.ceil(self.slope * unit + self.low), math.floor(self.slope * unit + self.high)

    def strip(self) -> Strip:
        """Return the bound itself."""
        return self

    def frozen(self) -> Reach:
        """Return the reach of a map whose units all read what unit 0 reads."""
        low, high = self.span(0)
        return Reach((low,), (high,), 0)

    def through(self, sliding: Sliding) -> Strip:
        """Return the bound for the outputs of an op that reads these units."""
        slope, first, last = outline(sliding)
        return Strip(self.slope * slope, self.slope * first + self.low, self.slope * last + self.high)


@dataclass(frozen=True, slots=True)
class Reach:
    """What the units of an axis read, exactly.

    Unit `i + period` reads from `lows[i] + advance` to `highs[i] + advance`, for i from 0 to period - 1. A unit that
    reads nothing (a hole of a transposed convolution) has None.
    """

    lows: tuple[int | None, ...]
    highs: tuple[int | None, ...]
    advance: int

    @property
    def period(self) -> int:
        """After how many units the pattern repeats."""
        return len(self.lows)

    @property
    def stride(self) -> Fraction:
        """Input elements from one unit to the next, on average over the period."""
        return Fraction(self.advance, self.period)

    @property
    def size(self) -> int:
        """The most input elements that a unit spans."""
        if len(self.lows) == 1 and (low := self.lows[0]) is not None and (high := self.highs[0]) is not None:
            return high - low + 1
        return max((high - low + 1 for _, low, high in self._readers()), default=0)

    @property
    def start(self) -> int:
        """The first input coordinate that unit 0 reads; of the first unit that reads anything, if unit 0 does not."""
        return next((low for _, low, _ in self._readers()), 0)

    @property
    def offset(self) -> int | Fraction:
        """Twice the centre of unit 0, averaged over the period (the stride between units being taken off)."""
        if self.period == 1:
            return sum(low + high for _, low, high in self._readers())
        twice = [low + high - 2 * self.stride * unit for unit, low, high in self._readers()]
        return Fraction(sum(twice), len(twice) or 1)

    def span(self, unit: int) -> tuple[int, int] | None:
        """Return the first and the last input coordinate that a unit reads; None if it reads nothing."""
        low, high = self._at(self.lows, unit), self._at(self.highs, unit)
        return None if low is None or high is None else (low, high)

    def strip(self) -> Strip:
        """Return the closest strip around all units."""
        slope = self.stride
        low = min((low - slope * unit for unit, low, _ in self._readers()), default=Fraction(0))
        return Strip(slope, low, max((high - slope * unit for unit, _, high in self._readers()), default=low))

    def frozen(self) -> Reach:
        """Return the reach of a map whose units all read what unit 0 reads."""
        return Reach(self.lows[:1], self.highs[:1], 0)

    def through(self, sliding: Sliding) -> Reach | Strip:
        """Return what the outputs of an op read that reads these units."""
        if self.period == 1 and isinstance(sliding, Window):
            return self._through_window(sliding)
        read = pattern(sliding)
        if read is None:
            return self.strip().through(sliding)
        repeats = self.period // math.gcd(read.advance, self.period)
        if len(read.taps) * repeats > LONGEST_PERIOD:
            return self.strip().through(sliding)
        taps = [
            Taps(taps.first + turn * read.advance, taps.step, taps.count)
            for turn in range(repeats)
            for taps in read.taps
        ]
        lows = tuple(self._least(each) for each in taps)
        highs = tuple(self._greatest(each) for each in taps)
        return _reduced(Reach(lows, highs, self.advance * (read.advance * repeats // self.period)))

    def _through_window(self, window: Window) -> Reach:
        """Return what `through` does, quickly, for the usual case: regular units under a sliding window."""
        low, high = self.lows[0], self.highs[0]
        last = window.extent - 1 - window.low
        return Reach(
            (None if low is None else low - window.low * self.advance,),
            (None if high is None else high + last * self.advance,),
            self.advance * window.stride,
        )

    def _readers(self) -> Iterator[tuple[int, int, int]]:
        for unit, (low, high) in enumerate(zip(self.lows, self.highs, strict=True)):
            if low is not None and high is not None:
                yield unit, low, high

    def _at(self, ends: tuple[int | None, ...], unit: int) -> int | None:
        turn, phase = divmod(unit, len(ends))
        end = ends[phase]
        return None if end is None else end + turn * self.advance

    def _least(self, taps: Taps) -> int | None:
        # Taps of the same phase lie in order, so one of each phase is enough: the first for lows, the last for highs.
        # All phases are looked at, since holes may be anywhere and joins around holes need not be monotone.
        count = min(taps.count, self.period // math.gcd(taps.step, self.period))
        found = (self._at(self.lows, taps.first + index * taps.step) for index in range(count))
        return min((low for low in found if low is not None), default=None)

    def _greatest(self, taps: Taps) -> int | None:
        count = min(taps.count, self.period // math.gcd(taps.step, self.period))
        last = taps.first + (taps.count - 1) * taps.step
        found = (self._at(self.highs, last - index * taps.step) for index in range(count))
        return max((high for high in found if high is not None), default=None)


AxisReach: TypeAlias = "Reach | Strip"

# What the units of a network's input read: themselves.
ITSELF = Reach((0,), (0,), 1)


def join(reaches: Sequence[AxisReach], units: int) -> AxisReach:
    """Return the hull of what several axes read, unit by unit.

    Axes of unequal strides drift apart without end; they are joined for as many `units` as the map really has.
    """
    first = reaches[0]
    if isinstance(first, Reach) and (spans := _regular(reaches)) is not None:
        return Reach((min(low for low, _ in spans),), (max(high for _, high in spans),), first.advance)
    distinct = list(dict.fromkeys(reaches))
    if len(distinct) == 1:
        return first
    exact = [reach for reach in distinct if isinstance(reach, Reach)]
    if len(exact) == len(distinct):
        if all(reach.stride == first.stride for reach in exact):
            period = math.lcm(*(reach.period for reach in exact))
            if period <= LONGEST_PERIOD:
                return _joined(exact, period)
        elif units == 1 and exact[0].period == 1:
            return Reach(_joined(exact, 1).lows, _joined(exact, 1).highs, exact[0].advance)
    return _joined_strips([reach.strip() for reach in distinct], units)


def _regular(reaches: Sequence[AxisReach]) -> list[tuple[int, int]] | None:
    """Return what unit 0 of each axis reads, where all are regular and of one stride; None in any other case.

    That is the usual case. Joins of many inputs, as in dense blocks, would be slow without this shortcut.
    """
    spans: list[tuple[int, int]] = []
    advance = reaches[0].advance if isinstance(reaches[0], Reach) else 0
    for reach in reaches:
        if not isinstance(reach, Reach) or reach.period != 1 or reach.advance != advance:
            return None
        low, high = reach.lows[0], reach.highs[0]
        if low is None or high is None:
            return None
        spans.append((low, high))
    return spans


def aligned(reaches: Sequence[AxisReach], units: int) -> bool:
    """Return whether axes agree in stride and in centre. A single unit has no stride to disagree in."""
    if (spans := _regular(reaches)) is not None:
        return len({low + high for low, high in spans}) == 1
    first, *rest = dict.fromkeys(reaches)
    if units == 1:
        return len({_twice_centre(reach) for reach in (first, *rest)} - {None}) <= 1
    return all(reach.stride == first.stride and reach.offset == first.offset for reach in rest)


def _twice_centre(reach: AxisReach) -> int | None:
    span = reach.span(0)
    return None if span is None else sum(span)


def _joined(reaches: list[Reach], period: int) -> Reach:
    spans = [[span for reach in reaches if (span := reach.span(unit)) is not None] for unit in range(period)]
    lows = tuple(min((low for low, _ in each), default=None) for each in spans)
    highs = tuple(max((high for _, high in each), default=None) for each in spans)
    first = reaches[0]
    return _reduced(Reach(lows, highs, first.advance * period // first.period))


def _joined_strips(strips: list[Strip], units: int) -> Strip:
    # Relative to the first slope, each edge is a straight line: it is extreme at the first or the last unit.
    slope = strips[0].slope
    drifts = [(strip, drift) for strip in strips for drift in (0, (strip.slope - slope) * (units - 1))]
    low = min(strip.low + drift for strip, drift in drifts)
    return Strip(slope, low, max(strip.high + drift for strip, drift in drifts))


def _reduced(reach: Reach) -> Reach:
    """Return the same reach with the shortest period: a transposed convolution that is pooled again is regular."""
    period = reach.period
    if period == 1:
        return reach
    for factor in _prime_factors(period):
        shorter, rest = period // factor, reach.advance % factor
        if rest:
            continue
        candidate = Reach(reach.lows[:shorter], reach.highs[:shorter], reach.advance // factor)
        if all(reach.span(unit) == candidate.span(unit) for unit in range(shorter, period)):
            return _reduced(candidate)
    return reach


def _prime_factors(number: int) -> Iterator[int]:
    factor = 2
    while factor * factor <= number:
        if number % factor == 0:
            yield factor
            while number % factor == 0:
                number //= factor
        factor += 1
    if number > 1:
        yield number
