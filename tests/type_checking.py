"""What the type checker says of generated source."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def type_faults(sources: Mapping[str, str], folder: Path) -> str:
    """Return what basedpyright finds in modules, by name, that are written to a folder; empty if all is well."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    command = [sys.executable, "-m", "basedpyright", "--project", str(folder)]
    command += ["--pythonpath", sys.executable, "--level", "error"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode else ""
