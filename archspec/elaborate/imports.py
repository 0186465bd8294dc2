"""Classes that specs name by import path. Importing runs code, so it happens only where it was allowed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.custom import CannotImport, ImportNotAllowed
from archspec.diagnostics.problem import ProblemError

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Problem
    from archspec.ops.custom import CustomOp

_MISSING = object()
_FROM_WHERE = "modules come from installed packages and, in commands, from the current directory"


class Imports:
    """The ops that a spec names by import path, each imported once."""

    def __init__(self, *, allowed: bool) -> None:
        """Without `allowed`, nothing is ever imported."""
        self._allowed = allowed
        self._found: dict[str, type[CustomOp] | tuple[Problem, ...]] = {}

    def op(self, path: str) -> type[CustomOp]:
        """Return the op that a class is.

        Raises:
            ProblemError: imports are not allowed, or it cannot be imported or used.
        """
        if path not in self._found:
            try:
                self._found[path] = self._import(path)
            except ProblemError as error:
                self._found[path] = error.problems
        found = self._found[path]
        if isinstance(found, tuple):
            raise ProblemError(*found)
        return found

    def _import(self, path: str) -> type[CustomOp]:
        if not self._allowed:
            raise ProblemError(ImportNotAllowed(name=path))
        found = _imported(path)
        try:
            from archspec.ops.custom_trial import is_module_class
        except ImportError as error:
            reason = f"it needs torch, which cannot be imported here ({error})"
            raise ProblemError(CannotImport(name=path, reason=reason)) from error
        if not is_module_class(found):
            reason = f"it is a {type(found).__name__}, not a subclass of torch.nn.Module"
            raise ProblemError(CannotImport(name=path, reason=reason))
        from archspec.ops.custom import custom_op

        return custom_op(path, found)


def _imported(path: str) -> Any:
    """Return what an import path names.

    Raises:
        ProblemError: there is no such module, importing it raises an exception, or nothing there is called so.
    """
    name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(name)
        found = getattr(module, attribute, _MISSING)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module can do anything when it is imported, sys.exit() too
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        reason, hint = f"importing {name} raises {said}", "the fault is in that module"
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
            reason, hint = f"there is no module {error.name!r}", _FROM_WHERE
        raise ProblemError(CannotImport(name=path, reason=reason, suggestion=hint)) from error
    if found is _MISSING:
        reason = f"there is no {attribute!r} in {name}"
        raise ProblemError(CannotImport(name=path, reason=reason, suggestion=_meant(module, attribute)))
    return found


def _meant(module: Any, attribute: str) -> str | None:
    from archspec.diagnostics.text import did_you_mean

    return did_you_mean(attribute, [name for name in vars(module) if not name.startswith("_")])
