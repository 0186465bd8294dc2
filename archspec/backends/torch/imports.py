"""The classes that generated source imports beside PyTorch: those that the spec names by import path."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from archspec.backends.torch.definitions import code_of
from archspec.diagnostics.catalog.custom import ImportedNameTaken
from archspec.diagnostics.problem import ProblemError
from archspec.ir.records import TorchModule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.ir.graph import Graph

_OF_THE_HEADER = frozenset({"torch", "nn", "F", "Tensor", "math"})


def imported_classes(graph: Graph) -> list[TorchModule]:
    """Return a record of each class that a network imports."""
    codes = map(code_of, graph.nodes.values())
    found = {(code.origin, code.cls): code for code in codes if isinstance(code, TorchModule) and code.origin}
    return [found[key] for key in sorted(found)]


def own_imports(graph: Graph, code: str) -> list[str]:
    """Return the import statements of these classes for the source of a network; none, if there are no such classes.

    Raises:
        ProblemError: one of them is called like something else in the source.
    """
    classes = imported_classes(graph)
    if not classes:
        return []
    taken = {*_OF_THE_HEADER, *_bound(ast.parse(code))}
    for each in classes:
        if each.cls in taken:
            raise ProblemError(ImportedNameTaken(op=f"{each.origin}:{each.cls}", name=each.cls))
        taken.add(each.cls)
    modules = dict.fromkeys(each.origin for each in classes)
    names = {module: ", ".join(each.cls for each in classes if each.origin == module) for module in modules}
    return ["\n".join(f"from {module} import {listed}" for module, listed in names.items())]


def _bound(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module and the constructors in it bind: there, a class of that name would be hidden."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            yield from (argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg))
            yield from (name.id for name in ast.walk(node) if isinstance(name, ast.Name) and _is_stored(name))


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)
