"""What the ONNX records of several ops share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.ir.records import Constant, OnnxNode, Operand, Temporary, Weight

if TYPE_CHECKING:
    from archspec.ir.records import OnnxInput
    from archspec.ir.tensor import Shape, TensorType

X = Operand(0)
PREVIOUS = Temporary("")


def scalar(value: float, tensor: TensorType) -> Constant:
    """Return a constant of the same type as a tensor."""
    return Constant(value, tensor.dtype)


def step(op_type: str, *inputs: OnnxInput, to: str = "", **attributes: object) -> OnnxNode:
    """Return a record; `to` names its result for the records that follow."""
    return OnnxNode(op_type, inputs, attributes, (to,) if to else ())


def chain(*links: OnnxNode) -> tuple[OnnxNode, ...]:
    """Return records that each work on the one before; `PREVIOUS` stands for its result, at first for the input."""
    records: list[OnnxNode] = []
    for index, link in enumerate(links):
        before = Temporary(f"link_{index - 1}") if index else X
        inputs = tuple(before if source == PREVIOUS else source for source in link.inputs)
        name = () if index == len(links) - 1 else (f"link_{index}",)
        records.append(OnnxNode(link.op_type, inputs, link.attributes, name))
    return tuple(records)


def linked(links: tuple[OnnxNode, ...], source: Temporary | object, to: str) -> tuple[OnnxNode, ...]:
    """Return a chain of records from `source` (an input or result) to the result `to`."""
    records = chain(*links)
    names = {f"link_{index}": f"{to}_{index}" for index in range(len(links))}
    renamed: list[OnnxNode] = []
    for record in records:
        inputs = tuple(
            source if given == X else Temporary(names[given.name]) if isinstance(given, Temporary) else given
            for given in record.inputs
        )
        renamed.append(replace(record, inputs=inputs, outputs=tuple(names[name] for name in record.outputs)))
    return (*renamed[:-1], replace(renamed[-1], outputs=(to,)))


def ending(*records: OnnxNode) -> tuple[OnnxNode, ...]:
    """Return records of which the last gives the op's result, and so needs no name for it."""
    *before, last = records
    return (*before, replace(last, outputs=()))


def filled(value: float, shape: Shape, to: str) -> OnnxNode:
    """Return a record that makes a tensor of one value, for weights that ONNX demands and the op does not have."""
    return step("Expand", Constant(value, "float32"), Constant(shape), to=to)


def per_channel(weight: str, tensor: TensorType) -> tuple[tuple[OnnxNode, ...], OnnxInput]:
    """Return a weight of one value per channel in a shape that lines up with a map, and what to do before that."""
    if not tensor.spatial:
        return (), Weight(weight)
    name = f"{weight}_per_channel"
    axes = Constant(tuple(range(1, tensor.rank)))
    return (step("Unsqueeze", Weight(weight), axes, to=name),), Temporary(name)


def scale_and_shift(tensor: TensorType, source: str, *, bias: bool = True) -> tuple[OnnxNode, ...]:
    """Return the records that multiply each channel of a result with `weight` and add `bias`."""
    scaling, weight = per_channel("weight", tensor)
    if not bias:
        return (*scaling, step("Mul", Temporary(source), weight))
    shifting, shift = per_channel("bias", tensor)
    scaled = step("Mul", Temporary(source), weight, to="scaled")
    return (*scaling, *shifting, scaled, step("Add", Temporary("scaled"), shift))
