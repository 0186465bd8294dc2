"""What newcomers bring from other systems: their names for keys, their ways of writing, and lines at another level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.source.tree import Mapping, Scalar, Sequence
from tests.faults.ground import WORD, between
from tests.faults.planter import Kinds, pick

if TYPE_CHECKING:
    from random import Random

    from tests.faults.ground import Ground
    from tests.faults.planter import Made

kind = Kinds()

_TOP_KEYS = {
    "graph": ("nodes", "layers", "network", "architecture", "backbone"),
    "blocks": ("templates", "modules", "components"),
    "params": ("parameters", "hyperparameters", "config", "args"),
    "inputs": ("input",),
    "outputs": ("output", "returns"),
    "variants": ("configs", "sizes", "presets"),
    "archspec": ("version",),
    "name": ("title",),
    "description": ("summary", "comment"),
    "extends": ("base", "inherits", "parent"),
    "let": ("vars", "constants"),
}
_BLOCK_KEYS = {"graph": ("nodes", "layers", "body"), "params": ("args", "arguments", "parameters")}


@kind("AS101")
def top_key_of_another_system(ground: Ground, rng: Random) -> Made:
    key = pick(rng, [entry.key for entry in ground.tree.entries if entry.key.text in _TOP_KEYS])
    return None if key is None else (key.span, rng.choice(_TOP_KEYS[key.text]))


@kind("AS101")
def block_key_of_another_system(ground: Ground, rng: Random) -> Made:
    key = pick(rng, [key for key in ground.inner_keys("blocks") if key.text in _BLOCK_KEYS])
    return None if key is None else (key.span, rng.choice(_BLOCK_KEYS[key.text]))


@kind("AS101")
def type_for_op(ground: Ground, rng: Random) -> Made:
    entries = [entry for node in ground.nodes if isinstance(node.value, Mapping) for entry in node.value.entries]
    key = pick(rng, [entry.key for entry in entries if entry.key.text == "op"])
    return None if key is None else (key.span, rng.choice(("type", "layer", "kind", "module")))


@kind("AS101", token=False)
def parameters_in_a_nest(ground: Ground, rng: Random) -> Made:
    nodes = [
        n.value for n in ground.nodes if isinstance(n.value, Mapping) and ground.in_flow(n.value) and n.arguments()
    ]
    nodes = [node for node in nodes if node.span.line == node.span.end_line and node.entries[0].key.text == "op"]
    node = pick(rng, [node for node in nodes if node.get("from") is None and node.get("repeat") is None])
    if node is None or len(node.entries) == 1 or node.get("when") is not None:
        return None
    span = between(node.entries[1].key.span, node.entries[-1].value.span)
    return span, f"{rng.choice(('args', 'params', 'attrs'))}: {{{ground.text(span)}}}"


@kind("AS103")
def list_without_brackets(ground: Ground, rng: Random) -> Made:
    sources = [node.value.get("from") for node in ground.nodes if isinstance(node.value, Mapping)]
    lists = [tree for tree in sources if isinstance(tree, Sequence) and ground.in_flow(tree) and len(tree.items) > 1]
    tree = pick(rng, [tree for tree in lists if "." not in ground.text(tree.span)])
    return None if tree is None else (tree.span, ground.text(tree.span)[1:-1])


@kind("AS116", token=False)
def key_beside_its_node(ground: Ground, rng: Random) -> Made:
    nodes = [node for node in ground.nodes_on_lines if isinstance(node.value, Mapping)]
    below = [(node, node.value.entries[-1]) for node in nodes if isinstance(node.value, Mapping)]
    chosen = pick(
        rng,
        [
            (node, entry)
            for node, entry in below
            if not ground.before(entry.key.span).strip()
            and entry.key.span.column > node.name.column
            and isinstance(entry.value, Scalar)
            and type(entry.value.value) is int
        ],
    )
    return None if chosen is None else (ground.indent(chosen[1].key.span), " " * (chosen[0].name.column - 1))


@kind("AS013 AS101 AS103")
def semicolon_for_a_comma(ground: Ground, rng: Random) -> Made:
    number = pick(rng, [number for number in ground.flow_lines if ", kernel_size: " in ground.line(number)])
    return None if number is None else (ground.at(number, ground.line(number).index(", kernel_size") + 1), ";")


@kind("AS103")
def equals_for_a_colon(ground: Ground, rng: Random) -> Made:
    entries = ground.arguments_in_braces("kernel_size", "stride", "padding", "out_channels")
    entry = pick(rng, [entry for entry in entries if isinstance(entry.value, Scalar) and not entry.value.quoted])
    if entry is None:
        return None
    return between(entry.key.span, entry.value.span), f"{entry.key.text}={ground.text(entry.value.span)}"


@kind("AS127")
def name_within_another(ground: Ground, rng: Random) -> Made:
    """Write `params.width` for `width`."""
    known = {entry.key.text for entry in ground.section("params")}
    trees = [
        tree for tree in ground.expressions if not tree.quoted and WORD.fullmatch(tree.text) and tree.text in known
    ]
    tree = pick(rng, trees)
    return None if tree is None else (tree.span, f"{rng.choice(('params', 'self', 'cfg'))}.{tree.text}")


@kind("AS401")
def number_of_a_node(ground: Ground, rng: Random) -> Made:
    nodes = [node for node, _ in ground.named_nodes if len(node.refs) == 1 and node.position]
    return next(((node.refs[0].span, "-1") for node in [pick(rng, nodes)] if node is not None), None)


@kind("AS304 AS127")
def number_for_a_truth(ground: Ground, rng: Random) -> Made:
    values = [entry.value for entry in ground.arguments("bias")]
    tree = pick(rng, [tree for tree in values if isinstance(tree, Scalar) and isinstance(tree.value, bool)])
    return None if tree is None else (tree.span, "1" if tree.value else rng.choice(("0", "None", "null")))
