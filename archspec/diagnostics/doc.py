"""The docstring of a problem class, taken apart: the one text behind `explain`, the reference page and the tests."""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Problem

_EXAMPLE = re.compile(r"^(Bad|Good):\n(.*?)(?=^(?:Bad|Good):\n|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ProblemDoc:
    """What there is to say about a kind of problem.

    Attributes:
        summary: one sentence.
        why: the paragraphs after it; may be empty.
        bad: a spec (or recipe, or command) that has the problem.
        good: the same without it.
    """

    summary: str
    why: str
    bad: str
    good: str


def parse_doc(kind: type[Problem]) -> ProblemDoc:
    """Take the docstring of a problem class apart. What it lacks (or `python -OO` left out) is empty."""
    text = inspect.cleandoc(kind.__doc__ or "") + "\n"
    examples = {match[1]: textwrap.dedent(match[2]).strip("\n") + "\n" for match in _EXAMPLE.finditer(text)}
    summary, _, why = _EXAMPLE.sub("", text).strip().partition("\n\n")
    return ProblemDoc(" ".join(summary.split()), why.strip(), examples.get("Bad", ""), examples.get("Good", ""))


def explain(kind: type[Problem]) -> str:
    """Return the text of `archspec explain`."""
    doc = parse_doc(kind)
    parts = [f"{kind.severity}[{kind.code}]: {kind.slug}", doc.summary, doc.why]
    for title, example in (("Bad", doc.bad), ("Good", doc.good)):
        if example:
            parts.append(f"{title}:\n\n{textwrap.indent(example, '    ').rstrip()}")
    return "\n\n".join(part for part in parts if part) + "\n"
