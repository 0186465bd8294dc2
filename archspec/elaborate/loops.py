"""Loops: which copies a `repeat` makes, and what each is called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.expansion import BadRepeat
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.environment import Words, parsed, value_of
from archspec.ops.catalog import BY_NAME
from archspec.source.tree import Scalar, Sequence
from archspec.spec import names
from archspec.spec.expressions import UNKNOWN, Unknown, evaluate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from archspec.elaborate.environment import Environment
    from archspec.source.tree import Tree
    from archspec.spec.template import Repeat

_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: its name (None: its number), and the names that its expressions see."""

    name: str | None
    names: Mapping[str, Any] = field(default_factory=dict[str, Any])


def copies_of(loop: Repeat, env: Environment, blocks: Collection[str]) -> Iterator[Copy]:
    """Yield the copies of one loop; none while it is unknown how many there are. `blocks` are words that it may use.

    Raises:
        ProblemError: the count is no count, or the values do not suit the names.
    """
    entries = entries_of(loop, env, blocks)
    if entries is UNKNOWN:
        return
    for position, entry in enumerate(entries):
        bound = {loop.index: position, **_bound(loop, entry)}
        yield Copy(_name(loop, env, bound), bound)


def unknown_copy(loop: Repeat, env: Environment) -> Copy:
    """Return a copy that stands for any.

    Raises:
        ProblemError: the pattern of the names is wrong, whatever the index.
    """
    bound = dict.fromkeys((loop.index, *loop.names), UNKNOWN)
    return Copy(_name(loop, env, bound), bound)


def entries_of(loop: Repeat, env: Mapping[str, Any], blocks: Collection[str]) -> range | list[Any] | Unknown:
    """Return what a loop goes through: numbers, or its values.

    Among these the name of an op, or of one of the `blocks`, stands for itself, unless it is a name in scope.

    Raises:
        ProblemError: the count is no count, or the values are no list.
    """
    if loop.each is not None:
        known = (name for name in (*BY_NAME, *blocks) if name not in env)
        words = Words(frozenset((*known, *_import_paths(loop.each))))
        values = value_of(loop.each, env, words)
        if values is UNKNOWN or isinstance(values, list):
            return values
        raise ProblemError(BadRepeat(span=loop.each.span, reason="`each` must be a list"))
    assert loop.count is not None
    count = value_of(loop.count, env)
    if count is UNKNOWN:
        return UNKNOWN
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        shown = "nothing" if count is None else str(count).lower() if isinstance(count, bool) else repr(count)
        reason = f"the count must be an integer of at least 0, not {shown}"
        raise ProblemError(BadRepeat(span=loop.count.span, reason=reason))
    return range(count)


def _import_paths(tree: Tree) -> Iterator[str]:
    """Yield the texts in some values that are import paths of ops, and so no expressions."""
    if isinstance(tree, Sequence):
        for item in tree.items:
            yield from _import_paths(item)
    elif isinstance(tree, Scalar) and isinstance(tree.value, str) and names.is_import_path(tree.value):
        yield tree.value


def _bound(loop: Repeat, entry: Any) -> dict[str, Any]:
    if loop.each is None or not loop.names:
        return {}
    if len(loop.names) == 1:
        return {loop.names[0]: entry}
    if not isinstance(entry, list) or len(entry) != len(loop.names):
        count = len(entry) if isinstance(entry, list) else 1
        found = f"{count} values" if count != 1 else "one value"
        reason = f"`as` gives {len(loop.names)} names, but the entry {entry!r} has {found}"
        raise ProblemError(BadRepeat(span=loop.each.span, reason=reason))
    return dict(zip(loop.names, entry, strict=True))


def _name(loop: Repeat, env: Environment, bound: Mapping[str, Any]) -> str | None:
    """Fill in the pattern of the copies' names: "layer{i + 1}". None: there is none, or a value in it is unknown."""
    pattern = loop.name
    if pattern is None:
        return None
    scope = env.new_child(dict(bound))
    values = [evaluate(parsed(text, pattern.span), scope) for text in _FIELD.findall(pattern.text)]
    if any(value is UNKNOWN for value in values):
        return None
    texts = map(str, values)
    name = _FIELD.sub(lambda _: next(texts), pattern.text)
    _check_name(name, pattern)
    return name


def _check_name(name: str, pattern: Scalar) -> None:
    reason = None if names.is_number(name) else names.fault_of_node_name(name)
    if reason is not None:
        raise ProblemError(BadRepeat(span=pattern.span, reason=f"{name!r} cannot be the name of a copy: {reason}"))
