"""Text from a user's file, made fit for a message; and the word that was probably meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_TEXT = 60
"""As many characters of a user's text as a message repeats."""

_MAX_WORD = 60
_STUCK = re.compile(r"([A-Za-z_]\w*):(\S+)", re.ASCII)
_MEANT = re.compile(r"did you mean '([^']+)'\?|\bwrite '([^']+)'$")
_MAX_CANDIDATES = 2_000
_SIMILAR = 0.5  # difflib's ratio, as a coarse first sieve; the edit distance decides


def printable(text: str, limit: int = MAX_TEXT) -> str:
    r"""Return the text on one line, at most `limit` characters of it, with what cannot be seen escaped.

    Control characters could rewrite the terminal, and bidirectional ones the order of what one reads.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(character if character.isprintable() else _escaped(character) for character in shown)


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that someone who wrote `word` most likely meant, or None.

    Case, `-` and `_` do not count; beyond them, one edit in three characters is allowed, where swapping two neighbours
    is one edit.

    >>> closest("MaxPool2d", ["max_pool", "avg_pool"])
    'max_pool'
    """
    if len(word) > _MAX_WORD:
        return None
    known: dict[str, str] = {}
    for candidate in islice(candidates, _MAX_CANDIDATES):
        known.setdefault(_folded(candidate), candidate)
    folded = _folded(word)
    if folded in known:
        return known[folded]
    allowed = min(max(len(folded), 3) // 3, len(folded) - 1)
    similar = set(get_close_matches(folded, [name for name in known if len(name) <= _MAX_WORD], n=8, cutoff=_SIMILAR))
    in_order = [name for name in known if name in similar]  # of equally close ones, the first
    best = min(in_order, key=lambda name: edit_distance(folded, name), default=None)
    return None if best is None or edit_distance(folded, best) > allowed else known[best]


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return "did you mean 'conv'?", or None when nothing is close."""
    meant = closest(word, candidates)
    return None if meant is None else f"did you mean '{printable(meant)}'?"


def meant_in(text: str) -> str | None:
    """Return the word of a `did_you_mean` in a help line, so that a fix does what the line says."""
    found = _MEANT.search(text)
    return None if found is None else found[1] or found[2]


def stuck_key(text: str) -> str | None:
    """Return `op: conv` for a key `op:conv`, to which YAML takes what has no blank behind its colon."""
    found = _STUCK.fullmatch(text)
    return None if found is None else f"{found[1]}: {found[2]}"


def shortened(names: Sequence[str], most: int = 12) -> Sequence[str]:
    """Return the names, those in the middle of a long list replaced by one "..."."""
    half = most // 2
    return names if len(names) <= most else (*names[:half], "...", *names[-half:])


def listed(items: Iterable[object]) -> str:
    """Return things in a row, the last one behind "and".

    >>> listed([28, 30, 32])
    '28, 30 and 32'
    """
    texts = [str(item) for item in items]
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def first_few(names: Sequence[str], most: int) -> str:
    """Return the first of some names, and how many more there are.

    >>> first_few(["conv1", "bn1", "relu"], most=2)
    'conv1, bn1 and 1 more'
    """
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as messages show it: `3x224x224`."""
    return "x".join(map(str, shape)) if shape else "a scalar"


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 node`, `2,048 nodes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def edit_distance(left: str, right: str) -> int:
    """Return how many insertions, deletions, replacements and swaps of neighbours lead from one to the other."""
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, character in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            cost = min(above[column] + 1, current[-1] + 1, above[column - 1] + (character != other))
            if row > 1 and column > 1 and character == right[column - 2] and other == left[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, above = above, current
    return above[-1]


def _folded(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
