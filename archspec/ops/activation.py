"""Activations made of straight lines and exponentials: the relatives of relu."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.shapes_layers import ChannelsDoNotMatch
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import NonNegativeNumber, Number, PositiveInt
from archspec.ir.kept import INPUT, RESULT, Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, OnnxNode, ParameterSpec, Temporary, TorchFunction, TorchModule, Weight
from archspec.ir.window import POINTWISE, AxisMap
from archspec.ops.dtypes import require_float
from archspec.ops.lowering import X, per_channel, scalar, step

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class Activation(Op):
    """A function of each element; the shape stays. Each counts as one operation per element, whatever its formula."""

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_float(self.op, inputs[0])
        return inputs

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return INPUT


class Relu(Activation):
    """max(x, 0) (torch.nn.ReLU)."""

    op: ClassVar[str] = "relu"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return RESULT

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.relu", module="nn.ReLU", inplace=True, output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Relu"),)


class Relu6(Activation):
    """min(max(x, 0), 6) (torch.nn.ReLU6)."""

    op: ClassVar[str] = "relu6"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.relu6", module="nn.ReLU6", inplace=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Clip", X, scalar(0.0, inputs[0]), scalar(6.0, inputs[0])),)


class Hardtanh(Activation):
    """min(max(x, min_val), max_val) (torch.nn.Hardtanh)."""

    op: ClassVar[str] = "hardtanh"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),), {"min_val": -0.5, "max_val": 2}))

    min_val: Number = Field(-1.0, description="Smallest value.")
    max_val: Number = Field(1.0, description="Largest value.")

    @model_validator(mode="after")
    def _in_order(self) -> Hardtanh:
        if self.min_val >= self.max_val:
            raise PydanticCustomError("combination", "min_val must be below max_val")
        return self

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        args = (
            Arg("min_val", self.min_val, -1.0, source="min_val"),
            Arg("max_val", self.max_val, 1.0, source="max_val"),
        )
        return TorchFunction("F.hardtanh", args, module="nn.Hardtanh", inplace=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Clip", X, scalar(self.min_val, inputs[0]), scalar(self.max_val, inputs[0])),)


class LeakyRelu(Activation):
    """x if x > 0, else negative_slope * x (torch.nn.LeakyReLU)."""

    op: ClassVar[str] = "leaky_relu"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),)),
        Sample(((10,),), {"negative_slope": 0.2}),
        Sample(((10,),), {"negative_slope": -1}),
    )

    negative_slope: Number = Field(0.01, description="Slope on the negative side.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        args = (Arg("negative_slope", self.negative_slope, 0.01, source="negative_slope"),)
        # In place, the backward pass tells the sides by the sign of the output.
        inplace = self.negative_slope >= 0
        return TorchFunction("F.leaky_relu", args, module="nn.LeakyReLU", inplace=inplace, output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("LeakyRelu", X, alpha=self.negative_slope),)


class Rrelu(Activation):
    """x if x > 0, else slope * x, with slopes drawn at random in training (torch.nn.RReLU; Xu et al., 2015).

    In inference the slope is the middle of `lower` and `upper`.
    """

    op: ClassVar[str] = "rrelu"
    is_random: ClassVar[bool] = True
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),)),
        Sample(((10,),), {"lower": 0.1, "upper": 0.2}),
        Sample(((10,),), {"lower": 0.25, "upper": 0.25}),
    )

    lower: NonNegativeNumber = Field(0.125, description="Least slope on the negative side.")
    upper: NonNegativeNumber = Field(1 / 3, description="Greatest slope on the negative side.")

    @model_validator(mode="after")
    def _ordered(self) -> Rrelu:
        if self.lower > self.upper:
            raise PydanticCustomError("combination", "lower must not be larger than upper")
        return self

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the input and the slopes."""
        return Kept((0,), others=inputs)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        args = (
            Arg("lower", self.lower, 0.125, source="lower"),
            Arg("upper", self.upper, 1 / 3, source="upper"),
        )
        return TorchModule("nn.RReLU", args)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("LeakyRelu", X, alpha=(self.lower + self.upper) / 2),)


class Prelu(Activation):
    """x if x > 0, else slope * x, with one learnt slope or one per channel (torch.nn.PReLU; He et al., 2015)."""

    op: ClassVar[str] = "prelu"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),)),
        Sample(((3, 4, 4),), {"num_parameters": 3, "init": 0.1}),
        Sample(((10,),), {"num_parameters": 10}),
        Sample(((3, 4),), {"num_parameters": 3}),
        Sample(((3, 4, 4),), {"num_parameters": 4}, fault="channels-do-not-match"),
    )

    num_parameters: PositiveInt = Field(1, description="1, or the number of channels: how many slopes are learnt.")
    init: Number = Field(0.25, description="Slope at the start.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_float(self.op, inputs[0])
        channels = inputs[0].channels if inputs[0].shape else 1
        if self.num_parameters not in (1, channels):
            raise ProblemError(
                ChannelsDoNotMatch(op=self.op, param="num_parameters", value=self.num_parameters, channels=channels)
            )
        return inputs

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        return (ParameterSpec("weight", (self.num_parameters,)),)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        args = (
            Arg("num_parameters", self.num_parameters, 1, source="num_parameters"),
            Arg("init", self.init, 0.25, source="init"),
        )
        return TorchModule("nn.PReLU", args)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        before, slope = ((), Weight("weight")) if self.num_parameters == 1 else per_channel("weight", inputs[0])
        return (*before, step("PRelu", X, slope))


class Elu(Activation):
    """x if x > 0, else alpha * (exp(x) - 1) (torch.nn.ELU; Clevert et al., 2015)."""

    op: ClassVar[str] = "elu"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),), {"alpha": 0.5}))

    alpha: Number = Field(1.0, description="How far the negative side reaches down.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        args = (Arg("alpha", self.alpha, 1.0, source="alpha"),)
        return TorchFunction("F.elu", args, module="nn.ELU", inplace=self.alpha >= 0, output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Elu", X, alpha=self.alpha),)


class Celu(Activation):
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1)) (torch.nn.CELU; Barron, 2017)."""

    op: ClassVar[str] = "celu"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),), {"alpha": 0.5}))

    alpha: Number = Field(1.0, gt=0, description="How far the negative side reaches down, and how slowly.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        args = (Arg("alpha", self.alpha, 1.0, source="alpha"),)
        return TorchFunction("F.celu", args, module="nn.CELU", inplace=True, output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Celu", X, alpha=self.alpha),)


class Selu(Activation):
    """1.0507 * (x if x > 0, else 1.6733 * (exp(x) - 1)) (torch.nn.SELU; Klambauer et al., 2017)."""

    op: ClassVar[str] = "selu"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.selu", module="nn.SELU", inplace=True, output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Selu", X, alpha=1.6732632423543772, gamma=1.0507009873554805),)


class Threshold(Activation):
    """x if x > threshold, else value (torch.nn.Threshold)."""

    op: ClassVar[str] = "threshold"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),), {"threshold": 0.1, "value": -2}),
        Sample(((10,),), {"threshold": 0.5, "value": 0}),
    )

    threshold: Number = Field(description="What an element must exceed to pass.")
    value: Number = Field(description="What the others become.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        args = (
            Arg("threshold", self.threshold, source="threshold", positional=True),
            Arg("value", self.value, source="value", positional=True),
        )
        return TorchFunction("F.threshold", args, module="nn.Threshold", inplace=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        if not self.value:
            return (step("ThresholdedRelu", X, alpha=self.threshold),)
        passes = step("Greater", X, scalar(self.threshold, inputs[0]), to="passes")
        return (passes, step("Where", Temporary("passes"), X, scalar(self.value, inputs[0])))
