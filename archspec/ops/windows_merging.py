"""Halving maps whose channels stand last, as Swin transformers do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from archspec.ir.fields import Bool
from archspec.ir.kept import Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, Constant, InputSize, OnnxNode, ParameterSpec, Temporary, TorchModule, Weight
from archspec.ir.window import AxisMap, Whole, Window
from archspec.ops.attention_onnx import affine
from archspec.ops.lowering import PREVIOUS, X, linked, step
from archspec.ops.spatial import require_rows
from archspec.ops.windows_source import PATCH_MERGING

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


class PatchMerging(Op):
    """Joins each 2 x 2 neighbours of a map, channels last, to one with half their features (Swin Transformer).

    Shape: H x W x C -> ceil(H / 2) x ceil(W / 2) x 2 C; odd maps are padded with zeros. A layer norm stands before the
    linear layer (torchvision's PatchMerging), or behind it (PatchMergingV2). MACs: 8 C^2 for each position.
    """

    op: ClassVar[str] = "patch_merging"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((4, 6, 3),)),
        Sample(((5, 3, 3),), {"norm_first": False}),
        Sample(((4, 6),), fault="wrong-rank"),
    )

    norm_first: Bool = Field(default=True, description="Whether the norm stands before the linear layer.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_rows(self.op, inputs[0], "maps with the channels last (H x W x C)")
        height, width, features = inputs[0].shape
        return (inputs[0].with_shape(-(-height // 2), -(-width // 2), 2 * features),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Window(2, stride=2, high=inputs[0].shape[1] % 2), Whole())

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return Window(2, stride=2, high=inputs[0].shape[0] % 2)

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        features = inputs[0].features
        norm = (features * (4 if self.norm_first else 2),)
        return (
            ParameterSpec("reduction.weight", (2 * features, 4 * features)),
            ParameterSpec("norm.weight", norm),
            ParameterSpec("norm.bias", norm),
        )

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        return self.infer(inputs)[0].elements * 4 * inputs[0].features

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return 7 operations for each element that is normalized."""
        return 7 * self.infer(inputs)[0].elements * (2 if self.norm_first else 1)

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the joined map, what the second step reads, and the statistics of the norm."""
        rows, columns, features = self.infer(inputs)[0].shape
        joined, reduced = (inputs[0].with_shape(rows, columns, count * features) for count in (2, 1))
        statistics = inputs[0].with_shape(rows, columns)
        return Kept(others=(joined, joined if self.norm_first else reduced, statistics, statistics))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        args = (
            Arg("features", inputs[0].features, source=InputSize(-1), positional=True),
            Arg("norm_first", self.norm_first, default=True, source="norm_first"),
        )
        return TorchModule(PATCH_MERGING.name, args, helpers=(PATCH_MERGING,))

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        height, width, features = inputs[0].shape
        tall, wide, _ = self.infer(inputs)[0].shape
        pads = Constant((0,) * 5 + (height % 2, width % 2, 0))
        parts = Constant((0, tall, 2, wide, 2, features))
        joined = (
            *([step("Pad", PREVIOUS, pads)] * (height % 2 or width % 2)),
            step("Reshape", PREVIOUS, parts, allowzero=0),
            step("Transpose", PREVIOUS, perm=(0, 1, 3, 4, 2, 5)),
            step("Reshape", PREVIOUS, Constant((0, tall, wide, 4 * features)), allowzero=0),
        )
        normal: dict[str, Any] = {"axis": -1, "epsilon": 1e-5, "stash_type": 1}
        weights = (Weight("norm.weight"), Weight("norm.bias"))
        if self.norm_first:
            return (
                *linked(joined, X, "joined"),
                step("LayerNormalization", Temporary("joined"), *weights, to="normal", **normal),
                *affine(Temporary("normal"), "reduction", bias=False),
            )
        return (
            *linked(joined, X, "joined"),
            *affine(Temporary("joined"), "reduction", bias=False, to="reduced"),
            step("LayerNormalization", Temporary("reduced"), *weights, **normal),
        )
