from __future__ import annotations

from typing import ClassVar

from archspec.ir.records import ParameterSpec
from archspec.ir.tensor import TensorType
from archspec.ops.activation import Relu
from archspec.ops.dropout import Identity
from archspec.ops.embedding import Embedding
from archspec.ops.join import Mul
from archspec.ops.layout import Flatten
from archspec.ops.linear import Linear
from archspec.ops.parameter import Parameter
from archspec.ops.pool import MaxPool
from archspec.passes.cost import Cost, costs, total
from archspec.passes.memory import memory
from archspec.passes.precision import in_precision
from tests.passes.build import Builder, Plain, conv


class Norm(Plain):
    """Like batch norm: two trained tensors, two that are not, and a counter."""

    op: ClassVar[str] = "norm"

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        shape = (inputs[0].channels,)
        return (
            ParameterSpec("weight", shape),
            ParameterSpec("bias", shape),
            ParameterSpec("running_mean", shape, buffer=True),
            ParameterSpec("running_var", shape, buffer=True),
            ParameterSpec("num_batches_tracked", (), buffer=True, dtype="int64"),
        )


def test_costs_of_a_convolution_and_a_norm() -> None:
    net = Builder(image=(3, 16, 16))
    net.add("conv", conv(3, padding=1))
    net.add("norm", Norm())
    net.add("relu", Relu())
    found = costs(net.graph())
    results = 8 * 16 * 16
    assert found["conv"] == Cost(
        params=8 * 27 + 8,
        macs=27 * results,
        elementwise=results,
        weight_bytes=4 * (8 * 27 + 8),
        activation_bytes=4 * results,
        saved_bytes=4 * 3 * 16 * 16,
        moved_bytes=4 * (3 * 16 * 16 + 8 * 27 + 8 + results),
    )
    assert found["norm"] == Cost(
        params=16,
        buffers=17,
        elementwise=results,
        weight_bytes=4 * 32 + 8,
        activation_bytes=4 * results,
        moved_bytes=4 * 2 * results + 4 * 32 + 8,
    )
    assert found["relu"] == Cost(
        elementwise=results, activation_bytes=4 * results, saved_bytes=4 * results, moved_bytes=8 * results
    )
    assert total(found.values()).params == 240
    assert total(found.values()).flops == 2 * 27 * results
    assert total([]) == Cost()


def test_a_batch_multiplies_all_but_the_weights() -> None:
    net = Builder(image=(3, 16, 16))
    net.add("conv", conv(3, padding=1))
    net.add("relu", Relu())
    graph = net.graph()
    one, many = total(costs(graph).values()), total(costs(graph, batch=5).values())
    assert (many.params, many.weight_bytes) == (one.params, one.weight_bytes)
    assert (many.macs, many.elementwise) == (5 * one.macs, 5 * one.elementwise)
    assert (many.activation_bytes, many.saved_bytes) == (5 * one.activation_bytes, 5 * one.saved_bytes)
    assert many.moved_bytes == 5 * (one.moved_bytes - one.weight_bytes) + one.weight_bytes
    assert many.intensity == many.flops / many.moved_bytes > one.intensity
    assert memory(graph, 5).peak_bytes == 5 * memory(graph).peak_bytes


def test_what_is_the_same_for_all_samples_is_there_once() -> None:
    net = Builder(image=(3, 4))
    net.add("weight", Parameter.model_validate({"shape": [3, 4]}))
    net.add("scale", Relu(), "weight")
    net.add("mul", Mul(), "image", "scale")
    graph = net.graph()
    one, many = costs(graph), costs(graph, batch=5)
    assert many["scale"] == one["scale"] == Cost(elementwise=12, activation_bytes=48, saved_bytes=48, moved_bytes=96)
    # Of the product the image is kept for the gradient of the scale, and no gradient of the image is wanted.
    assert (one["mul"].saved_bytes, many["mul"].saved_bytes) == (48, 240)
    assert one["weight"].moved_bytes == 0


def test_another_precision_changes_floating_point_tensors_only() -> None:
    net = Builder(image=(3, 16, 16))
    net.add("norm", Norm())
    net.add("pool", MaxPool.model_validate({"kernel_size": 2}))
    graph = net.graph()
    wide, half = costs(graph), costs(graph, dtype="float16")
    assert (wide["norm"].weight_bytes, half["norm"].weight_bytes) == (4 * 12 + 8, 2 * 12 + 8)
    assert half["pool"].activation_bytes == wide["pool"].activation_bytes // 2 == 2 * 3 * 64
    assert half["pool"].saved_bytes == 2 * 3 * 256 + 8 * 3 * 64  # the places of the maxima stay integers
    assert half["pool"].elementwise == wide["pool"].elementwise
    assert memory(in_precision(graph, "float16")).peak_bytes == memory(graph).peak_bytes // 2


def test_views_move_nothing_and_share_memory() -> None:
    net = Builder(image=(3, 16, 16))
    net.add("conv", conv(3, padding=1))
    net.add("identity", Identity())
    net.add("flatten", Flatten.model_validate({}))
    net.add("fc", Linear.model_validate({"out_features": 7}))
    net.add("again", Linear.model_validate({"out_features": 7}), "flatten")
    found = costs(net.graph())
    assert found["flatten"].moved_bytes == found["identity"].moved_bytes == 0
    # Both layers keep the result of the convolution; it counts for the first.
    assert [cost.saved_bytes for cost in found.values()] == [4 * 768, 0, 0, 4 * 2048, 0]


def test_an_embedding_reads_the_rows_that_it_gives() -> None:
    net = Builder(words=(5,))
    net.inputs["words"] = TensorType((5,), "int64")
    net.add("rows", Embedding.model_validate({"num_embeddings": 1000, "embedding_dim": 3}))
    assert costs(net.graph())["rows"].moved_bytes == 5 * 8 + 2 * 4 * 15
