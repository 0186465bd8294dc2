"""Which units of its input each output of an op reads, along one axis.

Windows, transposed windows and interpolation all come down to the same: a pattern of taps that repeats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeAlias

from archspec.ir.window import Blocks, Resample, TransposedWindow, Window

if TYPE_CHECKING:
    from collections.abc import Callable

# Longer periods give way to strips. Real networks need 32 (a stride of 32, undone); 7 -> 224 interpolated needs 32 too.
LONGEST_PERIOD = 1024

Sliding: TypeAlias = "Window | TransposedWindow | Resample | Blocks"


@dataclass(frozen=True, slots=True)
class Taps:
    """The units that one output reads: `first`, `first + step`, ..., `count` of them."""

    first: int
    step: int
    count: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the outputs of an op read: output `i + len(taps)` reads what output `i` reads, moved on by `advance`."""

    taps: tuple[Taps, ...]
    advance: int


@lru_cache(maxsize=1024)
def pattern(sliding: Sliding) -> Pattern | None:
    """Return what the outputs of an op read; None if the period is too long."""
    taps, outputs, advance = _repeats(sliding)
    if outputs > LONGEST_PERIOD:
        return None
    return Pattern(tuple(taps(output) for output in range(outputs)), advance)


def _repeats(sliding: Sliding) -> tuple[Callable[[int], Taps], int, int]:
    """Return what one output reads, after how many outputs that repeats, and how far it has moved on by then."""
    match sliding:
        case Window():
            return (lambda _: Taps(-sliding.low, sliding.dilation, sliding.kernel)), 1, sliding.stride
        case TransposedWindow():
            return partial(_transposed_taps, sliding), sliding.stride, 1
        case Blocks():
            return partial(_block, sliding), sliding.size, sliding.size
        case Resample():
            source, target = _scale(sliding)
            return partial(_resampled_taps, sliding), target, source


def _transposed_taps(window: TransposedWindow, output: int) -> Taps:
    # Element j of the kernel carries unit u to output u * stride - low + j * dilation. For one output, j takes every
    # `jump`-th value, from the least for which u is whole; as j grows, u falls.
    shared = math.gcd(window.dilation, window.stride)
    jump = window.stride // shared
    target = output + window.low
    least = next((j for j in range(jump) if (target - j * window.dilation) % window.stride == 0), window.kernel)
    count = max(0, -(-(window.kernel - least) // jump))
    last = (target - least * window.dilation) // window.stride
    step = window.dilation // shared
    return Taps(last - (count - 1) * step, step, count)


def _block(blocks: Blocks, output: int) -> Taps:
    return Taps((output - blocks.shift) // blocks.size * blocks.size + blocks.shift, 1, blocks.size)


def _scale(resample: Resample) -> tuple[int, int]:
    """Return the step in the source for a step in the target, as a ratio in lowest terms."""
    source, target = resample.source, resample.target
    if resample.align_corners and resample.reach:
        source, target = (source - 1, target - 1) if target > 1 else (0, 1)
    shared = math.gcd(source, target)
    return source // shared, target // shared


def _resampled_taps(resample: Resample, output: int) -> Taps:
    place = _place(resample, output)
    below = math.floor(place)
    if resample.reach == 0 or place == below:  # exactly on an element, the weights of all others are 0
        return Taps(below, 1, 1)
    return Taps(below - resample.reach + 1, 1, 2 * resample.reach)


def _place(resample: Resample, output: int) -> Fraction:
    """Return where an output lies in the source, as torch.nn.functional.interpolate has it."""
    source, target = _scale(resample)
    scale = Fraction(source, target)
    if resample.reach == 0 or resample.align_corners:
        return output * scale
    return (output + Fraction(1, 2)) * scale - Fraction(1, 2)


def outline(sliding: Sliding) -> tuple[Fraction, Fraction, Fraction]:
    """Return slope, low and high: output `i` reads no unit outside `[slope * i + low, slope * i + high]`."""
    if isinstance(sliding, Window):
        return Fraction(sliding.stride), Fraction(-sliding.low), Fraction(sliding.extent - 1 - sliding.low)
    if isinstance(sliding, TransposedWindow):
        first, last = sliding.low - sliding.extent + 1, sliding.low
        return Fraction(1, sliding.stride), Fraction(first, sliding.stride), Fraction(last, sliding.stride)
    if isinstance(sliding, Blocks):
        return Fraction(1), Fraction(1 - sliding.size), Fraction(sliding.size - 1)
    place = _place(sliding, 0)
    reach = max(1, sliding.reach)  # rounding down moves the nearest element by less than one
    return Fraction(*_scale(sliding)), place - reach, place + sliding.reach
