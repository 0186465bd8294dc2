"""The op catalog: an explicit list, so that nothing registers itself by being imported.

The ONNX records of all ops are written for OPSET.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.ops.activation import (
    Celu,
    Elu,
    Hardtanh,
    LeakyRelu,
    Prelu,
    Relu,
    Relu6,
    Rrelu,
    Selu,
    Threshold,
)
from archspec.ops.activation_smooth import (
    Gelu,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    LogSigmoid,
    Mish,
    Sigmoid,
    Silu,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
)
from archspec.ops.arithmetic import Rescale
from archspec.ops.attention import MultiHeadAttention, ScaledDotProductAttention
from archspec.ops.blur import BlurPool
from archspec.ops.convolution import Conv
from archspec.ops.convolution_transposed import ConvTranspose
from archspec.ops.crop import CropLike
from archspec.ops.dropout import AlphaDropout, Dropout, DropoutChannels, DropPath, Identity
from archspec.ops.embedding import Embedding
from archspec.ops.join import Add, Concat, Maximum, Mul, Sub
from archspec.ops.layout import ChannelShuffle, Flatten, Permute, Reshape
from archspec.ops.linear import Linear, MatMul
from archspec.ops.norm import GroupNorm, InstanceNorm, LayerNorm
from archspec.ops.norm_batch import BatchNorm
from archspec.ops.norm_local import LocalResponseNorm
from archspec.ops.norm_rms import RmsNorm
from archspec.ops.padding import Pad
from archspec.ops.parameter import Parameter
from archspec.ops.parts import Chunk, Mean, Slice, Split
from archspec.ops.parts_indexed import IndexSelect
from archspec.ops.pixels import PixelShuffle, PixelUnshuffle
from archspec.ops.pool import AvgPool, MaxPool
from archspec.ops.pool_adaptive import AdaptiveAvgPool, AdaptiveMaxPool, GlobalAvgPool, GlobalMaxPool
from archspec.ops.resize import ResizeLike, Upsample
from archspec.ops.softmax import Glu, LogSoftmax, Maxout, Softmax, Softmin
from archspec.ops.windows import RelativeAttention, WindowAttention
from archspec.ops.windows_cut import WindowPartition, WindowReverse
from archspec.ops.windows_merging import PatchMerging

if TYPE_CHECKING:
    from archspec.ir.op import Op

OPSET = 20

OPS: tuple[type[Op], ...] = (
    # Layers with weights.
    Conv,
    ConvTranspose,
    Linear,
    Embedding,
    MultiHeadAttention,
    WindowAttention,
    RelativeAttention,
    PatchMerging,
    # Norms.
    BatchNorm,
    LayerNorm,
    GroupNorm,
    InstanceNorm,
    RmsNorm,
    LocalResponseNorm,
    # Pools.
    MaxPool,
    AvgPool,
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    GlobalAvgPool,
    GlobalMaxPool,
    BlurPool,
    # Activations.
    Relu,
    Relu6,
    LeakyRelu,
    Rrelu,
    Prelu,
    Elu,
    Celu,
    Selu,
    Hardtanh,
    Threshold,
    Sigmoid,
    Tanh,
    Gelu,
    Silu,
    Mish,
    Hardswish,
    Hardsigmoid,
    Softplus,
    Softsign,
    LogSigmoid,
    Tanhshrink,
    Softshrink,
    Hardshrink,
    Softmax,
    LogSoftmax,
    Softmin,
    Glu,
    Maxout,
    # What acts in training only.
    Dropout,
    DropoutChannels,
    AlphaDropout,
    DropPath,
    Identity,
    Parameter,
    # Joins.
    Add,
    Sub,
    Mul,
    Maximum,
    Concat,
    MatMul,
    ScaledDotProductAttention,
    # Arithmetic.
    Rescale,
    # Sizes, axes and parts.
    Flatten,
    Reshape,
    Permute,
    ChannelShuffle,
    Upsample,
    ResizeLike,
    PixelShuffle,
    PixelUnshuffle,
    WindowPartition,
    WindowReverse,
    Pad,
    CropLike,
    Split,
    Chunk,
    Slice,
    IndexSelect,
    Mean,
)

BY_NAME: dict[str, type[Op]] = {op.op: op for op in OPS}
