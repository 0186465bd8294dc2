"""archspec: a declarative architecture compiler.

YAML specs describe networks as graphs; the compiler checks shapes and receptive fields, writes readable PyTorch and
exports proven ONNX. `archspec.load` is where to start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec.api import Architecture, SpecError, check, load
    from archspec.diagnostics.problem import Problem, ProblemError

__version__ = "0.1.0"

__all__ = ["Architecture", "Problem", "ProblemError", "SpecError", "__version__", "check", "load"]


def __getattr__(name: str) -> Any:
    # Imported when they are first asked for, so that `archspec --help` does not wait for the compiler.
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from archspec import api

    return getattr(api, name)
