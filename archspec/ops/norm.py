"""Norms within a sample: layer, group and instance norm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.shapes_layers import OneValueToNormalize
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, Number, PositiveInt
from archspec.ir.kept import Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import (
    Arg,
    Constant,
    InputSize,
    OnnxNode,
    ParameterSpec,
    Temporary,
    TorchHelper,
    TorchModule,
    Weight,
)
from archspec.ir.window import POINTWISE, AxisMap, Whole
from archspec.ops.axes import mixed_axes, sample_axis
from archspec.ops.dtypes import require_float
from archspec.ops.lowering import X, filled, scale_and_shift, step
from archspec.ops.spatial import require_divisor, require_map

if TYPE_CHECKING:
    from archspec.ir.records import OnnxInput
    from archspec.ir.tensor import Shape, TensorType


class Norm(Op):
    """What these norms share. Counted as 5 operations per element, and 2 more for weight and bias."""

    eps: Number = Field(1e-5, ge=0, description="Added to the variance, against division by zero.")

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return (5 + len(self.parameters(inputs))) * inputs[0].elements


_CHANNEL_LAYER_NORM = TorchHelper(
    "ChannelLayerNorm",
    '''class ChannelLayerNorm(nn.LayerNorm):
    """Layer norm over the channels of maps (N, C, ...), for each position by itself."""

    def forward(self, input: Tensor) -> Tensor:
        x = input.movedim(1, -1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)
''',
)


class LayerNorm(Norm):
    """Normalization over the last axes of each sample (torch.nn.LayerNorm; Ba et al., 2016).

    Shape: unchanged. PyTorch's normalized_shape is inferred: it is that of the last `axes` axes. With `channels_first`
    it is the channels of a map, each position by itself, as ConvNeXt's LayerNorm2d does.
    """

    op: ClassVar[str] = "layer_norm"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((7, 12),)),
        Sample(((12,),), {"eps": 1e-6}),
        Sample(((3, 4, 5),), {"axes": 3}),
        Sample(((3, 4, 5),), {"axes": 2, "bias": False}),
        Sample(((3, 4, 5),), {"axes": 2, "elementwise_affine": False}),
        Sample(((6, 4, 5),), {"channels_first": True}),
        Sample(((6, 9),), {"channels_first": True, "eps": 1e-6, "bias": False}),
        Sample(((6, 2, 3, 4),), {"channels_first": True, "elementwise_affine": False}),
        Sample(((7, 12),), {"axes": 3}, fault="axis-out-of-range"),
        Sample(((12,),), {"channels_first": True}, fault="wrong-rank"),
    )

    axes: PositiveInt = Field(1, description="How many of the last axes are normalized over.")
    elementwise_affine: Bool = Field(default=True, description="Whether to learn a weight and a bias per element.")
    bias: Bool = Field(default=True, description="Whether to learn the bias (if elementwise_affine).")
    channels_first: Bool = Field(default=False, description="Whether to normalize over the channels, the first axis.")

    @model_validator(mode="after")
    def _consistent(self) -> LayerNorm:
        if self.channels_first and self.axes != 1:
            raise PydanticCustomError("combination", "channels_first normalizes over one axis: leave axes out")
        return self

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        if self.channels_first:
            require_map(f"{self.op} (channels_first)", inputs[0])
        sample_axis(self.op, -self.axes, inputs[0], "axes")
        require_float(self.op, inputs[0])
        return inputs

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        rank = inputs[0].rank
        return mixed_axes(inputs[0], () if self.channels_first else range(rank - self.axes, rank))

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE if not self.channels_first and self.axes < inputs[0].rank else Whole()

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        names = ("weight", "bias")[: (1 + self.bias) * self.elementwise_affine]
        return tuple(ParameterSpec(name, self._shape(inputs)) for name in names)

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        shape = inputs[0].spatial if self.channels_first else inputs[0].shape[: -self.axes]
        statistics = inputs[0].with_shape(*shape)
        return Kept((0,), others=(statistics, statistics))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        shape = self._shape(inputs)
        one = len(shape) == 1
        source = InputSize(0 if self.channels_first else -1) if one else None
        args = (
            Arg("normalized_shape", shape[0] if one else shape, source=source, positional=True),
            Arg("eps", self.eps, 1e-5, source="eps"),
            Arg("elementwise_affine", self.elementwise_affine, default=True, source="elementwise_affine"),
            Arg("bias", self.bias, default=True, source="bias"),
        )
        if self.channels_first:
            return TorchModule(_CHANNEL_LAYER_NORM.name, args, helpers=(_CHANNEL_LAYER_NORM,))
        return TorchModule("nn.LayerNorm", args)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        attributes: dict[str, Any] = {"axis": -self.axes, "epsilon": self.eps, "stash_type": 1}
        weights: tuple[OnnxInput, ...] = tuple(Weight(spec.name) for spec in self.parameters(inputs))
        ones = () if weights else (filled(1.0, self._shape(inputs), "ones"),)
        weights = weights or (Temporary("ones"),)
        if not self.channels_first:
            return (*ones, step("LayerNormalization", X, *weights, **attributes))
        rank = inputs[0].rank
        return (
            *ones,
            step("Transpose", X, to="channels_last", perm=(0, *range(2, rank + 1), 1)),
            step("LayerNormalization", Temporary("channels_last"), *weights, to="normal", **attributes),
            step("Transpose", Temporary("normal"), perm=(0, rank, *range(1, rank))),
        )

    def _shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        return inputs[0].shape[:1] if self.channels_first else inputs[0].shape[-self.axes :]


class MapNorm(Norm):
    """What group and instance norm share: they see the whole map."""

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Whole(),) * len(inputs[0].spatial)

    def _require_spread(self, tensor: TensorType, values: int) -> None:
        if values == 1:
            raise ProblemError(OneValueToNormalize(op=self.op, shape=tensor.shape))


class GroupNorm(MapNorm):
    """Normalization of each group of channels over the map (torch.nn.GroupNorm; Wu and He, 2018).

    Shape: unchanged; any number of spatial axes up to three, or none.
    """

    op: ClassVar[str] = "group_norm"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((6, 4, 5),), {"num_groups": 3}),
        Sample(((6, 4, 5),), {"num_groups": 1, "affine": False, "eps": 1e-3}),
        Sample(((6, 9),), {"num_groups": 6}),
        Sample(((6,),), {"num_groups": 2}),
        Sample(((6, 2, 3, 4),), {"num_groups": 2}),
        Sample(((6, 4, 5),), {"num_groups": 4}, fault="groups-do-not-divide"),
        Sample(((6,),), {"num_groups": 6}, fault="one-value-to-normalize"),
    )

    num_groups: PositiveInt = Field(description="Groups of channels; each is normalized by itself.")
    affine: Bool = Field(default=True, description="Whether to learn a weight and a bias for each channel.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_map(self.op, tensor, spatial=(0, 1, 2, 3))
        require_divisor(self.op, "num_groups", self.num_groups, tensor.channels, "channels")
        self._require_spread(tensor, tensor.elements // self.num_groups)
        return inputs

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        each = (inputs[0].channels,)
        return (ParameterSpec("weight", each), ParameterSpec("bias", each)) if self.affine else ()

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        statistics = inputs[0].with_shape(self.num_groups)
        return Kept((0,), others=(statistics, statistics))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        return TorchModule(
            "nn.GroupNorm",
            (
                Arg("num_groups", self.num_groups, source="num_groups", positional=True),
                Arg("num_channels", inputs[0].channels, source=InputSize(0), positional=True),
                Arg("eps", self.eps, 1e-5, source="eps"),
                Arg("affine", self.affine, default=True, source="affine"),
            ),
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        """Return an instance norm of the groups: ONNX has group norm with weights per channel from opset 21 only."""
        weights = (Temporary("ones"), Temporary("zeros"))
        normal = (Temporary("normal_groups"), Temporary("shape"))
        records = (
            step("Reshape", X, Constant((0, self.num_groups, -1)), to="groups", allowzero=0),
            filled(1.0, (self.num_groups,), "ones"),
            filled(0.0, (self.num_groups,), "zeros"),
            step("InstanceNormalization", Temporary("groups"), *weights, to="normal_groups", epsilon=self.eps),
            step("Shape", X, to="shape"),
        )
        if not self.affine:
            return (*records, step("Reshape", *normal, allowzero=0))
        return (*records, step("Reshape", *normal, to="normal", allowzero=0), *scale_and_shift(inputs[0], "normal"))


class InstanceNorm(MapNorm):
    """Normalization of each channel over its map (torch.nn.InstanceNorm1d, 2d, 3d; Ulyanov et al., 2016).

    Shape: unchanged. The statistics are always those of the sample.
    """

    op: ClassVar[str] = "instance_norm"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((6, 4, 5),)),
        Sample(((6, 4, 5),), {"affine": True, "eps": 1e-3}),
        Sample(((6, 9),)),
        Sample(((6, 2, 3, 4),), {"affine": True}),
        Sample(((6, 1, 1),), fault="one-value-to-normalize"),
        Sample(((6,),), fault="wrong-rank"),
    )

    affine: Bool = Field(default=False, description="Whether to learn a weight and a bias for each channel.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_map(self.op, inputs[0])
        self._require_spread(inputs[0], math.prod(inputs[0].spatial))
        return inputs

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        each = (inputs[0].channels,)
        return (ParameterSpec("weight", each), ParameterSpec("bias", each)) if self.affine else ()

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the input and its statistics; PyTorch also repeats the weight for each sample."""
        each = inputs[0].with_shape(inputs[0].channels)
        return Kept((0,), others=(each,) * (3 if self.affine else 2))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        return TorchModule(
            f"nn.InstanceNorm{len(inputs[0].spatial)}d",
            (
                Arg("num_features", inputs[0].channels, source=InputSize(0), positional=True),
                Arg("eps", self.eps, 1e-5, source="eps"),
                Arg("affine", self.affine, default=False, source="affine"),
            ),
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        if self.affine:
            return (step("InstanceNormalization", X, Weight("weight"), Weight("bias"), epsilon=self.eps),)
        each = (inputs[0].channels,)
        weights = (Temporary("ones"), Temporary("zeros"))
        last = step("InstanceNormalization", X, *weights, epsilon=self.eps)
        return (filled(1.0, each, "ones"), filled(0.0, each, "zeros"), last)
