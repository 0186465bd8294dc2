"""Downsampling behind a blur."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from archspec.ir.fields import PositiveInt
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, InputSize, OnnxNode, Temporary, TorchHelper, TorchModule
from archspec.ir.window import POINTWISE, AxisMap, Window
from archspec.ops.lowering import step
from archspec.ops.spatial import kept_padded, limit_fill, pad_node, require_map, slide

if TYPE_CHECKING:
    from archspec.ir.kept import Kept
    from archspec.ir.tensor import TensorType

_BLUR_POOL = TorchHelper(
    "BlurPool2d",
    '''class BlurPool2d(nn.Module):
    """Blurs the channels of a map with a fixed binomial filter, and takes every n-th pixel."""

    filter: Tensor

    def __init__(
        self,
        channels: int,
        kernel_size: int = 3,
        stride: int = 2,
        padding_mode: str = "reflect",
    ) -> None:
        super().__init__()
        self.channels = channels
        self.stride = stride
        self.padding = (stride - 1 + kernel_size - 1) // 2
        self.padding_mode = padding_mode
        row = torch.ones(1)
        for _ in range(kernel_size - 1):
            row = (F.pad(row, (0, 1)) + F.pad(row, (1, 0))) / 2
        kernel = (row[:, None] * row).expand(channels, 1, kernel_size, kernel_size)
        self.register_buffer("filter", kernel.clone(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, [self.padding] * 4, mode=self.padding_mode)
        return F.conv2d(x, self.filter, stride=self.stride, groups=self.channels)
''',
)


class BlurPool(Op):
    """A fixed binomial blur, of which every `stride`-th pixel is taken (Zhang, 2019, arXiv:1904.11486).

    Shape: as a convolution whose padding on each side is (stride + kernel_size - 2) // 2, as in timm's BlurPool2d. The
    filter is no weight: it is not in the `state_dict`. MACs: kernel_size^2 for each element of the result.
    """

    op: ClassVar[str] = "blur_pool"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 6, 7),)),
        Sample(((3, 6, 7),), {"kernel_size": 5, "padding_mode": "zeros"}),
        Sample(((2, 5, 5),), {"kernel_size": 4, "stride": 1}),
        Sample(((2, 9, 9),), {"kernel_size": 3, "stride": 3, "padding_mode": "replicate"}),
        Sample(((3, 9),), fault="wrong-rank"),
        Sample(((3, 2, 6),), {"kernel_size": 5}, fault="padding-too-large"),
    )

    kernel_size: PositiveInt = Field(3, ge=2, description="Height and width of the filter.")
    stride: PositiveInt = Field(2, description="Every how many pixels one is taken.")
    padding_mode: Literal["reflect", "zeros", "replicate"] = Field(
        "reflect", description="What the padding is filled with."
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor, spatial=(2,))
        windows = self.windows(inputs)
        limit_fill(self.op, self._pads(), self.padding_mode, tensor, "kernel_size")
        return (tensor.with_spatial(*slide(self.op, tensor, windows)),)

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Window, ...]:
        return tuple(Window(self.kernel_size, self.stride, low=low, high=high) for low, high in self._pads())

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        return self.infer(inputs)[0].elements * self.kernel_size**2

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return kept_padded(inputs[0], self._pads(), self.padding_mode)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        args = (
            Arg("channels", inputs[0].channels, source=InputSize(0), positional=True),
            Arg("kernel_size", self.kernel_size, 3, source="kernel_size"),
            Arg("stride", self.stride, 2, source="stride"),
            Arg("padding_mode", mode, "reflect"),
        )
        return TorchModule(_BLUR_POOL.name, args, helpers=(_BLUR_POOL,))

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        size, channels = self.kernel_size, inputs[0].channels
        row = [math.comb(size - 1, place) / 2 ** (size - 1) for place in range(size)]
        kernel = Constant(tuple(a * b for a in row for b in row), "float32")
        return (
            pad_node(self._pads(), self.padding_mode),
            step("Reshape", kernel, Constant((1, 1, size, size)), to="kernel", allowzero=0),
            step("Expand", Temporary("kernel"), Constant((channels, 1, size, size)), to="filter"),
            step("Conv", Temporary("padded"), Temporary("filter"), strides=(self.stride,) * 2, group=channels),
        )

    def _pads(self) -> tuple[tuple[int, int], ...]:
        padding = (self.stride - 1 + self.kernel_size - 1) // 2
        return ((padding, padding),) * 2
