"""Local response normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.ir.fields import Number, PositiveInt
from archspec.ir.kept import Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, OnnxNode, Temporary, TorchFunction
from archspec.ops.lowering import X, scalar, step
from archspec.ops.spatial import require_map

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType

# Spatial axes of an image.
IMAGE = 2


class LocalResponseNorm(Op):
    """Division by the strength of neighbouring channels (torch.nn.LocalResponseNorm; Krizhevsky et al., 2012).

    Shape: unchanged. y = x / (k + alpha * mean of x^2 over `size` channels)^beta. Counted as `size` + 4 operations
    per element.
    """

    op: ClassVar[str] = "local_response_norm"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((6, 4, 5),), {"size": 5}),
        Sample(((6, 4, 5),), {"size": 4, "alpha": 0.5, "beta": 0.5, "k": 2}),
        Sample(((6, 9),), {"size": 3, "alpha": 0.1}),
        Sample(((6, 2, 3, 4),), {"size": 2, "alpha": 0.1}),
        Sample(((6,),), {"size": 5}, fault="wrong-rank"),
    )

    size: PositiveInt = Field(description="How many channels the strength is averaged over.")
    alpha: Number = Field(1e-4, description="Factor of the strength.")
    beta: Number = Field(0.75, description="Exponent.")
    k: Number = Field(1.0, description="Added to the strength.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_map(self.op, inputs[0])
        return inputs

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return (self.size + 4) * inputs[0].elements

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the input, its padded squares, and the divisor before and after its power."""
        (tensor,) = inputs
        squares = tensor.with_channels(tensor.channels + self.size - 1)
        return Kept((0,), others=(squares, tensor, tensor))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        return TorchFunction(
            "F.local_response_norm",
            (
                Arg("size", self.size, source="size"),
                Arg("alpha", self.alpha, 1e-4, source="alpha"),
                Arg("beta", self.beta, 0.75, source="beta"),
                Arg("k", self.k, 1.0, source="k"),
            ),
            module="nn.LocalResponseNorm",
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        (tensor,) = inputs
        # onnxruntime's LRN works on images, and on odd sizes, only.
        if len(tensor.spatial) == IMAGE and self.size % 2:
            return (step("LRN", X, size=self.size, alpha=self.alpha, beta=self.beta, bias=self.k),)
        pads = (self.size // 2, 0, (self.size - 1) // 2, 0)
        window = {"kernel_shape": (self.size, 1), "strides": (1, 1), "pads": pads, "count_include_pad": 1}
        return (
            step("Mul", X, X, to="squares"),
            step("Reshape", Temporary("squares"), Constant((0, 1, tensor.channels, -1)), to="rows", allowzero=0),
            step("AveragePool", Temporary("rows"), to="means", **window),
            step("Reshape", Temporary("means"), Constant((0, *tensor.shape)), to="strength", allowzero=0),
            step("Mul", Temporary("strength"), scalar(self.alpha, tensor), to="scaled"),
            step("Add", Temporary("scaled"), scalar(self.k, tensor), to="shifted"),
            step("Pow", Temporary("shifted"), scalar(self.beta, tensor), to="divisor"),
            step("Div", X, Temporary("divisor")),
        )
