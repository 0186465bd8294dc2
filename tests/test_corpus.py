"""Specs beside what comes of them: `.graph`, the flat graph of a good one; `.err`, what is said about a bad one.

`pytest tests/test_corpus.py --update-golden` rewrites them; review the difference like code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec import api
from archspec.diagnostics.render import render_text
from archspec.elaborate.network import Choice
from archspec.ir.text import graph_text
from archspec.repair.finding import with_fixes

CHOICE = Choice()
CORPUS = Path(__file__).parent / "corpus"
CASES = sorted(path.stem for path in CORPUS.glob("*.yaml"))


def outcome(case: str) -> tuple[str, str]:
    """Return the suffix of the golden file, and what should stand in it."""
    compiled = api.compile_spec(f"{case}.yaml", CHOICE)
    if compiled.problems:
        return ".err", render_text(with_fixes(compiled, CHOICE), compiled.sources)
    return ".graph", graph_text(compiled.architecture().graph)


@pytest.mark.parametrize("case", CASES)
def test_corpus(case: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.chdir(CORPUS)
    suffix, text = outcome(case)
    golden = CORPUS / f"{case}{suffix}"
    if request.config.getoption("--update-golden"):
        (CORPUS / f"{case}{'.err' if suffix == '.graph' else '.graph'}").unlink(missing_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert golden.exists(), f"there is no {golden.name}; the case now gives:\n{text}"
    assert text == golden.read_text(encoding="utf-8")


def test_every_golden_file_has_its_case() -> None:
    assert {path.stem for path in (*CORPUS.glob("*.graph"), *CORPUS.glob("*.err"))} == set(CASES)


@pytest.mark.parametrize("case", sorted(path.stem for path in CORPUS.glob("*.err")))
def test_every_problem_of_the_language_has_a_help_line(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    for problem in api.check(f"{case}.yaml"):
        assert problem.help() or not problem.code.startswith(("AS10", "AS11", "AS3", "AS4")), problem
