"""The generated source as a module in memory."""

from __future__ import annotations

import hashlib
import linecache
import sys
import types
from typing import TYPE_CHECKING

from archspec.backends.torch.source import class_name

if TYPE_CHECKING:
    from torch import nn


def instantiate(source: str, name: str) -> nn.Module:
    """Return an instance of the network's class in generated source.

    The source is run as it stands: what one trains is what one reads. It is known to `inspect` and `pickle`, so that
    `torch.jit.script` finds it and instances can be pickled within the process.
    """
    module = imported(source, name)
    return getattr(module, class_name(name))()


def imported(source: str, name: str) -> types.ModuleType:
    """Return generated source as a Python module."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    module_name = f"archspec_generated.{name}_{digest}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    file = f"<archspec {name} {digest}>"
    module = types.ModuleType(module_name)
    module.__file__ = file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    sys.modules.setdefault("archspec_generated", types.ModuleType("archspec_generated"))
    sys.modules[module_name] = module
    # The source was written by this package, from names that it has checked.
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    return module
