"""What all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

# Two workers run the tests, each on a core of its own. Threads that wait for one another would make both slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Rewrite the golden files from what is computed now; then review."
    )
