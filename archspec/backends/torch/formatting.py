"""Formatting of generated source."""

from __future__ import annotations

import subprocess
from functools import cache

from ruff import find_ruff_bin

LINE_LENGTH = 88


def formatted(source: str) -> str:
    """Return source as ruff formats it, whatever configuration stands around.

    Raises:
        RuntimeError: it is no Python, which is a defect of the generator.
    """
    command = [_ruff(), "format", "--isolated", "--line-length", str(LINE_LENGTH), "--stdin-filename", "model.py", "-"]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        message = f"generated source cannot be formatted: {done.stderr.decode(errors='replace')}\n{source}"
        raise RuntimeError(message)
    return done.stdout.decode()


@cache
def _ruff() -> str:
    return str(find_ruff_bin())
