"""Doing something again whenever one of some files changes."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeAlias

import click

from archspec.cli.session import announce
from archspec.diagnostics.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

INTERVAL = 0.25
"""Seconds between two looks. Files are looked at, not subscribed to: that works on every file system."""

# When a file was written, and its size; None for one that is not there.
Stamps: TypeAlias = "dict[Path, tuple[int, int] | None]"


def watch(work: Callable[[], Iterable[Path]]) -> None:
    """Do the work, and again whenever a file changes, until Ctrl-C. It returns the files that it depends on."""
    known: Iterable[Path] = ()
    while True:
        before = stamps(known)
        if sys.stdout.isatty():
            click.clear()
        known = tuple(dict.fromkeys(work()))
        announce(f"watching {counted(len(known), 'file')}; Ctrl-C ends")
        sys.stdout.flush()
        _wait(stamps(known) | before)


def stamps(paths: Iterable[Path]) -> Stamps:
    """Return the state of files."""
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _wait(before: Stamps) -> None:
    """Return when a file has changed, and none has for a moment: some editors save in several steps."""
    while stamps(before) == before:
        time.sleep(INTERVAL)
    settled = stamps(before)
    time.sleep(INTERVAL)
    while (now := stamps(before)) != settled:
        settled = now
        time.sleep(INTERVAL)
