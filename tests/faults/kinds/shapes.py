"""Sizes that fit nothing, or that another node of the network does not fit: some come to light at a join."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.faults.ground import between
from tests.faults.planter import Kinds, instead, pick

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from archspec.source.tree import Scalar
    from tests.faults.ground import Ground
    from tests.faults.planter import Made

kind = Kinds()


@kind("AS202 AS204 AS205 AS211", elsewhere=True)
def kernel_too_large(ground: Ground, rng: Random) -> Made:
    return instead(rng, ground.integers("kernel_size", ops=("conv", "max_pool", "avg_pool")), "301", "555")


@kind("AS205 AS203 AS204 AS213 AS212 AS201", elsewhere=True)
def other_channels(ground: Ground, rng: Random) -> Made:
    value = pick(rng, ground.integers("out_channels"))
    if value is None or not isinstance(value.value, int):
        return None
    return value.span, str(value.value + rng.choice((1, -1, 3, 8)))


@kind("AS204 AS205 AS202 AS211 AS210 AS212", elsewhere=True)
def other_padding(ground: Ground, rng: Random) -> Made:
    return _other_number(rng, ground.integers("padding"), (0, 1, 2, 3))


@kind("AS204 AS205 AS202 AS211 AS210 AS212", elsewhere=True)
def other_stride(ground: Ground, rng: Random) -> Made:
    return _other_number(rng, ground.integers("stride", "scale_factor"), (1, 2, 3))


@kind("AS204 AS205 AS202 AS211 AS210 AS212", elsewhere=True)
def other_kernel(ground: Ground, rng: Random) -> Made:
    return _other_number(rng, ground.integers("kernel_size"), (1, 2, 3, 5, 7))


def _other_number(rng: Random, values: list[Scalar], numbers: Iterable[int]) -> Made:
    value = pick(rng, values)
    return None if value is None else (value.span, str(rng.choice([n for n in numbers if n != value.value])))


@kind("AS204 AS205 AS202 AS211", token=False, elsewhere=True)
def padding_forgotten(ground: Ground, rng: Random) -> Made:
    entry = pick(rng, ground.arguments_in_braces("padding"))
    gap = None if entry is None else re.search(r",\s*$", ground.before(entry.key.span))
    if entry is None or gap is None:
        return None
    key = entry.key.span
    return between(ground.at(key.line, key.column - len(gap[0])), entry.value.span), ""


@kind("AS203 AS214", elsewhere=True)
def groups_that_do_not_divide(ground: Ground, rng: Random) -> Made:
    return instead(rng, ground.integers("groups", "num_groups"), "7", "11", "5")


@kind("AS208 AS204 AS205 AS404", elsewhere=True)
def parts_that_do_not_add_up(ground: Ground, rng: Random) -> Made:
    return instead(rng, ground.integers("split_size"), "[5, 4]", "[3, 3]")


@kind("AS404 AS204 AS205", elsewhere=True)
def another_input_of_a_join(ground: Ground, rng: Random) -> Made:
    joins = [(node, graph) for node, graph in ground.named_nodes if node.is_of("add", "concat") and len(node.refs) == 2]
    join = pick(rng, [(node, graph) for node, graph in joins if node.name.line == node.value.span.end_line])
    if join is None:
        return None
    node, graph = join
    ref = rng.choice(node.refs)
    taken = {ref.text for ref in node.refs}
    earlier = [name for name in graph.keys()[: node.position] if name not in taken]
    return (ref.span, rng.choice(earlier)) if earlier else None
