"""A graph run by PyTorch, node by node: the reference of these tests, without the source backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import nn

from archspec.ir.records import REQUIRED, TorchExpression, TorchFunction, TorchModule
from tests.torch_names import names_of

if TYPE_CHECKING:
    from archspec.ir.graph import Graph, Node, Value
    from archspec.ir.records import Arg, TorchCode

# A tensor, or the several results of one node.
Result: TypeAlias = "torch.Tensor | tuple[torch.Tensor, ...]"


class Interpreted(nn.Module):
    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        for node in graph.nodes.values():
            code = node.op.torch(node.input_types)
            if isinstance(code, TorchModule):
                self._register(node.path, _evaluate(code, code.cls)(*_positional(code.args), **_named(code.args)))

    def _register(self, path: str, module: nn.Module) -> None:
        parent: nn.Module = self
        *scopes, name = path.split(".")
        for scope in scopes:
            if not hasattr(parent, scope):
                parent.add_module(scope, nn.Module())
            parent = getattr(parent, scope)
        parent.add_module(name, module)

    def forward(self, *inputs: torch.Tensor) -> Result | tuple[Result, ...]:
        values: dict[str, Result] = dict(zip(self.graph.inputs, inputs, strict=True))
        for node in self.graph.nodes.values():
            values[node.path] = self._run(node, [_pick(values, value) for value in node.inputs])
        results = [
            _pick(values, output.value) for output in self.graph.outputs if self.training or not output.training_only
        ]
        return results[0] if len(results) == 1 else tuple(results)

    def _run(self, node: Node, inputs: list[Result]) -> Result:
        code = node.op.torch(node.input_types)
        names = [f"x{index}" for index in range(len(inputs))]
        scope: dict[str, Any] = dict(zip(names, inputs, strict=True))
        if isinstance(code, TorchModule):
            scope["module"] = self.get_submodule(node.path)
            return _evaluate(code, code.call("module").format(*names), scope)
        if isinstance(code, TorchFunction):
            return _evaluate(code, code.call)(*inputs, *_positional(code.args), **_named(code.args))
        assert isinstance(code, TorchExpression)
        return _evaluate(code, code.source.format(*names, all=code.joiner.join(names)), scope)


def _pick(values: dict[str, Result], value: Value) -> Result:
    found = values[value.node]
    return found[value.index] if isinstance(found, tuple) else found


def _positional(args: tuple[Arg, ...]) -> list[Any]:
    return [arg.value for arg in args if arg.positional]


def _named(args: tuple[Arg, ...]) -> dict[str, Any]:
    named = [arg for arg in args if not arg.positional]
    return {arg.name: arg.value for arg in named if arg.default is REQUIRED or arg.value != arg.default}


def _evaluate(code: TorchCode, source: str, scope: dict[str, Any] | None = None) -> Any:
    return eval(source, {**names_of(code), **(scope or {})})  # noqa: S307  (the ops' own records)
