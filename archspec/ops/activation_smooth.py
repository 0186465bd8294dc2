"""Smooth activations, their piecewise linear imitations, and shrinkage."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from archspec.ir.fields import Number, PositiveNumber
from archspec.ir.kept import RESULT, Kept
from archspec.ir.op import Sample
from archspec.ir.records import Arg, OnnxNode, Temporary, TorchFunction
from archspec.ops.activation import Activation
from archspec.ops.lowering import X, scalar, step

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class Sigmoid(Activation):
    """1 / (1 + exp(-x)) (torch.nn.Sigmoid)."""

    op: ClassVar[str] = "sigmoid"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return RESULT

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("torch.sigmoid", module="nn.Sigmoid", output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Sigmoid"),)


class Tanh(Activation):
    """Hyperbolic tangent (torch.nn.Tanh)."""

    op: ClassVar[str] = "tanh"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return RESULT

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("torch.tanh", module="nn.Tanh", output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Tanh"),)


class Gelu(Activation):
    """x * P(X <= x) for a normal X, or an approximation of it by tanh (torch.nn.GELU; Hendrycks and Gimpel, 2016)."""

    op: ClassVar[str] = "gelu"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),), {"approximate": "tanh"}))

    approximate: Literal["none", "tanh"] = Field("none", description="`tanh` for the approximation.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction(
            "F.gelu", (Arg("approximate", self.approximate, "none", source="approximate"),), module="nn.GELU"
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Gelu", X, approximate=self.approximate),)


class Silu(Activation):
    """x * sigmoid(x), also called swish (torch.nn.SiLU; Elfwing et al., 2017)."""

    op: ClassVar[str] = "silu"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.silu", module="nn.SiLU", inplace=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        # ONNX has Swish from opset 24 only.
        return (step("Sigmoid", X, to="gate"), step("Mul", X, Temporary("gate")))


class Mish(Activation):
    """x * tanh(softplus(x)) (torch.nn.Mish; Misra, 2019)."""

    op: ClassVar[str] = "mish"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.mish", module="nn.Mish", inplace=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Mish"),)


class Hardswish(Activation):
    """x * min(max(x + 3, 0), 6) / 6 (torch.nn.Hardswish; Howard et al., 2019)."""

    op: ClassVar[str] = "hardswish"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.hardswish", module="nn.Hardswish", inplace=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("HardSwish"),)


class Hardsigmoid(Activation):
    """min(max(x / 6 + 1 / 2, 0), 1) (torch.nn.Hardsigmoid)."""

    op: ClassVar[str] = "hardsigmoid"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.hardsigmoid", module="nn.Hardsigmoid", inplace=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("HardSigmoid", X, alpha=1 / 6, beta=0.5),)


class Softplus(Activation):
    """log(1 + exp(beta * x)) / beta; x itself where beta * x > threshold (torch.nn.Softplus)."""

    op: ClassVar[str] = "softplus"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),)),
        Sample(((10,),), {"beta": 2.5}),
        Sample(((10,),), {"beta": 2, "threshold": 0.5}),
    )

    beta: PositiveNumber = Field(1.0, description="Sharpness of the bend.")
    threshold: Number = Field(20.0, description="Where the straight line begins.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        args = (Arg("beta", self.beta, 1.0, source="beta"), Arg("threshold", self.threshold, 20.0, source="threshold"))
        return TorchFunction("F.softplus", args, module="nn.Softplus")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        # Beyond 20 the two sides differ by less than 3e-9, so the threshold is of no account.
        if (self.beta, self.threshold) == (1, 20):
            return (OnnxNode("Softplus"),)
        beta = scalar(self.beta, inputs[0])
        return (
            step("Mul", X, beta, to="sharp"),
            step("Softplus", Temporary("sharp"), to="bent"),
            step("Div", Temporary("bent"), beta, to="curve"),
            step("Greater", Temporary("sharp"), scalar(self.threshold, inputs[0]), to="straight"),
            step("Where", Temporary("straight"), X, Temporary("curve")),
        )


class Softsign(Activation):
    """x / (1 + |x|) (torch.nn.Softsign)."""

    op: ClassVar[str] = "softsign"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the input and the divisor."""
        return Kept((0,), others=inputs)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.softsign", module="nn.Softsign")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Softsign"),)


class LogSigmoid(Activation):
    """log(1 / (1 + exp(-x))) (torch.nn.LogSigmoid)."""

    op: ClassVar[str] = "logsigmoid"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the input and its exponentials."""
        return Kept((0,), others=inputs)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.logsigmoid", module="nn.LogSigmoid")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        # -softplus(-x) does not overflow, log(sigmoid(x)) does.
        softplus = step("Softplus", Temporary("negative"), to="positive")
        return (step("Neg", X, to="negative"), softplus, step("Neg", Temporary("positive")))


class Tanhshrink(Activation):
    """x - tanh(x) (torch.nn.Tanhshrink)."""

    op: ClassVar[str] = "tanhshrink"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the tanh."""
        return Kept(others=inputs)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.tanhshrink", module="nn.Tanhshrink")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Tanh", X, to="tanh"), step("Sub", X, Temporary("tanh")))


class Softshrink(Activation):
    """x moved towards 0 by lambd, and 0 where |x| <= lambd (torch.nn.Softshrink)."""

    op: ClassVar[str] = "softshrink"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),), {"lambd": 0.1}))

    lambd: Number = Field(0.5, ge=0, description="How far elements move, and half the width of the zero.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.softshrink", (Arg("lambd", self.lambd, 0.5, source="lambd"),), module="nn.Softshrink")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Shrink", X, lambd=self.lambd, bias=self.lambd),)


class Hardshrink(Activation):
    """x, but 0 where |x| <= lambd (torch.nn.Hardshrink)."""

    op: ClassVar[str] = "hardshrink"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),), {"lambd": 0.1}))

    lambd: Number = Field(0.5, ge=0, description="Half the width of the zero.")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction("F.hardshrink", (Arg("lambd", self.lambd, 0.5, source="lambd"),), module="nn.Hardshrink")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Shrink", X, lambd=self.lambd, bias=0.0),)
