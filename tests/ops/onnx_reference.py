"""A small builder of one-node ONNX models from the records of an op, and onnxruntime to run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from archspec.ir.records import Absent, Constant, Operand, Temporary, Weight
from archspec.ops.catalog import OPSET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from archspec.ir.op import Op
    from archspec.ir.records import OnnxInput, OnnxNode
    from archspec.ir.tensor import TensorType


class Builder:
    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.weights = weights
        self.initializers: dict[str, onnx.TensorProto] = {}
        self.nodes: list[onnx.NodeProto] = []

    def add(self, record: OnnxNode, outputs: list[str]) -> None:
        inputs = [self._input(source) for source in record.inputs]
        name = f"{len(self.nodes)}"
        self.nodes.append(helper.make_node(record.op_type, inputs, outputs, name, **record.attributes))

    def _input(self, source: OnnxInput) -> str:
        match source:
            case Operand(index):
                return f"x{index}"
            case Weight(name):
                return self._initializer(name, self.weights[name].detach().numpy())
            case Temporary(name):
                return name
            case Constant(value, dtype):
                return self._initializer(f"constant_{len(self.initializers)}", np.asarray(value, dtype))
            case Absent():
                return ""

    def _initializer(self, name: str, value: Any) -> str:
        self.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name)
        return name


def build(op: Op, inputs: tuple[TensorType, ...], weights: Mapping[str, Tensor]) -> onnx.ModelProto:
    """Return a model of the op; the batch is dynamic, and the shapes of its results are left to ONNX."""
    builder = Builder(weights)
    *before, last = op.onnx(inputs)
    ranks = {f"y{index}": len(tensor.shape) + 1 for index, tensor in enumerate(op.infer(inputs))}
    results = list(ranks)
    for record in before:
        builder.add(record, list(record.outputs))
    builder.add(last, results)
    graph = helper.make_graph(
        builder.nodes,
        "op",
        [_value(f"x{index}", ("N", *tensor.shape), tensor.dtype) for index, tensor in enumerate(inputs)],
        [_value(name, (None,) * rank, "float32") for name, rank in ranks.items()],
        list(builder.initializers.values()),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def inferred_shapes(model: onnx.ModelProto) -> list[tuple[int | str, ...]]:
    """Return the shapes of the results as ONNX infers them."""
    graph = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True).graph
    return [tuple(dim.dim_param or dim.dim_value for dim in y.type.tensor_type.shape.dim) for y in graph.output]


def run(model: onnx.ModelProto, inputs: list[Tensor], *, optimized: bool = True) -> list[Any]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return list(session.run(None, {f"x{index}": value.numpy() for index, value in enumerate(inputs)}))


def _value(name: str, shape: tuple[int | str | None, ...], dtype: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
