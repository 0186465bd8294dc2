"""Graphs by hand, as elaboration would make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from archspec.backends.onnx.reference import torch_reference
from archspec.backends.onnx.weights import described
from archspec.ir.graph import Graph, Node, Output, Scope, Value
from archspec.ir.tensor import TensorType
from archspec.ops.catalog import BY_NAME
from archspec.source.span import Span
from tests.backends.onnx.interpreter import Interpreted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from archspec.backends.onnx.reference import Reference

SPAN = Span("spec.yaml", 1, 1, 1, 1)


class Builder:
    def __init__(self, **inputs: tuple[int, ...] | TensorType) -> None:
        self.inputs = {
            name: shape if isinstance(shape, TensorType) else TensorType(shape) for name, shape in inputs.items()
        }
        self.nodes: dict[str, Node] = {}
        self.last = next(iter(self.inputs))

    def add(self, path: str, op: str, *sources: str | Value, **params: object) -> str:
        values = tuple(
            source if isinstance(source, Value) else Value(source) for source in (sources or (Value(self.last),))
        )
        made = BY_NAME[op].model_validate(params)
        types = tuple(self.type_of(value) for value in values)
        self.nodes[path] = Node(path, made, values, types, made.infer(types), SPAN)
        self.last = path
        return path

    def type_of(self, value: Value) -> TensorType:
        return (
            self.inputs[value.node] if value.node in self.inputs else self.nodes[value.node].output_types[value.index]
        )

    def graph(self, *outputs: Output, **named: str) -> Graph:
        found = outputs or tuple(Output(name, Value(node)) for name, node in named.items())
        found = found or (Output(self.last, Value(self.last)),)
        bound = {name: Value(name) for name in self.inputs}
        results = {"": found[0].value}
        root: Scope[Any] = Scope("", "network", None, None, {}, bound, self.inputs, (), results)
        return Graph("example", self.inputs, self.nodes, found, root)


def random_weights(graph: Graph, seed: int = 0) -> dict[str, NDArray[Any]]:
    random = np.random.default_rng(seed)
    weights: dict[str, NDArray[Any]] = {}
    for name, (shape, dtype) in described(graph).items():
        positive = name.endswith(("running_var", "num_batches_tracked"))
        array = random.uniform(0.5, 2.0, shape) if positive else random.normal(0.0, 0.5, shape)
        weights[name] = np.asarray(array, dtype=dtype)
    return weights


def residual() -> Graph:
    """Return a network with a bit of everything: 3 x 16 x 16 to 5 classes."""
    net = Builder(image=(3, 16, 16))
    net.add("conv1", "conv", out_channels=8, kernel_size=3, padding=1, bias=False)
    net.add("bn1", "batch_norm")
    net.add("relu", "relu")
    net.add("layer1.0.conv1", "conv", out_channels=8, kernel_size=3, padding=1, bias=False)
    net.add("layer1.0.bn1", "batch_norm")
    net.add("layer1.0.downsample.0", "conv", "relu", out_channels=8, kernel_size=1)
    net.add("layer1.0.downsample.1", "batch_norm")
    net.add("layer1.0.add", "add", "layer1.0.bn1", "layer1.0.downsample.1")
    net.add("layer1.0.out", "relu")
    net.add("maxpool", "max_pool", kernel_size=2)
    net.add("branch1", "conv", "maxpool", out_channels=4, kernel_size=1)
    net.add("branch2", "avg_pool", "maxpool", kernel_size=3, stride=1, padding=1)
    net.add("concat", "concat", "branch1", "branch2")
    net.add("drop", "dropout")
    net.add("avgpool", "global_avg_pool")
    net.add("flatten", "flatten")
    net.add("fc", "linear", out_features=5)
    return net.graph()


def loaded(graph: Graph, weights: dict[str, NDArray[Any]] | None = None) -> Interpreted:
    """Return a module with the weights, by default the random ones."""
    module = Interpreted(graph)
    arrays = random_weights(graph) if weights is None else weights
    module.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return module


def interpreted(graph: Graph, weights: dict[str, NDArray[Any]] | None = None) -> Reference:
    """Return the reference that `verify` asks for."""
    return torch_reference(loaded(graph, weights), graph)
