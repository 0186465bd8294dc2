"""Padding of maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.ir.fields import Int, Number
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, TorchFunction, TorchModule
from archspec.ir.window import Window
from archspec.ops.lowering import X, scalar, step
from archspec.ops.spatial import (
    ONNX_PAD_MODES,
    collapse,
    limit_fill,
    onnx_pads,
    pad_argument,
    padding_pairs,
    require_elements,
    require_map,
)

if TYPE_CHECKING:
    from archspec.ir.records import TorchCode
    from archspec.ir.tensor import TensorType
    from archspec.ops.spatial import Pair

Sides: TypeAlias = Int | Annotated[list[Int], Field(min_length=2, max_length=2)]

# Which module of PyTorch pads in each mode.
PAD_MODULES = {"reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}


class Pad(Op):
    """Elements added at the sides of a map, or cropped where negative (torch.nn.functional.pad).

    Shape: C x H x W -> C x H + low + high x ...
    """

    op: ClassVar[str] = "pad"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 5, 4),), {"padding": 1}),
        Sample(((3, 5, 4),), {"padding": [[0, 1], [2, 1]], "value": 0.5}),
        Sample(((3, 5, 4),), {"padding": [[-1, 2], [0, -2]]}),
        Sample(((3, 5, 4),), {"padding": [2, [3, 1]], "mode": "reflect"}),
        Sample(((3, 5, 4),), {"padding": 6, "mode": "replicate"}),
        Sample(((3, 5, 4),), {"padding": [[0, 5], [1, 2]], "mode": "circular"}),
        Sample(((3, 5),), {"padding": [[0, 2]]}),
        Sample(((3, 5),), {"padding": 2, "mode": "reflect"}),
        Sample(((3, 2, 3, 4),), {"padding": [0, 1, 2]}),
        Sample(((3, 2, 3, 4),), {"padding": [0, 1, 2], "mode": "replicate"}),
        Sample(((3,),), {"padding": 1}, fault="wrong-rank"),
        Sample(((3, 5, 4),), {"padding": [1]}, fault="wrong-axis-count"),
        Sample(((3, 5, 4),), {"padding": 4, "mode": "reflect"}, fault="padding-too-large"),
        Sample(((3, 5, 4),), {"padding": 5, "mode": "circular"}, fault="padding-too-large"),
        Sample(((3, 5, 4),), {"padding": -2}, fault="empty-output"),
    )

    padding: Int | list[Sides] = Field(
        description="Elements added on both sides: a number, one per spatial axis, or a pair [low, high] per axis; "
        "negative ones crop."
    )
    mode: Literal["constant", "reflect", "replicate", "circular"] = Field(
        "constant", description="What the padding is filled with."
    )
    value: Number = Field(0.0, description="What `constant` padding consists of.")

    @model_validator(mode="after")
    def _consistent(self) -> Pad:
        sides = self.padding if isinstance(self.padding, list) else [self.padding]
        values = [value for side in sides for value in (side if isinstance(side, list) else [side])]
        if self.mode != "constant" and (self.value or min(values, default=0) < 0):
            raise PydanticCustomError("combination", "a value and negative padding go with mode: constant only")
        return self

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor)
        windows = self.windows(inputs)
        limit_fill(self.op, self._pairs(tensor), self.mode, tensor)
        sizes = tuple(window.output(size) for size, window in zip(tensor.spatial, windows, strict=True))
        require_elements(self.op, "padding", tensor, sizes)
        return (tensor.with_spatial(*sizes),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Window, ...]:
        return tuple(Window(low=low, high=high) for low, high in self._pairs(inputs[0]))

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        pads = pad_argument(self._pairs(inputs[0]))
        suffix = f"{len(inputs[0].spatial)}d"
        if self.mode != "constant":
            args = (Arg("padding", collapse(pads), source="padding", positional=True),)
            return TorchModule(f"nn.{PAD_MODULES[self.mode]}{suffix}", args)
        padding = Arg("pad", pads, positional=True)
        if not self.value:
            return TorchFunction("F.pad", (padding,), module=f"nn.ZeroPad{suffix}")
        return TorchFunction("F.pad", (padding, Arg("value", self.value, source="value")), f"nn.ConstantPad{suffix}")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        pads = Constant(onnx_pads(((0, 0), (0, 0), *self._pairs(inputs[0]))))
        if self.mode != "constant":
            return (step("Pad", X, pads, mode=ONNX_PAD_MODES[self.mode]),)
        return (step("Pad", X, pads, scalar(self.value, inputs[0]), mode="constant"),)

    def _pairs(self, tensor: TensorType) -> tuple[Pair, ...]:
        return padding_pairs(self.op, self.padding, tensor, ())
