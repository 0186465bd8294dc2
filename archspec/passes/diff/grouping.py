"""What happened alike in many places, said once.

The places of a block's copies differ in numbers: `layer1.0.conv2`, `layer3.5.conv2`. Changes at places that differ in
nothing else are shown together, under a pattern in which `*` stands for a number: `layer*.*.conv2`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from archspec.source.writing import flow

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

T = TypeVar("T")

_NUMBER = re.compile(r"\d+")
# Places are listed one by one within so many characters; beyond, the pattern is shown.
WIDEST_LIST = 72
LONGEST_VALUE = 160
# As many different values of one parameter as are listed.
MOST_VALUES = 4


def skeleton(path: str) -> str:
    """Return a path without the numbers that tell copies apart. Those of its last name say which part it is, and stay.

    >>> skeleton("layer1.0.conv2")
    'layer*.*.conv2'
    >>> skeleton("features.3.conv.1")
    'features.*.conv.*'
    """
    parts = path.split(".")
    named = [index for index, part in enumerate(parts) if not part.isdigit()]
    last = named[-1] if named else -1
    return ".".join(part if index == last else _NUMBER.sub("*", part) for index, part in enumerate(parts))


def full_skeleton(path: str) -> str:
    """Return a path without any numbers: `denseblock*.denselayer*`."""
    return _NUMBER.sub("*", path)


def grouped(items: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Return the items in groups of the same key, in the order in which the keys come first."""
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def pattern(paths: Sequence[str]) -> str:
    """Return the paths of one skeleton as one, with `*` for the numbers in which they differ.

    >>> pattern(["layer1.0.conv2", "layer1.1.conv2"])
    'layer1.*.conv2'
    """
    columns = zip(*(path.split(".") for path in paths), strict=True)
    return ".".join(
        column[0] if len(set(column)) == 1 else "".join(_common([_NUMBER.split(each) for each in column]))
        for column in columns
    )


def _common(texts: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield what stands around the numbers of some words that are else equal, and a * for each."""
    for index, text in enumerate(texts[0]):
        yield ("*" if index else "") + text


def places(paths: Sequence[str]) -> str:
    """Return paths of one (full) skeleton for people: listed, with runs of numbers joined, or as a pattern.

    >>> places(["layer1.2", "layer2.2", "layer2.3", "layer2.4"])
    'layer1.2, layer2.2-4'
    """
    listed = ", ".join(_runs(paths))
    return listed if len(listed) <= WIDEST_LIST or len(paths) == 1 else pattern(paths)


def _runs(paths: Sequence[str]) -> Iterator[str]:
    start = last = ""
    for path in paths:
        if last and _follows(last, path):
            last = path
            continue
        if last:
            yield _run(start, last)
        start = last = path
    if last:
        yield _run(start, last)


def _follows(path: str, other: str) -> bool:
    """Tell whether two paths differ in the number at their ends alone, and it is the next one."""
    (around, number), (next_around, next_number) = _split(path), _split(other)
    return around == next_around and bool(number) and next_number == str(int(number) + 1)


def _split(path: str) -> tuple[str, str]:
    around = path.rstrip("0123456789")
    return around, path[len(around) :]


def _run(start: str, last: str) -> str:
    return start if start == last else f"{start}-{_split(last)[1]}"


# ----------------------------------------------------------------------------------------------------- values


def shown(value: Any) -> str:
    """Return a value of a parameter, on one line of bearable length."""
    if value is None:
        return "-"
    return clipped(flow(value) if isinstance(value, str | int | float | list | tuple | dict) else str(value))


def clipped(text: str) -> str:
    """Return a text, or its beginning and end."""
    half = LONGEST_VALUE // 2
    return text if len(text) <= LONGEST_VALUE else f"{text[:half]} ... {text[-half:]}"


def values_text(pairs: Sequence[tuple[Any, Any]]) -> str:
    """Return how one parameter changed at several places: `3 -> 5`, or what the changes have in common.

    >>> values_text([(64, 128), (128, 256), (64, 128)])
    'x2 (64 -> 128, 128 -> 256)'
    """
    counts = Counter((shown(before), shown(after)) for before, after in pairs)
    listed = [f"{before} -> {after}" for before, after in counts]
    if len(listed) == 1:
        return listed[0]
    factor = _factor(pairs)
    if len(listed) > MOST_VALUES:
        listed = [*listed[: MOST_VALUES - 2], "...", listed[-1]]
    text = ", ".join(listed)
    return text if factor is None else f"x{factor:g} ({text})"


def _factor(pairs: Sequence[tuple[Any, Any]]) -> float | None:
    """Return the factor by which all integers grew, if it is one and the same."""
    if any(type(value) is not int or value < 1 for pair in pairs for value in pair):
        return None
    before, after = pairs[0]
    same = all(new * before == old * after for old, new in pairs)
    return after / before if same else None
