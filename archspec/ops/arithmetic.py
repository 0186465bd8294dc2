"""Arithmetic with fixed numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.ir.fields import Number
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, TorchExpression
from archspec.ir.window import POINTWISE, AxisMap
from archspec.ops.dtypes import require_float
from archspec.ops.lowering import PREVIOUS, chain, scalar, step

if TYPE_CHECKING:
    from archspec.ir.records import OnnxNode
    from archspec.ir.tensor import TensorType


class Rescale(Op):
    """scale * x + offset, for two given numbers: 1 - x with `scale: -1, offset: 1`."""

    op: ClassVar[str] = "rescale"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),), {"scale": 0.5}),
        Sample(((3, 4, 4),), {"scale": -1, "offset": 1}),
        Sample(((3, 4),), {"scale": 2, "offset": -0.1}),
        Sample(((3, 4),), {"offset": 3}),
        Sample(((7,),), {"scale": 0.1, "offset": 1e-5}),
        Sample(((7,),)),
    )

    scale: Number = Field(1.0, description="What each element is multiplied with.")
    offset: Number = Field(0.0, description="What is added to each then.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_float(self.op, inputs[0])
        return inputs

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation per element for a scale, and one for an offset."""
        return inputs[0].elements * ((self.scale != 1) + (self.offset != 0))

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        if self.scale == -1 and self.offset:
            return TorchExpression(f"{_shown(self.offset)} - {{0}}", "sum", operands="product")
        if not self.offset:
            scale = int(self.scale) if self.scale.is_integer() else self.scale
            return TorchExpression("{0} * {scale}", "product", args=(Arg("scale", scale, source="scale"),))
        sign = "-" if self.offset < 0 else "+"
        scaled = "{0}" if self.scale == 1 else f"{{0}} * {_shown(self.scale)}"
        return TorchExpression(f"{scaled} {sign} {_shown(abs(self.offset))}", "sum", operands="product")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        links: list[OnnxNode] = []
        if self.scale != 1 or not self.offset:
            links.append(step("Mul", PREVIOUS, scalar(self.scale, inputs[0])))
        if self.offset:
            links.append(step("Add", PREVIOUS, scalar(self.offset, inputs[0])))
        return chain(*links)


def _shown(number: float) -> str:
    """Return a number as one writes it: 1, not 1.0."""
    return repr(number).removesuffix(".0")
