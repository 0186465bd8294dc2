"""What the reading of a file raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.source.span import Span


class YamlFault(Exception):  # noqa: N818  (a fault in the user's file, which becomes a problem further up)
    """One thing that keeps a file from being read.

    This layer knows no problems: `archspec.diagnostics.catalog.yaml.from_fault` makes one of it.

    Attributes:
        slug: the kind of fault, which is also the slug of its problem.
        span: where it is.
        detail: the facts of the problem's message, by the names of the problem's fields.
        related: a second place that has to do with it, such as the first of two equal keys.
        keys: the keys and list positions that lead to it, outermost first, where they are known.
    """

    def __init__(self, slug: str, span: Span, related: Span | None = None, /, **detail: str) -> None:
        """Keep the facts."""
        super().__init__(slug, span, related, detail)
        self.slug = slug
        self.span = span
        self.related = related
        self.detail: dict[str, str] = detail
        self.keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.detail.items())
        return f"{self.span}: {self.slug}" + (f" ({facts})" if facts else "")
