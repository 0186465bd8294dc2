from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.shape_inference
import pytest

from archspec.backends.onnx.build import build, to_bytes
from archspec.backends.onnx.verify import verify
from archspec.diagnostics.problem import ProblemError
from archspec.ir.graph import Output, Value
from archspec.ir.tensor import TensorType
from tests.backends.onnx.builder import Builder, interpreted, random_weights, residual

if TYPE_CHECKING:
    from archspec.ir.graph import Graph

METADATA = {"archspec.spec": "archspec: 1"}


def model_of(graph: Graph, *, fold: bool = True) -> onnx.ModelProto:
    data = to_bytes(build(graph, random_weights(graph), metadata=METADATA, fold=fold))
    verify(data, graph, interpreted(graph))
    return onnx.ModelProto.FromString(data)


def names(model: onnx.ModelProto) -> list[str]:
    return [node.name for node in model.graph.node]


def shape(value: onnx.ValueInfoProto) -> list[int | str]:
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def test_nodes_are_named_by_their_paths() -> None:
    graph = residual()
    assert names(model_of(graph, fold=False)) == [path for path in graph.nodes if path != "drop"]


def test_values_are_named_by_the_node_that_makes_them() -> None:
    model = model_of(residual(), fold=False)
    assert all(list(node.output) == [node.name] for node in model.graph.node)


def test_weights_are_named_by_their_key_in_the_state_dict() -> None:
    graph = residual()
    found = {tensor.name for tensor in model_of(graph, fold=False).graph.initializer}
    wanted = {name for name in random_weights(graph) if not name.endswith("num_batches_tracked")}
    assert {name for name in found if "/" not in name} == wanted


def test_inputs_and_outputs_have_a_free_batch() -> None:
    model = model_of(residual())
    assert [(value.name, shape(value)) for value in model.graph.input] == [("image", ["N", 3, 16, 16])]
    assert [(value.name, shape(value)) for value in model.graph.output] == [("fc", ["N", 5])]


def test_every_value_has_a_type_and_no_weight_has() -> None:
    model = model_of(residual(), fold=False)
    made = {name for node in model.graph.node for name in node.output} - {value.name for value in model.graph.output}
    assert {value.name for value in model.graph.value_info} == made


def test_types_are_those_that_onnx_infers() -> None:
    model = model_of(residual())
    ours = {value.name: shape(value) for value in (*model.graph.value_info, *model.graph.output)}
    del model.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    theirs = {value.name: shape(value) for value in (*inferred.graph.value_info, *inferred.graph.output)}
    assert {name: ours[name] for name in theirs} == theirs


def test_temporary_values_get_the_types_that_onnx_infers() -> None:
    net = Builder(x=(4, 6))
    net.add("act", "silu")
    net.add("end", "relu")
    model = model_of(net.graph())
    assert names(model) == ["act/Sigmoid", "act", "end"]
    assert [shape(value) for value in model.graph.value_info] == [["N", 4, 6]] * 2


def test_versions() -> None:
    model = model_of(residual())
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 20)]
    assert model.ir_version == 9
    assert model.producer_name == "archspec"


def test_metadata() -> None:
    graph = residual()
    metadata = {"archspec.spec": "name: 'ü'\n", "archspec.preprocess": '{"mean": 0.5}'}
    model = onnx.ModelProto.FromString(to_bytes(build(graph, random_weights(graph), metadata=metadata)))
    assert {entry.key: entry.value for entry in model.metadata_props} == metadata


def test_the_bytes_are_the_same_in_every_process() -> None:
    code = """if True:
        import hashlib
        from tests.backends.onnx.builder import random_weights, residual
        from archspec.backends.onnx.build import build, to_bytes
        graph = residual()
        print(hashlib.sha256(to_bytes(build(graph, random_weights(graph), metadata={"b": "1", "a": "2"}))).hexdigest())
    """
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout


def test_heads_for_training_are_gone_with_what_only_they_need() -> None:
    net = Builder(x=(3, 8, 8))
    trunk = net.add("trunk", "conv", out_channels=4, kernel_size=3)
    net.add("aux.conv", "conv", trunk, out_channels=2, kernel_size=1)
    net.add("aux.fc", "flatten")
    net.add("head", "relu", trunk)
    graph = net.graph(Output("logits", Value("head")), Output("aux", Value("aux.fc"), training_only=True))
    model = model_of(graph)
    assert names(model) == ["trunk", "head"]
    assert [value.name for value in model.graph.output] == ["logits"]
    assert {tensor.name for tensor in model.graph.initializer} == {"trunk.weight", "trunk.bias"}


def test_an_input_that_only_training_reads_stays() -> None:
    net = Builder(x=(4,), mask=(4,))
    net.add("main", "relu", "x")
    net.add("aux", "add", "main", "mask")
    graph = net.graph(Output("main", Value("main")), Output("aux", Value("aux"), training_only=True))
    assert [value.name for value in model_of(graph).graph.input] == ["x", "mask"]


def test_what_does_nothing_is_left_out_and_outputs_keep_their_names() -> None:
    net = Builder(x=(4,))
    net.add("act", "relu")
    net.add("drop", "dropout")
    net.add("end", "identity")
    model = model_of(net.graph(scores="end"))
    assert [(node.name, list(node.output)) for node in model.graph.node] == [("act", ["scores"])]


def test_one_value_can_be_two_outputs() -> None:
    net = Builder(x=(4,))
    net.add("act", "relu")
    model = model_of(net.graph(first="act", second="act"))
    assert names(model) == ["act", "second/Identity"]
    assert [value.name for value in model.graph.output] == ["first", "second"]


def test_a_result_that_is_also_an_output_is_read_under_that_name() -> None:
    net = Builder(x=(4,))
    net.add("hidden", "relu")
    net.add("fc", "linear", out_features=2)
    model = model_of(net.graph(features="hidden", logits="fc"))
    assert [node.input[0] for node in model.graph.node] == ["x", "features"]


def test_an_input_can_be_an_output() -> None:
    net = Builder(x=(4,))
    net.add("drop", "dropout")
    model = model_of(net.graph(out="drop"))
    assert [(node.name, node.op_type) for node in model.graph.node] == [("drop", "Identity")]


def test_an_output_may_have_the_name_of_another_node() -> None:
    net = Builder(x=(4,))
    net.add("a", "relu")
    net.add("b", "sigmoid")
    model = model_of(net.graph(a="b"))
    assert names(model) == ["a", "b"]
    assert [value.name for value in model.graph.output] == ["a"]


def test_several_inputs() -> None:
    net = Builder(left=(4, 5, 5), right=(4, 5, 5))
    net.add("join", "add", "left", "right")
    model = model_of(net.graph())
    assert [value.name for value in model.graph.input] == ["left", "right"]


def test_several_results_are_called_by_their_names() -> None:
    net = Builder(x=(6, 5))
    net.add("parts", "split", split_size=2)
    net.add("sum", "add", Value("parts", 0), Value("parts", 2))
    model = model_of(net.graph())
    assert list(model.graph.node[0].output) == ["parts.0", "parts.1", "parts.2"]


def test_weights_that_an_op_turns_round_are_stored_as_it_reads_them() -> None:
    net = Builder(tokens=(7, 4))
    net.add("fc", "linear", out_features=3)
    assert "Transpose" not in [node.op_type for node in model_of(net.graph()).graph.node]


def test_whole_numbers_as_inputs() -> None:
    net = Builder(ids=TensorType((4,), "int64"))
    net.add("same", "identity")
    assert model_of(net.graph()).graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.INT64


def test_padding_before_a_max_pool_counts_as_zeros() -> None:
    # onnxruntime would fuse the two, and the zeros would become minus infinity.
    net = Builder(x=(2, 6, 6))
    net.add("down", "linear", out_features=6)
    net.add("pad", "pad", padding=1)
    net.add("pool", "max_pool", kernel_size=3)
    graph = net.graph()
    weights = random_weights(graph)
    weights["down.weight"] *= 0
    weights["down.bias"] = np.full(6, -5, np.float32)
    data = to_bytes(build(graph, weights, metadata=METADATA))
    verify(data, graph, interpreted(graph, weights))


def test_weights_of_another_network_are_refused() -> None:
    graph = residual()
    weights = random_weights(graph)
    weights["fc.weight"] = np.zeros((5, 9), np.float32)
    with pytest.raises(ProblemError, match=r"fc.weight is 5x9 float32, not 5x12 float32"):
        build(graph, weights, metadata=METADATA)
