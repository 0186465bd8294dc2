"""The op catalog: an explicit list, so that nothing registers itself by being imported.

The ONNX records of all ops are written for OPSET.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.ops.activation import Relu
from archspec.ops.convolution import Conv
from archspec.ops.dropout import AlphaDropout, Dropout, DropoutChannels, Identity
from archspec.ops.join import Add, Concat, Maximum, Mul, Sub
from archspec.ops.layout import Flatten, Permute, Reshape
from archspec.ops.linear import Linear
from archspec.ops.norm_batch import BatchNorm
from archspec.ops.pool import AvgPool, MaxPool
from archspec.ops.pool_adaptive import AdaptiveAvgPool, AdaptiveMaxPool, GlobalAvgPool, GlobalMaxPool

if TYPE_CHECKING:
    from archspec.ir.op import Op

OPSET = 20

OPS: tuple[type[Op], ...] = (
    Conv,
    Linear,
    BatchNorm,
    MaxPool,
    AvgPool,
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    GlobalAvgPool,
    GlobalMaxPool,
    Relu,
    Dropout,
    DropoutChannels,
    AlphaDropout,
    Identity,
    Add,
    Sub,
    Mul,
    Maximum,
    Concat,
    Flatten,
    Reshape,
    Permute,
)

BY_NAME: dict[str, type[Op]] = {op.op: op for op in OPS}
