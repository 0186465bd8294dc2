"""Files that a tool generates: written, or held against what would be written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from archspec.source.atomic import write_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_or_check(files: Mapping[Path, bytes], root: Path, command: str) -> int:
    """Write files; with `--check` on the command line, print instead which of them are out of date.

    Args:
        files: what each file is to hold.
        root: the folder to which printed paths are relative.
        command: what writes them, as a user types it.

    Returns:
        The exit status: 1 if a check found a file out of date, else 0.
    """
    if "--check" not in sys.argv[1:]:
        write_files(files)
        return 0
    stale = [path for path, data in files.items() if not path.is_file() or path.read_bytes() != data]
    for path in stale:
        print(f"{path.relative_to(root)} is out of date: run {command}")
    return 1 if stale else 0
