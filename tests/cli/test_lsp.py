"""`archspec lsp` where the extra is not installed; tests/lsp has what it does where it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = """
import sys
from archspec.cli import main
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(",")))
main()
"""
"""`archspec`, where some modules cannot be imported."""


@pytest.mark.parametrize("missing", ["pygls", "lsprotocol", "pygls,lsprotocol"])
def test_what_it_needs_is_named(missing: str) -> None:
    command = [sys.executable, "-c", WITHOUT, missing, "lsp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, input="")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "pip install 'archspec[lsp]'" in done.stderr
    assert done.stderr.startswith("error[AS")
