"""Loops: which copies a `repeat` makes, and what each is called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.expansion import BadRepeat
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.environment import parsed, value_of
from archspec.spec import names
from archspec.spec.expressions import UNKNOWN, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archspec.elaborate.environment import Environment
    from archspec.spec.template import NodeTemplate, Repeat

_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: its name (None: its number), and the names that its expressions see."""

    name: str | None
    names: Mapping[str, Any] = field(default_factory=dict[str, Any])


def copies_of(loop: Repeat, env: Environment) -> Iterator[Copy]:
    """Yield the copies of one loop.

    Raises:
        ProblemError: the count is no count, or the values do not suit the names.
    """
    entries = _entries(loop, env)
    for position, entry in enumerate(entries):
        bound = {loop.index: position, **_bound(loop, entry)}
        yield Copy(_name(loop, env, bound), bound)


def count_of(loop: Repeat, env: Environment) -> int:
    """Return how many copies a loop makes; 0 while that is unknown.

    Raises:
        ProblemError: as for `copies_of`.
    """
    return len(_entries(loop, env))


def least_size(template: NodeTemplate, env: Environment) -> int:
    """Return how many nodes a template makes at least, counted by arithmetic.

    Counts that depend on what only the expansion knows are taken as 1.
    """
    size = sum(least_size(node, env) for node in template.graph.nodes) if template.graph else 1
    for loop in template.repeats:
        try:
            size *= count_of(loop, env)
        except ProblemError:
            continue
    return size


def _entries(loop: Repeat, env: Environment) -> range | list[Any]:
    if loop.each is not None:
        values = value_of(loop.each, env)
        if values is UNKNOWN:
            return []
        if not isinstance(values, list):
            raise ProblemError(BadRepeat(span=loop.each.span, reason="`each` must be a list"))
        return values
    assert loop.count is not None
    count = value_of(loop.count, env)
    if count is UNKNOWN:
        return range(0)
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        reason = f"the count must be an integer of at least 0, not {count!r}"
        raise ProblemError(BadRepeat(span=loop.count.span, reason=reason))
    return range(count)


def _bound(loop: Repeat, entry: Any) -> dict[str, Any]:
    if loop.each is None or not loop.names:
        return {}
    if len(loop.names) == 1:
        return {loop.names[0]: entry}
    if not isinstance(entry, list) or len(entry) != len(loop.names):
        found = f"{len(entry)} values" if isinstance(entry, list) else "one value"
        reason = f"`as` gives {len(loop.names)} names, but the entry {entry!r} has {found}"
        raise ProblemError(BadRepeat(span=loop.each.span, reason=reason))
    return dict(zip(loop.names, entry, strict=True))


def _name(loop: Repeat, env: Environment, bound: Mapping[str, Any]) -> str | None:
    """Fill in the pattern of the copies' names: "layer{i + 1}"."""
    pattern = loop.name
    if pattern is None:
        return None
    scope = env.new_child(dict(bound))
    text = _FIELD.sub(lambda match: str(evaluate(parsed(match[1], pattern.span), scope)), pattern.text)
    reason = None if text.isdecimal() else names.fault_of_node_name(text)
    if reason is not None:
        raise ProblemError(BadRepeat(span=pattern.span, reason=f"{text!r} cannot be the name of a copy: {reason}"))
    return text
