"""The op without inputs: its tensor as PyTorch stores it, and what may read it."""

from __future__ import annotations

import pytest

from archspec.ops.parameter import Parameter
from tests.compiling import flat, problems, spec

SCALE = "{op: parameter, shape: [3, 1, 1], batch: false}"
WHOLE = "{op: parameter, shape: [3, 8, 8]}"


@pytest.mark.parametrize("sample", Parameter.samples, ids=str)
def test_its_only_tensor_has_no_name_of_its_own(sample: object) -> None:
    op = Parameter.model_validate(dict(sample.params))  # type: ignore[attr-defined]
    (owned,) = op.parameters(())
    assert owned.name == ""
    assert owned.shape == ((1, *op.shape) if op.batch else tuple(op.shape))
    assert op.infer(())[0].shape == tuple(op.shape)


def test_the_node_behind_it_reads_it_and_it_reads_nothing() -> None:
    text = spec(
        f"conv: {{op: conv, out_channels: 3, kernel_size: 1}}\ntoken: {WHOLE}\njoin: {{op: add, from: [token, conv]}}"
    )
    assert "token = parameter(shape=[3, 8, 8]): 3x8x8" in flat(text)
    assert not problems(text)


@pytest.mark.parametrize("op", ["add", "sub", "max"])
@pytest.mark.parametrize("tensor", [SCALE, WHOLE])
def test_joins_stretch_it_over_the_batch(op: str, tensor: str) -> None:
    text = spec(f"scale: {tensor}\njoin: {{op: {op}, from: [input, scale], broadcast: true}}\nrelu: relu")
    assert not problems(text)


@pytest.mark.parametrize(
    "graph",
    [
        f"scale: {SCALE}\nrelu: relu\njoin: {{op: mul, from: [input, relu]}}",  # no axis for the batch
        f"token: {WHOLE}\nrelu: relu",  # nothing but the parameter makes the result
        f"scale: {SCALE}\njoin: {{op: concat, from: [input, scale]}}",
        f"size: {WHOLE}\nrelu: {{op: relu, from: input}}\nresized: {{op: upsample, from: size, scale_factor: 2}}",
    ],
)
def test_what_cannot_read_it_says_so(graph: str) -> None:
    assert [problem.code for problem in problems(spec(graph))] == ["AS407"]


def test_it_reads_no_node() -> None:
    assert [problem.code for problem in problems(spec("token: {op: parameter, from: input, shape: [3]}"))] == ["AS403"]
