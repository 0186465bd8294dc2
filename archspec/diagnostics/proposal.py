"""Changes to a spec, in its own terms, that may cure a problem.

Whoever finds a problem knows what may cure it, but not how the file is laid out, and has no time to try.
`archspec.repair` makes edits of the text from them, and tries them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from archspec.source.span import Span


@dataclass(frozen=True, slots=True)
class Replace:
    """Write other text in place of what stands at `span`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class SetKey:
    """Give a node a key, or the key another value, which is text of YAML.

    `node` is the span of the node's name, or in a list that of the node: `NodeTemplate.span`.
    """

    node: Span
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class RemoveKey:
    """Take a key, with its value, from a mapping. `key` is the span of the key."""

    key: Span


@dataclass(frozen=True, slots=True)
class InsertNode:
    """Put a node before another one, whose span is `node`; `text` is its value, as YAML on one line."""

    node: Span
    name: str
    text: str


Change: TypeAlias = "Replace | SetKey | RemoveKey | InsertNode"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Changes that go together, and what they do, in a few words."""

    description: str
    changes: tuple[Change, ...]
