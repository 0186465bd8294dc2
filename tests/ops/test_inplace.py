"""Where an in-place activation may follow: `output_is_saved` tells it, and autograd is the judge."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from archspec.ir.records import Arg, TorchFunction
from archspec.ops.catalog import OPS
from tests.ops.table import VALID, Case, each_valid
from tests.ops.torch_reference import Reference, as_tuple, random_inputs

if TYPE_CHECKING:
    from torch import Tensor

    from archspec.ir.records import TorchCode

# The split is exact: ops that say their output is saved do have a case where an in-place op after them goes wrong.


def _codes(case: Case) -> list[TorchCode]:
    """Return the op's code, and its in-place form if it has one."""
    code = case.op.torch(case.inputs)
    if not isinstance(code, TorchFunction) or not code.inplace:
        return [code]
    return [code, replace(code, args=(*code.args, Arg("inplace", value=True)))]


def _gradients(code: TorchCode, case: Case, *, training: bool, inplace: bool) -> list[Tensor]:
    torch.manual_seed(0)
    module = Reference(code).train(training)
    leaves = [_leaf(tensor) for tensor in random_inputs(case.inputs)]
    inputs = [leaf * 1.5 if leaf.requires_grad else leaf for leaf in leaves]
    before = [tensor.detach().clone() for tensor in inputs]
    results = [result.relu_() if inplace else result.relu() for result in as_tuple(module(*inputs))]
    weights = (torch.arange(result.numel(), dtype=torch.float32).reshape(result.shape) for result in results)
    torch.stack([(result * weight).sum() for result, weight in zip(results, weights, strict=True)]).sum().backward()
    acts_in_place = isinstance(code, TorchFunction) and any(arg.name == "inplace" for arg in code.args)
    if not acts_in_place and not all(map(torch.equal, inputs, before)):
        raise RuntimeError("the input was overwritten: the output is a view of it")
    return [*results, *(leaf.grad for leaf in leaves if leaf.grad is not None)]


def _leaf(tensor: Tensor) -> Tensor:
    return tensor.requires_grad_() if tensor.is_floating_point() else tensor


def _is_safe(code: TorchCode, case: Case, *, training: bool) -> bool:
    expected = _gradients(case.op.torch(case.inputs), case, training=training, inplace=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _gradients(code, case, training=training, inplace=True)
    except RuntimeError:
        return False
    return all(map(torch.equal, found, expected))


def _safety(case: Case) -> list[bool]:
    return [_is_safe(code, case, training=training) for code in _codes(case) for training in (False, True)]


@each_valid
def test_an_in_place_op_may_follow_what_is_not_saved(case: Case) -> None:
    if not case.op.torch(case.inputs).output_is_saved:
        assert all(_safety(case))


@pytest.mark.parametrize("kind", OPS, ids=lambda kind: kind.op)
def test_what_is_said_to_be_saved_is(kind: type) -> None:
    cases = [case for case in VALID if type(case.op) is kind and case.op.torch(case.inputs).output_is_saved]
    assert not cases or not all(safe for case in cases for safe in _safety(case))


@each_valid
def test_in_place_forms_give_the_same_gradients(case: Case) -> None:
    for code in _codes(case)[1:]:
        expected = _gradients(case.op.torch(case.inputs), case, training=True, inplace=False)
        found = _gradients(code, case, training=True, inplace=False)
        assert all(map(torch.equal, found, expected))
