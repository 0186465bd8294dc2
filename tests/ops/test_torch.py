"""The records written for PyTorch do what the op's rules say."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.ops import StochasticDepth

from archspec.backends.torch.dense import DENSE
from archspec.backends.torch.formatting import formatted
from archspec.ir.records import TorchFunction
from archspec.ir.tensor import TensorType
from archspec.ops.dropout import DropPath
from archspec.spec.names import HELPERS
from tests.ops.table import VALID, each_valid
from tests.ops.torch_reference import Reference, as_tuple, random_inputs, reference

if TYPE_CHECKING:
    from tests.ops.table import Case

WITH_TWIN = [case for case in VALID if getattr(case.op.torch(case.inputs), "module", None)]


@each_valid
def test_shapes_are_those_of_pytorch(case: Case) -> None:
    results = as_tuple(reference(case.op, case.inputs)(*random_inputs(case.inputs)))
    assert [tuple(result.shape) for result in results] == [(2, *t.shape) for t in case.op.infer(case.inputs)]


@each_valid
def test_parameters_are_those_of_the_state_dict(case: Case) -> None:
    state = Reference(case.op.torch(case.inputs)).state_dict()
    found = [(k.removeprefix("inner."), tuple(v.shape), str(v.dtype).removeprefix("torch.")) for k, v in state.items()]
    specs = case.op.parameters(case.inputs)
    assert found == [(spec.name, spec.shape, spec.dtype) for spec in specs]


@each_valid
def test_buffers_are_no_parameters(case: Case) -> None:
    learnt = [name.removeprefix("inner.") for name, _ in Reference(case.op.torch(case.inputs)).named_parameters()]
    assert learnt == [spec.name for spec in case.op.parameters(case.inputs) if not spec.buffer]


@each_valid
def test_macs_are_half_of_pytorchs_flops(case: Case) -> None:
    with FlopCounterMode(display=False) as counter:
        reference(case.op, case.inputs)(*random_inputs(case.inputs, batch=1))
    assert case.op.macs(case.inputs) * 2 == counter.get_total_flops()


@pytest.mark.parametrize("case", WITH_TWIN, ids=str)
def test_the_module_twin_of_a_function_is_equal(case: Case) -> None:
    code = case.op.torch(case.inputs)
    assert isinstance(code, TorchFunction)
    inputs = random_inputs(case.inputs)
    assert torch.equal(Reference(code)(*inputs), Reference(code, twin=True)(*inputs))


def test_helpers_are_formatted_and_reserved() -> None:
    helpers = {helper.name: helper for case in VALID for helper in case.op.torch(case.inputs).helpers}
    helpers[DENSE.name] = DENSE
    assert set(helpers) == HELPERS
    for name, helper in helpers.items():
        assert formatted(helper.source) == helper.source
        (node,) = ast.parse(helper.source).body
        assert isinstance(node, ast.ClassDef | ast.FunctionDef)
        assert node.name == name


@pytest.mark.parametrize("mode", ["row", "batch"])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_drop_path_is_that_of_torchvision_in_training(mode: str, p: float) -> None:
    (tensor,) = inputs = (TensorType((3, 4, 4)),)
    ours = Reference(DropPath.model_validate({"p": p, "mode": mode}).torch(inputs)).train()
    image = torch.randn(8, *tensor.shape)
    torch.manual_seed(0)
    found = ours(image)
    torch.manual_seed(0)
    assert torch.equal(found, StochasticDepth(p, mode).train()(image))


@each_valid
def test_arguments_name_parameters_of_the_op(case: Case) -> None:
    for arg in getattr(case.op.torch(case.inputs), "args", ()):
        if isinstance(arg.source, str):
            assert arg.source in type(case.op).model_fields
        elif arg.source is not None:
            assert arg.value == case.inputs[arg.source.index].shape[arg.source.axis]
