"""The ONNX model of a graph, written straight from the IR and the weights."""

from __future__ import annotations

from importlib import metadata as distributions
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx_ir

from archspec.backends.onnx.constants import fold_constants
from archspec.backends.onnx.fold import fold_batch_norms
from archspec.backends.onnx.lower import lower
from archspec.backends.onnx.quirks import guard_pads
from archspec.backends.onnx.schema import ELEMENT_TYPES, attribute_type, infer_types
from archspec.backends.onnx.weights import require_fit
from archspec.ops.catalog import OPSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archspec.backends.onnx.program import Array, Program, Step, ValueType
    from archspec.ir.graph import Graph

# The oldest format that has the operators of OPSET, so that the oldest runtimes read it.
IR_VERSION = 9


def build(
    graph: Graph, weights: Mapping[str, Array], *, metadata: Mapping[str, str], fold: bool = True
) -> onnx_ir.Model:
    """Return the ONNX model of a graph in inference mode.

    Inputs and outputs bear the spec's names and have a free batch axis `N`. Nodes are named by their paths; what else
    an op needs is called `path/op_type`. Values are named by the node that makes them, weights by their key in the
    `state_dict`. Weights are not copied, unless a batch norm is folded into them.

    Args:
        graph: the network.
        weights: its `state_dict`, as arrays.
        metadata: what the model says of itself, as text by key.
        fold: whether batch norms become part of the convolution before them.

    Raises:
        ProblemError: the weights do not fit the graph.
    """
    require_fit(graph, {name: (array.shape, array.dtype.name) for name, array in weights.items()}, "the state_dict")
    program = fold_constants(lower(graph, weights))
    program = guard_pads(fold_batch_norms(program) if fold else program)
    return onnx_ir.Model(
        _write(program),
        ir_version=IR_VERSION,
        producer_name="archspec",
        producer_version=distributions.version("archspec"),
        metadata_props=dict(metadata),
    )


def to_bytes(model: onnx_ir.Model) -> bytes:
    """Return the model as a file's content; at most 2 GB, which is as much as the format holds."""
    return onnx_ir.to_proto(model).SerializeToString(deterministic=True)


def weights_size_bytes(model: onnx_ir.Model) -> int:
    """Return how many bytes the model's tensors take."""
    return sum(value.const_value.nbytes for value in model.graph.initializers.values() if value.const_value is not None)


def _write(program: Program) -> onnx_ir.Graph:
    types = infer_types(program)
    values = {name: _value(name, types.get(name)) for name in program.inputs}
    tensors: dict[str, onnx_ir.Value] = {}
    nodes: list[onnx_ir.Node] = []
    for step in program.steps:
        # In the order of their first use: without types, so that they are not listed among the values, too.
        unseen = [name for name in step.inputs if name in program.tensors and name not in tensors]
        tensors |= {name: _initializer(name, program.tensors[name]) for name in unseen}
        values |= {name: _value(name, types.get(name)) for name in step.outputs}
        nodes.append(_node(step, values, tensors))
    return onnx_ir.Graph(
        [values[name] for name in program.inputs],
        [values[name] for name in program.outputs],
        nodes=nodes,
        initializers=list(tensors.values()),
        opset_imports={"": OPSET},
        name=program.name,
    )


def _value(name: str, known: ValueType | None) -> onnx_ir.Value:
    if known is None:
        return onnx_ir.Value(name=name)
    element = onnx_ir.DataType[ELEMENT_TYPES[known.dtype]]
    return onnx_ir.Value(name=name, shape=onnx_ir.Shape(known.dims), type=onnx_ir.TensorType(element))


def _initializer(name: str, array: Array) -> onnx_ir.Value:
    return onnx_ir.Value(name=name, const_value=onnx_ir.Tensor(array, name=name))


def _node(step: Step, values: Mapping[str, onnx_ir.Value], tensors: Mapping[str, onnx_ir.Value]) -> onnx_ir.Node:
    return onnx_ir.Node(
        "",
        step.op_type,
        [None if not name else tensors[name] if name in tensors else values[name] for name in step.inputs],
        [_attribute(step.op_type, name, value) for name, value in step.attributes.items()],
        outputs=[values[name] for name in step.outputs],
        name=step.name,
    )


def _attribute(op_type: str, name: str, value: Any) -> onnx_ir.Attr:
    """Return an attribute of the type that the operator wants: `alpha: 1` is a float where ONNX says so."""
    kind = attribute_type(op_type, name)
    return onnx_ir.Attr(name, kind, _CONVERSIONS[kind](value))


_CONVERSIONS: dict[onnx_ir.AttributeType, Callable[[Any], object]] = {
    onnx_ir.AttributeType.INT: int,
    onnx_ir.AttributeType.INTS: lambda values: tuple(map(int, values)),
    onnx_ir.AttributeType.FLOAT: float,
    onnx_ir.AttributeType.FLOATS: lambda values: tuple(map(float, values)),
    onnx_ir.AttributeType.STRING: str,
    onnx_ir.AttributeType.STRINGS: lambda values: tuple(map(str, values)),
    onnx_ir.AttributeType.TENSOR: lambda value: onnx_ir.Tensor(np.asarray(value)),
}
