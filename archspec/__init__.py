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
    from archspec.ir.declared import op
    from archspec.ir.window import Window

__version__ = "0.1.0"

__all__ = ["Architecture", "Problem", "ProblemError", "SpecError", "Window", "__version__", "check", "load", "op"]

_HOMES = {
    **dict.fromkeys(("Architecture", "SpecError", "check", "load"), "archspec.api"),
    **dict.fromkeys(("Problem", "ProblemError"), "archspec.diagnostics.problem"),
    "op": "archspec.ir.declared",
    "Window": "archspec.ir.window",
}


def __getattr__(name: str) -> object:
    # Python imports this file before any other of the package, so whatever it imported, `archspec --help` would wait
    # for: pydantic and all models take ten times as long as the command line itself.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
