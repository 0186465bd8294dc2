"""Two or three faults at once in networks of the zoo: they give the errors that each gives alone, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.source.editing import Edit, edited
from archspec.source.span import SourceFile
from tests.faults.ground import Ground
from tests.faults.kinds import KINDS
from tests.faults.kinds.yaml import kind as kinds_of_yaml
from tests.faults.specs import random_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.diagnostics.problem import Problem

pytestmark = pytest.mark.xdist_group("faults")

SEED = 20_261_122
CASES = 70
DRAWN = 6
ZOO = (
    "alexnet",
    "convnext",
    "densenet_cifar",
    "inception_resnet_v2",
    "mobilenet_v2",
    "resnet",
    "shufflenet_v2",
    "unet",
)
SPECS = Path(__file__).parents[2] / "specs" / "families"
CHOICE = Choice()

# What is no YAML is not read further; a duplicate or a name may meet that of another fault; and an input of another
# size changes what all others come to.
ALONE = {
    *kinds_of_yaml,
    "semicolon_for_a_comma",
    "parameter_twice",
    "node_twice",
    "name_of_a_python_word",
    "input_without_a_name",
    "version_missing",
    "wrong_version",
}


@dataclass
class Together:
    """Faults in one spec: the errors of each alone, and those of all."""

    text: str
    alone: list[dict[tuple[str, int], str]]
    found: dict[tuple[str, int], str]

    @property
    def wanted(self) -> dict[tuple[str, int], str]:
        return {place: message for errors in self.alone for place, message in errors.items()}

    def lost(self) -> list[str]:
        return [f"{message}\n{self.text}" for place, message in self.wanted.items() if place not in self.found]

    def cascades(self) -> list[str]:
        return [f"{message}\n{self.text}" for place, message in self.found.items() if place not in self.wanted]


def _errors(source: SourceFile) -> dict[tuple[str, int], str]:
    errors = [problem for problem in compile_text(source, CHOICE).problems if problem.severity == "error"]
    return {
        (problem.code, _line(problem)): f"{_line(problem)}: {problem.code} {problem.message()}" for problem in errors
    }


def _line(problem: Problem) -> int:
    return problem.span.line if problem.span else 0


def _change(old: str, new: str) -> tuple[int, int, str]:
    """Return where two texts differ: the start, the end in the old one, and what stands there in the new one."""
    shorter = min(len(old), len(new))
    start = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    tail = next((place for place in range(shorter - start) if old[-1 - place] != new[-1 - place]), shorter - start)
    return start, len(old) - tail, new[start : len(new) - tail]


def _edits(ground: Ground, rng: Random, wanted: int) -> list[Edit]:
    """Return faults on different lines that leave the others where they are."""
    source, edits = ground.source, list[Edit]()
    names = [name for name in KINDS if name not in ALONE]
    for name in rng.choices(names, k=40):
        planted = KINDS[name](ground, rng)
        if planted is None:
            continue
        start, end, text = _change(source.text, planted.source.text)
        span = source.span_at(start, end)
        apart = all(span.end_line < edit.span.line or span.line > edit.span.end_line for edit in edits)
        if apart and source.text[start:end].count("\n") == text.count("\n"):
            edits.append(Edit(span, text))
        if len(edits) == wanted:
            break
    return edits


def _cases() -> Iterator[Together]:
    rng = Random(SEED)  # noqa: S311
    sources = [SourceFile(f"drawn{number}.yaml", random_spec(rng)) for number in range(DRAWN)]
    paths = [SPECS / f"{name}.yaml" for name in ZOO]
    grounds = [Ground(source) for source in (*sources, *(SourceFile(p.name, p.read_text("utf-8"), p) for p in paths))]
    for number in range(CASES):
        ground = grounds[number % len(grounds)]
        edits = _edits(ground, rng, rng.choice((2, 2, 3)))
        alone = [_errors(edited(ground.source, [edit])) for edit in edits]
        shown = "; ".join(
            f"{ground.source.path} {ground.line(edit.span.line).strip()} -> {edit.replacement}" for edit in edits
        )
        if all(alone):  # what happens to fit is no fault
            yield Together(shown, alone, _errors(edited(ground.source, edits)))


@pytest.fixture(scope="module")
def cases() -> list[Together]:
    """Plant all of them."""
    return list(_cases())


def test_there_are_enough_of_them(cases: list[Together]) -> None:
    assert sum(len(case.wanted) for case in cases) >= 2 * len(cases) >= 80


def test_there_are_no_cascades(cases: list[Together]) -> None:
    assert [told for case in cases for told in case.cascades()] == []


def test_hardly_any_error_is_lost(cases: list[Together]) -> None:
    lost = [told for case in cases for told in case.lost()]
    assert len(lost) <= 0.05 * sum(len(case.wanted) for case in cases), "\n".join(lost)


# A fault alone that gave errors elsewhere too, for what it was taken to give.
LONE = {
    "inception_v3": ("channels: 64, kernel: 5, padding: 2}", "channels: 64, kernel: 5, paddng: 2}", "AS302"),
    "inception_v4": (
        "- {op: unit, channels: 224, kernel: [1, 7]",
        "- {op: unit, channels: 224, kerneel: [1, 7]",
        "AS302",
    ),
    "inception_resnet_v2": ("scale: {op: rescale, scale: scale}", "scale: {op: rescale, scale: sctle}", "AS127"),
    "convnext": ("kernel_size: 7, padding: 3", "kernel_size: 7, padding: wrong", "AS304"),
    "segmentation_resnet": ("dilation: 2 if i == 0 else 4, repeat", "dilation: 2 if i == 0 else 4, reppeat", "AS302"),
    "hrnet": ("kernel_size: 3, padding: 1", "kernel_size: -3, padding: 1", "AS304"),
}


@pytest.mark.parametrize("name", LONE)
def test_a_fault_in_a_block_gives_no_errors_where_the_block_is_used(name: str) -> None:
    right, wrong, code = LONE[name]
    path = SPECS / f"{name}.yaml"
    text = path.read_text("utf-8")
    assert right in text
    assert [found for found, _ in _errors(SourceFile(path.name, text.replace(right, wrong, 1), path))] == [code]
