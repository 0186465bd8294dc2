"""Plants one mistake at a time into the text of a spec, and knows what must be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from archspec.diagnostics.text import edit_distance
from tests.faults.ground import WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from archspec.source.span import SourceFile, Span
    from archspec.source.tree import Scalar, Tree
    from tests.faults.ground import Ground

T = TypeVar("T")

Made: TypeAlias = "tuple[Span, str] | None"
Plant: TypeAlias = "Callable[[Ground, Random], Planted | None]"

_SHORTEST = 4  # letters of a word that is misspelt: one of a shorter word could be any other


@dataclass(frozen=True)
class Planted:
    """A spec with one mistake.

    Attributes:
        kind: the kind of mistake.
        source: the spec with it.
        lines: the lines on which it may be reported.
        codes: what it may be reported as.
        cured_by_a_token: whether changing one token back cures it.
        elsewhere: it comes to light elsewhere, at a join; then a note or the fix names the line.
    """

    kind: str
    source: SourceFile
    lines: tuple[int, ...]
    codes: frozenset[str]
    cured_by_a_token: bool = True
    elsewhere: bool = False


class Kinds(dict[str, Plant]):
    """The kinds of faults of one theme, by name; as a decorator it adds one."""

    def __call__(
        self, codes: str, *, token: bool = True, elsewhere: bool = False
    ) -> Callable[[Callable[[Ground, Random], Made]], Plant]:
        """Make a kind of fault of a function that chooses a place and what is written there."""

        def decorate(make: Callable[[Ground, Random], Made]) -> Plant:
            name = make.__name__

            def plant(ground: Ground, rng: Random) -> Planted | None:
                made = make(ground, rng)
                if made is None:
                    return None
                span, text = made
                lines = tuple(range(span.line, span.line + text.count("\n") + 1))
                return Planted(name, ground.with_text(span, text), lines, frozenset(codes.split()), token, elsewhere)

            self[name] = plant
            return plant

        return decorate


def pick(rng: Random, items: Sequence[T]) -> T | None:
    """Return one of some things, None if there are none."""
    return rng.choice(items) if items else None


def instead(rng: Random, trees: Sequence[Tree], *texts: str) -> Made:
    """Write one of some texts in the place of one of some trees."""
    tree = pick(rng, trees)
    return None if tree is None else (tree.span, texts[0] if len(texts) == 1 else rng.choice(texts))


def misspelt(ground: Ground, rng: Random, words: Sequence[Scalar]) -> Made:
    """Misspell one of some words."""
    word = pick(rng, words)
    typo = None if word is None else _typo(ground, rng, word.text)
    return None if word is None or typo is None else (word.span, typo)


def misspelt_within(ground: Ground, rng: Random, trees: Sequence[Scalar], fits: Callable[[str, str], bool]) -> Made:
    """Misspell one word that fits of one of some expressions.

    Args:
        ground: the spec.
        rng: what chooses.
        trees: the expressions.
        fits: told the character before a word, and the word with the character behind it.
    """
    tree = pick(rng, trees)
    if tree is None:
        return None
    written = ground.text(tree.span)
    found = [m for m in WORD.finditer(written) if fits(written[: m.start()][-1:], m[0] + written[m.end() :][:1])]
    match = pick(rng, found)
    typo = None if match is None else _typo(ground, rng, match[0])
    if match is None or typo is None:
        return None
    return tree.span, written[: match.start()] + typo + written[match.end() :]


def _typo(ground: Ground, rng: Random, word: str) -> str | None:
    """Return a word with one slip of the fingers; None if it is too short, or becomes another word."""
    if len(word) < _SHORTEST:
        return None
    for _ in range(8):
        place = rng.randrange(1, len(word) - 1)
        made = rng.choice(
            (
                word[:place] + word[place + 1 :],
                word[:place] + word[place] + word[place:],
                word[:place] + word[place + 1] + word[place] + word[place + 2 :],
                word[:place] + rng.choice("aeiourstln") + word[place + 1 :],
            )
        )
        nearer = any(edit_distance(made, other) <= edit_distance(made, word) for other in ground.words - {word})
        if made != word and made not in ground.words and not nearer:
            return made
    return None
