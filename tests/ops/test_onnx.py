"""The records written for ONNX are valid, and onnxruntime gives what PyTorch gives."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import onnx
import torch

from archspec.ir.records import Temporary, Weight
from tests.ops.onnx_reference import build, inferred_shapes, run
from tests.ops.table import each_valid
from tests.ops.torch_reference import as_tuple, random_inputs, reference

if TYPE_CHECKING:
    from archspec.ir.op import Op
    from archspec.ir.tensor import TensorType
    from tests.ops.table import Case


def check(op: Op, inputs: tuple[TensorType, ...], batches: tuple[int, ...] = (1, 3)) -> None:
    """Check the model of an op, and run it with and without onnxruntime's optimizations."""
    module = reference(op, inputs)
    weights = {name.removeprefix("inner."): tensor for name, tensor in module.state_dict().items()}
    model = build(op, inputs, weights)
    onnx.checker.check_model(model, full_check=True)
    shapes = inferred_shapes(model)
    assert [shape[1:] for shape in shapes] == [result.shape for result in op.infer(inputs)]
    # ONNX's shape inference forgets the name of the batch at a Resize, and at a Pad that names its axes.
    forgets = any(node.op_type in ("Resize", "Pad") for node in model.graph.node)
    assert {shape[0] for shape in shapes} == {"N"} or forgets
    for optimized, batch in itertools.product((True, False), batches):
        values = random_inputs(inputs, batch)
        with torch.no_grad():
            expected = as_tuple(module(*values))
        for result, wanted in zip(run(model, values, optimized=optimized), expected, strict=True):
            scale = max(1e-3, float(wanted.abs().max()))
            torch.testing.assert_close(torch.from_numpy(result), wanted, rtol=0, atol=1e-5 * scale)


@each_valid
def test_onnxruntime_agrees_with_pytorch(case: Case) -> None:
    check(case.op, case.inputs)


@each_valid
def test_temporaries_are_defined_before_they_are_read(case: Case) -> None:
    known: set[str] = set()
    owned = {spec.name for spec in case.op.parameters(case.inputs)}
    records = case.op.onnx(case.inputs)
    for record in records:
        assert {source.name for source in record.inputs if isinstance(source, Temporary)} <= known
        assert {source.name for source in record.inputs if isinstance(source, Weight)} <= owned
        assert not known & set(record.outputs)
        known |= set(record.outputs)
    assert not records[-1].outputs
