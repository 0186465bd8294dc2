"""Interpolation of maps."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.ir.fields import Bool, PerAxis, PositiveNumber
from archspec.ir.op import Op, Sample
from archspec.ir.records import Absent, Arg, Constant, OnnxNode, TorchFunction
from archspec.ir.window import Resample
from archspec.ops.lowering import PREVIOUS, X, chain, step
from archspec.ops.spatial import collapse, per_axis, require_elements, require_map

if TYPE_CHECKING:
    from archspec.ir.tensor import Shape, TensorType

Interpolation: TypeAlias = Literal["nearest", "linear", "bilinear", "trilinear", "bicubic"]

# For each mode: the numbers of spatial axes it works on, how far it reaches, and what ONNX calls it.
MODES: dict[str, tuple[tuple[int, ...], int, str]] = {
    "nearest": ((1, 2, 3), 0, "nearest"),
    "linear": ((1,), 1, "linear"),
    "bilinear": ((2,), 1, "linear"),
    "trilinear": ((3,), 1, "linear"),
    "bicubic": ((2,), 2, "cubic"),
}


class Upsample(Op):
    """Interpolation of a map to another size (torch.nn.Upsample, torch.nn.functional.interpolate).

    Shape: C x H x W -> C x floor(H * scale_factor) x floor(W * scale_factor), or C x size. The modes are PyTorch's:
    `linear` for one spatial axis, `bilinear` and `bicubic` for two, `trilinear` for three, `nearest` for all.
    """

    op: ClassVar[str] = "upsample"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 5, 4),), {"scale_factor": 2}),
        Sample(((3, 5, 4),), {"scale_factor": [3, 1.5]}),
        Sample(((3, 5, 4),), {"size": [7, 9]}),
        Sample(((3, 5, 4),), {"scale_factor": 2, "mode": "bilinear"}),
        Sample(((3, 5, 4),), {"scale_factor": 2.3, "mode": "bilinear", "align_corners": False}),
        Sample(((3, 5, 4),), {"scale_factor": 2, "mode": "bilinear", "align_corners": True}),
        Sample(((3, 5, 4),), {"size": 3, "mode": "bilinear"}),
        Sample(((3, 10, 20),), {"scale_factor": 0.7, "mode": "bilinear"}),
        Sample(((3, 5, 4),), {"scale_factor": 2, "mode": "bicubic"}),
        Sample(((3, 5, 4),), {"size": [8, 6], "mode": "bicubic", "align_corners": True}),
        Sample(((3, 6),), {"scale_factor": 2}),
        Sample(((3, 6),), {"scale_factor": 3, "mode": "linear"}),
        Sample(((3, 2, 3, 4),), {"scale_factor": [1, 2, 3]}),
        Sample(((3, 2, 3, 4),), {"scale_factor": 2, "mode": "trilinear"}),
        Sample(((3,),), {"scale_factor": 2}, fault="wrong-rank"),
        Sample(((3, 6),), {"scale_factor": 2, "mode": "bilinear"}, fault="wrong-rank"),
        Sample(((3, 5, 4),), {"size": [7]}, fault="wrong-axis-count"),
        Sample(((3, 5, 1),), {"scale_factor": 0.5}, fault="empty-output"),
    )

    size: PerAxis | None = Field(None, description="Size of the output; either this or scale_factor.")
    scale_factor: PositiveNumber | list[PositiveNumber] | None = Field(
        None, description="Factor of each spatial axis, or one for all."
    )
    mode: Interpolation = Field("nearest", description="How elements between the input's are computed.")
    align_corners: Bool | None = Field(
        None, description="Whether the corner elements keep their place; for the modes other than `nearest`."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Upsample:
        if (self.size is None) == (self.scale_factor is None):
            raise PydanticCustomError("combination", "give either size or scale_factor")
        if self.mode == "nearest" and self.align_corners is not None:
            raise PydanticCustomError("combination", "align_corners does not go with mode: nearest")
        return self

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(f"{self.op} (mode: {self.mode})", tensor, spatial=MODES[self.mode][0])
        sizes = self._sizes(tensor)
        require_elements(self.op, "scale_factor", tensor, sizes)
        return (tensor.with_spatial(*sizes),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Resample, ...]:
        sizes = zip(inputs[0].spatial, self._sizes(inputs[0]), strict=True)
        factors = [None] * len(inputs[0].spatial) if self._by_size(inputs[0]) else self._factors(inputs[0])
        reach, corners = MODES[self.mode][1], bool(self.align_corners)
        ratios = (_ratio(size, target, factor) for (size, target), factor in zip(sizes, factors, strict=True))
        return tuple(Resample(source, target, reach, corners) for source, target in ratios)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation per input element that an output element mixes; none for `nearest`."""
        reach, axes = MODES[self.mode][1], len(inputs[0].spatial)
        return self.infer(inputs)[0].elements * (2 * reach) ** axes

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        size, factor = (self._collapsed(name, inputs[0]) for name in ("size", "scale_factor"))
        if self._by_size(inputs[0]):
            size, factor = collapse(self._sizes(inputs[0])), None
        args = (
            Arg("size", size, None, source="size"),
            Arg("scale_factor", factor, None, source="scale_factor"),
            Arg("mode", self.mode, "nearest", source="mode"),
            Arg("align_corners", self.align_corners, None, source="align_corners"),
        )
        return TorchFunction("F.interpolate", args, module="nn.Upsample")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        (tensor,) = inputs
        scales = (1.0, 1.0, *self._scales(tensor))
        resize = (X, Absent(), Constant(scales, "float32"))
        if self.mode != "nearest":
            place = "align_corners" if self.align_corners else "half_pixel"
            attributes: dict[str, Any] = {
                "mode": MODES[self.mode][2],
                "coordinate_transformation_mode": place,
                "cubic_coeff_a": -0.75,
            }
            return (step("Resize", *resize, **attributes),)
        if all(scale.is_integer() for scale in scales):
            place = "asymmetric"
            return (
                step("Resize", *resize, mode="nearest", coordinate_transformation_mode=place, nearest_mode="floor"),
            )
        return self._gathers(tensor)

    def _gathers(self, tensor: TensorType) -> tuple[OnnxNode, ...]:
        """Return a gather for each axis: onnxruntime rounds otherwise than PyTorch if the scale is no whole number.

        From 14 to 2 elements, for example, PyTorch takes those at 0 and 7, onnxruntime those at 0 and 6.
        """
        targets = self._sizes(tensor)
        ratios = (size / target for size, target in zip(tensor.spatial, targets, strict=True))
        steps = ratios if self._by_size(tensor) else (1 / factor for factor in self._factors(tensor))
        indices = (_nearest(*axis) for axis in zip(tensor.spatial, targets, map(_single, steps), strict=True))
        return chain(*(step("Gather", PREVIOUS, Constant(each), axis=axis) for axis, each in enumerate(indices, 2)))

    def _by_size(self, tensor: TensorType) -> bool:
        """Return whether to interpolate by the sizes that come out.

        If `scale_factor` is no whole number, and after rounding keeps or doubles a size all the same, which elements
        are nearest depends in PyTorch on the rank and on the memory format. By size, there is only one answer.
        """
        if self.scale_factor is None:
            return True
        sizes = zip(tensor.spatial, self._sizes(tensor), self._factors(tensor), strict=True)
        return self.mode == "nearest" and any(
            target in (size, 2 * size) and size * factor != target for size, target, factor in sizes
        )

    def _factors(self, tensor: TensorType) -> tuple[float, ...]:
        if self.scale_factor is not None:
            return per_axis(self.op, "scale_factor", self.scale_factor, tensor)
        return tuple(target / size for size, target in zip(tensor.spatial, self._sizes(tensor), strict=True))

    def _scales(self, tensor: TensorType) -> tuple[float, ...]:
        """Return factors that give the right sizes in ONNX's single precision."""
        sizes = zip(tensor.spatial, self._sizes(tensor), self._factors(tensor), strict=True)
        return tuple(_scale_to(size, target, factor) for size, target, factor in sizes)

    def _sizes(self, tensor: TensorType) -> Shape:
        if self.size is not None:
            return per_axis(self.op, "size", self.size, tensor)
        factors = per_axis(self.op, "scale_factor", self.scale_factor or 1.0, tensor)
        return tuple(math.floor(size * factor) for size, factor in zip(tensor.spatial, factors, strict=True))

    def _collapsed(self, param: str, tensor: TensorType) -> Any:
        value = getattr(self, param)
        return None if value is None else collapse(per_axis(self.op, param, value, tensor))


def _ratio(size: int, target: int, factor: float | None) -> tuple[int, int]:
    """Return the sizes, or numbers in the ratio of the factor where rounding the size down has changed the ratio."""
    if factor is None or size * factor == target:
        return size, target
    exact = Fraction(repr(factor))
    return exact.denominator, exact.numerator


def _nearest(size: int, target: int, step: float) -> Shape:
    """Return the elements that PyTorch takes, stepping in single precision."""
    return tuple(min(size - 1, math.floor(_single(index * step))) for index in range(target))


def _scale_to(size: int, target: int, factor: float) -> float:
    """Return the factor in single precision, moved by the least step where `size` would not become `target`.

    ONNX's shape inference multiplies in double precision, onnxruntime in single; both then round down.
    """
    scale = _single(factor)
    while (products := {math.floor(size * scale), math.floor(_single(size * scale))}) != {target}:
        scale = _single(scale * (1 + 2**-23 if min(products) < target else 1 - 2**-23))
    return scale


def _single(value: float) -> float:
    """Return the nearest number in single precision."""
    (rounded,) = struct.unpack("f", struct.pack("f", value))
    return rounded
