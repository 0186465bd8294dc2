"""Runs two commands in turn, as whole processes, and prints what each took."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Run:
    """One finished process: wall and CPU time in seconds, peak memory in MB."""

    wall: float
    cpu: float
    memory: float


def run(command: Sequence[str], caches: str, code: int = 0) -> Run:
    """Run a command; its output is thrown away.

    `caches` is a folder for compiled Python, as it is there on an ordinary machine from the second start on.

    Raises:
        CalledProcessError: it exited with something else than `code`.
    """
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": caches, "PYTHONDONTWRITEBYTECODE": ""}
    process = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def compare(ours: Sequence[str], theirs: Sequence[str], runs: int = 5) -> None:
    """Run both commands once to warm up, then in turn, and print medians and the ratios pair by pair."""
    with TemporaryDirectory() as caches:
        pairs = [(run(ours, caches), run(theirs, caches)) for _ in range(runs + 1)][1:]
    print(f"{'':12}{'archspec':>12}{'other':>12}{'ratio':>10}   (median of {runs} pairs; least to greatest ratio)")
    for name, unit in (("wall", "s"), ("cpu", "s"), ("memory", "MB")):
        first = [getattr(pair[0], name) for pair in pairs]
        second = [getattr(pair[1], name) for pair in pairs]
        ratios = sorted(b / a for a, b in zip(first, second, strict=True))
        print(
            f"{name + ', ' + unit:12}{statistics.median(first):12.2f}{statistics.median(second):12.2f}"
            f"{statistics.median(ratios):10.1f}   ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )
