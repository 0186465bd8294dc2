"""How much longer `archspec check` takes for a spec with a mistake than for the same spec without it.

Each network is there twice: in blocks, as `archspec init` writes it, and resolved, as `archspec expand` does. One
mistake is planted in its text, and whole processes check the good spec and the bad one in turn. What the check of the
bad one does more is to search for a fix, and to try it on the whole spec.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from paired import run

import archspec
from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.source.span import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NETWORKS = (
    "residual_mnist",
    "lenet5",
    "resnet34",
    "resnet152",
    "densenet201",
    "inception_v3",
    "vit_b_16",
    "efficientnet_b0",
)
PLACES = {"start": 0.0, "middle": 0.5, "end": 1.0}
JOIN = re.compile(r"op: (add|concat)\b")
SHAPING = (
    (re.compile(r", padding: (\d+|same)"), ""),
    (re.compile(r"kernel_size: [15]\b"), "kernel_size: 3"),
    (re.compile(r"(out_channels|out_features|channels): (\w+)"), r"\1: \2 + 1"),
)
REACH = 12  # lines above a join in which something may be changed
GOOD = "archspec: 1\nname: net\ninputs: {image: [3, 8, 8]}\ngraph: {relu: relu}\n"


@dataclass(frozen=True)
class Case:
    """A mistake: its kind, where in the text it is, and the text with it."""

    kind: str
    place: str
    text: str


def cases(text: str) -> Iterator[Case]:
    """Yield the mistakes that can be planted in a spec."""
    for kind, pattern, wrong in (
        ("op", r"op: (conv|linear)\b", r"op: \1x"),
        ("parameter", r"\b(kernel_size|out_features):", r"\1s:"),
        ("reference", r"(from: \[?)([a-z]\w*)", r"\1\2_gone"),
        ("YAML", r"\}(\s*(#.*)?)$", r"\1"),
    ):
        lines = text.split("\n")
        found = [number for number in _graph_lines(lines) if re.search(pattern, lines[number])]
        if found:
            number = found[len(found) // 2]
            yield Case(kind, "middle", _with_line(lines, number, re.sub(pattern, wrong, lines[number], count=1)))
    for place, share in PLACES.items():
        planted = _mismatched(text.split("\n"), share)
        if planted is not None:
            yield Case("shape", place, planted)


def _graph_lines(lines: Sequence[str]) -> list[int]:
    """Return the lines of blocks and of the graph."""
    first = next((number for number, line in enumerate(lines) if re.match(r"(blocks|graph):", line)), 0)
    return [number for number in range(first, len(lines)) if not re.match(r"\s*#|\s*description:", lines[number])]


def _with_line(lines: Sequence[str], number: int, line: str) -> str:
    return "\n".join([*lines[:number], line, *lines[number + 1 :]])


def _mismatched(lines: Sequence[str], share: float) -> str | None:
    """Return the text with inputs of a join that do not fit, because of a layer above the join."""
    graph = _graph_lines(lines)
    joins = [number for number in graph if JOIN.search(lines[number])] or graph[REACH:]
    order = sorted(joins, key=lambda number: abs(joins.index(number) - share * (len(joins) - 1)))
    for join in order[:10]:
        for number in range(join - 1, max(join - REACH, 0), -1):
            for pattern, new in SHAPING:
                text = _with_line(lines, number, pattern.sub(new, lines[number], count=1))
                if _codes(text) & {"AS204", "AS205"}:
                    return text
    return None


def _codes(text: str) -> set[str]:
    problems = compile_text(SourceFile("spec.yaml", text), Choice()).problems
    return {problem.code for problem in problems}


@dataclass(frozen=True)
class Ratios:
    """By how much a check of the bad spec takes longer: the medians over pairs of runs."""

    wall: float
    cpu: float
    seconds: float


def measure(good: Path, bad: Path, caches: str, pairs: int) -> Ratios:
    """Check both specs in turn, as whole processes."""
    command = [sys.executable, "-m", "archspec", "check"]
    runs = [(run([*command, str(good)], caches), run([*command, str(bad)], caches, code=1)) for _ in range(pairs)]
    wall = statistics.median(second.wall / first.wall for first, second in runs)
    cpu = statistics.median(second.cpu / first.cpu for first, second in runs)
    return Ratios(wall, cpu, statistics.median(first.cpu for first, _ in runs))


def texts(network: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield a network as it stands in blocks, and as it is resolved, each with the name of the form."""
    place = folder / f"{network}.yaml"
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "archspec", "init", network, "-o", str(place), "--quiet"], check=True, cwd=folder
    )
    yield "blocks", place.read_text("utf-8")
    yield "resolved", archspec.load(place).expand()


def compare(network: str, folder: Path, caches: str, pairs: int) -> Iterator[Ratios]:
    """Yield what each mistake in a network costs, and print a line for it."""
    good, bad = folder / "good.yaml", folder / "bad.yaml"
    for form, text in texts(network, folder):
        good.write_text(text, "utf-8")
        for case in cases(text):
            bad.write_text(case.text, "utf-8")
            ratios = measure(good, bad, caches, pairs)
            print(
                f"{network:<18}{form:<10}{f'{case.kind}, {case.place}':<18}{ratios.seconds:>12.2f}"
                f"{ratios.cpu:>11.2f}{ratios.wall:>12.2f}",
                flush=True,
            )
            yield ratios


def fill(caches: str, folder: Path) -> None:
    """Check a good spec and a bad one, so that compiled Python is there for all later runs."""
    for name, text, code in (("good.yaml", GOOD, 0), ("bad.yaml", GOOD.replace("relu", "rellu"), 1)):
        (folder / name).write_text(text, "utf-8")
        run([sys.executable, "-m", "archspec", "check", str(folder / name)], caches, code)


def main() -> None:
    """Print a line for each network, form and mistake, then the mean and the greatest ratio of each network."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--pairs", type=int, default=5)
    chosen = parser.parse_args()
    print(
        f"{'network':<18}{'form':<10}{'mistake':<18}{'good, CPU s':>12}{'CPU ratio':>11}{'wall ratio':>12}", flush=True
    )
    with TemporaryDirectory() as folder, TemporaryDirectory() as caches:
        fill(caches, Path(folder))
        found = {name: list(compare(name, Path(folder), caches, chosen.pairs)) for name in chosen.networks}
    print(f"\n{'network':<18}{'mistakes':>9}{'CPU, mean':>11}{'greatest':>10}{'wall, mean':>12}{'greatest':>10}")
    for name, ratios in {**found, "all": list(chain.from_iterable(found.values()))}.items():
        cpu, wall = [each.cpu for each in ratios], [each.wall for each in ratios]
        print(
            f"{name:<18}{len(ratios):>9}{statistics.mean(cpu):>11.2f}{max(cpu):>10.2f}"
            f"{statistics.mean(wall):>12.2f}{max(wall):>10.2f}"
        )


if __name__ == "__main__":
    main()
