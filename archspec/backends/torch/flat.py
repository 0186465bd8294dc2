"""A class that states every node of one expansion by itself: what always works, where nothing nicer does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.backends.torch.definitions import code_of
from archspec.backends.torch.forward import Forward, Key, Step, expression_of_code
from archspec.backends.torch.symbols import literal, same, tensor_text
from archspec.ir.graph import Value
from archspec.ir.records import TorchFunction, TorchModule, TorchParameter
from archspec.spec.names import as_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.ir.graph import Graph, Node, Scope
    from archspec.ir.records import TorchCode


class FlatWriter:
    """Writes one expansion of a graph with the numbers that it has, node by node.

    Submodules of inner groups hang in empty modules, so that the names in a checkpoint stay the same.
    """

    def __init__(self, graph: Graph, scope: Scope[Any], reads: tuple[Value, ...]) -> None:
        """Write `scope`, a part of `graph` or all of it, as a function of the values that it `reads`."""
        self.graph = graph
        self.scope = scope
        self.prefix = f"{scope.path}." if scope.path else ""
        self.nodes = [node for node in graph.nodes.values() if node.path.startswith(self.prefix)]
        self.inputs = dict(zip(_variables(scope, len(reads)), reads, strict=True))
        self._holders: set[tuple[str, ...]] = set()
        self._body: list[str] = []

    def write(self, outputs: tuple[Value, ...], kept: int = 0, ending: Sequence[str] = ()) -> list[str]:
        """Return the body of the class: `__init__` and `forward`.

        `kept` is how many of the outputs there are outside of training, 0 for all; `ending` is the end of `__init__`.
        """
        keys = self._inputs()
        steps: list[Step] = []
        attributes: dict[Key, str] = {}
        for position, node in enumerate(self.nodes):
            if isinstance(code := code_of(node), TorchParameter):
                keys[Value(node.path)] = Key(position)
                attributes[Key(position)] = self._parameter(node, code)
                continue
            sources = tuple(keys[value] for value in node.inputs)
            steps.append(self._step(position, node, sources))
            names = node.op.results(node.input_types) or ("",)
            keys |= {Value(node.path, index): Key(position, name) for index, name in enumerate(names)}
        variables = {name: name for name in self.inputs}
        forward = Forward(variables, steps, tuple(keys[value] for value in outputs), kept, attributes=attributes)
        statements = forward.write()
        arguments = ", ".join(["self", *(f"{name}: Tensor" for name in variables.values())])
        lines = ["    def __init__(self) -> None:", "        super().__init__()"] if self._body else []
        lines += [f"        {line}" for line in (*self._body, *ending)]
        lines += ["", f"    def forward({arguments}) -> {forward.result}:", *(f"        {line}" for line in statements)]
        return lines

    def _inputs(self) -> dict[Value, Key]:
        """Return what the inputs are called; of several names for one value, the first counts."""
        keys: dict[Value, Key] = {}
        for name, value in self.inputs.items():
            keys.setdefault(value, Key(name))
        return keys

    def _step(self, position: int, node: Node, sources: tuple[Key, ...]) -> Step:
        code = code_of(node)
        parts = tuple(node.path.removeprefix(self.prefix).split("."))
        args = _arguments(code)
        attribute = ""
        if isinstance(code, TorchModule):
            shared = node.shares is not None and node.shares.startswith(self.prefix)
            owner = tuple((node.shares or "").removeprefix(self.prefix).split(".")) if shared else parts
            if not shared:
                self._register(parts, f"{code.cls}({args})")
            attribute = _access(owner)
        text = expression_of_code(code, args, attribute)
        name = "_".join(map(as_identifier, parts))
        results = node.op.results(node.input_types)
        step = Step(position, name, sources, text.source, text.binds, results=results, joiner=text.joiner)
        step.operands = text.operands
        step.major, step.random = isinstance(code, TorchModule), node.op.is_random
        return step

    def _parameter(self, node: Node, code: TorchParameter) -> str:
        """Register a bare tensor; return source that gets it."""
        parts = tuple(node.path.removeprefix(self.prefix).split("."))
        given = {arg.name: literal(arg.value) for arg in code.args if not same(arg.value, arg.default)}
        self._register(parts, tensor_text(given, batch=code.batch), method="register_parameter")
        return _access(parts)

    def _register(self, parts: tuple[str, ...], text: str, method: str = "add_module") -> None:
        for depth in range(1, len(parts)):
            if parts[:depth] not in self._holders:
                self._holders.add(parts[:depth])
                self._body.append(_assignment(parts[:depth], "nn.Module()"))
        self._body.append(_assignment(parts, text, method))


def _variables(scope: Scope[Any], count: int) -> list[str]:
    if count == 1:
        return ["x"]
    return list(scope.inputs) if len(scope.inputs) == count else [f"x{index}" for index in range(count)]


def _arguments(code: TorchCode) -> str:
    """Return the arguments of a call that differ from PyTorch's defaults."""
    if not isinstance(code, TorchModule | TorchFunction):
        return ""
    given = [arg for arg in code.args if not same(arg.value, arg.default)]
    return ", ".join(literal(arg.value) if arg.positional else f"{arg.name}={literal(arg.value)}" for arg in given)


def _access(parts: tuple[str, ...]) -> str:
    """Return source that gets a submodule; a number is no attribute's name."""
    text = "self"
    for part in parts:
        text = f"{text}.{part}" if part.isidentifier() else f'getattr({text}, "{part}")'
    return text


def _assignment(parts: tuple[str, ...], text: str, method: str = "add_module") -> str:
    holder, name = _access(parts[:-1]), parts[-1]
    return f"{holder}.{name} = {text}" if name.isidentifier() else f'{holder}.{method}("{name}", {text})'
