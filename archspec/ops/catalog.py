"""The op catalog: an explicit list, so that nothing registers itself by being imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.ops.activation import Relu
from archspec.ops.convolution import Conv
from archspec.ops.join import Add, Concat

if TYPE_CHECKING:
    from archspec.ir.op import Op

OPS: tuple[type[Op], ...] = (
    Conv,
    Relu,
    Add,
    Concat,
)

BY_NAME: dict[str, type[Op]] = {op.op: op for op in OPS}
