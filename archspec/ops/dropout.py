"""Ops that act in training only, and the identity. In ONNX they pass their input on."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archspec.ir.fields import Probability
from archspec.ir.kept import Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, OnnxNode, TorchHelper, TorchModule
from archspec.ir.tensor import TensorType
from archspec.ir.window import POINTWISE, AxisMap
from archspec.ops.dtypes import require_float
from archspec.ops.spatial import require_map


class Identity(Op):
    """Its input (torch.nn.Identity)."""

    op: ClassVar[str] = "identity"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),)))

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        return True

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        return TorchModule("nn.Identity", output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Identity"),)


class Dropout(Op):
    """In training, zeroes elements at random and scales the rest by 1 / (1 - p) (torch.nn.Dropout).

    Shape: unchanged. In inference it does nothing, and counts as nothing.
    """

    op: ClassVar[str] = "dropout"
    is_random: ClassVar[bool] = True
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),)),
        Sample(((10,),), {"p": 0.2}),
        Sample(((10,),), {"p": 0}),
    )

    p: Probability = Field(0.5, description="Share of what is zeroed.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_float(self.op, inputs[0])
        return inputs

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the mask, which consists of numbers on the CPU (and of booleans on a GPU)."""
        return Kept() if self.p == 0 else Kept(others=(self._mask(inputs[0]),))

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        return not training or self.p == 0

    def _mask(self, tensor: TensorType) -> TensorType:
        return tensor if self.p < 1 else TensorType((), tensor.dtype, "none")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        return self._module("nn.Dropout")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Identity"),)

    def _module(self, cls: str) -> TorchModule:
        # In inference the result is the input itself.
        return TorchModule(cls, (Arg("p", self.p, 0.5, source="p"),), output_is_saved=True)


class DropoutChannels(Dropout):
    """In training, zeroes whole channels at random (torch.nn.Dropout1d, Dropout2d, Dropout3d, by the rank).

    Shape: unchanged. It suits maps, whose neighbouring elements are alike (Tompson et al., 2015).
    """

    op: ClassVar[str] = "dropout_channels"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),)),
        Sample(((3, 9),), {"p": 0.2}),
        Sample(((3, 2, 3, 4),), {"p": 0.2}),
        Sample(((10,),), fault="wrong-rank"),
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_map(self.op, inputs[0])
        return inputs

    def _mask(self, tensor: TensorType) -> TensorType:
        return super()._mask(tensor.with_shape(tensor.channels))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        return self._module(f"nn.Dropout{len(inputs[0].spatial)}d")


class AlphaDropout(Dropout):
    """Dropout that keeps mean and variance, for nets of `selu` (torch.nn.AlphaDropout; Klambauer et al., 2017).

    Shape: unchanged.
    """

    op: ClassVar[str] = "alpha_dropout"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((3, 4, 4),)), Sample(((10,),), {"p": 0.2}))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        return self._module("nn.AlphaDropout")


# Draws the random numbers that torchvision's and timm's classes draw, in their order.
_STOCHASTIC_DEPTH = TorchHelper(
    "StochasticDepth",
    '''class StochasticDepth(nn.Module):
    """In training, zeroes whole samples (or the whole batch) at random and scales the rest."""

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = 1.0 - self.p
        size = [x.shape[0] if self.mode == "row" else 1] + [1] * (x.ndim - 1)
        noise = torch.empty(size, dtype=x.dtype, device=x.device).bernoulli_(kept)
        if kept > 0:
            noise.div_(kept)
        return x * noise
''',
)


class DropPath(Dropout):
    """In training, zeroes whole samples at random and scales the rest by 1 / (1 - p): stochastic depth.

    Shape: unchanged. On the branch beside a shortcut it leaves the branch out (Huang et al., 2016, arXiv:1603.09382).
    It is torchvision's StochasticDepth, and timm's DropPath with mode `row`. In inference it does nothing, and counts
    as nothing.
    """

    op: ClassVar[str] = "drop_path"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 4),), {"p": 0.2}),
        Sample(((10,),), {"p": 0.5, "mode": "batch"}),
        Sample(((10,),), {"p": 0}),
        Sample(((10,),), {"p": 1}),
    )

    p: Probability = Field(description="Share of what is zeroed.")
    mode: Literal["row", "batch"] = Field("row", description="Whether each sample is drawn alone, or the whole batch.")

    def _mask(self, tensor: TensorType) -> TensorType:
        return TensorType((1,), tensor.dtype, "each" if self.mode == "row" else "none")

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        p = Arg("p", self.p, source="p", positional=True)
        mode = Arg("mode", self.mode, "row", source="mode")
        return TorchModule("StochasticDepth", (p, mode), output_is_saved=True, helpers=(_STOCHASTIC_DEPTH,))
