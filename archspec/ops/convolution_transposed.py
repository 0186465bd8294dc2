"""Transposed convolutions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.shapes_windows import OutputPaddingTooLarge
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, NonNegativePerAxis, PerAxis, PositiveInt
from archspec.ir.kept import INPUT, Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, InputSize, OnnxNode, ParameterSpec, Temporary, TorchModule, Weight
from archspec.ir.window import TransposedWindow
from archspec.ops.lowering import X, per_channel, step
from archspec.ops.spatial import collapse, onnx_pads, per_axis, require_divisor, require_map, spread

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType

TransposedPadding: TypeAlias = Literal["valid", "same"] | NonNegativePerAxis


class ConvTranspose(Op):
    """Transposed convolution, by the rank of the input (torch.nn.ConvTranspose1d, 2d, 3d).

    Shape: C x H x W -> out_channels x H' x W' with H' = (H - 1) * stride - 2 * padding + dilation * (kernel_size - 1)
    + 1 + output_padding. MACs: input elements * out_channels / groups * kernel elements.
    """

    op: ClassVar[str] = "conv_transpose"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((4, 7, 6),), {"out_channels": 6, "kernel_size": 2, "stride": 2}),
        Sample(((4, 7, 6),), {"out_channels": 6, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}),
        Sample(((4, 7, 6),), {"out_channels": 6, "kernel_size": 3, "stride": 2, "padding": "same", "groups": 2}),
        Sample(((4, 7, 6),), {"out_channels": 6, "kernel_size": [2, 5], "stride": [3, 2], "padding": "same"}),
        Sample(((4, 7, 6),), {"out_channels": 6, "kernel_size": 3, "dilation": [2, 1], "bias": False}),
        Sample(((4, 7, 6),), {"out_channels": 6, "kernel_size": 3, "dilation": 3, "output_padding": 2}),
        Sample(((4, 5, 4),), {"out_channels": 2, "kernel_size": 2, "dilation": 4, "output_padding": 3, "padding": 1}),
        Sample(((4, 9),), {"out_channels": 6, "kernel_size": 4, "stride": 2, "padding": 1}),
        Sample(((4, 3, 4, 5),), {"out_channels": 2, "kernel_size": [1, 2, 2], "stride": [1, 2, 2]}),
        Sample(((8,),), {"out_channels": 4, "kernel_size": 3}, fault="wrong-rank"),
        Sample(((4, 7, 6),), {"out_channels": 6, "kernel_size": [3]}, fault="wrong-axis-count"),
        Sample(((4, 7, 6),), {"out_channels": 6, "kernel_size": 3, "groups": 4}, fault="groups-do-not-divide"),
        Sample(
            ((4, 7, 6),),
            {"out_channels": 6, "kernel_size": 3, "stride": 2, "output_padding": 2},
            fault="output-padding-too-large",
        ),
        Sample(
            ((4, 7, 6),), {"out_channels": 6, "kernel_size": 2, "padding": "same"}, fault="output-padding-too-large"
        ),
        Sample(((4, 1, 1),), {"out_channels": 6, "kernel_size": 2, "padding": 1}, fault="empty-output"),
    )

    out_channels: PositiveInt = Field(description="Channels of the output.")
    kernel_size: PerAxis = Field(description="Size of the window: one number, or one per spatial axis.")
    stride: PerAxis = Field(1, description="Step of the window in the output.")
    padding: TransposedPadding = Field(
        0,
        description="What is cropped from both sides of the output: a number, one per axis, `valid` (nothing), or "
        "`same` (output = input * stride).",
    )
    output_padding: NonNegativePerAxis = Field(
        0, description="What is cropped less from the far side; below the stride or the dilation."
    )
    groups: PositiveInt = Field(1, description="Groups of channels that do not see each other.")
    bias: Bool = Field(default=True, description="Whether to add a learnt bias to each output channel.")
    dilation: PerAxis = Field(1, description="Distance between the elements of the window.")

    @model_validator(mode="after")
    def _same_sets_the_output_padding(self) -> ConvTranspose:
        if self.padding == "same" and "output_padding" in self.model_fields_set:
            raise PydanticCustomError("combination", "padding: same chooses the output_padding itself; leave it out")
        return self

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[TransposedWindow, ...]:
        names = ("kernel_size", "stride", "dilation", "output_padding")
        values = (per_axis(self.op, name, getattr(self, name), inputs[0]) for name in names)
        if not isinstance(self.padding, str):
            pads = per_axis(self.op, "padding", self.padding, inputs[0])
            return tuple(
                TransposedWindow(kernel, stride, dilation, pad, pad, more)
                for (kernel, stride, dilation, more), pad in zip(zip(*values, strict=True), pads, strict=True)
            )
        windows = (TransposedWindow(k, s, d, output_padding=more) for k, s, d, more in zip(*values, strict=True))
        return tuple(map(_same, windows)) if self.padding == "same" else tuple(windows)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor)
        require_divisor(self.op, "groups", self.groups, tensor.channels, "input channels")
        require_divisor(self.op, "groups", self.groups, self.out_channels, "out_channels")
        windows = self.windows(inputs)
        for window in windows:
            self._check_output_padding(window)
        return (tensor.with_shape(self.out_channels, *spread(self.op, tensor, windows)),)

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        kernel = tuple(window.kernel for window in self.windows(inputs))
        weight = ParameterSpec("weight", (inputs[0].channels, self.out_channels // self.groups, *kernel))
        return (weight, ParameterSpec("bias", (self.out_channels,))) if self.bias else (weight,)

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        return math.prod(self.parameters(inputs)[0].shape) * math.prod(inputs[0].spatial)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return self.infer(inputs)[0].elements if self.bias else 0

    def channels_from(self) -> str:
        return "out_channels"

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return INPUT

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        windows = self.windows(inputs)
        more = collapse([window.output_padding for window in windows])
        return TorchModule(
            f"nn.ConvTranspose{len(windows)}d",
            (
                Arg("in_channels", inputs[0].channels, source=InputSize(0), positional=True),
                Arg("out_channels", self.out_channels, source="out_channels", positional=True),
                Arg("kernel_size", collapse([window.kernel for window in windows]), source="kernel_size"),
                Arg("stride", collapse([window.stride for window in windows]), 1, source="stride"),
                Arg("padding", collapse([window.low for window in windows]), 0, source="padding"),
                Arg("output_padding", more, 0, source="output_padding"),
                Arg("groups", self.groups, 1, source="groups"),
                Arg("bias", self.bias, default=True, source="bias"),
                Arg("dilation", collapse([window.dilation for window in windows]), 1, source="dilation"),
            ),
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        windows = self.windows(inputs)
        attributes: dict[str, object] = {
            "kernel_shape": tuple(window.kernel for window in windows),
            "strides": tuple(window.stride for window in windows),
            "dilations": tuple(window.dilation for window in windows),
            "group": self.groups,
        }
        if any(window.output_padding >= window.stride for window in windows):
            return self._with_padding_behind(inputs[0], windows, attributes)
        attributes["pads"] = onnx_pads([(window.low, window.high) for window in windows])
        attributes["output_padding"] = tuple(window.output_padding for window in windows)
        weights = tuple(Weight(spec.name) for spec in self.parameters(inputs))
        return (OnnxNode("ConvTranspose", (X, *weights), attributes),)

    def _with_padding_behind(
        self, tensor: TensorType, windows: tuple[TransposedWindow, ...], attributes: dict[str, object]
    ) -> tuple[OnnxNode, ...]:
        """Return records for an output_padding that onnxruntime refuses: crop and append after the convolution."""
        sides = ((0, 0), (0, 0), *((-axis.low, axis.output_padding - axis.high) for axis in windows))
        convolved = step("ConvTranspose", X, Weight("weight"), to="convolved", **attributes)
        pad = (Temporary("convolved"), Constant(onnx_pads(sides)))
        if not self.bias:
            return (convolved, step("Pad", *pad, mode="constant"))
        before, bias = per_channel("bias", tensor)
        padded = step("Pad", *pad, to="padded", mode="constant")
        return (convolved, padded, *before, step("Add", Temporary("padded"), bias))

    def _check_output_padding(self, window: TransposedWindow) -> None:
        if window.output_padding < max(window.stride, window.dilation):
            return
        more, stride, dilation = window.output_padding, window.stride, window.dilation
        same = self.padding == "same"
        raise ProblemError(
            OutputPaddingTooLarge(
                op=self.op,
                param="padding" if same else "output_padding",
                output_padding=more,
                stride=stride,
                dilation=dilation,
                suggestion="an even kernel_size with stride 1 has no `same` padding" if same else None,
            )
        )


def _same(window: TransposedWindow) -> TransposedWindow:
    """Return the window with the padding for which the output has input * stride elements."""
    surplus = window.extent - window.stride
    pad = max(0, -(-surplus // 2))
    return TransposedWindow(window.kernel, window.stride, window.dilation, pad, pad, 2 * pad - surplus)
