from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.doc import explain, parse_doc
from archspec.diagnostics.problem import Problem, problem_class


@problem_class(frozen=True, kw_only=True)
class Documented(Problem):
    """A summary that
    goes on.

    Why it matters.

    And more.

    Bad:
        a: 1
        b:
          c: 2

    Good:
        a: 2
    """

    code: ClassVar[str] = "AS997"
    slug: ClassVar[str] = "documented"


def test_the_parts() -> None:
    doc = parse_doc(Documented)
    assert doc.summary == "A summary that goes on."
    assert doc.why == "Why it matters.\n\nAnd more."
    assert doc.bad == "a: 1\nb:\n  c: 2\n"
    assert doc.good == "a: 2\n"


def test_explain() -> None:
    assert explain(Documented) == (
        "error[AS997]: documented\n\nA summary that goes on.\n\nWhy it matters.\n\nAnd more.\n\n"
        "Bad:\n\n    a: 1\n    b:\n      c: 2\n\nGood:\n\n    a: 2\n"
    )


def test_without_docstrings() -> None:
    @problem_class(frozen=True, kw_only=True)
    class Bare(Problem):
        code: ClassVar[str] = "AS996"
        slug: ClassVar[str] = "bare"

    Bare.__doc__ = None
    assert explain(Bare) == "error[AS996]: bare\n"
