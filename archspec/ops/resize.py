"""Interpolation of maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.shapes_joins import JoinShapesDiffer
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, PerAxis, PositiveNumber
from archspec.ir.op import Arity, Op, Sample
from archspec.ir.records import Absent, Arg, Constant, OnnxNode, TorchExpression, TorchFunction
from archspec.ir.sizes import scaled
from archspec.ir.window import POINTWISE, AxisMap, Nothing, Resample
from archspec.ops.lowering import PREVIOUS, X, chain, step
from archspec.ops.spatial import collapse, per_axis, require_elements, require_map
from archspec.ops.stretch import Stretch

if TYPE_CHECKING:
    from archspec.ir.tensor import Shape, TensorType

Interpolation: TypeAlias = Literal["nearest", "linear", "bilinear", "trilinear", "bicubic"]


class Mode(NamedTuple):
    """A way to interpolate: on how many spatial axes it works, how far it reaches, what ONNX calls it."""

    axes: tuple[int, ...]
    reach: int
    onnx: str


MODES = {
    "nearest": Mode((1, 2, 3), 0, "nearest"),
    "linear": Mode((1,), 1, "linear"),
    "bilinear": Mode((2,), 1, "linear"),
    "trilinear": Mode((3,), 1, "linear"),
    "bicubic": Mode((2,), 2, "cubic"),
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
        require_map(f"{self.op} (mode: {self.mode})", tensor, spatial=MODES[self.mode].axes)
        sizes = self._sizes(tensor)
        require_elements(self.op, "scale_factor", tensor, sizes)
        return (tensor.with_spatial(*sizes),)

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Resample, ...]:
        reach, corners = MODES[self.mode].reach, bool(self.align_corners)
        return tuple(Resample(*stretch.ratio(), reach, corners) for stretch in self._stretches(inputs[0]))

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation per input element that an output element mixes; none for `nearest`."""
        return self.infer(inputs)[0].elements * (2 * MODES[self.mode].reach) ** len(inputs[0].spatial)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        stretches = self._stretches(inputs[0])
        factors = [stretch.factor for stretch in stretches if stretch.factor is not None]
        args = (
            Arg("size", None if factors else collapse(self._sizes(inputs[0])), None, source="size"),
            Arg("scale_factor", collapse(factors) if factors else None, None, source="scale_factor"),
            Arg("mode", self.mode, "nearest", source="mode"),
            Arg("align_corners", self.align_corners, None, source="align_corners"),
        )
        return TorchFunction("F.interpolate", args, module="nn.Upsample")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        stretches = self._stretches(inputs[0])
        scales = (1.0, 1.0, *(stretch.scale() for stretch in stretches))
        place, more = "half_pixel", {"cubic_coeff_a": -0.75}
        if self.align_corners:
            place = "align_corners"
        if self.mode == "nearest":
            if not all(scale.is_integer() for scale in scales):
                return _gathers(stretches)
            place, more = "asymmetric", {"nearest_mode": "floor"}
        attributes = {"mode": MODES[self.mode].onnx, "coordinate_transformation_mode": place, **more}
        return (OnnxNode("Resize", (X, Absent(), Constant(scales, "float32")), attributes),)

    def _sizes(self, tensor: TensorType) -> Shape:
        if self.size is not None:
            return per_axis(self.op, "size", self.size, tensor)
        factors = per_axis(self.op, "scale_factor", self.scale_factor or 1.0, tensor)
        return tuple(scaled(size, factor) for size, factor in zip(tensor.spatial, factors, strict=True))

    def _stretches(self, tensor: TensorType) -> tuple[Stretch, ...]:
        """Return what happens to each axis: by the factors if they are given and leave no doubt, else by the sizes.

        If a factor is no whole number, and after rounding keeps or doubles a size all the same, what is read depends
        on the rank, the memory format and the library. By size, there is only one answer.
        """
        if self.scale_factor is None:
            return tuple(map(Stretch, tensor.spatial, self._sizes(tensor)))
        factors = per_axis(self.op, "scale_factor", self.scale_factor, tensor)
        stretches = tuple(map(Stretch, tensor.spatial, self._sizes(tensor), factors))
        doubtful = (1, 2) if self.mode == "nearest" else (1,)
        if any(axis.rounded and axis.target / axis.size in doubtful for axis in stretches):
            return tuple(stretch.by_size() for stretch in stretches)
        return stretches


class ResizeLike(Op):
    """Interpolation of a map to the size of another one (torch.nn.functional.interpolate).

    Shape: C x h x w, and any map of H x W, give C x H x W. Of the second input only the size is read.
    """

    op: ClassVar[str] = "resize_like"
    arity: ClassVar[Arity] = Arity(2, 2)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 5, 4), (2, 10, 8))),
        Sample(((3, 5, 4), (2, 7, 9)), {"mode": "bilinear"}),
        Sample(((3, 5, 4), (2, 7, 9)), {"mode": "bilinear", "align_corners": True}),
        Sample(((3, 5, 4), (3, 5, 4)), {"mode": "bicubic", "align_corners": False}),
        Sample(((3, 6), (4, 9)), {"mode": "linear"}),
        Sample(((3, 6), (4, 9, 9)), fault="join-shapes-differ"),
        Sample(((3, 6), (4, 9)), {"mode": "bilinear"}, fault="wrong-rank"),
    )

    mode: Interpolation = Field("nearest", description="How elements between the input's are computed.")
    align_corners: Bool | None = Field(
        None, description="Whether the corner elements keep their place; for the modes other than `nearest`."
    )

    @model_validator(mode="after")
    def _consistent(self) -> ResizeLike:
        if self.mode == "nearest" and self.align_corners is not None:
            raise PydanticCustomError("combination", "align_corners does not go with mode: nearest")
        return self

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        tensor, like = inputs
        require_map(f"{self.op} (mode: {self.mode})", tensor, spatial=MODES[self.mode].axes)
        if like.rank != tensor.rank:
            raise ProblemError(JoinShapesDiffer(op=self.op, shapes=(tensor.shape, like.shape)))
        return (tensor.with_spatial(*like.spatial),)

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return Nothing() if index else POINTWISE

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        if index:
            return (Nothing(),) * len(inputs[1].spatial)
        return self._upsample(inputs).windows(inputs[:1])

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return self._upsample(inputs).elementwise(inputs[:1])

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchExpression:
        corners = "" if self.align_corners is None else f", align_corners={self.align_corners}"
        mode = "" if self.mode == "nearest" else f', mode="{self.mode}"'
        return TorchExpression(f"F.interpolate({{0}}, size={{1}}.shape[2:]{mode}{corners})")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return self._upsample(inputs).onnx(inputs[:1])

    def _upsample(self, inputs: tuple[TensorType, ...]) -> Upsample:
        return Upsample(
            scale_factor=None, size=list(inputs[1].spatial), mode=self.mode, align_corners=self.align_corners
        )


def _gathers(stretches: tuple[Stretch, ...]) -> tuple[OnnxNode, ...]:
    """Return a gather for each axis: onnxruntime rounds otherwise than PyTorch if the scale is no whole number.

    From 14 to 2 elements, for example, PyTorch takes those at 0 and 7, onnxruntime those at 0 and 6.
    """
    indices = (Constant(stretch.nearest()) for stretch in stretches)
    return chain(*(step("Gather", PREVIOUS, each, axis=axis) for axis, each in enumerate(indices, start=2)))
