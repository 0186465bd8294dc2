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

    `span` is that of the node's name, or in a list that of the node: `NodeTemplate.span`.
    """

    span: Span
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class RemoveKey:
    """Take a key, which stands at `span`, from a mapping, with its value; or an item from a list.

    A section of a spec or block (`params`, `blocks`) goes with the last of its entries.
    """

    span: Span


@dataclass(frozen=True, slots=True)
class InsertNode:
    """Put a node before another one, whose span is `span`; `text` is its value, as YAML on one line."""

    span: Span
    name: str
    text: str


Change: TypeAlias = "Replace | SetKey | RemoveKey | InsertNode"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Changes that go together, and what they do, in a few words.

    `certain` means that it is what was meant (a name that was misspelt), and not only what would fit. Another mistake
    that comes to light with it does not speak against it.
    """

    description: str
    changes: tuple[Change, ...]
    certain: bool = False
