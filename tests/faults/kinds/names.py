"""Names that are misspelt, another library's, or that nothing has."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from archspec.source.tree import Mapping, Scalar
from tests.faults.ground import NODE_KEYS, WORD
from tests.faults.planter import Kinds, misspelt, misspelt_within, pick

if TYPE_CHECKING:
    from random import Random

    from tests.faults.ground import Ground
    from tests.faults.planter import Made

kind = Kinds()


@kind("AS301")
def misspelt_op(ground: Ground, rng: Random) -> Made:
    ops = [node.op for node in ground.nodes if node.op is not None and WORD.fullmatch(node.op.text)]
    return misspelt(ground, rng, ops)


_FOREIGN_OPS = {
    "conv": ("Conv2d", "nn.Conv2d", "convolution", "Conv"),
    "batch_norm": ("BatchNorm2d", "bn", "nn.BatchNorm2d"),
    "relu": ("ReLU", "nn.ReLU"),
    "max_pool": ("MaxPool2d", "MaxPooling2D", "maxpool"),
    "avg_pool": ("AvgPool2d", "AveragePooling2D"),
    "linear": ("Linear", "Dense", "fc"),
    "concat": ("cat", "Concatenate"),
    "global_avg_pool": ("GlobalAveragePooling2D", "gap"),
    "flatten": ("Flatten", "nn.Flatten"),
    "silu": ("SiLU", "swish"),
    "conv_transpose": ("ConvTranspose2d", "deconv"),
    "layer_norm": ("LayerNorm", "nn.LayerNorm"),
}


@kind("AS301")
def op_of_another_library(ground: Ground, rng: Random) -> Made:
    ops = [node.op for node in ground.nodes if node.op is not None and node.op.text in _FOREIGN_OPS]
    op = pick(rng, [op for op in ops if op.text not in ground.blocks])
    if op is None:
        return None
    name = rng.choice(_FOREIGN_OPS[op.text])
    return None if name in ground.words else (op.span, name)


@kind("AS302 AS101")
def misspelt_parameter(ground: Ground, rng: Random) -> Made:
    return misspelt(ground, rng, [entry.key for node in ground.nodes for entry in node.arguments()])


_FOREIGN_PARAMETERS = {
    "out_channels": ("filters", "channels", "planes", "num_filters"),
    "kernel_size": ("kernel", "k", "ksize"),
    "out_features": ("units", "features"),
    "stride": ("strides", "s"),
    "padding": ("pads", "pad"),
    "bias": ("use_bias",),
    "p": ("rate", "prob"),
}


@kind("AS302")
def parameter_of_another_library(ground: Ground, rng: Random) -> Made:
    ops = ("conv", "linear", "max_pool", "avg_pool", "dropout")
    entry = pick(rng, ground.arguments(*_FOREIGN_PARAMETERS, ops=ops))
    return None if entry is None else (entry.key.span, rng.choice(_FOREIGN_PARAMETERS[entry.key.text]))


@kind("AS302", token=False)
def inferred_parameter(ground: Ground, rng: Random) -> Made:
    entry = pick(rng, ground.arguments("out_channels", ops=("conv",)))
    if entry is None or "{" not in ground.before(entry.key.span):
        return None
    return entry.key.span, "in_channels: 3, out_channels"


@kind("AS401")
def misspelt_reference(ground: Ground, rng: Random) -> Made:
    return misspelt(ground, rng, [item for item in ground.scalars("from") if WORD.fullmatch(item.text)])


@kind("AS127")
def misspelt_name_in_expression(ground: Ground, rng: Random) -> Made:
    return misspelt_within(ground, rng, ground.expressions, _is_name)


def _is_name(before: str, word: str) -> bool:
    return before != "." and word[-1] not in "(." and not keyword.iskeyword(WORD.findall(word)[0])


@kind("AS128")
def misspelt_attribute(ground: Ground, rng: Random) -> Made:
    trees = [tree for tree in ground.expressions if re.search(r"\.[a-z]", tree.text)]
    return misspelt_within(ground, rng, trees, lambda before, _word: before == ".")


@kind("AS125")
def misspelt_function(ground: Ground, rng: Random) -> Made:
    trees = [tree for tree in ground.expressions if "(" in tree.text]
    return misspelt_within(ground, rng, trees, lambda _before, word: word.endswith("("))


@kind("AS101 AS302 AS102")
def misspelt_node_key(ground: Ground, rng: Random) -> Made:
    values = [node.value for node in ground.nodes if isinstance(node.value, Mapping)]
    keys = [entry.key for value in values for entry in value.entries]
    return misspelt(ground, rng, [key for key in keys if key.text in NODE_KEYS and len(key.text) > 3])


@kind("AS101")
def misspelt_top_key(ground: Ground, rng: Random) -> Made:
    return misspelt(ground, rng, [entry.key for entry in ground.tree.entries if entry.key.text != "archspec"])


@kind("AS101")
def misspelt_block_key(ground: Ground, rng: Random) -> Made:
    return misspelt(ground, rng, ground.inner_keys("blocks"))


@kind("AS108")
def misspelt_variant(ground: Ground, rng: Random) -> Made:
    tree = ground.tree.get("variant")
    return misspelt(ground, rng, [tree]) if isinstance(tree, Scalar) else None


@kind("AS109")
def misspelt_parameter_in_variant(ground: Ground, rng: Random) -> Made:
    return misspelt(ground, rng, ground.inner_keys("variants"))


@kind("AS401 AS404")
def unknown_output(ground: Ground, rng: Random) -> Made:
    values = [entry.value for entry in ground.section("outputs")]
    tree = pick(rng, [value for value in values if isinstance(value, Scalar)])
    return None if tree is None else (tree.span, f"{tree.text}x")


@kind("AS402")
def forward_reference(ground: Ground, rng: Random) -> Made:
    refs = [
        (ref, graph.entries[node.position + 1 :])
        for node, graph in ground.named_nodes
        for ref in node.refs
        if node.position + 1 < len(graph.entries)
    ]
    chosen = pick(rng, refs)
    if chosen is None:
        return None
    ref, later = chosen[0], rng.choice(chosen[1])
    return (ref.span, later.key.text) if WORD.fullmatch(later.key.text) else None


@kind("AS402")
def reference_to_itself(ground: Ground, rng: Random) -> Made:
    chosen = pick(rng, [(ref, node) for node, _ in ground.named_nodes for ref in node.refs])
    return None if chosen is None else (chosen[0].span, ground.text(chosen[1].name))


@kind("AS404")
def result_that_is_not_there(ground: Ground, rng: Random) -> Made:
    ref = pick(rng, [item for item in ground.scalars("from") if re.fullmatch(r"\w+\.\d", item.text)])
    return None if ref is None else (ref.span, ref.text[:-1] + "7")


@kind("AS104", token=False)
def name_of_a_python_word(ground: Ground, rng: Random) -> Made:
    used = {word for item in (*ground.scalars("from"), *ground.expressions) for word in WORD.findall(item.text)}
    outputs = ground.tree.get("outputs")
    if outputs is not None:
        used |= set(WORD.findall(ground.text(outputs.span)))
    node = pick(rng, [node for node, _ in ground.named_nodes if node.position and ground.text(node.name) not in used])
    return None if node is None else (node.name, rng.choice(("class", "forward", "training", "import", "in")))


@kind("AS110")
def missing_file(ground: Ground, rng: Random) -> Made:
    del rng
    tree = ground.tree.get("extends")
    return (tree.span, tree.text.replace(".yaml", "s.yaml")) if isinstance(tree, Scalar) else None
