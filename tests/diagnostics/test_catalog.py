from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archspec.diagnostics.catalog.listing import ALL, RANGES, by_code, by_slug
from archspec.diagnostics.doc import explain, parse_doc
from archspec.diagnostics.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.diagnostics.problem import Severity

# What the example of a spec shows can be seen by checking it. Other examples are recipes, and commands ("$ ..."), whose
# problems are tested where they come from.
OF_SPECS = [kind for kind in ALL if kind.code < "AS5" or kind.code.startswith("AS7")]
BAD_SPECS = [kind for kind in OF_SPECS if not parse_doc(kind).bad.startswith("$ ")]
GOOD_SPECS = [kind for kind in OF_SPECS if not parse_doc(kind).good.startswith("$ ")]


def _subclasses(kind: type[Problem]) -> Iterator[type[Problem]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def test_every_kind_is_listed_once() -> None:
    concrete = {
        kind for kind in _subclasses(Problem) if "code" in vars(kind) and kind.__module__.startswith("archspec.")
    }
    assert len(ALL) == len(set(ALL))
    assert {kind.__name__ for kind in concrete ^ set(ALL)} == set()


def test_codes_and_slugs_are_unique() -> None:
    assert len(by_code) == len(by_slug) == len(ALL)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.code)
def test_every_kind_is_documented(kind: type[Problem]) -> None:
    assert re.fullmatch(r"AS\d{3}", kind.code)
    assert kind.code[:3] in RANGES
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.slug)
    assert kind.severity == ("warning" if kind.code.startswith("AS7") else "error")
    doc = parse_doc(kind)
    assert doc.summary.endswith("."), "the summary is a sentence"
    assert doc.bad
    assert doc.good
    assert doc.bad != doc.good
    assert kind.slug in explain(kind)


def test_examples_of_the_language_are_specs() -> None:
    assert len(BAD_SPECS) > 0.9 * len(OF_SPECS)


@pytest.mark.parametrize("kind", BAD_SPECS, ids=lambda kind: kind.code)
def test_the_bad_example_has_this_problem_and_no_other(
    kind: type[Problem], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert {code for code, _ in _problems(kind, parse_doc(kind).bad, bad=True)} == {kind.code}


@pytest.mark.parametrize("kind", GOOD_SPECS, ids=lambda kind: kind.code)
def test_the_good_example_has_no_problem(kind: type[Problem], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [code for code, severity in _problems(kind, parse_doc(kind).good, bad=False) if severity == "error"] == []


def _problems(kind: type[Problem], example: str, *, bad: bool) -> list[tuple[str, Severity]]:
    """Return code and severity of what is wrong with an example, which is a spec or `$ archspec check ...`."""
    from archspec import api

    for name, text in kind.example_files.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("example.yaml").write_text(example, encoding="utf-8")
    arguments = kind.example_args if bad else {}
    return [(problem.code, problem.severity) for problem in api.check("example.yaml", **arguments)]


@pytest.mark.parametrize("problem", ALL, ids=lambda problem: problem.code)
def test_problem_says_what_to_do(problem: type[Problem]) -> None:
    assert "help" in vars(problem) or any("help" in vars(base) for base in problem.__mro__[:-1] if base is not Problem)
