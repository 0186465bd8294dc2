"""Attention within windows: the layers of Swin Transformer, Swin Transformer V2 and MaxViT."""

from __future__ import annotations

import math
from typing import ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.shapes_joins import FactorsDoNotFit
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Bool, NonNegativeInt, PositiveInt
from archspec.ir.kept import Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import (
    Arg,
    Constant,
    InputSize,
    OnnxNode,
    ParameterSpec,
    Temporary,
    TorchModule,
    Weight,
)
from archspec.ir.tensor import TensorType
from archspec.ir.window import AxisMap, Blocks, Whole
from archspec.ops.attention_onnx import KEY, QUERY, VALUE, Heads, affine, split
from archspec.ops.lowering import PREVIOUS, X, ending, filled, linked, step
from archspec.ops.spatial import require_divisor, require_rows
from archspec.ops.windows_source import (
    COSINE_WINDOW_ATTENTION,
    RELATIVE_ATTENTION,
    RELATIVE_POSITIONS,
    WINDOW_ATTENTION,
    WINDOW_MASK,
)

# Units of the small network that gives Swin v2's biases of positions.
POSITION_UNITS = 512


class WindowAttention(Op):
    """Multi-head attention within windows of a map, channels last, with a learnt bias for relative positions.

    Shape: H x W x C, unchanged. The map is padded to whole windows. With `shift_size` it is rolled by so much before,
    and back after, and what was not adjacent before does not attend to each other; along an axis with one window it is
    not. That is torchvision's ShiftedWindowAttention (Liu et al., 2021, arXiv:2103.14030), and with `cosine` its
    ShiftedWindowAttentionV2 (Liu et al., 2022, arXiv:2111.09883). MACs: both projections, both products of all windows.
    """

    op: ClassVar[str] = "window_attention"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((4, 6, 8),), {"num_heads": 2, "window_size": 2}),
        Sample(((4, 6, 8),), {"num_heads": 2, "window_size": 2, "shift_size": 1}),
        Sample(((5, 4, 6),), {"num_heads": 3, "window_size": 3, "shift_size": 1}),
        Sample(((3, 8, 6),), {"num_heads": 1, "window_size": 4, "shift_size": 2}),
        Sample(((4, 6, 8),), {"num_heads": 2, "window_size": 2, "shift_size": 1, "cosine": True}),
        Sample(((2, 3, 4),), {"num_heads": 2, "window_size": 3, "shift_size": 1, "cosine": True}),
        Sample(((4, 6, 8),), {"num_heads": 3, "window_size": 2}, fault="groups-do-not-divide"),
        Sample(((6, 8),), {"num_heads": 2, "window_size": 2}, fault="wrong-rank"),
    )

    num_heads: PositiveInt = Field(description="Into how many heads the features are split.")
    window_size: PositiveInt = Field(description="Height and width of a window.")
    shift_size: NonNegativeInt = Field(0, description="How far the windows are shifted, down and right.")
    cosine: Bool = Field(
        default=False, description="Whether rows are compared by their angle, and a network gives the biases (Swin v2)."
    )

    @model_validator(mode="after")
    def _consistent(self) -> WindowAttention:
        if self.shift_size >= self.window_size:
            raise PydanticCustomError("combination", "shift_size must be smaller than window_size")
        if self.cosine and self.window_size == 1:
            raise PydanticCustomError("combination", "cosine needs a window_size of at least 2")
        return self

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        require_rows(self.op, inputs[0], "maps with the channels last (H x W x C)")
        require_divisor(self.op, "num_heads", self.num_heads, inputs[0].features, "features")
        return inputs

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        return Blocks(self.window_size, self._shifts(inputs)[0])

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Blocks(self.window_size, self._shifts(inputs)[1]), Whole())

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        features, length, places = inputs[0].features, self.window_size**2, 2 * self.window_size - 1
        index = ParameterSpec("relative_position_index", (length**2,), buffer=True, dtype="int64")
        layers = (
            ParameterSpec("qkv.weight", (3 * features, features)),
            ParameterSpec("qkv.bias", (3 * features,)),
            ParameterSpec("proj.weight", (features, features)),
            ParameterSpec("proj.bias", (features,)),
        )
        if not self.cosine:
            return (ParameterSpec("relative_position_bias_table", (places**2, self.num_heads)), index, *layers)
        return (
            ParameterSpec("logit_scale", (self.num_heads, 1, 1)),
            ParameterSpec("relative_coords_table", (1, places, places, 2), buffer=True),
            index,
            *layers,
            ParameterSpec("cpb_mlp.0.weight", (POSITION_UNITS, 2)),
            ParameterSpec("cpb_mlp.0.bias", (POSITION_UNITS,)),
            ParameterSpec("cpb_mlp.2.weight", (self.num_heads, POSITION_UNITS)),
        )

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        height, width = self._padded(inputs)
        features = inputs[0].features
        each = 4 * features**2 + 2 * self.window_size**2 * features
        return height * width * each + self.macs_once(inputs)

    def macs_once(self, inputs: tuple[TensorType, ...]) -> int:
        """Return those of the network that gives the biases of positions."""
        return (2 * self.window_size - 1) ** 2 * POSITION_UNITS * (2 + self.num_heads) * self.cosine

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation for each bias, one to scale each query, and four for each product and its softmax."""
        height, width = self._padded(inputs)
        return height * width * (5 * inputs[0].features + 4 * self.num_heads * self.window_size**2)

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the rows of all windows, their queries, keys and values, the attention, and what is attended to.

        With `cosine` also the norms of queries and keys, the projection, and the network of positions.
        """
        height, width = self._padded(inputs)
        rows = inputs[0].with_shape(height, width, inputs[0].features)
        all_rows = inputs[0].with_shape(height, width, 3 * inputs[0].features)
        attention = inputs[0].with_shape(height, width, self.num_heads, self.window_size**2)
        if not self.cosine:
            halves = (all_rows,) if self.num_heads == 1 else (rows, rows)
            return Kept(others=(rows, rows, *halves, attention, rows))
        norms = inputs[0].with_shape(height, width, self.num_heads)
        values = () if self.num_heads == 1 else (rows,)
        of_rows = (rows, all_rows, norms, norms, norms, norms, rows, rows, attention, attention, *values, rows)
        return Kept(others=(*of_rows, *self._kept_once(inputs[0])))

    def _kept_once(self, tensor: TensorType) -> tuple[TensorType, ...]:
        places = (2 * self.window_size - 1) ** 2
        sizes = ((self.num_heads,), (places, POSITION_UNITS), (self.num_heads, self.window_size**4))
        return tuple(TensorType(size, tensor.dtype, "none") for size in sizes)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        args = (
            Arg("features", inputs[0].features, source=InputSize(-1), positional=True),
            Arg("num_heads", self.num_heads, source="num_heads", positional=True),
            Arg("window_size", self.window_size, source="window_size"),
            Arg("shift_size", self.shift_size, 0, source="shift_size"),
        )
        helpers = (RELATIVE_POSITIONS, WINDOW_MASK, WINDOW_ATTENTION)
        if self.cosine:
            helpers = (*helpers, COSINE_WINDOW_ATTENTION)
        return TorchModule(helpers[-1].name, args, helpers=helpers)

    # ----------------------------------------------------------------------------------------------- ONNX

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        height, width, features = inputs[0].shape
        tall, wide = self._padded(inputs)
        down, right = self._shifts(inputs)
        size, rows, columns = self.window_size, tall // self.window_size, wide // self.window_size
        swap = (0, 1, 3, 2, 4, 5)
        is_padded = (tall, wide) != (height, width)
        before = (
            *([step("Pad", PREVIOUS, Constant((0,) * 5 + (tall - height, wide - width, 0)))] * is_padded),
            *_roll(-down, tall, axis=1),
            *_roll(-right, wide, axis=2),
            step("Reshape", PREVIOUS, Constant((0, rows, size, columns, size, features)), allowzero=0),
            step("Transpose", PREVIOUS, perm=swap),
            step("Reshape", PREVIOUS, Constant((0, rows * columns, size**2, features)), allowzero=0),
        )
        after = (
            step("Reshape", PREVIOUS, Constant((0, rows, columns, size, size, features)), allowzero=0),
            step("Transpose", PREVIOUS, perm=swap),
            step("Reshape", PREVIOUS, Constant((0, tall, wide, features)), allowzero=0),
            *_roll(down, tall, axis=1),
            *_roll(right, wide, axis=2),
            *([step("Slice", PREVIOUS, Constant((0, 0)), Constant((height, width)), Constant((1, 2)))] * is_padded),
        )
        return (
            *linked(before, X, "rows"),
            *self._attended(inputs),
            *ending(*linked(after, Temporary("projected_out"), "windows")),
        )

    def _attended(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        """Return the attention of the `rows` of all windows, to `projected_out`."""
        features = inputs[0].features
        size = features // self.num_heads
        between, scores = self._biased(inputs)
        heads = Heads(
            self.num_heads,
            size,
            lead=2,
            scale=None if self.cosine else size**-0.5,
            normal=self.cosine,
            between=between,
            scores=scores,
        )
        bias = Temporary("qkv_bias") if self.cosine else True
        return (
            *(_without_key_bias(features) if self.cosine else ()),
            *affine(Temporary("rows"), "qkv", bias=bias, to="projected"),
            split(Temporary("projected"), (QUERY, KEY, VALUE), axis=-1),
            *heads.records(),
            *affine(Temporary("attended"), "proj", to="projected_out"),
        )

    def _biased(self, inputs: tuple[TensorType, ...]) -> tuple[tuple[OnnxNode, ...], str]:
        """Return what is done to the `scores` before the softmax, and the name of the result."""
        records: list[OnnxNode] = []
        scores = "scores"
        if self.cosine:
            records.append(step("Min", Weight("logit_scale"), Constant(math.log(100.0), "float32"), to="logit"))
            records.append(step("Exp", Temporary("logit"), to="factor"))
            records.append(step("Mul", Temporary(scores), Temporary("factor"), to="scaled_scores"))
            scores = "scaled_scores"
        records += self._position_bias()
        records.append(step("Add", Temporary(scores), Temporary("position_bias"), to="biased"))
        if not any(self._shifts(inputs)):
            return tuple(records), "biased"
        records += self._mask(inputs)
        records.append(step("Add", Temporary("biased"), Temporary("mask"), to="masked"))
        return tuple(records), "masked"

    def _position_bias(self) -> tuple[OnnxNode, ...]:
        """Return the bias of each pair of positions for each head, as `position_bias`."""
        if not self.cosine:
            return bias_of_positions(Weight("relative_position_bias_table"), self.window_size)
        table = Constant((-1, self.num_heads))
        return (
            *affine(Weight("relative_coords_table"), "cpb_mlp.0", to="hidden"),
            step("Relu", Temporary("hidden"), to="active"),
            *affine(Temporary("active"), "cpb_mlp.2", bias=False, to="places"),
            step("Reshape", Temporary("places"), table, to="table", allowzero=0),
            *bias_of_positions(Temporary("table"), self.window_size, to="loose"),
            step("Sigmoid", Temporary("loose"), to="share"),
            step("Mul", Temporary("share"), Constant(16.0, "float32"), to="position_bias"),
        )

    def _mask(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        """Return -100 where a window holds rows that were not adjacent before the shift, as `mask`."""
        size = self.window_size
        (tall, wide), (down, right) = self._padded(inputs), self._shifts(inputs)
        # As floats: ONNX's shape inference takes short vectors of integers for shapes.
        rows = Constant(_regions(tall, size, down, 3.0), "float32")
        columns = Constant(_regions(wide, size, right, 1.0), "float32")
        regions = (tall // size, size, wide // size, size)
        return (
            step("Unsqueeze", rows, Constant((1,)), to="region_rows"),
            step("Add", Temporary("region_rows"), columns, to="regions"),
            step("Reshape", Temporary("regions"), Constant(regions), to="region_parts", allowzero=0),
            step("Transpose", Temporary("region_parts"), to="region_windows", perm=(0, 2, 1, 3)),
            step("Reshape", Temporary("region_windows"), Constant((-1, 1, 1, size**2)), to="region", allowzero=0),
            step("Transpose", Temporary("region"), to="region_t", perm=(0, 1, 3, 2)),
            step("Equal", Temporary("region"), Temporary("region_t"), to="adjacent"),
            step("Where", Temporary("adjacent"), Constant(0.0, "float32"), Constant(-100.0, "float32"), to="mask"),
        )

    def _padded(self, inputs: tuple[TensorType, ...]) -> tuple[int, int]:
        height, width, _ = inputs[0].shape
        size = self.window_size
        return -(-height // size) * size, -(-width // size) * size

    def _shifts(self, inputs: tuple[TensorType, ...]) -> tuple[int, int]:
        tall, wide = self._padded(inputs)
        shift, size = self.shift_size, self.window_size
        return shift if tall > size else 0, shift if wide > size else 0


def _roll(shift: int, size: int, axis: int) -> tuple[OnnxNode, ...]:
    """Return what torch.roll does along an axis."""
    if not shift:
        return ()
    places = tuple((place - shift) % size for place in range(size))
    return (step("Gather", PREVIOUS, Constant(places), axis=axis),)


def _regions(extent: int, size: int, shift: int, weight: float) -> tuple[float, ...]:
    """Return the number of the region of each position on an axis, times a weight."""
    return tuple(weight * ((place >= extent - size) + (place >= extent - shift)) for place in range(extent))


def _without_key_bias(features: int) -> tuple[OnnxNode, ...]:
    """Return the bias of queries, keys and values with that of keys set to zero, as `qkv_bias`."""
    parts = ("query_bias", "key_bias", "value_bias")
    return (
        split(Weight("qkv.bias"), parts, axis=0),
        filled(0.0, (features,), "no_bias"),
        step("Concat", *map(Temporary, ("query_bias", "no_bias", "value_bias")), to="qkv_bias", axis=0),
    )


def bias_of_positions(table: Weight | Temporary, size: int, to: str = "position_bias") -> tuple[OnnxNode, ...]:
    """Return the rows of a table by relative position: heads x size^2 x size^2, to the result `to`."""
    return (
        step("Reshape", Weight("relative_position_index"), Constant((-1,)), to="index", allowzero=0),
        step("Gather", table, Temporary("index"), to="pairs", axis=0),
        step("Reshape", Temporary("pairs"), Constant((size**2, size**2, -1)), to="pairs_of_rows", allowzero=0),
        step("Transpose", Temporary("pairs_of_rows"), to=to, perm=(2, 0, 1)),
    )


class RelativeAttention(Op):
    """Multi-head attention within windows, with a learnt bias for relative positions.

    Shape: windows x window_size^2 x C, as `window_partition` gives them, unchanged. That is torchvision's
    RelativePositionalMultiHeadAttention (Tu et al., 2022, arXiv:2204.01697), which scales by 1 / sqrt(C). MACs: the
    projections, and both products of all windows.
    """

    op: ClassVar[str] = "relative_attention"
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((3, 4, 8),), {"num_heads": 2, "window_size": 2}),
        Sample(((1, 9, 6),), {"num_heads": 3, "window_size": 3}),
        Sample(((3, 4, 8),), {"num_heads": 3, "window_size": 2}, fault="groups-do-not-divide"),
        Sample(((3, 4, 8),), {"num_heads": 2, "window_size": 3}, fault="factors-do-not-fit"),
        Sample(((4, 8),), {"num_heads": 2, "window_size": 2}, fault="wrong-rank"),
    )

    num_heads: PositiveInt = Field(description="Into how many heads the features are split.")
    window_size: PositiveInt = Field(description="Height and width of a window.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        require_rows(self.op, tensor, "windows of rows of features (windows x window_size^2 x C)")
        if tensor.shape[1] != self.window_size**2:
            rule = f"windows of window_size {self.window_size} have {self.window_size**2} rows"
            raise ProblemError(FactorsDoNotFit(op=self.op, param="window_size", shapes=(tensor.shape,), rule=rule))
        require_divisor(self.op, "num_heads", self.num_heads, tensor.features, "features")
        return inputs

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Whole(), Whole())

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        features, length, places = inputs[0].features, self.window_size**2, 2 * self.window_size - 1
        return (
            ParameterSpec("relative_position_bias_table", (places**2, self.num_heads)),
            ParameterSpec("relative_position_index", (length, length), buffer=True, dtype="int64"),
            ParameterSpec("to_qkv.weight", (3 * features, features)),
            ParameterSpec("to_qkv.bias", (3 * features,)),
            ParameterSpec("merge.weight", (features, features)),
            ParameterSpec("merge.bias", (features,)),
        )

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        return inputs[0].elements * (4 * inputs[0].features + 2 * inputs[0].shape[1])

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation for each bias, one to scale each key, and four for each product and its softmax."""
        windows, length, features = inputs[0].shape
        return windows * length * (5 * features + 4 * self.num_heads * length)

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return the rows, copies of queries, keys and values, the attention, and what is attended to."""
        windows, length, _ = inputs[0].shape
        attention = inputs[0].with_shape(windows, self.num_heads, length, length)
        return Kept((0,), others=(*inputs * 4, attention))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        args = (
            Arg("features", inputs[0].features, source=InputSize(-1), positional=True),
            Arg("num_heads", self.num_heads, source="num_heads", positional=True),
            Arg("window_size", self.window_size, source="window_size"),
        )
        return TorchModule(RELATIVE_ATTENTION.name, args, helpers=(RELATIVE_POSITIONS, RELATIVE_ATTENTION))

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        features = inputs[0].features
        between = (
            *bias_of_positions(Weight("relative_position_bias_table"), self.window_size),
            step("Add", Temporary("scores"), Temporary("position_bias"), to="biased"),
        )
        size = features // self.num_heads
        heads = Heads(self.num_heads, size, lead=2, scale=features**-0.5, between=between, scores="biased")
        return (
            *affine(X, "to_qkv", to="projected"),
            split(Temporary("projected"), (QUERY, KEY, VALUE), axis=-1),
            *heads.records(),
            *affine(Temporary("attended"), "merge"),
        )
