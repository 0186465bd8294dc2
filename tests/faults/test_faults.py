"""Faults that are planted one at a time: each must be found where it is, once, and cured where one token does it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.repair.finding import THOROUGH, with_fixes
from archspec.source.editing import edited
from archspec.source.span import SourceFile
from tests.faults.ground import Ground
from tests.faults.kinds import KINDS
from tests.faults.specs import random_spec

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Problem
    from tests.faults.planter import Planted

pytestmark = pytest.mark.xdist_group("faults")

SEED = 20_261_122
DRAWN = 16
CASES_OF_A_KIND = 18
ZOO = ("lenet", "alexnet", "squeezenet", "vgg", "mobilenet_v3", "resnet")
SPECS = Path(__file__).parents[2] / "specs" / "families"
CHOICE = Choice()


@dataclass
class Harvest:
    """What became of all the faults."""

    counts: Counter[str] = field(default_factory=Counter[str])
    kinds: Counter[str] = field(default_factory=Counter[str])
    misplaced: list[str] = field(default_factory=list[str])
    uncured: list[str] = field(default_factory=list[str])
    broken_fixes: list[str] = field(default_factory=list[str])

    def take(self, planted: Planted) -> None:
        """Check a spec with a fault, and what is proposed to mend it."""
        compiled = compile_text(planted.source, CHOICE)
        errors = _errors(compiled.problems)
        if not errors and planted.elsewhere:
            return  # it happens to fit
        self.counts["all"] += 1
        self.kinds[planted.kind] += 1
        fixed = _errors(with_fixes(compiled, CHOICE, THOROUGH))
        if len(fixed) != 1 or fixed[0].code not in planted.codes or _lines(fixed[0], planted).isdisjoint(planted.lines):
            self.misplaced.append(_told(planted, fixed))
        self._check_fixes(planted, fixed)

    def _check_fixes(self, planted: Planted, fixed: list[Problem]) -> None:
        left = len(fixed)
        for problem in fixed:
            if problem.fix is not None:
                self.counts["fixes"] += 1
                source = edited(planted.source, problem.fix.edits)
                left = len(_errors(compile_text(source, CHOICE).problems))
                if left >= len(fixed):
                    self.broken_fixes.append(_told(planted, fixed))
        if planted.cured_by_a_token:
            self.counts["one token"] += 1
            if left:
                self.uncured.append(_told(planted, fixed))


def _errors(problems: tuple[Problem, ...]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def _lines(problem: Problem, planted: Planted) -> set[int]:
    """Return the lines that an error points to; for what comes to light at a join, also its notes and its fix."""
    found = {problem.span.line} if problem.span else set[int]()
    if planted.elsewhere:
        found |= {note.span.line for note in problem.notes if note.span}
        found |= {edit.span.line for edit in problem.fix.edits} if problem.fix else set[int]()
    return found


def _told(planted: Planted, found: list[Problem]) -> str:
    line = planted.source.lines()[planted.lines[0] - 1].strip()
    said = "; ".join(f"{problem.code} {problem.span} {problem.message()}" for problem in found)
    return f"{planted.kind} in {planted.source.path}:{planted.lines[0]} ({line}): {said or 'nothing'}"


def _grounds(rng: Random) -> list[Ground]:
    sources = [SourceFile(f"drawn{number}.yaml", random_spec(rng)) for number in range(DRAWN)]
    files = [*(SPECS / f"{name}.yaml" for name in ZOO), SPECS.parent / "resnet18.yaml"]
    sources += [SourceFile(path.name, path.read_text("utf-8"), path) for path in files]
    for source in sources:
        assert [problem.message() for problem in _errors(compile_text(source, CHOICE).problems)] == [], source.text
    return [Ground(source) for source in sources]


@pytest.fixture(scope="module")
def harvest() -> Harvest:
    """Plant all the faults."""
    rng, found = Random(SEED), Harvest()  # noqa: S311
    grounds = _grounds(rng)
    for name, plant in KINDS.items():
        for _ in range(CASES_OF_A_KIND * 6):
            # Two of three faults go into the small specs that are drawn.
            ground = rng.choice(grounds[:DRAWN] if rng.random() < 0.8 else grounds)
            planted = plant(ground, rng)
            if planted is not None:
                found.take(planted)
            if found.kinds[name] == CASES_OF_A_KIND:
                break
    return found


def test_there_are_enough_of_them(harvest: Harvest) -> None:
    assert harvest.counts["all"] >= 1000
    assert sum(count >= 5 for count in harvest.kinds.values()) >= 30


def test_nearly_all_give_one_error_of_the_right_kind_on_the_right_line(harvest: Harvest) -> None:
    assert len(harvest.misplaced) <= 0.01 * harvest.counts["all"], "\n".join(harvest.misplaced)


def test_no_fix_fails_its_check(harvest: Harvest) -> None:
    assert harvest.counts["fixes"] > 0
    assert harvest.broken_fixes == []


def test_most_faults_that_one_token_cures_are_cured(harvest: Harvest) -> None:
    assert len(harvest.uncured) <= 0.1 * harvest.counts["one token"], "\n".join(harvest.uncured)
