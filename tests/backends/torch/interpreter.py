"""Runs a flat graph node by node, without the generated source: what the source must agree with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.ir.records import TorchExpression, TorchFunction, TorchModule, TorchParameter
from tests.torch_names import names_of

if TYPE_CHECKING:
    import torch
    from torch import nn

    from archspec.ir.graph import Graph, Node


def interpret(graph: Graph, module: nn.Module, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the graph's results by name, with the weights of `module`, in its mode.

    Auxiliary results come last, and in training only.
    """
    state = module.state_dict()
    values: dict[tuple[str, int], Any] = {(name, 0): tensor for name, tensor in inputs.items()}
    for node in graph.nodes.values():
        arguments = [values[value.node, value.index] for value in node.inputs]
        result = run(node, state, arguments, training=module.training)
        results = result if isinstance(result, tuple | list) else [result]
        values |= {(node.path, index): tensor for index, tensor in enumerate(results)}
    outputs = sorted(graph.outputs, key=lambda output: output.training_only)
    if not module.training:
        outputs = [output for output in outputs if not output.training_only]
    return {output.name: values[output.value.node, output.value.index] for output in outputs}


def run(node: Node, state: dict[str, torch.Tensor], arguments: list[torch.Tensor], *, training: bool) -> Any:
    """Run one node."""
    code = node.op.torch(node.input_types)
    if isinstance(code, TorchParameter):
        return state[node.path]
    names = {**names_of(code), **{f"_{index}": argument for index, argument in enumerate(arguments)}}
    slots = [f"_{index}" for index in range(len(arguments))]
    if isinstance(code, TorchExpression):
        text = code.source.replace("{all}", code.joiner.join(slots)).format(*slots)
        return eval(text, names)  # noqa: S307  (a record of our own catalog)
    values = {arg.name: arg.value for arg in code.args}
    if isinstance(code, TorchFunction):
        return eval(code.call, names)(*arguments, **values)  # noqa: S307
    assert isinstance(code, TorchModule)
    module = eval(code.cls, names)(**values)  # noqa: S307
    prefix = f"{node.shares or node.path}."
    module.load_state_dict({key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)})
    return eval(code.call("module").format(*slots), {**names, "module": module.train(training)})  # noqa: S307
