"""Activations: functions of each element, and softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archspec.ir.op import Op, Sample
from archspec.ir.records import OnnxNode, TorchFunction

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class Relu(Op):
    """max(x, 0) (torch.nn.ReLU)."""

    op: ClassVar[str] = "relu"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.relu", module="nn.ReLU", inplace=True, output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Relu"),)
