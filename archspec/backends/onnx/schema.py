"""What ONNX itself says of an operator: the names of its inputs, the types of its attributes, of its results."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import onnx
import onnx.defs
import onnx.shape_inference
import onnx_ir

from archspec.backends.onnx.program import ValueType
from archspec.ops.catalog import OPSET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.backends.onnx.program import Array, Program, Step

# ONNX's names of the dtypes that a spec may name.
ELEMENT_TYPES = {
    "float64": "DOUBLE",
    "float32": "FLOAT",
    "float16": "FLOAT16",
    "bfloat16": "BFLOAT16",
    "int64": "INT64",
    "int32": "INT32",
    "uint8": "UINT8",
    "bool": "BOOL",
}
_DTYPES = {onnx.TensorProto.DataType.Value(name): dtype for dtype, name in ELEMENT_TYPES.items()}

# No operator computes the shape of its result from a longer tensor: the longest are pads and sizes, per axis.
_LONGEST_SHAPE_TENSOR = 64


@cache
def operator(op_type: str) -> onnx.defs.OpSchema:
    """Return the definition of an operator."""
    return onnx.defs.get_schema(op_type, OPSET, "")


@cache
def input_name(op_type: str, position: int) -> str:
    """Return what ONNX calls an input of an operator (the last one may stand for any number)."""
    inputs = operator(op_type).inputs
    return inputs[min(position, len(inputs) - 1)].name


@cache
def attribute_type(op_type: str, attribute: str) -> onnx_ir.AttributeType:
    """Return the type of an attribute."""
    return onnx_ir.AttributeType[cast("Any", operator(op_type).attributes[attribute].type).name]


def infer_types(program: Program) -> dict[str, ValueType]:
    """Return the types of all values, those that only ONNX's own inference knows included.

    What it cannot find out either is left out; the types of values in between are only a service to readers.
    """
    types = dict(program.types)
    for step in program.steps:
        if any(name not in types for name in step.outputs):
            types.update(_infer_step(step, types, program.tensors))
    return types


def _infer_step(step: Step, types: Mapping[str, ValueType], tensors: Mapping[str, Array]) -> dict[str, ValueType]:
    from onnx import helper

    node = helper.make_node(step.op_type, step.inputs, step.outputs, step.name, **step.attributes)
    known = {name: types[name] for name in step.inputs if name in types}
    known |= {name: ValueType(tensors[name].dtype.name, tensors[name].shape) for name in step.inputs if name in tensors}
    try:
        found = onnx.shape_inference.infer_node_outputs(
            operator(step.op_type),
            node,
            {name: _proto(value) for name, value in known.items()},
            {name: _constant(tensors[name]) for name in step.inputs if _may_be_a_shape(name, tensors)},
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
    except (onnx.shape_inference.InferenceError, KeyError):  # KeyError: an input without a known type
        return {}
    read = {name: _read(proto) for name, proto in found.items()}
    return {name: value for name, value in read.items() if value is not None}


def _may_be_a_shape(name: str, tensors: Mapping[str, Array]) -> bool:
    return name in tensors and tensors[name].size <= _LONGEST_SHAPE_TENSOR


def _proto(value: ValueType) -> onnx.TypeProto:
    from onnx import helper

    element = onnx.TensorProto.DataType.Value(ELEMENT_TYPES[value.dtype])
    return helper.make_tensor_type_proto(element, value.dims)


def _constant(array: Array) -> onnx.TensorProto:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.asarray(array))


def _read(proto: onnx.TypeProto) -> ValueType | None:
    tensor = proto.tensor_type
    dims = [dim.dim_param or (dim.dim_value if dim.HasField("dim_value") else None) for dim in tensor.shape.dim]
    if tensor.elem_type not in _DTYPES or not tensor.HasField("shape") or None in dims:
        return None
    return ValueType(_DTYPES[tensor.elem_type], tuple(dim for dim in dims if dim is not None))
