"""archspec: a declarative architecture compiler.

YAML specs describe networks as graphs; the compiler checks shapes and receptive fields, writes readable PyTorch and
exports proven ONNX. `archspec.load` is where to start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.api import Architecture, SpecError, check, load
    from archspec.diagnostics.problem import Problem, ProblemError

__version__ = "0.1.0"

__all__ = ["Architecture", "Problem", "ProblemError", "SpecError", "__version__", "check", "load"]

_HOMES = {
    **dict.fromkeys(("Architecture", "SpecError", "check", "load"), "archspec.api"),
    **dict.fromkeys(("Problem", "ProblemError"), "archspec.diagnostics.problem"),
}


def __getattr__(name: str) -> object:
    # Python imports this file before any other of the package, so whatever it imported, `archspec --help` would wait
    # for: pydantic and all models take ten times as long as the command line itself.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
