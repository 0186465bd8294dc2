"""Scanning on several processor cores."""

from __future__ import annotations

import signal
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archspec.scanning.plan import Variation
    from archspec.scanning.scanner import Measured, Scanner

# Large enough that handing over costs little, small enough that no process waits long for the last one.
CHUNK = 16

_scanner: Scanner | None = None


def scan_in_parallel(scanner: Scanner, variations: Iterable[Variation], jobs: int) -> Iterator[Measured]:
    """Yield what becomes of each network, in order; `jobs` processes share the work.

    Each process starts afresh, which takes about half a second. If the iteration is broken off (Ctrl-C), what has not
    begun is dropped and the processes end.
    """
    context = get_context("spawn")  # a fork of a process with threads can hang
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(scanner,))
    waiting = iter(variations)
    try:
        # Not all at once: 100,000 tasks need not wait in memory.
        running = [pool.submit(_measure, chunk) for chunk in _chunks(waiting, 4 * jobs)]
        while running:
            yield from running.pop(0).result()
            running += [pool.submit(_measure, chunk) for chunk in _chunks(waiting, 1)]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _chunks(variations: Iterator[Variation], count: int) -> Iterator[list[Variation]]:
    for _ in range(count):
        if chunk := list(islice(variations, CHUNK)):
            yield chunk


def _start(scanner: Scanner) -> None:
    global _scanner  # noqa: PLW0603  (a process has one)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    _scanner = scanner


def _measure(variations: list[Variation]) -> list[Measured]:
    assert _scanner is not None
    return list(_scanner.scan(variations))
