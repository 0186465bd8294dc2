"""Each op by its samples: the ONNX model computes what PyTorch does, at several batch sizes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import pytest
import torch

import archspec
from archspec.backends.onnx.build import build, to_bytes
from archspec.backends.onnx.verify import verify
from archspec.ops.catalog import OPS
from tests.backends.onnx.builder import Builder, interpreted, random_weights

if TYPE_CHECKING:
    from archspec.ir.op import Op, Sample

CASES = [
    pytest.param(op, sample, id=f"{op.op}-{number}")
    for op in OPS
    for number, sample in enumerate(op.samples)
    if sample.fault is None and sample.inputs  # what reads nothing is no network; see below
]


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_onnx_computes_what_pytorch_computes(op: type[Op], sample: Sample) -> None:
    net = Builder(**{f"x{index}": tensor for index, tensor in enumerate(sample.types())})
    net.add("node", op.op, *net.inputs, **sample.params)
    graph = net.graph()
    data = to_bytes(build(graph, random_weights(graph), metadata={}))
    proof = verify(data, graph, interpreted(graph))
    assert proof.largest_difference <= 2e-5 * max(proof.scale, 1e-3)
    model = onnx.ModelProto.FromString(data)
    assert [node.name.partition("/")[0] for node in model.graph.node] == ["node"] * len(model.graph.node)
    assert model.graph.node[-1].name == "node"


def test_tensors_that_are_there_once_are_exported_and_proven(tmp_path: Path) -> None:
    spec = Path(__file__).parents[1] / "torch" / "cases" / "parameters.yaml"
    arch = archspec.load(spec)
    module = arch.module()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    report = arch.export_onnx(tmp_path / "parameters.onnx", module)
    assert report.scale > 0.1
    assert report.largest_difference <= 1e-5 * report.scale
