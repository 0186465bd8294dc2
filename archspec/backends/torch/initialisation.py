"""The end of the network's constructor: loops that give parameters their first values, as `init` says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from archspec.backends.torch.definitions import code_of
from archspec.backends.torch.symbols import literal
from archspec.ir.records import TorchModule
from archspec.ir.text import stated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archspec.ir.graph import Graph, Node
    from archspec.ir.initialisation import Fill, Initialiser, InitRule

_POSITIONAL = frozenset({"constant"})
# Modules that have others in them, which are instances of these classes too.
_INSIDE = {"nn.MultiheadAttention": "nn.Linear"}
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class _Filled:
    """One initialiser and the parameters that it fills.

    Attributes:
        condition: what is true of the names of these parameters, as source; empty if they must be listed.
        names: their names.
    """

    condition: str
    names: tuple[str, ...]
    initialiser: Initialiser


def initialisation(graph: Graph) -> list[str]:
    """Return the statements that carry out the rules of a network, in their order."""
    kinds = {path: _class(graph, path) for path in graph.nodes}
    lines: list[str] = []
    clear = not any(map(_is_imported, graph.nodes.values()))  # such a module may have any others in it
    for by_class, group in groupby(graph.init, key=lambda rule: clear and _is_by_class(rule, kinds)):
        rules = tuple(group)
        lines += ["", *(_by_class(graph, rules, kinds) if by_class else _by_name(graph, rules))]
    return lines


def _class(graph: Graph, path: str) -> str | None:
    code = code_of(graph.nodes[path])
    return code.cls if isinstance(code, TorchModule) else None


def _is_imported(node: Node) -> bool:
    code = code_of(node)
    return isinstance(code, TorchModule) and bool(code.origin)


# ----------------------------------------------------------------------------------------------------- by class


def _is_by_class(rule: InitRule, kinds: dict[str, str | None]) -> bool:
    """Tell whether the nodes of a rule are all those of their classes."""
    classes = {kinds[path] for path in rule.nodes}
    return rule.is_op and None not in classes and {path for path in kinds if kinds[path] in classes} == set(rule.nodes)


def _by_class(graph: Graph, rules: Iterable[InitRule], kinds: dict[str, str | None]) -> Iterator[str]:
    yield "for module in self.modules():"
    inside = {_INSIDE[kind] for kind in kinds.values() if kind in _INSIDE}
    word = "if"
    for rule in rules:
        classes = sorted({kind for path in rule.nodes if (kind := kinds[path])})
        yield f"    {word} {_is_one_of(classes, inside)}:"
        for fill in rule.fills:
            tensor = f"module.{fill.tensor}"
            if _is_optional(graph, rule, fill, classes):
                yield f"        if {tensor} is not None:"
                yield f"            {_call(fill.initialiser, tensor)}"
            else:
                yield f"        {_call(fill.initialiser, tensor)}"
        word = "elif"


def _is_one_of(classes: list[str], inside: set[str]) -> str:
    if len(classes) > 1:
        return f"isinstance(module, ({', '.join(classes)}))"
    return f"type(module) is {classes[0]}" if classes[0] in inside else f"isinstance(module, {classes[0]})"


def _is_optional(graph: Graph, rule: InitRule, fill: Fill, classes: list[str]) -> bool:
    """Tell whether modules may lack a tensor, for PyTorch's annotations or in fact: also those inside helpers."""
    helpers = {helper for node in graph.nodes.values() for helper in code_of(node).helpers}
    return (
        _may_lack(fill.tensor, classes)
        or any(f"{name}(" in helper.source for helper in helpers for name in classes)
        or any(f"{path}.{fill.tensor}" not in _parameters(graph, path) for path in rule.nodes)
    )


# ----------------------------------------------------------------------------------------------------- by name


def _by_name(graph: Graph, rules: Iterable[InitRule]) -> Iterator[str]:
    everything = {name for path in graph.nodes for name in _parameters(graph, path)}
    filled = [_filled(rule, fill, everything) for rule in rules for fill in rule.fills]
    for in_loop, group in groupby(filled, key=lambda each: bool(each.condition)):
        if in_loop:
            yield "for name, parameter in self.named_parameters():"
            for each in group:
                yield f"    if {each.condition}:"
                yield f"        {_call(each.initialiser, 'parameter')}"
        else:
            for each in group:
                yield from _listed(graph, each)


def _filled(rule: InitRule, fill: Fill, everything: set[str]) -> _Filled:
    wanted = [f"{path}.{fill.tensor}" for path in rule.nodes]
    names = tuple(name for name in wanted if name in everything)
    pattern = f"*.{fill.tensor}" if rule.is_op else f"{rule.target}.{fill.tensor}"
    return _Filled(_condition(pattern, set(names), everything), names, fill.initialiser)


def _condition(pattern: str, names: set[str], everything: set[str]) -> str:
    """Return source that is true of `names` alone, if beginning and end of the pattern tell them from the others."""
    if not _WILD.search(pattern):
        return ""
    start = _WILD.split(pattern)[0]
    end = re.split(r"[*?\]]", pattern)[-1]
    begins, ends = f"name.startswith({literal(start)})", f"name.endswith({literal(end)})"
    if {name for name in everything if name.endswith(end)} == names:
        return ends
    if start and {name for name in everything if name.startswith(start) and name.endswith(end)} == names:
        return f"{begins} and {ends}"
    return ""


def _listed(graph: Graph, filled: _Filled) -> Iterator[str]:
    """Yield statements that fill parameters which are named one by one."""
    if len(filled.names) == 1:
        yield _call(filled.initialiser, _access(graph, filled.names[0]))
    elif filled.names:
        yield f"for name in {literal(filled.names)}:"
        yield f"    {_call(filled.initialiser, 'self.get_parameter(name)')}"


def _access(graph: Graph, name: str) -> str:
    """Return source that gets a parameter; an attribute only where type checkers know that it is one."""
    module, _, tensor = name.partition(".")
    is_own = module in graph.nodes and module.isidentifier() and tensor.isidentifier()
    is_known = is_own and not _may_lack(tensor, [_class(graph, module) or ""])
    return f"self.{name}" if is_known else f"self.get_parameter({literal(name)})"


def _may_lack(tensor: str, classes: list[str]) -> bool:
    """Tell whether PyTorch annotates a tensor as optional."""
    return tensor == "bias" and any(name.startswith("nn.Conv") for name in classes)


# ----------------------------------------------------------------------------------------------------- both


def _parameters(graph: Graph, path: str) -> set[str]:
    return {f"{path}.{spec.name}" for spec in graph.nodes[path].parameters() if not spec.buffer}


def _call(initialiser: Initialiser, tensor: str) -> str:
    name = initialiser.op
    given = [
        literal(value) if name in _POSITIONAL else f"{key}={literal(value)}"
        for key, value in stated(initialiser).items()
    ]
    return f"nn.init.{name}_({', '.join([tensor, *given])})"
