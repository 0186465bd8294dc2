from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from archspec.backends.onnx.build import build, to_bytes
from archspec.backends.onnx.reference import torch_reference
from archspec.backends.onnx.verify import verify
from archspec.diagnostics.problem import ProblemError
from tests.backends.onnx.builder import Builder, interpreted, loaded, random_weights, residual

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

GRAPH = residual()
DATA = to_bytes(build(GRAPH, random_weights(GRAPH), metadata={}))


def slug(error: pytest.ExceptionInfo[ProblemError]) -> str:
    (problem,) = error.value.problems
    return problem.slug


def test_each_output_is_compared_for_each_batch() -> None:
    proof = verify(DATA, GRAPH, interpreted(GRAPH), batches=(1, 3, 4))
    assert [(found.output, found.batch) for found in proof.comparisons] == [("fc", 1), ("fc", 3), ("fc", 4)]
    assert 0 <= proof.largest_difference < 1e-5 * proof.scale
    assert proof.worst in proof.comparisons


def test_a_file_is_verified_as_its_content(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(DATA)
    assert verify(path, GRAPH, interpreted(GRAPH)) == verify(DATA, GRAPH, interpreted(GRAPH))


def test_other_weights_give_other_outputs() -> None:
    weights = random_weights(GRAPH)
    weights["fc.bias"] = weights["fc.bias"] + 0.01 * np.abs(weights["fc.bias"]).max()
    with pytest.raises(ProblemError) as error:
        verify(DATA, GRAPH, interpreted(GRAPH, weights))
    assert slug(error) == "onnx-differs"
    assert "output fc" in str(error.value)


def test_outputs_that_are_not_numbers() -> None:
    def broken(_inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return {"fc": np.full((1, 5), np.nan, np.float32)}

    with pytest.raises(ProblemError) as error:
        verify(DATA, GRAPH, broken)
    assert slug(error) == "onnx-not-finite"


def test_outputs_of_another_shape() -> None:
    def broken(_inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return {"fc": np.zeros((1, 4), np.float32)}

    with pytest.raises(ProblemError) as error:
        verify(DATA, GRAPH, broken)
    assert slug(error) == "onnx-refused"


@pytest.mark.parametrize("data", [b"", b"no model", DATA[:-50]])
def test_what_is_no_model(data: bytes) -> None:
    with pytest.raises(ProblemError) as error:
        verify(data, GRAPH, interpreted(GRAPH))
    assert slug(error) == "onnx-refused"


def test_outputs_that_are_all_zero() -> None:
    net = Builder(x=(4,))
    net.add("fc", "linear", out_features=3)
    graph = net.graph()
    weights = {name: np.zeros_like(array) for name, array in random_weights(graph).items()}
    proof = verify(to_bytes(build(graph, weights, metadata={})), graph, interpreted(graph, weights))
    assert (proof.largest_difference, proof.scale) == (0.0, 0.0)


def test_the_module_is_left_as_it_was() -> None:
    module = loaded(GRAPH).train()
    module.get_submodule("bn1").eval()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    verify(DATA, GRAPH, torch_reference(module, GRAPH))
    assert module.training
    assert not module.get_submodule("bn1").training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert all(weight.requires_grad and weight.grad is None for weight in module.parameters())


def test_pools_that_the_checker_gets_wrong_are_checked_by_running_them() -> None:
    net = Builder(x=(3, 9, 8))
    net.add("pool", "max_pool", kernel_size=3, stride=2, ceil_mode=True)
    graph = net.graph()
    verify(to_bytes(build(graph, {}, metadata={})), graph, interpreted(graph))
