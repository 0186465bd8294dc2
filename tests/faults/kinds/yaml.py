"""Slips in the YAML itself: brackets, quotes, commas, colons and indentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archspec.source.tree import Scalar
from tests.faults.ground import WORD
from tests.faults.planter import Kinds, pick

if TYPE_CHECKING:
    from random import Random

    from archspec.source.span import Span
    from tests.faults.ground import Ground
    from tests.faults.planter import Made

kind = Kinds()

_FROM_A_LIST = re.compile(r"from: \[[^\]]*\]")


@kind("AS012 AS013")
def brace_not_closed(ground: Ground, rng: Random) -> Made:
    end = _closing_brace(ground, rng)
    return None if end is None else (end, "")


@kind("AS013 AS012")
def bracket_not_closed(ground: Ground, rng: Random) -> Made:
    found = [(number, _FROM_A_LIST.search(ground.line(number))) for number in ground.flow_lines]
    chosen = pick(rng, [ground.at(number, match.end()) for number, match in found if match])
    return None if chosen is None else (chosen, "")


@kind("AS013 AS012 AS019 AS020 AS016 AS018")
def brace_too_many(ground: Ground, rng: Random) -> Made:
    end = _closing_brace(ground, rng)
    return None if end is None else (end, "}}")


def _closing_brace(ground: Ground, rng: Random) -> Span | None:
    """Return the place of a brace that closes a node, at the end of a line."""
    lines = [(number, ground.line(number).rstrip()) for number in ground.flow_lines]
    return pick(rng, [ground.at(number, len(line)) for number, line in lines if line.endswith("}")])


@kind("AS013 AS010 AS016 AS020 AS102 AS101 AS103 AS302")
def comma_forgotten(ground: Ground, rng: Random) -> Made:
    number = pick(rng, [number for number in ground.flow_lines if ", " in ground.line(number)])
    if number is None:
        return None
    code = ground.line(number).split(" #")[0]
    comma = pick(rng, [match.start() for match in re.finditer(r",(?= \w+: )", code)])
    return None if comma is None else (ground.at(number, comma + 1), "")


@kind("AS011 AS019 AS016")
def tab_for_spaces(ground: Ground, rng: Random) -> Made:
    names = [node.name for node in ground.nodes_on_lines]
    name = pick(rng, [name for name in names if not ground.before(name).strip()])
    return None if name is None else (ground.indent(name), "\t" * ((name.column - 1) // 2))


@kind("AS014 AS013 AS012 AS019 AS016")
def quote_not_closed(ground: Ground, rng: Random) -> Made:
    tree = pick(rng, [tree for tree in ground.expressions if tree.quoted and ground.text(tree.span)[-1] == '"'])
    return None if tree is None else (tree.span, ground.text(tree.span)[:-1])


@kind("AS010")
def brackets_without_quotes(ground: Ground, rng: Random) -> Made:
    tree = pick(rng, [t for t in ground.expressions if t.quoted and re.fullmatch(r"\w+\[\d\]", t.text)])
    if tree is None or "{" not in ground.before(tree.span):
        return None
    return tree.span, tree.text


@kind("AS010 AS027 AS122 AS127 AS013")
def signs_of_other_languages(ground: Ground, rng: Random) -> Made:
    tree = pick(rng, [tree for tree in ground.expressions if not tree.quoted and WORD.fullmatch(tree.text)])
    return None if tree is None else (tree.span, rng.choice(("@{}", "${{{}}}", "*{}", "%{}", "`{}`")).format(tree.text))


@kind("AS017 AS101 AS102 AS103 AS013 AS019 AS016")
def colon_forgotten(ground: Ground, rng: Random) -> Made:
    return _name_with_value(ground, rng, 0)


@kind("AS016 AS101 AS102 AS103 AS017 AS013 AS019 AS301")
def space_behind_colon_forgotten(ground: Ground, rng: Random) -> Made:
    return _name_with_value(ground, rng, 1)


def _name_with_value(ground: Ground, rng: Random, behind: int) -> Made:
    """Leave out a character behind the name of a node whose value begins on its line."""
    node = pick(rng, [node for node in ground.nodes_on_lines if node.value.span.line == node.name.line])
    return None if node is None else (ground.at(node.name.line, node.name.end_column + behind), "")


@kind("AS019 AS016 AS018 AS020 AS013 AS017")
def a_space_too_many(ground: Ground, rng: Random) -> Made:
    return _indented(ground, rng, 1)


@kind("AS019 AS016 AS018 AS020 AS013 AS017")
def a_space_too_few(ground: Ground, rng: Random) -> Made:
    return _indented(ground, rng, -1)


def _indented(ground: Ground, rng: Random, change: int) -> Made:
    names = [node.name for node in ground.nodes_on_lines if node.position]
    name = pick(rng, [name for name in names if not ground.before(name).strip()])
    return None if name is None else (ground.indent(name), " " * (name.column - 1 + change))


@kind("AS023")
def tag_of_another_yaml(ground: Ground, rng: Random) -> Made:
    value = pick(rng, ground.integers())
    return None if value is None else (value.span, f"!!int {ground.text(value.span)}")


@kind("AS015")
def backslash_in_quotes(ground: Ground, rng: Random) -> Made:
    del rng
    tree = _description(ground)
    return None if tree is None or '"' in tree.text else (tree.span, f'"{tree.text} \\d"')


@kind("AS016 AS103")
def colon_in_text(ground: Ground, rng: Random) -> Made:
    del rng
    tree = _description(ground)
    return None if tree is None or tree.quoted else (tree.span, f"Note: {tree.text}")


def _description(ground: Ground) -> Scalar | None:
    """Return the description of the network, if it is on one line."""
    tree = ground.tree.get("description")
    return tree if isinstance(tree, Scalar) and tree.span.line == tree.span.end_line else None
