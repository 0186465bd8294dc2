"""What ops say that autograd keeps is what PyTorch's hooks for saved tensors see, memory by memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from archspec.ir.records import Arg, TorchFunction
from tests.ops.table import VALID, each_valid
from tests.ops.torch_reference import Reference, as_tuple, random_inputs

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType
    from tests.ops.table import Case

BATCH = 2
# PyTorch pools volumes in 32 bits only, and its local response norm pools volumes.
WIDE_ONLY = {"avg_pool", "local_response_norm"}
HALVED = [case for case in VALID if case.op.op not in WIDE_ONLY]
JOINS = [case for case in VALID if len(case.inputs) > 1]


@dataclass
class Seen:
    """What the hooks saw: which inputs and results were saved, and the bytes of everything else."""

    inputs: set[int] = field(default_factory=set[int])
    results: bool = False
    others: Counter[int] = field(default_factory=Counter[int])


def _memory(tensor: Tensor) -> Any:
    return tensor.untyped_storage()._cdata  # pyright: ignore[reportPrivateUsage]


def _watch(case: Case, wanted: tuple[bool, ...], dtype: torch.dtype = torch.float32) -> tuple[Seen, bool]:
    """Run an op in training; return what was saved, and whether its results lie in the memory of its first input."""
    torch.manual_seed(0)
    module = Reference(case.op.torch(case.inputs)).train().to(dtype)
    inputs = [tensor.to(dtype) if tensor.is_floating_point() else tensor for tensor in random_inputs(case.inputs)]
    for tensor, is_wanted in zip(inputs, wanted, strict=True):
        tensor.requires_grad_(is_wanted)
    saved: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: saved.append(tensor) or tensor, lambda tensor: tensor):
        results = as_tuple(module(*inputs))
    own = {_memory(tensor) for tensor in (*module.parameters(), *module.buffers())}
    of_inputs = {_memory(tensor): index for index, tensor in enumerate(inputs)}
    of_results = {_memory(result) for result in results} - of_inputs.keys()
    seen = Seen()
    others: dict[Any, int] = {}
    for tensor in saved:
        place = _memory(tensor)
        if place in of_inputs:
            seen.inputs.add(of_inputs[place])
        elif place in of_results:
            seen.results = True
        elif place not in own:
            others[place] = tensor.untyped_storage().nbytes()
    seen.others.update(others.values())
    return seen, all(_memory(result) == _memory(inputs[0]) for result in results)


def _told(case: Case, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Seen:
    kept = case.op.kept(inputs, wanted)
    return Seen(set(kept.inputs), kept.results, Counter(tensor.bytes_of(BATCH) for tensor in kept.others))


def _all_wanted(case: Case) -> tuple[bool, ...]:
    return tuple("float" in tensor.dtype for tensor in case.inputs)


@each_valid
def test_what_is_kept_and_what_is_a_view(case: Case) -> None:
    seen, is_view = _watch(case, _all_wanted(case))
    assert _told(case, case.inputs, _all_wanted(case)) == seen
    assert case.op.is_view(case.inputs, training=True) == is_view


@pytest.mark.parametrize("case", HALVED, ids=str)
def test_what_is_kept_of_16_bits(case: Case) -> None:
    inputs = tuple(tensor.with_dtype("bfloat16") if "float" in tensor.dtype else tensor for tensor in case.inputs)
    seen, _ = _watch(case, _all_wanted(case), torch.bfloat16)
    assert _told(case, inputs, _all_wanted(case)) == seen


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("case", [case for case in JOINS if "attention" not in case.op.op], ids=str)
def test_what_is_kept_where_one_gradient_is_wanted(case: Case, index: int) -> None:
    wanted = tuple(place == index for place in range(len(case.inputs)))
    seen, _ = _watch(case, wanted)
    assert _told(case, case.inputs, wanted) == seen


@each_valid
def test_in_inference_views_are_those_that_are_said_to_be(case: Case) -> None:
    module = Reference(case.op.torch(case.inputs)).eval()
    inputs = random_inputs(case.inputs)
    results = as_tuple(module(*inputs))
    is_view = all(_memory(result) == _memory(inputs[0]) for result in results)
    assert case.op.is_view(case.inputs, training=False) == is_view


IN_PLACE = [case for case in VALID if isinstance(code := case.op.torch(case.inputs), TorchFunction) and code.inplace]


@pytest.mark.parametrize("case", IN_PLACE, ids=str)
def test_in_place_the_result_is_kept_or_a_copy_of_the_input(case: Case) -> None:
    code = case.op.torch(case.inputs)
    assert isinstance(code, TorchFunction)
    call = Reference(TorchFunction(code.call, (*code.args, Arg("inplace", value=True)), code.module, inplace=True))
    leaf = random_inputs(case.inputs)[0].requires_grad_()
    saved: list[Tensor] = []
    given = leaf + 1
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: saved.append(tensor) or tensor, lambda tensor: tensor):
        result = call(given)
    assert _memory(result) == _memory(given)
    assert len(saved) == 1
    assert (_memory(saved[0]) == _memory(result)) == code.output_is_saved
