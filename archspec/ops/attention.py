"""Attention: multi-head attention with its projections, and the bare product of queries, keys and values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archspec.diagnostics.catalog.shapes_axes import WrongRank
from archspec.diagnostics.catalog.shapes_joins import FactorsDoNotFit
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import PositiveInt, PositiveNumber, Probability
from archspec.ir.kept import Kept
from archspec.ir.op import Arity, Op, Sample
from archspec.ir.records import (
    Arg,
    Constant,
    InputSize,
    OnnxNode,
    Operand,
    ParameterSpec,
    Temporary,
    TorchFunction,
    TorchModule,
    Weight,
)
from archspec.ops.attention_onnx import KEY, QUERY, VALUE, Heads, affine, split
from archspec.ops.axes import mixed_axes
from archspec.ops.dtypes import require_float, require_one_dtype, widened
from archspec.ops.lowering import X, step
from archspec.ops.spatial import require_divisor

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType
    from archspec.ir.window import AxisMap


# Axes of a sample (heads, rows, features) for which PyTorch has a fused kernel on the CPU.
FUSED_RANK = 3


class MultiHeadAttention(Op):
    """Multi-head attention over the rows of its inputs (torch.nn.MultiheadAttention; Vaswani et al., 2017).

    Shape: with one input (L x E), its rows attend to each other. With three, the rows of the first (L x E, the queries)
    attend to those of the second (S x E, the keys) and take from the third (S x E, the values). The result is L x E.
    MACs: the four projections, and L * S * E for each of both products of all heads.
    """

    op: ClassVar[str] = "multi_head_attention"
    is_random: ClassVar[bool] = True
    arity: ClassVar[Arity] = Arity(1, 3)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((5, 12),), {"num_heads": 3}),
        Sample(((5, 12),), {"num_heads": 1, "dropout": 0.1}),
        Sample(((5, 12), (7, 12), (7, 12)), {"num_heads": 4}),
        Sample(((5, 12),), {"num_heads": 5}, fault="groups-do-not-divide"),
        Sample(((3, 4, 12),), {"num_heads": 3}, fault="wrong-rank"),
        Sample(((5, 12), (7, 12)), {"num_heads": 3}, fault="factors-do-not-fit"),
        Sample(((5, 12), (7, 8), (7, 8)), {"num_heads": 4}, fault="factors-do-not-fit"),
        Sample(((5, 12), (7, 12), (6, 12)), {"num_heads": 4}, fault="factors-do-not-fit"),
    )

    num_heads: PositiveInt = Field(description="Into how many heads the features are split.")
    dropout: Probability = Field(0.0, description="Share of the attention that is zeroed in training.")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        for tensor in inputs:
            if tensor.rank != 2:  # noqa: PLR2004
                raise ProblemError(WrongRank(op=self.op, wanted="rows of features (L x E)", shape=tensor.shape))
            require_float(self.op, tensor)
        require_one_dtype(self.op, inputs)
        query, key, value = _three(inputs)
        shapes = tuple(tensor.shape for tensor in inputs)
        if len(inputs) == 2:  # noqa: PLR2004
            rule = "attention takes one input, or three: queries, keys and values"
            raise ProblemError(FactorsDoNotFit(op=self.op, shapes=shapes, rule=rule))
        if not query.features == key.features == value.features or key.shape != value.shape:
            rule = "all must have the same features, and there must be as many values as keys"
            raise ProblemError(FactorsDoNotFit(op=self.op, shapes=shapes, rule=rule))
        require_divisor(self.op, "num_heads", self.num_heads, query.features, "features")
        return inputs[:1]

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return mixed_axes(inputs[index], (1,))

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        features = inputs[0].features
        return (
            ParameterSpec("in_proj_weight", (3 * features, features)),
            ParameterSpec("in_proj_bias", (3 * features,)),
            ParameterSpec("out_proj.weight", (features, features)),
            ParameterSpec("out_proj.bias", (features,)),
        )

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        query, key, value = _three(inputs)
        projections = (2 * query.elements + key.elements + value.elements) * query.features
        return projections + 2 * query.elements * key.channels

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation for each bias, one to scale each query, and three for each element of the softmax."""
        query, key, value = _three(inputs)
        biases = 2 * query.elements + key.elements + value.elements
        return biases + query.elements + 3 * self.num_heads * query.channels * key.channels

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return what its steps keep: rows, projections, sums of the softmax, what is attended to.

        With dropout PyTorch has no fused kernel: it keeps the attention, the mask, and their product.
        """
        query, key, value = _three(inputs)
        projected = (query, key, value) if len(inputs) > 1 else (query.with_shape(query.channels, 3 * query.features),)
        if not self.dropout:
            sums = widened(query.with_shape(self.num_heads, query.channels))
            return Kept(others=(*inputs, *projected, sums, query))
        weights = widened(query.with_shape(self.num_heads, query.channels, key.channels))
        values = projected[-1] if widened(value) == value else widened(value)
        return Kept(others=(*inputs, widened(query), widened(key), values, weights, weights, weights, query))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        query, *others = inputs
        names = "{0}, {1}, {2}" if others else "{0}, {0}, {0}"
        args = (
            Arg("embed_dim", query.features, source=InputSize(-1), positional=True),
            Arg("num_heads", self.num_heads, source="num_heads", positional=True),
            Arg("dropout", self.dropout, 0.0, source="dropout"),
            Arg("batch_first", value=True, default=False),
        )
        return TorchModule("nn.MultiheadAttention", args, wrap=f"{names}, need_weights=False", after="{0}[0]")

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        features = inputs[0].features
        projected = self._packed() if len(inputs) == 1 else self._projected()
        size = features // self.num_heads
        heads = Heads(self.num_heads, size, scale=size**-0.5)
        return (*projected, *heads.records(), *affine(Temporary("attended"), "out_proj"))

    def _packed(self) -> tuple[OnnxNode, ...]:
        """Return one projection to queries, keys and values."""
        product = affine(X, "in_proj", to="projected", joint="_")
        return (*product, split(Temporary("projected"), (QUERY, KEY, VALUE), axis=-1))

    def _projected(self) -> tuple[OnnxNode, ...]:
        """Return a projection of each input."""
        names = (QUERY, KEY, VALUE)
        records = [step("Transpose", Weight("in_proj_weight"), to="in_proj_weight_t", perm=(1, 0))]
        records.append(split(Temporary("in_proj_weight_t"), tuple(f"{name}_weight" for name in names), axis=-1))
        records.append(split(Weight("in_proj_bias"), tuple(f"{name}_bias" for name in names), axis=0))
        for index, name in enumerate(names):
            product = f"{name}_product"
            records.append(step("MatMul", Operand(index), Temporary(f"{name}_weight"), to=product))
            records.append(step("Add", Temporary(product), Temporary(f"{name}_bias"), to=name))
        return tuple(records)


class ScaledDotProductAttention(Op):
    """softmax(q k^T * scale) v of queries, keys and values (torch.nn.functional.scaled_dot_product_attention).

    Shape: ... x L x E, ... x S x E and ... x S x V give ... x L x V; the axes before (heads) must be equal. MACs: those
    of both products.
    """

    op: ClassVar[str] = "scaled_dot_product_attention"
    arity: ClassVar[Arity] = Arity(3, 3)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((2, 5, 4), (2, 7, 4), (2, 7, 4))),
        Sample(((5, 4), (7, 4), (7, 6)), {"scale": 0.3}),
        Sample(((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 4))),
        Sample(((2, 5, 4), (3, 7, 4), (3, 7, 4)), fault="factors-do-not-fit"),
        Sample(((2, 5, 4), (2, 7, 3), (2, 7, 4)), fault="factors-do-not-fit"),
        Sample(((4,), (4,), (4,)), fault="wrong-rank"),
    )

    scale: PositiveNumber | None = Field(None, description="Factor of the products; null is 1 / sqrt(E).")

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        for tensor in inputs:
            require_float(self.op, tensor)
            if tensor.rank < 2:  # noqa: PLR2004
                raise ProblemError(WrongRank(op=self.op, wanted="rows of features (... x L x E)", shape=tensor.shape))
        require_one_dtype(self.op, inputs)
        query, key, value = (tensor.shape for tensor in inputs)
        if not query[:-2] == key[:-2] == value[:-2] or query[-1] != key[-1] or key[-2] != value[-2]:
            rule = "queries and keys must have the same features, and there must be as many values as keys"
            raise ProblemError(FactorsDoNotFit(op=self.op, shapes=(query, key, value), rule=rule))
        return (inputs[0].with_shape(*query[:-1], value[-1]),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return the features of queries and keys as mixed, and the rows of keys and values."""
        rows, features = inputs[index].rank - 2, inputs[index].rank - 1
        return mixed_axes(inputs[index], ((features,), (rows, features), (rows,))[index])

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        query, key, value = inputs
        return query.elements * key.shape[-2] + query.elements // query.features * value.shape[-2] * value.features

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return one operation to scale each product, and three for each element of the softmax."""
        query, key, _ = inputs
        return 4 * query.elements // query.features * key.shape[-2]

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return what the fused kernel keeps, or the steps of other ranks: scaled queries and keys, the attention."""
        query, key, value = inputs
        sums = widened(query.with_shape(*query.shape[:-1]))
        if query.rank == FUSED_RANK and value.features == query.features:
            return Kept((0, 1, 2), results=True, others=(sums,))
        attention = widened(query.with_shape(*query.shape[:-1], key.shape[-2]))
        others = (widened(query), widened(key), attention)
        return Kept((2,), others=others) if widened(value) == value else Kept(others=(*others, widened(value)))

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchFunction:
        args = (Arg("scale", self.scale, None, source="scale"),)
        return TorchFunction("F.scaled_dot_product_attention", args, output_is_saved=True)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        query = inputs[0]
        order = list(range(query.rank + 1))
        order[-2:] = reversed(order[-2:])
        scale = self.scale or 1 / math.sqrt(query.features)
        return (
            step("Mul", X, Constant(scale, query.dtype), to="scaled"),
            step("Transpose", Operand(1), to="key_t", perm=tuple(order)),
            step("MatMul", Temporary("scaled"), Temporary("key_t"), to="scores"),
            step("Softmax", Temporary("scores"), to="attention", axis=-1),
            step("MatMul", Temporary("attention"), Operand(2)),
        )


def _three(inputs: tuple[TensorType, ...]) -> tuple[TensorType, TensorType, TensorType]:
    """Return the types of queries, keys and values."""
    query, *others = inputs
    return query, (others or [query])[0], (others or [query])[-1]
