"""Text that is damaged at random: whatever comes of it, it is said in problems, and mended or left."""

from __future__ import annotations

from random import Random

import pytest

from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.repair.mending import mend
from archspec.source.span import SourceFile
from tests.faults.specs import random_spec

CHARACTERS = "{}[]():,-#&*!|>'\"%@`\t\n 019azé\\$?=.<"


def damaged(text: str, rng: Random) -> str:
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(text))
        width = rng.choice((0, 1, 1, 3, 12))
        text = text[:place] + rng.choice(("", rng.choice(CHARACTERS), text[place : place + 9])) + text[place + width :]
    return text


@pytest.mark.parametrize("seed", range(80))
def test_damage_is_said_and_never_raises(seed: int) -> None:
    rng = Random(seed)  # noqa: S311
    text = damaged(random_spec(rng), rng)
    choice = Choice()
    compiled = compile_text(SourceFile("s.yaml", text), choice)
    before = [problem for problem in compiled.problems if problem.severity == "error"]
    after = mend(compiled, choice)
    assert all(problem.fix is not None for problem in after.done)
    left = [problem for problem in after.left if problem.severity == "error"]
    again = compile_text(after.sources["s.yaml"], choice)
    assert [problem.message() for problem in again.problems] == [problem.message() for problem in after.left]
    assert before or not left
