"""What people write instead, coming from PyTorch, Keras, or the YAML of other systems."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from archspec.diagnostics.text import closest, did_you_mean, folded, stuck_key
from archspec.spec.expressions import TRUTH_WORDS
from archspec.spec.forms import BESIDE_OP, NESTS
from archspec.spec.keys import MEANINGS
from archspec.spec.node_reader import NODE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

_PREFIX = re.compile(r"^(torch\.)?(nn\.)?(functional\.|modules\.\w+\.)?|^(F|layers|keras\.layers|tf\.keras\.layers)\.")
_RANK = re.compile(r"_?[123]d$")

# Names of ops in other systems, in lower case, without underscores and without the rank (`2d`).
OPS = {
    "activation": "relu",
    "adaptiveaveragepool": "adaptive_avg_pool",
    "addition": "add",
    "affine": "linear",
    "attention": "multi_head_attention",
    "averagepool": "avg_pool",
    "averagepooling": "avg_pool",
    "batchnormalization": "batch_norm",
    "bmm": "matmul",
    "bn": "batch_norm",
    "cat": "concat",
    "concatenate": "concat",
    "convbn": "conv",
    "convolution": "conv",
    "deconv": "conv_transpose",
    "deconvolution": "conv_transpose",
    "dense": "linear",
    "depthtospace": "pixel_shuffle",
    "drop": "dropout",
    "eltwise": "add",
    "fc": "linear",
    "fullyconnected": "linear",
    "gap": "global_avg_pool",
    "gemm": "linear",
    "globalaveragepool": "global_avg_pool",
    "globalaveragepooling": "global_avg_pool",
    "globalmaxpooling": "global_max_pool",
    "gn": "group_norm",
    "groupnormalization": "group_norm",
    "innerproduct": "linear",
    "interpolate": "upsample",
    "layernormalization": "layer_norm",
    "ln": "layer_norm",
    "lrn": "local_response_norm",
    "maximum": "max",
    "maxpooling": "max_pool",
    "merge": "concat",
    "mha": "multi_head_attention",
    "multiply": "mul",
    "pooling": "max_pool",
    "resize": "upsample",
    "sdpa": "scaled_dot_product_attention",
    "selfattention": "multi_head_attention",
    "spacetodepth": "pixel_unshuffle",
    "subtract": "sub",
    "sum": "add",
    "swish": "silu",
    "transposedconv": "conv_transpose",
    "upsampling": "upsample",
    "view": "reshape",
    "zeropad": "pad",
    "zeropadding": "pad",
}
_NO_OP = {
    "sequential": "a list of nodes is a sequence",
    "modulelist": "a list of nodes is a sequence; `repeat` makes copies",
    "input": "inputs stand in 'inputs:' at the top of the spec; 'from: input' reads one",
    "inputlayer": "inputs stand in 'inputs:' at the top of the spec; 'from: input' reads one",
}

_INFERRED = frozenset(
    {
        "c1",
        "in_channels",
        "in_features",
        "in_planes",
        "inp",
        "inplanes",
        "input_channels",
        "input_dim",
        "input_shape",
        "input_size",
        "n_in",
        "normalized_shape",
        "num_channels",
        "num_features",
    }
)
# Names of parameters in other systems, each with those that it may stand for, of which an op has one.
PARAMETERS = {
    "c2": ("out_channels", "out_features"),
    "channels": ("out_channels", "out_features"),
    "dilation_rate": ("dilation",),
    "dim": ("axis", "start_axis", "out_features"),
    "drop_rate": ("p",),
    "dropout": ("p",),
    "epsilon": ("eps",),
    "features": ("out_features", "out_channels"),
    "filter_size": ("kernel_size",),
    "filters": ("out_channels",),
    "k": ("kernel_size",),
    "kernel": ("kernel_size",),
    "kernel_shape": ("kernel_size",),
    "ksize": ("kernel_size",),
    "num_filters": ("out_channels",),
    "num_outputs": ("out_channels", "out_features"),
    "out": ("out_channels", "out_features"),
    "out_channels": ("out_features",),
    "out_features": ("out_channels",),
    "output_dim": ("out_features", "out_channels"),
    "output_size": ("out_features", "size"),
    "pad": ("padding",),
    "pads": ("padding",),
    "planes": ("out_channels",),
    "pool_size": ("kernel_size",),
    "prob": ("p",),
    "rate": ("p", "dilation"),
    "s": ("stride",),
    "scale": ("scale_factor",),
    "start_dim": ("start_axis",),
    "end_dim": ("end_axis",),
    "units": ("out_features", "out_channels"),
    "use_bias": ("bias",),
}
NO_PARAMETER = {
    "activation": "an activation is a node of its own, after this one: relu",
    "id": "a node is called like its key: write NAME: {op: ...}; those of a list are numbered",
    "name": "a node is called like its key: write NAME: {op: ...}; those of a list are numbered",
    "top": "a node's result is called like the node: leave it out",
}
_CONNECTIONS = ("from", "when", "else", "repeat", "share")  # the keys of nodes that stand beside parameters


def hint_for_op(name: str, known: Iterable[str]) -> str | None:
    """Return what was probably meant by an op that does not exist."""
    known = tuple(known)
    plain = _PREFIX.sub("", name, count=1).lower()
    word = folded(_RANK.sub("", plain))
    if word in _NO_OP:
        return _NO_OP[word]
    if word == "dropout" and _RANK.search(plain):  # PyTorch's Dropout2d drops channels
        return "did you mean 'dropout_channels'?"
    meant = closest(word, known) if word in map(folded, known) else OPS.get(word)
    return f"did you mean '{meant}'?" if meant in known else did_you_mean(name, known)


def _no_parameter(name: str) -> str | None:
    """Return what to do about what is a parameter elsewhere, and stands for none here."""
    return NO_PARAMETER.get(name.lower(), BESIDE_OP if folded(name) in NESTS else None)


@lru_cache(maxsize=4096)  # asked of every copy of a node
def meant_by(name: str, known: tuple[str, ...]) -> str | None:
    """Return the parameter or the key of a node that was probably meant by one that does not exist."""
    candidates = (*known, *NODE_KEYS)
    if _no_parameter(name) is not None:
        return None
    listed = [
        *PARAMETERS.get(name.lower(), ()),
        *(key for key in MEANINGS.get(folded(name), ()) if key in _CONNECTIONS),
    ]
    return next((meant for meant in listed if meant in candidates), None) or closest(name, candidates)


# Words for true and false, where nothing else can stand.
TRUTH = {
    **TRUTH_WORDS,
    "0": "false",
    "1": "true",
    "none": "false",
    "null": "false",
    "~": "false",
    "y": "true",
    "n": "false",
}


def is_inferred(name: str) -> bool:
    """Tell whether a parameter of other systems says what comes in, which here is inferred."""
    return name.lower() in _INFERRED


def hint_for_parameter(name: str, known: tuple[str, ...]) -> str | None:
    """Return what to do about a parameter that does not exist."""
    if stuck := stuck_key(name):
        return f"put a blank behind the colon: {stuck}"
    if is_inferred(name):
        return "what comes in is inferred: leave it out"
    if (instead := _no_parameter(name)) is not None:
        return instead
    meant = meant_by(name, known)
    return None if meant is None else f"did you mean '{meant}'?"
