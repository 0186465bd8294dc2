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


# What looks like a character of ASCII, and comes from word processors, from web pages, or from another alphabet.
_LOOK_ALIKES = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", ""),
    "\u00d7": "*",
    "\u00f7": "/",
    "\u2022": "-",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\uff5e": "~",
    **dict(zip("\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455", "aeopcyxijs", strict=True)),
    **dict(zip("\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425", "ABEKMHOPCTX", strict=True)),
    **{chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F) if code != ord("-")},  # those of full width
}


def in_ascii(text: str) -> str:
    """Return a text with characters of ASCII in place of those that look like them.

    >>> in_ascii("width \u2013 2")
    'width - 2'
    """
    return text if text.isascii() else "".join(_LOOK_ALIKES.get(character, character) for character in text)


def look_alike(text: str) -> str | None:
    """Return what to say of the first character that only looks like one of ASCII, or None if there is none."""
    found = next((character for character in text if character in _LOOK_ALIKES), None)
    if found is None:
        return None
    meant, code = _LOOK_ALIKES[found], f"U+{ord(found):04X}"
    if not meant:
        return f"delete the character {code}, which cannot be seen"
    shown = {" ": "a space"}.get(meant, repr(meant))
    return f"write {shown} for the character {code}, which only looks like it"


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
        known.setdefault(folded(candidate), candidate)
    word = folded(word)
    if word in known:
        return known[word]
    allowed = min(max(len(word), 3) // 3, len(word) - 1)
    similar = set(get_close_matches(word, [name for name in known if len(name) <= _MAX_WORD], n=8, cutoff=_SIMILAR))
    in_order = [name for name in known if name in similar]  # of equally close ones, the first
    best = min(in_order, key=lambda name: edit_distance(word, name), default=None)
    return None if best is None or edit_distance(word, best) > allowed else known[best]


def folded(word: str) -> str:
    """Return a word without what does not count: case, hyphens and underscores."""
    return word.lower().replace("_", "").replace("-", "")


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


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
