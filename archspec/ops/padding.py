"""Padding of maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.shapes_windows import EmptyOutput
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Int, Number
from archspec.ir.kept import INPUT, Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, TorchFunction, TorchModule
from archspec.ir.window import Window
from archspec.ops.axes import AXIS, sample_axis
from archspec.ops.dtypes import require_float
from archspec.ops.lowering import X, scalar, step
from archspec.ops.spatial import (
    KEEPING_PAD_MODES,
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

# PyTorch has modules that pad up to this many axes.
MODULE_AXES = 3

# Numbers in [low, high].
PAIR = 2


class Pad(Op):
    """Elements added at the sides of a map, or cropped where negative (torch.nn.functional.pad).

    Shape: C x H x W -> C x H + low + high x ..., or another axis grows, such as the channels with `axis: 0`.
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
        Sample(((3, 5, 4),), {"padding": 2, "axis": 0}),
        Sample(((3, 5, 4),), {"padding": [0, 3], "axis": 0, "value": 0.5}),
        Sample(((3, 5, 4),), {"padding": [1, -2], "axis": 1}),
        Sample(((3, 5, 4),), {"padding": 1, "axis": -1}),
        Sample(((3, 5),), {"padding": [-1, 0], "axis": 0}),
        Sample(((3, 2, 3, 4),), {"padding": 1, "axis": 0}),
        Sample(((6,),), {"padding": [1, 2], "axis": 0}),
        Sample(((3,),), {"padding": 1}, fault="wrong-rank"),
        Sample(((3, 5, 4),), {"padding": [1]}, fault="wrong-axis-count"),
        Sample(((3, 5, 4),), {"padding": 4, "mode": "reflect"}, fault="padding-too-large"),
        Sample(((3, 5, 4),), {"padding": 5, "mode": "circular"}, fault="padding-too-large"),
        Sample(((3, 5, 4),), {"padding": -2}, fault="empty-output"),
        Sample(((3, 5, 4),), {"padding": [-1, -2], "axis": 0}, fault="empty-output"),
        Sample(((3, 5, 4),), {"padding": 1, "axis": 3}, fault="axis-out-of-range"),
    )

    padding: Int | list[Sides] = Field(
        description="Elements added on both sides: a number, one per spatial axis, or a pair [low, high] per axis; "
        "negative ones crop. With `axis`, a number or one pair."
    )
    mode: Literal["constant", "reflect", "replicate", "circular"] = Field(
        "constant", description="What the padding is filled with."
    )
    value: Number = Field(0.0, description="What `constant` padding consists of.")
    axis: Int | None = Field(None, description=f"The only axis to pad; null pads the spatial ones. {AXIS}")

    @model_validator(mode="after")
    def _consistent(self) -> Pad:
        sides = self.padding if isinstance(self.padding, list) else [self.padding]
        values = [value for side in sides for value in (side if isinstance(side, list) else [side])]
        if self.mode != "constant" and (self.value or min(values, default=0) < 0 or self.axis is not None):
            message = "a value, an axis and negative padding go with mode: constant only"
            raise PydanticCustomError("combination", message)
        if self.axis is not None and isinstance(self.padding, list) and (sides != values or len(sides) != PAIR):
            raise PydanticCustomError("combination", "with an axis, padding is a number or [low, high]")
        return self

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        if self.axis is None:
            require_map(self.op, tensor)
            limit_fill(self.op, self._pairs(tensor)[1:], self.mode, tensor)
        require_float(self.op, tensor)
        sizes = tuple(low + size + high for size, (low, high) in zip(tensor.shape, self._pairs(tensor), strict=True))
        if self.axis is None:
            require_elements(self.op, "padding", tensor, sizes[1:])
        elif min(sizes) < 1:
            axis = f"{sizes.index(min(sizes))}."
            raise ProblemError(EmptyOutput(op=self.op, param="padding", axis=axis, size=min(sizes), shape=tensor.shape))
        return (tensor.with_shape(*sizes),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Window, ...]:
        return tuple(Window(low=low, high=high) for low, high in self._pairs(inputs[0])[1:])

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return INPUT if self.mode in KEEPING_PAD_MODES else Kept()

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        first = 1 if self.axis is None else sample_axis(self.op, self.axis, inputs[0])
        pairs = self._pairs(inputs[0])[first:]
        pads = pad_argument(pairs)
        suffix = f"{len(pairs)}d"
        if self.mode != "constant":
            args = (Arg("padding", collapse(pads), source="padding", positional=True),)
            return TorchModule(f"nn.{PAD_MODULES[self.mode]}{suffix}", args)
        # The axes behind the padded one come first, and are left as they are.
        form = "{}" if self.axis is None else f"({'0, ' * (len(pads) - 2)}{{}}, {{}})"
        args = (Arg("pad", pads, source="padding", positional=True, form=form),)
        module = "nn.ConstantPad" if self.value else "nn.ZeroPad"
        if self.value:
            args += (Arg("value", self.value, source="value"),)
        return TorchFunction("F.pad", args, f"{module}{suffix}" if len(pairs) <= MODULE_AXES else None)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        pads = Constant(onnx_pads(((0, 0), *self._pairs(inputs[0]))))
        if self.mode != "constant":
            return (step("Pad", X, pads, mode=ONNX_PAD_MODES[self.mode]),)
        return (step("Pad", X, pads, scalar(self.value, inputs[0]), mode="constant"),)

    def _pairs(self, tensor: TensorType) -> tuple[Pair, ...]:
        """Return how much is added (low, high) to each axis of the sample."""
        if self.axis is None:
            return ((0, 0), *padding_pairs(self.op, self.padding, tensor, ()))
        padded = sample_axis(self.op, self.axis, tensor)
        sides = self.padding if isinstance(self.padding, list) else [self.padding]
        numbers = [side for side in sides if isinstance(side, int)]
        pair = (numbers[0], numbers[-1])
        return tuple(pair if axis == padded else (0, 0) for axis in range(tensor.rank))
