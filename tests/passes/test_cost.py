from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archspec.ir.records import ParameterSpec
from archspec.ops.activation import Relu
from archspec.passes.cost import Cost, costs, total
from tests.passes.build import Builder, Plain, conv

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


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
