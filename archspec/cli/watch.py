"""Doing something again whenever one of some files changes."""

from __future__ import annotations

import stat
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

# When a file was written, and its size; the names in a folder; None for what is not there.
Stamp: TypeAlias = "tuple[int, int] | frozenset[str] | None"
Stamps: TypeAlias = "dict[Path, Stamp]"


def watch(work: Callable[[], Iterable[Path]]) -> None:
    """Do the work, and again whenever a file changes, until Ctrl-C.

    It returns the files that it depends on, and the folders in which others may come up.
    """
    known: Iterable[Path] = ()
    while True:
        before = stamps(known)
        if sys.stdout.isatty():
            click.clear()
        known = tuple(dict.fromkeys(work()))
        files = sum(not path.is_dir() for path in known)
        announce(f"watching {counted(files or len(known), 'file' if files else 'folder')}; Ctrl-C ends")
        sys.stdout.flush()
        _wait(stamps(known) | before)


def stamps(paths: Iterable[Path]) -> Stamps:
    """Return the state of files and folders."""
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return frozenset(each.name for each in path.iterdir() if not _is_passing(each.name))
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _is_passing(name: str) -> bool:
    """Tell whether a file is hidden, or a copy that an editor makes while it saves."""
    return name.startswith((".", "#")) or name.endswith("~")


def _wait(before: Stamps) -> None:
    """Return when a file has changed, and none has for a moment: some editors save in several steps."""
    now = before
    while True:
        time.sleep(INTERVAL)
        settled, now = now, stamps(before)
        if now == settled != before:
            return
