"""The ONNX records that attention layers share: linear layers, heads, softmax of products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.ir.records import Constant, OnnxNode, Temporary, Weight
from archspec.ops.lowering import step

if TYPE_CHECKING:
    from archspec.ir.records import OnnxInput

QUERY, KEY, VALUE = "query", "key", "value"


def split(source: OnnxInput, names: tuple[str, ...], axis: int) -> OnnxNode:
    """Return a record that cuts an axis into equal parts with these names."""
    return OnnxNode("Split", (source,), {"axis": axis, "num_outputs": len(names)}, names)


def affine(
    source: OnnxInput, layer: str, *, bias: OnnxInput | bool = True, to: str = "", joint: str = "."
) -> tuple[OnnxNode, ...]:
    """Return a linear layer with the weights `layer.weight` and `layer.bias`; `to` names its result.

    `joint` stands between the layer's name and those of its tensors. `bias` is something else to add, or False.
    """
    name = layer.replace(".", "_")
    turned = step("Transpose", Weight(f"{layer}{joint}weight"), to=f"{name}_weight_t", perm=(1, 0))
    weight = Temporary(f"{name}_weight_t")
    if bias is False:
        return (turned, step("MatMul", source, weight, to=to))
    shift = Weight(f"{layer}{joint}bias") if bias is True else bias
    product = step("MatMul", source, weight, to=f"{name}_product")
    return (turned, product, step("Add", Temporary(f"{name}_product"), shift, to=to))


@dataclass(frozen=True, slots=True)
class Heads:
    """Attention of `query`, `key` and `value`, each ... x rows x (count * size), to `attended`.

    Attributes:
        count: how many heads.
        size: features of a head.
        lead: how many axes stand before the rows, the batch included.
        scale: what the queries are multiplied by, or None.
        normal: whether queries and keys are divided by their lengths.
        between: records that work on `scores` before the softmax.
        scores: the result of those that the softmax reads.
    """

    count: int
    size: int
    lead: int = 1
    scale: float | None = None
    normal: bool = False
    between: tuple[OnnxNode, ...] = ()
    scores: str = "scores"

    def records(self) -> tuple[OnnxNode, ...]:
        """Return the records."""
        before = tuple(range(self.lead))
        rows, heads, features = self.lead, self.lead + 1, self.lead + 2
        joined = Constant((0,) * (self.lead + 1) + (self.count * self.size,))
        return (
            *self._heads(QUERY, (*before, heads, rows, features)),
            *self._heads(KEY, (*before, heads, features, rows)),
            *self._heads(VALUE, (*before, heads, rows, features)),
            step("MatMul", Temporary("query_heads"), Temporary("key_heads"), to="scores"),
            *self.between,
            step("Softmax", Temporary(self.scores), to="attention", axis=-1),
            step("MatMul", Temporary("attention"), Temporary("value_heads"), to="attended_heads"),
            step("Transpose", Temporary("attended_heads"), to="attended_parts", perm=(*before, heads, rows, features)),
            step("Reshape", Temporary("attended_parts"), joined, to="attended", allowzero=0),
        )

    def _heads(self, name: str, order: tuple[int, ...]) -> tuple[OnnxNode, ...]:
        """Return what splits rows into heads, with the axes in this order."""
        shape = Constant((0,) * (self.lead + 1) + (self.count, self.size))
        records = [step("Reshape", Temporary(name), shape, to=f"{name}_parts", allowzero=0)]
        source = f"{name}_parts"
        if self.normal and name != VALUE:
            records += unit_length(source, f"{name}_unit")
            source = f"{name}_unit"
        if self.scale is not None and name == QUERY:
            records.append(step("Mul", Temporary(source), Constant(self.scale, "float32"), to="query_scaled"))
            source = "query_scaled"
        return (*records, step("Transpose", Temporary(source), to=f"{name}_heads", perm=order))


def unit_length(source: str, to: str) -> tuple[OnnxNode, ...]:
    """Return what torch.nn.functional.normalize does along the last axis."""
    return (
        step("ReduceL2", Temporary(source), Constant((-1,)), to=f"{to}_length", keepdims=1),
        step("Max", Temporary(f"{to}_length"), Constant(1e-12, "float32"), to=f"{to}_divisor"),
        step("Div", Temporary(source), Temporary(f"{to}_divisor"), to=to),
    )
