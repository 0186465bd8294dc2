"""PyTorch as the reference that an ONNX model is compared with."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from archspec.backends.onnx.lower import exported_outputs

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from torch import nn

    from archspec.backends.onnx.program import Array
    from archspec.ir.graph import Graph

Reference: TypeAlias = "Callable[[Mapping[str, Array]], Mapping[str, Array]]"
"""Gives the outputs by name for a batch of inputs by name."""


def torch_reference(module: nn.Module, graph: Graph) -> Reference:
    """Return what the module computes in eval mode, on the CPU.

    The module takes the inputs in the graph's order, and returns a tensor, several in the order of the outputs, or
    a mapping. It is left as it was: its mode, also that of single layers, is restored. A module on another device is
    copied, since a GPU's arithmetic is coarser (TF32).
    """
    import torch

    tensors = [*module.parameters(), *module.buffers()]
    subject = module if all(tensor.device.type == "cpu" for tensor in tensors) else copy.deepcopy(module).cpu()
    names = [output.name for output in exported_outputs(graph)]

    def run(inputs: Mapping[str, Array]) -> dict[str, Array]:
        with _evaluating(subject), torch.inference_mode():
            results = subject(*(torch.from_numpy(inputs[name]) for name in graph.inputs))
        return {name: result.numpy() for name, result in _named(results, names).items()}

    return run


@contextmanager
def _evaluating(module: nn.Module) -> Generator[None]:
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def _named(results: object, names: list[str]) -> dict[str, Any]:
    if isinstance(results, dict):
        return {name: results[name] for name in names}
    if not isinstance(results, (tuple, list)):
        results = (results,)
    return dict(zip(names, results, strict=True))
