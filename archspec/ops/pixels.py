"""Ops that trade channels for pixels: pixel shuffle and its inverse."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes_axes import AxisDoesNotDivide
from archspec.diagnostics.catalog.shapes_layers import GroupsDoNotDivide
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import PositiveInt
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, TorchFunction
from archspec.ir.window import Resample, Window
from archspec.ops.lowering import PREVIOUS, X, chain, step
from archspec.ops.spatial import require_map

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class PixelShuffle(Op):
    """Makes a larger map of channels: each r x r of them become a square of pixels (torch.nn.PixelShuffle).

    Shape: C * r^2 x H x W -> C x H * r x W * r, where r is `upscale_factor` (Shi et al., 2016).
    """

    op: ClassVar[str] = "pixel_shuffle"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((8, 3, 4),), {"upscale_factor": 2}),
        Sample(((9, 2, 3),), {"upscale_factor": 3}),
        Sample(((6, 3, 4),), {"upscale_factor": 2}, fault="groups-do-not-divide"),
        Sample(((8, 3),), {"upscale_factor": 2}, fault="wrong-rank"),
    )

    upscale_factor: PositiveInt = Field(description="How many times larger height and width become.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor, spatial=(2,))
        factor = self.upscale_factor
        if tensor.channels % factor**2:
            which = f"channels by its square, {factor**2}"
            problem = GroupsDoNotDivide(
                op=self.op, param="upscale_factor", groups=factor, channels=tensor.channels, which=which
            )
            raise ProblemError(problem)
        channels, height, width = tensor.shape
        return (tensor.with_shape(channels // factor**2, height * factor, width * factor),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Resample, ...]:
        return (Resample(1, self.upscale_factor),) * 2

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        factor = Arg("upscale_factor", self.upscale_factor, source="upscale_factor", positional=True)
        return TorchFunction("F.pixel_shuffle", (factor,), module="nn.PixelShuffle")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("DepthToSpace", X, blocksize=self.upscale_factor, mode="CRD"),)


class PixelUnshuffle(Op):
    """Makes channels of a larger map: each square of r x r pixels becomes r^2 channels (torch.nn.PixelUnshuffle).

    Shape: C x H x W -> C * r^2 x H / r x W / r, where r is `downscale_factor`.
    """

    op: ClassVar[str] = "pixel_unshuffle"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((2, 6, 4),), {"downscale_factor": 2}),
        Sample(((3, 6, 9),), {"downscale_factor": 3}),
        Sample(((2, 6, 5),), {"downscale_factor": 2}, fault="axis-does-not-divide"),
        Sample(((8, 4),), {"downscale_factor": 2}, fault="wrong-rank"),
    )

    downscale_factor: PositiveInt = Field(description="How many times smaller height and width become.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor, spatial=(2,))
        factor = self.downscale_factor
        for axis in (1, 2):
            if tensor.shape[axis] % factor:
                size = tensor.shape[axis]
                raise ProblemError(
                    AxisDoesNotDivide(op=self.op, param="downscale_factor", axis=axis, size=size, parts=factor)
                )
        channels, height, width = tensor.shape
        return (tensor.with_shape(channels * factor**2, height // factor, width // factor),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Window, ...]:
        return (Window(self.downscale_factor, stride=self.downscale_factor),) * 2

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        factor = Arg("downscale_factor", self.downscale_factor, source="downscale_factor", positional=True)
        return TorchFunction("F.pixel_unshuffle", (factor,), module="nn.PixelUnshuffle")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        """Return a transposition of blocks: SpaceToDepth would put the channels of the input last, not first."""
        factor = self.downscale_factor
        channels, height, width = self.infer(inputs)[0].shape
        blocks = Constant((0, inputs[0].channels, height, factor, width, factor))
        return chain(
            step("Reshape", PREVIOUS, blocks, allowzero=0),
            step("Transpose", PREVIOUS, perm=(0, 1, 3, 5, 2, 4)),
            step("Reshape", PREVIOUS, Constant((0, channels, height, width)), allowzero=0),
        )
