"""Which node of one network is which of another.

What bears a name is what bears the same name in the same place of the other network. Numbers are no names: in a list
they move on when something is put in. So what is numbered, and what lost its name, is paired by what it is and where
it stands. At last, what was left over on both sides is paired if it is the same op with the same parameters beside
the same neighbours; so a node is found again that was put into a group, or taken out of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.passes.diff.alignment import Item, align
from archspec.passes.diff.parts import Numbering, tree_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from archspec.ir.graph import Graph, Node
    from archspec.passes.diff.alignment import Look
    from archspec.passes.diff.parts import Part

# How much speaks for two parts being the same one. Only the order of the sums matters: a list whose ops all changed
# stays where it is, and one with something new in it moves on.
_SAME_EXACTLY, _SAME_FORM, _SAME_KIND, _SAME_NUMBER_ONLY = 70, 50, 30, 5
_SAME_RESULT, _SAME_NAME = 20, 15


def match(before: Graph, after: Graph) -> Mapping[str, str]:
    """Return the paths in `after` of the nodes of `before` that are still there, in the order of `before`.

    Takes time about linear in the nodes; quadratic in the length of a list for lists of some hundred nodes.
    """
    return _Matching(before, after).run()


def input_names(before: Graph, after: Graph) -> Mapping[str, str]:
    """Return which input is which: that of the same name, else the next of those that are left."""
    pairs = {name: name for name in before.inputs if name in after.inputs}
    rest = iter([name for name in after.inputs if name not in pairs])
    for name in before.inputs:
        if name not in pairs and (other := next(rest, None)) is not None:
            pairs[name] = other
    return pairs


class _Matching:
    def __init__(self, before: Graph, after: Graph) -> None:
        numbering = Numbering()
        self.before, self.after = before, after
        self.left, self.right = tree_of(before, numbering), tree_of(after, numbering)
        self.inputs = input_names(before, after)
        self.pairs: dict[str, str] = {}

    def run(self) -> Mapping[str, str]:
        self._pair(self.left, self.right)
        self._leftovers()
        return {path: self.pairs[path] for path in self.before.nodes if path in self.pairs}

    def _pair(self, one: Part, other: Part) -> None:
        """Pair two parts that are the same, and what is in them."""
        if one.node is not None and other.node is not None:
            self.pairs[one.path] = other.path
            return
        named = {
            name
            for name, part in one.parts.items()
            if not name.isdigit()
            and name in other.parts
            and part.item.look.is_group == other.parts[name].item.look.is_group
        }
        for name in named:
            self._pair(one.parts[name], other.parts[name])
        left, right = _rest(one, named), _rest(other, named)
        for index, place in align([item for _, item in left], [item for _, item in right], _score):
            self._pair(left[index][0], right[place][0])

    # ----------------------------------------------------------------------------------------------- leftovers

    def _leftovers(self) -> None:
        taken = set(self.pairs.values())
        left = [part for part in self.left.walk() if part.node is not None and part.path not in self.pairs]
        right = [part for part in self.right.walk() if part.node is not None and part.path not in taken]
        if not left or not right:
            return
        found = align([part.item for part in left], [part.item for part in right], _score_of_leftovers)
        candidates = [(left[one].node, right[other].node) for one, other in found]
        # A chain of such nodes is anchored at either end.
        for sweep in (candidates, list(reversed(candidates)), candidates):
            for one, other in sweep:
                if one is not None and other is not None and self._have_a_neighbour_in_common(one, other):
                    self.pairs.setdefault(one.path, other.path)

    def _have_a_neighbour_in_common(self, one: Node, other: Node) -> bool:
        for value, its in zip(one.inputs, other.inputs, strict=False):
            known = self.pairs.get(value.node) or self.inputs.get(value.node)
            if known == its.node:
                return True
        readers = {node.path for node in self.after.consumers[other.path]}
        return any(self.pairs.get(node.path) in readers for node in self.before.consumers[one.path])


def _rest(part: Part, named: AbstractSet[str]) -> list[tuple[Part, Item]]:
    """Return the parts that were not found by their names, and between which of these they stand."""
    rest: list[tuple[Part, Item]] = []
    gap = 0
    for name, inner in part.parts.items():
        if name in named:
            gap += 1
        else:
            rest.append((inner, Item(name, inner.item.look._replace(gap=gap))))
    return rest


def _score(one: Look, other: Look, same_name: bool) -> int:  # noqa: FBT001
    """Return how much speaks for two parts of one scope being the same; 0 if they are not."""
    numbered = one.is_numbered and other.is_numbered
    if one.is_group != other.is_group or (one.gap != other.gap and not numbered):
        return 0
    same_result = (one.result == other.result) * _SAME_RESULT
    if one.exact == other.exact:  # whatever its number; what is put into a list moves it on
        return same_result + (_SAME_EXACTLY if one.exact != one.form else _SAME_FORM)
    if one.form == other.form and (numbered or one.is_group):
        found = _SAME_FORM
    elif one.kind == other.kind and numbered:
        found = _SAME_KIND
    elif numbered and same_name:
        found = _SAME_NUMBER_ONLY
    else:
        return 0
    return found + same_result + same_name * _SAME_NAME


def _score_of_leftovers(one: Look, other: Look, same_name: bool) -> int:  # noqa: FBT001
    if one.exact != other.exact:
        return 0
    return _SAME_EXACTLY + (one.result == other.result) * _SAME_RESULT + same_name * _SAME_NAME
