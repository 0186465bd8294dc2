"""Nodes with too few inputs or too many, in themselves, given twice, or without what they need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archspec.source.tree import Mapping, Scalar
from tests.faults.ground import between
from tests.faults.planter import Kinds, pick

if TYPE_CHECKING:
    from random import Random

    from tests.faults.ground import Ground
    from tests.faults.planter import Made

kind = Kinds()

_TYPES = ("int", "float", "op", "str", "bool")


@kind("AS403", token=False, elsewhere=True)
def one_input_for_a_join(ground: Ground, rng: Random) -> Made:
    node = pick(rng, [node for node in ground.nodes if node.is_of("add", "concat") and len(node.refs) == 2])
    source = node.value.get("from") if node is not None and isinstance(node.value, Mapping) else None
    return None if node is None or source is None else (source.span, node.refs[0].text)


@kind("AS403")
def two_inputs_for_a_layer(ground: Ground, rng: Random) -> Made:
    layers = [node for node in ground.nodes if node.is_of("conv", "max_pool", "avg_pool", "upsample")]
    ref = pick(rng, [node.refs[0] for node in layers if len(node.refs) == 1])
    return None if ref is None else (ref.span, f"[{ref.text}, {ref.text}]")


@kind("AS305", token=False)
def block_in_itself(ground: Ground, rng: Random) -> Made:
    nodes = [node for node in ground.nodes if node.in_block and isinstance(node.value, Scalar)]
    node = pick(rng, nodes)
    if node is None or node.in_block is None:
        return None
    given = "".join(f", {name}: {name}" for name in _required(ground, node.in_block))
    return node.value.span, f"{{op: {node.in_block}{given}}}"


def _required(ground: Ground, name: str) -> list[str]:
    """Return the parameters of a block that have no default."""
    block = next(entry.value for entry in ground.section("blocks") if entry.key.text == name)
    params = block.get("params") if isinstance(block, Mapping) else None
    entries = params.entries if isinstance(params, Mapping) else ()
    return [entry.key.text for entry in entries if isinstance(entry.value, Scalar) and entry.value.text in _TYPES]


@kind("AS025", token=False)
def parameter_twice(ground: Ground, rng: Random) -> Made:
    entry = pick(rng, [entry for entry in ground.arguments_in_braces() if isinstance(entry.value, Scalar)])
    if entry is None:
        return None
    text = f"{entry.key.text}: {ground.text(entry.value.span)}"
    return between(entry.key.span, entry.value.span), f"{text}, {text}"


@kind("AS025")
def node_twice(ground: Ground, rng: Random) -> Made:
    chosen = pick(rng, [(node, graph) for node, graph in ground.named_nodes if node.position])
    if chosen is None:
        return None
    node, graph = chosen
    return node.name, graph.entries[rng.randrange(node.position)].key.text


@kind("AS102 AS101", token=False)
def neither_op_nor_graph(ground: Ground, rng: Random) -> Made:
    values = [node.value for node in ground.nodes if node.arguments()]
    value = pick(rng, [value for value in values if isinstance(value, Mapping) and ground.in_flow(value)])
    entry = None if value is None else value.entry("op")
    gap = None if entry is None else re.match(r",\s*", ground.behind(entry.value.span))
    if entry is None or gap is None:
        return None
    return between(entry.key.span, entry.value.span, further=gap.end()), ""


@kind("AS102", token=False)
def version_missing(ground: Ground, rng: Random) -> Made:
    del rng
    entry = ground.tree.entry("archspec")
    if entry is None:
        return None
    line = entry.key.span.line
    return between(ground.at(line, 1), ground.at(line + 1, 1, 0)), ""
