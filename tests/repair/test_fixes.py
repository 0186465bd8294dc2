"""Fixes of single mistakes: what is changed in the text, and that what does not work is not proposed."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from archspec.api import compile_spec, compile_text
from archspec.diagnostics.proposal import InsertNode, Proposal, RemoveKey, Replace, SetKey
from archspec.elaborate.network import Choice
from archspec.repair.finding import IN_PASSING, THOROUGH, with_fixes
from archspec.repair.layout import Layout, NoEditError
from archspec.repair.mending import mend
from archspec.repair.trial import Budget, State, attempt
from archspec.source.editing import edited
from archspec.source.span import SourceFile, Span
from tests.compiling import spec

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.diagnostics.problem import Problem

CHOICE = Choice()
HALVED = "a: {op: max_pool, kernel_size: 3, stride: 2, padding: 1}"


def problems(text: str, budget: tuple[int, int] = THOROUGH) -> tuple[Problem, ...]:
    return with_fixes(compile_text(SourceFile("s.yaml", text), CHOICE), CHOICE, budget)


def mended(text: str) -> str:
    """Return what is left of a spec's lines that were changed or added."""
    after = mend(compile_text(SourceFile("s.yaml", text), CHOICE), CHOICE)
    assert after.left == ()
    before = text.splitlines()
    return "\n".join(line.strip() for line in after.sources["s.yaml"].text.splitlines() if line not in before)


def described(graph: str, inputs: str = "{x: [3, 8, 8]}") -> list[str | None]:
    found = problems(spec(graph, inputs=inputs), IN_PASSING)
    return [problem.fix.description if problem.fix else None for problem in found]


@pytest.mark.parametrize(
    ("graph", "fix"),
    [
        ("a: {op: conv, out_channels: 3, kernel_size: 3}\nb: {op: add, from: [input, a]}", "padding: 1 in a"),
        ("a: {op: conv, out_channels: 3, kernel_size: 5}\nb: {op: concat, from: [input, a]}", "padding: 2 in a"),
        ("a: {op: conv, out_channels: 4, kernel_size: 1}\nb: {op: add, from: [input, a]}", "out_channels: 3 in a"),
        (
            "a: {op: conv, out_channels: 3, kernel_size: 3, stride: 2, padding: 1}\nb: {op: add, from: [input, a]}",
            "stride: 1 in a",
        ),
        ("a: {op: conv, out_channels: 6, kernel_size: 3, groups: 2}", "groups: 3 in a"),
        ("a: {op: max_pool, kernel_size: 9}", "kernel_size: 3 in a"),
        ("a: {op: max_pool, kernel_size: 2, padding: 2}", "padding: 1 in a"),
        ("a: {op: reshape, shape: [5, -1]}", "shape: [6, -1] in a"),
        ("a: {op: reshape, shape: [12, 12]}", "shape: [-1, 12] in a"),
        ("a: {op: softmax, axis: 3}", "axis: 2 in a"),
        ("a: {op: group_norm, num_groups: 2}", "num_groups: 3 in a"),
        (f"{HALVED}\nb: {{op: upsample, scale_factor: 3}}\nc: {{op: add, from: [input, b]}}", "scale_factor: 2 in b"),
        ("a: {op: conv_transpose, out_channels: 3, kernel_size: 2, stride: 2, output_padding: 2}",
         "output_padding: 1 in a"),
        ("a: flatten\nb: {op: conv, out_channels: 3, kernel_size: 1}", None),
    ],
)  # fmt: skip
def test_small_edits_are_searched(graph: str, fix: str | None) -> None:
    assert described(graph) == [fix]


def test_heads_divide_the_features() -> None:
    assert described("a: {op: multi_head_attention, num_heads: 5}", "{x: [7, 12]}") == ["num_heads: 6 in a"]


def test_where_numbers_do_not_help_a_node_is_put_in() -> None:
    graph = "a: {op: add, from: [x, y]}"
    inputs = "{x: [3, 8, 8], y: [6, 4, 4]}"
    assert mended(spec(graph, inputs=inputs)) == (
        "a_project: {op: conv, from: x, out_channels: 6, kernel_size: 1, stride: 2}\na: {op: add, from: [a_project, y]}"
    )


def test_a_concatenation_of_unequal_maps_is_resized() -> None:
    assert mended(spec("a: {op: concat, from: [x, y]}", inputs="{x: [3, 8, 8], y: [6, 5, 5]}")) == (
        "a_resized: {op: resize_like, from: [x, y]}\na: {op: concat, from: [a_resized, y]}"
    )


def test_in_a_block_the_use_is_changed_where_the_block_computes() -> None:
    text = spec(
        "stem: {op: conv, out_channels: 8, kernel_size: 1}\na: {op: res, channels: 8}\n"
        "b: {op: res, channels: 9}  # one too many",
        head="""\
        blocks:
          res:
            params: {channels: int}
            graph:
              conv: {op: conv, out_channels: channels, kernel_size: 1}
              add: {op: add, from: [input, conv]}
        """,
    )
    assert mended(text) == "b: {op: res, channels: 8}  # one too many"


def test_the_use_of_a_block_gets_a_number_that_fits_even_one_far_away() -> None:
    text = spec(
        "stem: {op: conv, out_channels: 64, kernel_size: 1}\na: {op: res, channels: 16}\nb: {op: res, channels: 64}",
        head="""\
        blocks:
          res:
            params: {channels: int}
            graph:
              conv: {op: conv, out_channels: channels, kernel_size: 1}
              add: {op: add, from: [input, conv]}
        """,
    )
    assert mended(text) == "a: {op: res, channels: 64}"


def test_in_a_wide_join_the_branch_that_does_not_fit_is_looked_at_first() -> None:
    branches = [f"b{n}: {{op: conv, from: input, out_channels: 4, kernel_size: 3, padding: 1}}" for n in range(30)]
    odd = "odd: {op: conv, from: input, out_channels: 4, kernel_size: 3}"
    join = f"join: {{op: concat, from: [odd, {', '.join(f'b{n}' for n in range(30))}]}}"
    assert described("\n".join([odd, *branches, join])) == ["padding: 1 in odd"]


def test_one_mistake_that_hides_another_is_fixed_first() -> None:
    text = spec("a: {op: cnov, out_channels: 3, kernel_size: 3}\nb: {op: add, from: [input, a]}")
    assert mended(text) == "a: {op: conv, out_channels: 3, kernel_size: 3, padding: 1}"


def test_comments_and_layout_stay() -> None:
    text = spec(
        """\
        # the first one
        a:
          op: conv   # spread out
          out_channels: 3

          kernel_size: 3   # odd
        b: {op: add, from: [ input, a ]}
        """
    )
    (problem,) = problems(text)
    assert problem.fix is not None
    after = edited(SourceFile("s.yaml", text), problem.fix.edits).text
    assert after == text.replace("    op: conv   # spread out\n", "    op: conv   # spread out\n    padding: 1\n")


def test_line_breaks_of_windows_stay() -> None:
    text = spec("a:\n  op: conv\n  out_channels: 3\n  kernel_size: 3\nb: {op: add, from: [input, a]}")
    text = text.replace("\n", "\r\n")
    after = mend(compile_text(SourceFile("s.yaml", text), CHOICE), CHOICE).sources["s.yaml"].text
    assert after.replace("\r\n", "").count("\n") == 0
    assert "padding: 1\r\n" in after


def test_what_does_not_work_is_not_proposed() -> None:
    text = spec("a: {op: conv, out_channels: 3, kernel_size: 3}\nb: {op: add, from: [input, a]}")
    state = State(compile_text(SourceFile("s.yaml", text), CHOICE), CHOICE)
    (problem,) = state.compiled.problems
    node = Span("s.yaml", 5, 3, 5, 4)
    useless = Proposal("stride", (SetKey(node, "stride", "1"),))
    worse = Proposal("padding", (SetKey(node, "padding", "1"), SetKey(node, "groups", "2")))
    works = Proposal("padding", (SetKey(node, "padding", "1"),))
    tried = [attempt(state, problem, proposal, Budget(*THOROUGH)) for proposal in (useless, worse, works)]
    assert [cure is not None for cure in tried] == [False, False, True]


def test_without_budget_nothing_is_tried() -> None:
    text = spec("a: {op: cnov, out_channels: 3, kernel_size: 3}")
    assert [problem.fix for problem in problems(text, (0, 12))] == [None]


def test_the_same_spec_always_gets_the_same_fixes() -> None:
    text = spec("a: {op: conv, out_channels: 3, kernel_size: 5}\nb: {op: concat, from: [input, a]}\nc: rleu")
    assert [problem.fix for problem in problems(text)] == [problem.fix for problem in problems(text)]


# ----------------------------------------------------------------------------------------------------- several files

BASE = """\
archspec: 1
name: base
inputs: {x: [3, 8, 8]}
graph:
  a: {op: conv, out_channels: 3, kernel_siz: 3}
"""


def test_a_mistake_in_the_extended_spec_is_mended_there(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    path = tmp_path / "derived.yaml"
    path.write_text("archspec: 1\nname: derived\nextends: base.yaml\n", encoding="utf-8")
    after = mend(compile_spec(path, CHOICE), CHOICE)
    assert after.left == ()
    assert [file.place for file in after.after.values()] == [(tmp_path / "base.yaml").resolve()]
    assert "kernel_size: 3" in next(iter(after.after.values())).text


def test_a_fix_that_breaks_the_extended_spec_itself_is_refused(tmp_path: Path) -> None:
    base = BASE.replace("kernel_siz", "kernel_size").replace("  a:", "  a:", 1) + "  b: {op: relu}\n"
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    path = tmp_path / "derived.yaml"
    path.write_text("archspec: 1\nname: derived\nextends: base.yaml\ngraph: {remove: [c]}\n", encoding="utf-8")
    compiled = compile_spec(path, CHOICE)
    (problem,) = compiled.problems
    name = next(iter(path for path in compiled.sources if path.endswith("base.yaml")))
    # The base with a node `c` cures the problem; as a mapping key without an op it breaks the base.
    node = Span(name, 6, 3, 6, 4)
    broken = Proposal("c", (Replace(node, "c: {op: nonsense}\n  b"),))
    assert attempt(State(compiled, CHOICE), problem, broken, Budget(*THOROUGH)) is None


# ----------------------------------------------------------------------------------------------------- edits of text


def layout(text: str) -> tuple[Layout, SourceFile]:
    source = SourceFile("s.yaml", textwrap.dedent(text))
    return Layout(source), source


def at(source: SourceFile, text: str) -> Span:
    start = source.text.index(text)
    return source.span_at(start, start + len(text))


@pytest.mark.parametrize(
    ("before", "node", "after"),
    [
        ("a: {op: relu}", "a", "a: {op: relu, k: 1}"),
        ("a: relu", "a", "a: {op: relu, k: 1}"),
        ("a: {op: relu, k: 2} # x", "a", "a: {op: relu, k: 1} # x"),
        ("a:\n  op: relu # x", "a", "a:\n  op: relu # x\n  k: 1"),
        ("a:\n  op: relu\nb: 1\n", "a", "a:\n  op: relu\n  k: 1\nb: 1\n"),
        ("- op: relu\n  z: 1\n", "op: relu\n  z: 1", "- op: relu\n  k: 1\n  z: 1\n"),
        ("- relu\n", "relu", "- {op: relu, k: 1}\n"),
        ("- {}\n", "{}", "- {k: 1}\n"),
    ],
)
def test_a_key_is_set(before: str, node: str, after: str) -> None:
    made, source = layout(before)
    edits = made.edits(SetKey(at(source, node), "k", "1"))
    assert edited(source, edits).text == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{k: 1, b: 2}", "{b: 2}"),
        ("{b: 2, k: 1}", "{b: 2}"),
        ("{b: 2, k: [1, 2], c: 3}", "{b: 2, c: 3}"),
        ("b: 2\nk: 1 # x\nc: 3\n", "b: 2\nc: 3\n"),
        ("- k: 1\n  c: 3\n", "- c: 3\n"),
    ],
)
def test_a_key_is_removed(before: str, after: str) -> None:
    made, source = layout(before)
    assert edited(source, made.edits(RemoveKey(at(source, "k")))).text == after


def test_the_only_key_is_not_removed() -> None:
    made, source = layout("a: {k: 1}")
    with pytest.raises(NoEditError):
        made.edits(RemoveKey(at(source, "k")))


@pytest.mark.parametrize(
    ("before", "node", "after"),
    [
        ("a: relu\nb: tanh\n", "b", "a: relu\nn: x\nb: tanh\n"),
        ("{a: relu, b: tanh}", "b", "{a: relu, n: x, b: tanh}"),
        ("- relu\n- tanh\n", "tanh", "- relu\n- x\n- tanh\n"),
        ("[relu, tanh]", "tanh", "[relu, x, tanh]"),
        ("g:\n  - relu\n  - tanh\n", "tanh", "g:\n  - relu\n  - x\n  - tanh\n"),
    ],
)
def test_a_node_is_put_in(before: str, node: str, after: str) -> None:
    made, source = layout(before)
    assert edited(source, made.edits(InsertNode(at(source, node), "n", "x"))).text == after
