"""Values of a wrong type or out of range, and expressions that are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archspec.source.tree import Mapping, Scalar, Sequence
from tests.faults.ground import between
from tests.faults.planter import Kinds, instead, pick

if TYPE_CHECKING:
    from random import Random

    from tests.faults.ground import Ground
    from tests.faults.planter import Made

kind = Kinds()


@kind("AS303", token=False)
def missing_parameter(ground: Ground, rng: Random) -> Made:
    names, ops = ("out_channels", "kernel_size", "out_features"), ("conv", "linear", "max_pool")
    entry = pick(rng, ground.arguments_in_braces(*names, ops=ops))
    gap = None if entry is None else re.match(r",\s*", ground.behind(entry.value.span))
    if entry is None or gap is None:
        return None
    return between(entry.key.span, entry.value.span, further=gap.end()), ""


@kind("AS304 AS127")
def text_for_a_number(ground: Ground, rng: Random) -> Made:
    values = ground.integers("kernel_size", "stride", "padding", "out_channels")
    return instead(rng, values, "big", "wrong", "auto")


@kind("AS304")
def number_too_small(ground: Ground, rng: Random) -> Made:
    value = pick(rng, ground.integers("kernel_size", "stride", "out_channels", "groups", "padding"))
    return None if value is None else (value.span, f"-{value.text}" if value.text != "0" else "-1")


@kind("AS304")
def zero(ground: Ground, rng: Random) -> Made:
    return instead(rng, ground.integers("kernel_size", "stride", "out_channels", "groups"), "0")


@kind("AS304")
def fraction_for_an_integer(ground: Ground, rng: Random) -> Made:
    value = pick(rng, ground.integers("kernel_size", "stride", "out_channels"))
    return None if value is None else (value.span, f"{value.text}.5")


@kind("AS304")
def truth_for_a_number(ground: Ground, rng: Random) -> Made:
    return instead(rng, ground.integers("kernel_size", "stride", "out_channels"), "true", "false")


@kind("AS304 AS127")
def yes_and_no(ground: Ground, rng: Random) -> Made:
    values = [entry.value for entry in ground.arguments() if isinstance(entry.value, Scalar)]
    value = pick(rng, [value for value in values if isinstance(value.value, bool)])
    if value is None:
        return None
    return value.span, rng.choice(("yes", "on", "Yes") if value.value else ("no", "off", "No"))


@kind("AS304")
def probability_above_one(ground: Ground, rng: Random) -> Made:
    values = [entry.value for entry in ground.arguments("p") if isinstance(entry.value, Scalar)]
    return instead(rng, [value for value in values if isinstance(value.value, float)], "1.5")


@kind("AS302", token=False)
def parameter_of_another_op(ground: Ground, rng: Random) -> Made:
    entry = pick(rng, ground.arguments("out_channels", ops=("conv",)))
    if entry is None or "{" not in ground.before(entry.key.span):
        return None
    return entry.key.span, f"{rng.choice(('momentum', 'negative_slope', 'num_heads'))}: 1, out_channels"


@kind("AS307 AS304 AS127")
def repeat_that_is_no_count(ground: Ground, rng: Random) -> Made:
    trees = [item for item in ground.scalars("repeat") if item.span.line == item.span.end_line]
    return instead(rng, trees, "2.5", "-1", "true")


@kind("AS308", token=False)
def condition_that_is_no_truth(ground: Ground, rng: Random) -> Made:
    return instead(rng, ground.scalars("when"), "3", "1 + 1")


@kind("AS133")
def index_out_of_range(ground: Ground, rng: Random) -> Made:
    tree = pick(rng, [tree for tree in ground.expressions if re.search(r"\w\[\d\]", tree.text)])
    return None if tree is None else (tree.span, re.sub(r"\[\d\]", "[9]", ground.text(tree.span), count=1))


@kind("AS122")
def half_an_expression(ground: Ground, rng: Random) -> Made:
    tree = pick(rng, [tree for tree in ground.expressions if not tree.quoted and " " in tree.text])
    return None if tree is None else (tree.span, f"{ground.text(tree.span)} +")


@kind("AS122")
def operators_of_c(ground: Ground, rng: Random) -> Made:
    tree = pick(rng, [tree for tree in ground.expressions if re.search(r" (or|and) ", tree.text)])
    if tree is None:
        return None
    return tree.span, ground.text(tree.span).replace(" or ", " || ").replace(" and ", " && ")


@kind("AS105")
def wrong_version(ground: Ground, rng: Random) -> Made:
    tree = ground.tree.get("archspec")
    return None if tree is None else (tree.span, rng.choice(("2", "1.0.0", "one")))


@kind("AS103", token=False)
def input_without_a_name(ground: Ground, rng: Random) -> Made:
    del rng
    tree = ground.tree.get("inputs")
    return None if tree is None or not ground.in_flow(tree) else (tree.span, "[3, 32, 32]")


@kind("AS103", token=False)
def empty_from(ground: Ground, rng: Random) -> Made:
    sources = [node.value.get("from") for node in ground.nodes if isinstance(node.value, Mapping)]
    return instead(rng, [tree for tree in sources if isinstance(tree, Sequence)], "[]")
