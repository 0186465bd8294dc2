"""Batch norm: statistics over the batch in training, running ones in inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.ir.fields import Bool, Number, Probability
from archspec.ir.kept import Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, InputSize, OnnxNode, ParameterSpec, Temporary, TorchModule, Weight
from archspec.ir.tensor import TensorType
from archspec.ir.window import POINTWISE, AxisMap, Whole
from archspec.ops.lowering import X, filled, scalar, scale_and_shift, step
from archspec.ops.spatial import require_map

if TYPE_CHECKING:
    from archspec.ir.records import OnnxInput


class BatchNorm(Op):
    """Batch normalization of each channel, for vectors and for maps, by the rank (torch.nn.BatchNorm1d, 2d, 3d).

    Shape: unchanged. y = (x - mean) / sqrt(variance + eps) * weight + bias, with the statistics of the batch in
    training and the running ones in inference (Ioffe and Szegedy, 2015). Counted as 2 operations per element.
    """

    op: ClassVar[str] = "batch_norm"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((6, 5, 4),)),
        Sample(((6, 5, 4),), {"eps": 0.001, "momentum": 0.01}),
        Sample(((6, 5, 4),), {"affine": False, "momentum": None}),
        Sample(((6, 5, 4),), {"track_running_stats": False}),
        Sample(((6, 5, 4),), {"track_running_stats": False, "affine": False}),
        Sample(((6,),)),
        Sample(((6, 9),)),
        Sample(((6, 3, 4, 5),)),
        Sample(((6, 2, 3, 4, 5),), fault="wrong-rank"),
    )

    eps: Number = Field(1e-5, ge=0, description="Added to the variance, against division by zero.")
    momentum: Probability | None = Field(
        0.1, description="Share of the newest batch in the running statistics; null averages over all batches."
    )
    affine: Bool = Field(default=True, description="Whether to learn a weight and a bias for each channel.")
    track_running_stats: Bool = Field(
        default=True, description="Whether to keep running statistics; if not, inference uses those of its batch."
    )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_map(self.op, inputs[0], spatial=(0, 1, 2, 3))
        return inputs

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return POINTWISE

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return point by point, as it is in inference; the whole map if there, too, it is normalized by itself."""
        return (POINTWISE if self.track_running_stats else Whole(),) * len(inputs[0].spatial)

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        each = (inputs[0].channels,)
        learnt = (ParameterSpec("weight", each), ParameterSpec("bias", each)) if self.affine else ()
        if not self.track_running_stats:
            return learnt
        means, variances = (ParameterSpec(name, each, buffer=True) for name in ("running_mean", "running_var"))
        return (*learnt, means, variances, ParameterSpec("num_batches_tracked", (), buffer=True, dtype="int64"))

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 2 * inputs[0].elements

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        statistics = TensorType((inputs[0].channels,), inputs[0].dtype, "none")
        return Kept((0,), others=(statistics, statistics))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        return TorchModule(
            f"nn.BatchNorm{max(1, len(inputs[0].spatial))}d",
            (
                Arg("num_features", inputs[0].channels, source=InputSize(0), positional=True),
                Arg("eps", self.eps, 1e-5, source="eps"),
                Arg("momentum", self.momentum, 0.1, source="momentum"),
                Arg("affine", self.affine, default=True, source="affine"),
                Arg("track_running_stats", self.track_running_stats, default=True, source="track_running_stats"),
            ),
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        if not self.track_running_stats:
            return self._batch_statistics(inputs[0])
        before: tuple[OnnxNode, ...] = ()
        weights: tuple[OnnxInput, ...] = (Weight("weight"), Weight("bias"))
        if not self.affine:
            each = (inputs[0].channels,)
            before = (filled(1.0, each, "ones"), filled(0.0, each, "zeros"))
            weights = (Temporary("ones"), Temporary("zeros"))
        running = (Weight("running_mean"), Weight("running_var"))
        attributes = {"epsilon": self.eps, "momentum": 0.9, "training_mode": 0}
        return (*before, OnnxNode("BatchNormalization", (X, *weights, *running), attributes))

    def _batch_statistics(self, tensor: TensorType) -> tuple[OnnxNode, ...]:
        axes = Constant((0, *range(2, tensor.rank + 1)))
        centred = Temporary("centred")
        records = (
            step("ReduceMean", X, axes, to="mean", keepdims=1),
            step("Sub", X, Temporary("mean"), to="centred"),
            step("Mul", centred, centred, to="squares"),
            step("ReduceMean", Temporary("squares"), axes, to="variance", keepdims=1),
            step("Add", Temporary("variance"), scalar(self.eps, tensor), to="positive"),
            step("Sqrt", Temporary("positive"), to="deviation"),
        )
        if not self.affine:
            return (*records, step("Div", centred, Temporary("deviation")))
        divided = step("Div", centred, Temporary("deviation"), to="normal")
        return (*records, divided, *scale_and_shift(tensor, "normal"))
