"""Convolutions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from archspec.ir.fields import Bool, Padding, PerAxis, PositiveInt
from archspec.ir.kept import INPUT, Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, InputSize, OnnxNode, Operand, ParameterSpec, Temporary, TorchModule, Weight
from archspec.ir.window import Window
from archspec.ops.spatial import (
    collapse,
    kept_padded,
    limit_fill,
    onnx_pads,
    pad_argument,
    pad_node,
    padding_pairs,
    per_axis,
    require_divisor,
    require_map,
    slide,
)

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class Conv(Op):
    """Convolution over one, two or three spatial axes, by the rank of the input (torch.nn.Conv1d, 2d, 3d).

    Shape: C x H x W -> out_channels x H' x W' with H' = floor((H + padding - dilation * (kernel_size - 1) - 1) /
    stride) + 1, where `padding` is the sum of both sides. MACs: C / groups * kernel elements * output elements.
    """

    op: ClassVar[str] = "conv"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 17, 12),), {"out_channels": 8, "kernel_size": 3}),
        Sample(((3, 17, 12),), {"out_channels": 8, "kernel_size": [1, 7], "padding": [0, 3], "bias": False}),
        Sample(((4, 17, 12),), {"out_channels": 8, "kernel_size": 3, "stride": 2, "padding": "same", "groups": 2}),
        Sample(((4, 9, 9),), {"out_channels": 6, "kernel_size": 4, "padding": "same", "dilation": 2}),
        Sample(((4, 9, 9),), {"out_channels": 6, "kernel_size": 3, "padding": [[0, 1], [2, 1]], "stride": [2, 1]}),
        Sample(((4, 9, 9),), {"out_channels": 6, "kernel_size": 3, "padding": "full"}),
        Sample(((4, 9, 9),), {"out_channels": 6, "kernel_size": 3, "padding": 1, "padding_mode": "reflect"}),
        Sample(((4, 9, 9),), {"out_channels": 6, "kernel_size": 4, "padding": "same", "padding_mode": "circular"}),
        Sample(((4, 9),), {"out_channels": 6, "kernel_size": 3, "padding": [[1, 0]], "padding_mode": "replicate"}),
        Sample(((2, 30),), {"out_channels": 4, "kernel_size": 5, "stride": 2}),
        Sample(((2, 7, 8, 9),), {"out_channels": 4, "kernel_size": [1, 3, 3], "padding": [0, 1, 1]}),
        Sample(((8,),), {"out_channels": 4, "kernel_size": 3}, fault="wrong-rank"),
        Sample(((1, 4, 4),), {"out_channels": 4, "kernel_size": 5}, fault="kernel-larger-than-input"),
        Sample(((6, 4, 4),), {"out_channels": 8, "kernel_size": 1, "groups": 4}, fault="groups-do-not-divide"),
        Sample(((6, 4, 4),), {"out_channels": 8, "kernel_size": [1, 1, 1]}, fault="wrong-axis-count"),
        Sample(
            ((6, 4, 4),),
            {"out_channels": 8, "kernel_size": 9, "padding": 4, "padding_mode": "reflect"},
            fault="padding-too-large",
        ),
    )

    out_channels: PositiveInt = Field(description="Channels of the output.")
    kernel_size: PerAxis = Field(description="Size of the window: one number, or one per spatial axis.")
    stride: PerAxis = Field(1, description="Step of the window.")
    padding: Padding = Field(
        0,
        description="Padding of both sides: a number, one per axis, a pair [low, high] per axis, or `valid`, `same` "
        "(output = input / stride, rounded up), `full`.",
    )
    dilation: PerAxis = Field(1, description="Distance between the elements of the window.")
    groups: PositiveInt = Field(1, description="Groups of channels that do not see each other.")
    bias: Bool = Field(default=True, description="Whether to add a learnt bias to each output channel.")
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = Field(
        "zeros", description="What the padding is filled with."
    )

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[Window, ...]:
        return tuple(
            Window(kernel, stride, dilation, low, high)
            for (kernel, stride, dilation), (low, high) in zip(self._steps(inputs), self._pads(inputs), strict=True)
        )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor)
        require_divisor(self.op, "groups", self.groups, tensor.channels, "input channels")
        require_divisor(self.op, "groups", self.groups, self.out_channels, "out_channels")
        limit_fill(self.op, self._pads(inputs), self.padding_mode, tensor)
        return (tensor.with_shape(self.out_channels, *slide(self.op, tensor, self.windows(inputs))),)

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        kernel = per_axis(self.op, "kernel_size", self.kernel_size, inputs[0])
        weight = ParameterSpec("weight", (self.out_channels, inputs[0].channels // self.groups, *kernel))
        return (weight, ParameterSpec("bias", (self.out_channels,))) if self.bias else (weight,)

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        (output,) = self.infer(inputs)
        weight = self.parameters(inputs)[0].shape
        return math.prod(weight) * math.prod(output.spatial)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return self.infer(inputs)[0].elements if self.bias else 0

    def channels_from(self) -> str:
        return "out_channels"

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the input, or the padded copy of it that the convolution itself reads."""
        pairs = self._pads(inputs)
        padding, wrap = self._torch_padding(inputs)
        if padding == "same" and self.padding_mode == "zeros":
            # PyTorch pads the heavier side beforehand, and the convolution does the rest.
            pairs = tuple((0, high - low) for low, high in pairs)
            return kept_padded(inputs[0], pairs) if any(map(any, pairs)) else INPUT
        if wrap == "{0}" and self.padding_mode == "zeros":
            return INPUT
        return kept_padded(inputs[0], pairs, self.padding_mode)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        kernel, stride, dilation = (collapse(values) for values in zip(*self._steps(inputs), strict=True))
        padding, wrap = self._torch_padding(inputs)
        mode = self.padding_mode if wrap == "{0}" else "zeros"
        return TorchModule(
            f"nn.Conv{len(inputs[0].spatial)}d",
            (
                Arg("in_channels", inputs[0].channels, source=InputSize(0), positional=True),
                Arg("out_channels", self.out_channels, source="out_channels", positional=True),
                Arg("kernel_size", kernel, source="kernel_size"),
                Arg("stride", stride, 1, source="stride"),
                Arg("padding", padding, 0, source="padding"),
                Arg("dilation", dilation, 1, source="dilation"),
                Arg("groups", self.groups, 1, source="groups"),
                Arg("bias", self.bias, default=True, source="bias"),
                Arg("padding_mode", mode, "zeros", source="padding_mode"),
            ),
            wrap=wrap,
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        kernel, stride, dilation = zip(*self._steps(inputs), strict=True)
        pairs = self._pads(inputs)
        before: tuple[OnnxNode, ...] = ()
        source: Operand | Temporary = Operand(0)
        if self.padding_mode != "zeros" and any(map(any, pairs)):
            before = (pad_node(pairs, self.padding_mode),)
            source, pairs = Temporary("padded"), ((0, 0),) * len(pairs)
        attributes = {
            "kernel_shape": kernel,
            "strides": stride,
            "dilations": dilation,
            "pads": onnx_pads(pairs),
            "group": self.groups,
        }
        weights = tuple(Weight(spec.name) for spec in self.parameters(inputs))
        return (*before, OnnxNode("Conv", (source, *weights), attributes))

    def _steps(self, inputs: tuple[TensorType, ...]) -> tuple[tuple[int, int, int], ...]:
        values = ((name, getattr(self, name)) for name in ("kernel_size", "stride", "dilation"))
        return tuple(zip(*(per_axis(self.op, name, value, inputs[0]) for name, value in values), strict=True))

    def _pads(self, inputs: tuple[TensorType, ...]) -> tuple[tuple[int, int], ...]:
        unpadded = [Window(*steps) for steps in self._steps(inputs)]
        return padding_pairs(self.op, self.padding, inputs[0], unpadded)

    def _torch_padding(self, inputs: tuple[TensorType, ...]) -> tuple[int | str | tuple[int, ...], str]:
        pairs = self._pads(inputs)
        if all(low == high for low, high in pairs):
            return collapse([low for low, _ in pairs]), "{0}"
        if self.padding == "same" and {stride for _, stride, _ in self._steps(inputs)} == {1}:
            return "same", "{0}"
        mode = "" if self.padding_mode == "zeros" else f', mode="{self.padding_mode}"'
        return 0, f"F.pad({{0}}, {pad_argument(pairs)}{mode})"
