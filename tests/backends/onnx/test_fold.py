from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from archspec.backends.onnx.build import build, to_bytes
from archspec.backends.onnx.verify import verify
from archspec.ir.graph import Output, Value
from tests.backends.onnx.builder import Builder, interpreted, random_weights, residual


def nodes(net: Builder, *outputs: Output, fold: bool = True) -> list[tuple[str, str]]:
    """Build, prove, and return names and types of the ONNX nodes."""
    graph = net.graph(*outputs)
    data = to_bytes(build(graph, random_weights(graph), metadata={}, fold=fold))
    proof = verify(data, graph, interpreted(graph))
    assert proof.largest_difference <= 1e-5 * proof.scale
    return [(node.name, node.op_type) for node in onnx.ModelProto.FromString(data).graph.node]


@pytest.mark.parametrize(
    ("shape", "op", "params"),
    [
        ((4, 9, 9), "conv", {"out_channels": 6, "kernel_size": 3, "padding": 1}),
        ((4, 9, 9), "conv", {"out_channels": 6, "kernel_size": 3, "bias": False}),
        ((4, 9, 9), "conv", {"out_channels": 8, "kernel_size": 3, "groups": 4, "bias": False}),
        ((4, 9), "conv", {"out_channels": 6, "kernel_size": 3}),
        ((2, 5, 6, 7), "conv", {"out_channels": 6, "kernel_size": 2}),
        ((4, 9, 9), "conv", {"out_channels": 6, "kernel_size": 3, "padding": 1, "padding_mode": "reflect"}),
        ((4, 9, 9), "conv_transpose", {"out_channels": 6, "kernel_size": 2, "stride": 2}),
        ((4, 9, 9), "conv_transpose", {"out_channels": 6, "kernel_size": 2, "groups": 2, "bias": False}),
        ((4, 5, 6, 7), "conv_transpose", {"out_channels": 6, "kernel_size": 2}),
        ((12,), "linear", {"out_features": 5}),
        ((12,), "linear", {"out_features": 5, "bias": False}),
    ],
)
@pytest.mark.parametrize("affine", [True, False])
def test_a_batch_norm_becomes_part_of_what_is_before_it(
    shape: tuple[int, ...], op: str, params: dict[str, Any], *, affine: bool
) -> None:
    net = Builder(x=shape)
    net.add("linear", op, **params)
    net.add("norm", "batch_norm", affine=affine)
    net.add("end", "relu")
    assert ("norm", "BatchNormalization") in nodes(net, fold=False)
    assert [name for name, _ in nodes(net)][-2:] == ["linear", "end"]


def test_the_result_takes_the_name_of_the_batch_norm() -> None:
    graph = residual()
    model = build(graph, random_weights(graph), metadata={})
    first = next(iter(model.graph))
    assert (first.name, first.outputs[0].name) == ("conv1", "bn1")
    assert [value.name for value in first.inputs if value] == ["image", "conv1.weight", "conv1.bias"]
    assert not any("running" in name for name in model.graph.initializers)


def test_folding_changes_nothing_but_rounding() -> None:
    graph = residual()
    for fold in (True, False):
        data = to_bytes(build(graph, random_weights(graph), metadata={}, fold=fold))
        proof = verify(data, graph, interpreted(graph))
        assert proof.largest_difference <= 1e-5 * proof.scale


def test_the_weights_that_were_given_are_left_alone() -> None:
    graph = residual()
    weights, same = random_weights(graph), random_weights(graph)
    build(graph, weights, metadata={})
    assert all(np.array_equal(weights[name], same[name]) for name in same)


def test_two_batch_norms_in_a_row() -> None:
    net = Builder(x=(3, 8, 8))
    net.add("conv", "conv", out_channels=4, kernel_size=3)
    net.add("one", "batch_norm")
    net.add("two", "batch_norm")
    assert nodes(net) == [("conv", "Conv")]


def test_a_batch_norm_behind_a_dropout() -> None:
    net = Builder(x=(3, 8, 8))
    net.add("conv", "conv", out_channels=4, kernel_size=3)
    net.add("drop", "dropout")
    net.add("norm", "batch_norm")
    assert nodes(net) == [("conv", "Conv")]


def test_a_result_with_other_readers_stays() -> None:
    net = Builder(x=(3, 8, 8))
    net.add("conv", "conv", out_channels=4, kernel_size=3)
    net.add("norm", "batch_norm")
    net.add("sum", "add", "conv", "norm")
    assert [name for name, _ in nodes(net)] == ["conv", "norm", "sum"]


def test_a_result_that_is_an_output_stays() -> None:
    net = Builder(x=(3, 8, 8))
    net.add("conv", "conv", out_channels=4, kernel_size=3)
    net.add("norm", "batch_norm")
    found = nodes(net, Output("raw", Value("conv")), Output("normal", Value("norm")))
    assert [name for name, _ in found] == ["conv", "norm"]


def test_a_batch_norm_that_is_the_output() -> None:
    net = Builder(x=(3, 8, 8))
    net.add("conv", "conv", out_channels=4, kernel_size=3)
    net.add("norm", "batch_norm")
    assert nodes(net, Output("normal", Value("norm"))) == [("conv", "Conv")]


@pytest.mark.parametrize("before", ["relu", "flatten"])
def test_a_batch_norm_behind_anything_else_stays(before: str) -> None:
    net = Builder(x=(3, 8, 8))
    net.add("conv", "conv", out_channels=4, kernel_size=3)
    net.add("between", before)
    net.add("norm", "batch_norm")
    assert [name for name, _ in nodes(net)] == ["conv", "between", "norm"]


def test_rows_of_vectors_are_normed_along_another_axis() -> None:
    net = Builder(x=(7, 12))
    net.add("fc", "linear", out_features=5, bias=False)
    net.add("norm", "batch_norm")
    assert [name for name, _ in nodes(net)] == ["fc", "norm"]


def test_statistics_of_the_batch_cannot_be_folded() -> None:
    net = Builder(x=(3, 8, 8))
    net.add("conv", "conv", out_channels=4, kernel_size=3)
    net.add("norm", "batch_norm", track_running_stats=False)
    assert len(nodes(net)) > 1
