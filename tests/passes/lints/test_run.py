"""The lints as a whole: the list of them, what is allowed, and one warning for each cause."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

import pytest

import archspec
from archspec import api
from archspec.diagnostics.catalog import lints as catalog
from archspec.diagnostics.doc import parse_doc
from archspec.passes import lints as package
from archspec.passes.lints import run
from archspec.passes.lints.run import LINTS, Lint, LintError
from tests.compiling import problems
from tests.passes.lints.linting import found_in, lints

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.diagnostics.problem import Problem
    from archspec.passes.lints.network import Network

HEAD = "archspec: 1\nname: example\ninputs: {x: [3, 16, 16]}\n"
GRAPH = """graph:
  a: {op: conv, out_channels: 4, kernel_size: 3, padding: 1}
  norm_a: batch_norm
  b: {op: conv, out_channels: 4, kernel_size: 3, padding: 1}
  norm_b: batch_norm
"""


def test_every_lint_is_listed_and_has_a_file_of_its_own() -> None:
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules - {"run", "network", "mentions", "cures"} == {
        lint.find.__module__.rpartition(".")[2] for lint in LINTS
    }
    assert {lint.problem.slug for lint in LINTS} == {kind.slug for kind in catalog.PROBLEMS} - {"unused-allow"}
    assert [lint.problem.code for lint in LINTS] == sorted(lint.problem.code for lint in LINTS)


@pytest.mark.parametrize("kind", catalog.PROBLEMS, ids=lambda kind: kind.slug)
def test_the_bad_example_is_found_once_and_the_good_one_is_clean(kind: type[Problem]) -> None:
    doc = parse_doc(kind)
    assert [name for name, _, _ in lints(doc.bad)] == [kind.slug]
    assert lints(doc.good) == []


def test_a_spec_with_an_error_is_not_linted(tmp_path: Path) -> None:
    place = tmp_path / "net.yaml"
    place.write_text(HEAD + GRAPH + "  c: {op: conv, out_channels: 4, kernel_size: 30}\n")
    assert {problem.severity for problem in api.check(place)} == {"error"}


def test_a_crash_names_the_lint(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(network: Network) -> list[Problem]:
        raise KeyError(network.graph.name)

    monkeypatch.setattr(run, "LINTS", (Lint(LINTS[0].problem, crash),))
    with pytest.raises(LintError, match=r"lint AS701 \(bias-before-norm\): KeyError: 'example'"):
        found_in(HEAD + GRAPH)


def test_a_network_has_its_warnings(tmp_path: Path) -> None:
    place = tmp_path / "net.yaml"
    place.write_text(HEAD + GRAPH)
    arch = archspec.load(place)
    assert [problem.node for problem in arch.problems] == ["a", "b"]
    assert arch.problems == api.check(place)


# ------------------------------------------------------------------------------------------------- allow


@pytest.mark.parametrize(
    ("allow", "left"),
    [
        ("allow: bias-before-norm", []),
        ("allow: AS701", []),
        ("allow: [as701]", []),
        ("allow:\n  - bias-before-norm   # because", []),
        ("allow: {bias-before-norm: }", []),
        ("allow: {bias-before-norm: a}", ["b"]),
        ("allow: {AS701: [b]}", ["a"]),
        ("allow: {AS701: ['?']}", []),
        ("allow: []", ["a", "b"]),
    ],
)
def test_what_a_spec_allows(allow: str, left: list[str]) -> None:
    assert [node for _, _, node in lints(f"{HEAD}{allow}\n{GRAPH}")] == left


@pytest.mark.parametrize(
    ("allow", "places"),
    [
        ("allow: [bias-before-norm, gridding]", [(4, 27)]),
        ("allow:\n  AS701: [a, b, c]", [(5, 17)]),
        ("allow: {gridding: a, AS701: }", [(4, 19)]),
    ],
)
def test_what_is_allowed_and_is_not_there(allow: str, places: list[tuple[int, int]]) -> None:
    found = found_in(f"{HEAD}{allow}\n{GRAPH}")
    assert {problem.slug for problem in found} == {"unused-allow"}
    assert [(problem.span.line, problem.span.column) for problem in found if problem.span] == places


def test_an_allowance_that_another_choice_may_need() -> None:
    text = f"{HEAD}allow: gridding\nparams: {{width: 4}}\n{GRAPH.replace('out_channels: 4', 'out_channels: width')}"
    assert [name for name, _, _ in lints(text)].count("unused-allow") == 1
    assert "unused-allow" not in [name for name, _, _ in lints(text, params={"width": 8})]
    assert "unused-allow" not in [name for name, _, _ in lints(f"{text}variants: {{wide: {{width: 8}}}}\n")]


@pytest.mark.parametrize(
    ("allow", "code", "column", "remedy"),
    [
        ("allow: [bias-before-nrom]", "AS141", 9, "did you mean 'bias-before-norm'?"),
        ("allow: [AS204]", "AS141", 9, None),
        ("allow: {AS999: a}", "AS141", 9, None),
        ("allow: [[AS701]]", "AS103", 9, None),
        ("allow: {AS701: {a: b}}", "AS103", 16, None),
    ],
)
def test_what_is_no_lint(allow: str, code: str, column: int, remedy: str | None) -> None:
    (problem,) = problems(f"{HEAD}{allow}\n{GRAPH}")
    assert problem.span is not None
    assert (problem.span.line, problem.span.column) == (4, column)
    assert problem.severity == "error"
    assert problem.code.startswith(code[:3])
    if remedy:
        assert (problem.code, problem.help()) == (code, remedy)


def _written(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)


def _nodes(folder: Path, name: str) -> list[tuple[str, str | None]]:
    path = folder / f"{name}.yaml"
    source = archspec.load(path)
    return [(problem.slug, problem.node) for problem in source.problems]


def test_what_an_extended_spec_allows_holds_for_its_own_lines(tmp_path: Path) -> None:
    inserted = "{c: {op: conv, out_channels: 4, kernel_size: 1}, norm_c: batch_norm}"
    own = f"archspec: 1\nname: own\nextends: base.yaml\ngraph:\n  insert_after:\n    norm_b: {inserted}\n"
    _written(tmp_path, base=f"{HEAD}allow: bias-before-norm\n{GRAPH}", own=own)
    assert _nodes(tmp_path, "own") == [("bias-before-norm", "c")]
    _written(tmp_path, own=f"{own}allow: {{bias-before-norm: c}}\n")
    assert _nodes(tmp_path, "own") == []


def test_a_spec_allows_what_it_inherits(tmp_path: Path) -> None:
    own = "archspec: 1\nname: own\nextends: base.yaml\nallow: bias-before-norm\n"
    _written(tmp_path, base=HEAD + GRAPH, own=own)
    assert _nodes(tmp_path, "own") == []


def test_what_a_file_of_blocks_and_a_spec_that_is_a_block_allow(tmp_path: Path) -> None:
    unit = "unit: {graph: {conv: {op: conv, out_channels: 4, kernel_size: 1}, norm: batch_norm}}"
    _written(
        tmp_path,
        library=f"archspec: 1\nallow: bias-before-norm\nblocks:\n  {unit}\n",
        base=HEAD + GRAPH,
        named="archspec: 1\nname: named\nextends: base.yaml\nallow: AS701\n",
        own=f"{HEAD}import: library.yaml\nblocks:\n  body: {{spec: named.yaml}}\n  {unit.replace('unit', 'mine')}\n"
        "graph:\n  unit: unit\n  body: body\n  mine: mine\n",
    )
    assert _nodes(tmp_path, "own") == [("bias-before-norm", "mine.conv")]


def test_the_resolved_spec_says_nothing_of_lints(tmp_path: Path) -> None:
    _written(tmp_path, one=HEAD + GRAPH, two=f"{HEAD}allow: AS701\n{GRAPH}")
    one, two = (archspec.load(tmp_path / f"{name}.yaml") for name in ("one", "two"))
    assert one.expand() == two.expand()
    assert one.fingerprint == two.fingerprint
