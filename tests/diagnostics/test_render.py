from __future__ import annotations

import textwrap
from typing import Any, ClassVar

import pytest

from archspec.diagnostics.frame import cells
from archspec.diagnostics.problem import Fix, Note, Problem, problem_class
from archspec.diagnostics.render import render_text, summary
from archspec.source.editing import Edit
from archspec.source.span import SourceFile, Span

PATH = "specs/a.yaml"
SPEC = """\
archspec: 1
blocks:
  inception:
    graph:
      branch5x5:
        from: input
        graph:
          - {op: conv, out_channels: 16, kernel_size: 1}

          - {op: conv, out_channels: 24, kernel_size: 5}
      concat: {op: concat, from: [branch1x1, branch5x5]}

graph:
  mixed1: inception
"""


@problem_class(frozen=True, kw_only=True)
class Fault(Problem):
    """Something."""

    code: ClassVar[str] = "AS999"
    slug: ClassVar[str] = "fault"

    text: str = "it is wrong"

    def message(self) -> str:
        return self.text


@problem_class(frozen=True, kw_only=True)
class Doubt(Fault):
    """Something doubtful."""

    code: ClassVar[str] = "AS998"
    severity = "warning"


def span(line: int, column: int, end_line: int, end_column: int, path: str = PATH) -> Span:
    return Span(path, line, column, end_line, end_column)


def render(*problems: Problem, text: str = SPEC, width: int = 100, color: bool = False) -> str:
    return render_text(problems, {PATH: SourceFile(PATH, text)}, color=color, width=width)


def golden(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def test_one_line() -> None:
    fault = Fault(
        text="cannot concatenate: branch5x5 is 24x24, branch1x1 is 28x28",
        span=span(11, 15, 11, 27),
        node="mixed1.concat",
        label="branch5x5: 1x28x28 -> conv 16x28x28 -> conv 24x24x24",
        notes=(Note("in block inception, used by mixed1", span(14, 3, 14, 20)), Note("a plain remark")),
        suggestion="padding: 2 keeps 28x28",
    )
    assert render(fault) == golden("""
        error[AS999]: cannot concatenate: branch5x5 is 24x24, branch1x1 is 28x28
          --> specs/a.yaml:11:15
           |
        11 |       concat: {op: concat, from: [branch1x1, branch5x5]}
           |               ^^^^^^^^^^^^ branch5x5: 1x28x28 -> conv 16x28x28 -> conv 24x24x24
           |
           = node: mixed1.concat
           = in block inception, used by mixed1 (specs/a.yaml:14)
           = a plain remark
           = help: padding: 2 keeps 28x28

        1 error in specs/a.yaml
        """)


def test_several_lines_end_where_the_text_ends() -> None:
    assert render(Fault(span=span(4, 5, 9, 1), label="all of this")) == golden("""
        error[AS999]: it is wrong
         --> specs/a.yaml:4:5
          |
        4 | /     graph:
        5 | |       branch5x5:
        6 | |         from: input
          | | ...
        8 | |           - {op: conv, out_channels: 16, kernel_size: 1}
          | |________________________________________________________^ all of this

        1 error in specs/a.yaml
        """)


def test_a_block_that_ends_at_the_next_line_is_marked_on_its_own_line() -> None:
    assert render(Fault(span=span(10, 11, 11, 7))) == golden("""
        error[AS999]: it is wrong
          --> specs/a.yaml:10:11
           |
        10 |           - {op: conv, out_channels: 24, kernel_size: 5}
           |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        1 error in specs/a.yaml
        """)


def test_wide_characters_and_tabs_keep_the_marks_below_their_text() -> None:
    text = "名前:\t[日本語, e\u0301t\u00e9, bad]\n"
    column = text.index("bad") + 1
    assert render(Fault(span=span(1, column, 1, column + 3)), text=text) == golden("""
        error[AS999]: it is wrong
         --> specs/a.yaml:1:17
          |
        1 | 名前:    [日本語, e\u0301t\u00e9, bad]
          |                        ^^^

        1 error in specs/a.yaml
        """)


def test_control_and_bidirectional_characters_are_escaped() -> None:
    fault = Fault(span=span(1, 8, 1, 9), text="x\x1b[2J\u202e", label="\x07", suggestion="\u2066", node="a\u200bb")
    shown = render(fault, text="a: \x1b[2J x\u202ey\n")
    assert "\\x1b[2J x\\u202ey" in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_a_long_line_is_cut_around_the_span() -> None:
    text = "a: " + "x" * 10_000 + "HERE" + "y" * 100_000 + "\n"
    column = text.index("HERE") + 1
    _, _, _, source, marks, *_ = render(Fault(span=span(1, column, 1, column + 4)), text=text, width=80).splitlines()
    assert len(source) <= 80
    assert source.index("HERE") == marks.index("^^^^")
    assert source.startswith("1 | ...xxx")
    assert source.endswith("y...")


def test_a_span_longer_than_the_terminal() -> None:
    _, _, _, source, marks, *_ = render(
        Fault(span=span(1, 4, 1, 9_000)), text="a: " + "x" * 9_000, width=60
    ).splitlines()
    assert len(source) == 60
    assert len(marks) <= 60


@pytest.mark.parametrize("place", [(99, 1, 99, 2), (2, 1, 2, 1), (14, 400, 14, 500), (3, 1, 300, 1), (15, 1, 15, 1)])
def test_a_span_that_the_file_no_longer_has(place: tuple[int, int, int, int]) -> None:
    assert "error[AS999]: it is wrong" in render(Fault(span=span(*place)))


def test_without_the_source_or_a_span() -> None:
    faults = [Fault(span=span(3, 1, 3, 2, "gone.yaml"), suggestion="look"), Fault()]
    assert render(*faults) == golden("""
        error[AS999]: it is wrong
         --> gone.yaml:3:1
          = help: look

        error[AS999]: it is wrong

        2 errors in gone.yaml
        """)


def test_the_node_is_named_even_where_the_message_names_it() -> None:
    assert "= node: layer1.0.add" in render(Fault(text="layer1.0.add: shapes differ", node="layer1.0.add"))
    assert "= node: a" in render(Fault(text="bad", node="a"))


def test_summary() -> None:
    problems = [Fault(span=span(1, 1, 1, 2)), Doubt(), Doubt(span=span(1, 1, 1, 2, "b.yaml")), Fault()]
    assert summary(problems) == "2 errors, 2 warnings in 2 files"
    assert summary([Fault()]) == "1 error"
    assert render_text((), {}) == ""


def test_colors() -> None:
    fault = Fault(span=span(1, 1, 1, 9), suggestion="help yourself", label="here")
    colored = render(fault, color=True)
    assert "\x1b[1;31merror[AS999]\x1b[0m" in colored
    plain = render(fault)
    for code in ("1;31", "1;34", "1;36", "1"):
        colored = colored.replace(f"\x1b[{code}m", "")
    assert colored.replace("\x1b[0m", "") == plain


@pytest.mark.parametrize("filler", ["x", "日", "\u0301", "\x1b", "\U0001d400", "\u202e", "\ud800"])
def test_a_file_of_nothing_but_mistakes_is_cut_short(filler: str) -> None:
    huge = filler * 5_000
    text = "\n".join([huge] * 200)
    notes: tuple[Note, ...] = (Note(huge, span(1, 1, 1, 2)),) * 50
    parts: dict[str, Any] = {"text": huge, "label": huge, "node": huge, "notes": notes, "suggestion": huge}
    problems = [Fault(span=span(line, 1000, line + 20, 2000), **parts) for line in range(1, 180)]
    shown = render(*problems, text=text)
    assert len(shown.encode("utf-8", "surrogatepass")) <= 4096
    assert "... and 178 more in specs/a.yaml" in shown
    assert "179 errors in specs/a.yaml" in shown


def test_short_mistakes_are_shown_as_far_as_they_fit() -> None:
    shown = render(*[Fault(text=f"fault {number}", span=span(1, 1, 1, 9)) for number in range(200)])
    assert len(shown.encode()) <= 4096
    assert shown.count("error[AS999]") > 20
    assert "fault 199" not in shown


def fixed(description: str, *edits: tuple[tuple[int, int, int, int], str], suggestion: str | None = None) -> Fault:
    """Return a fault in line 11 with a fix."""
    fix = Fix(description, tuple(Edit(span(*place), text) for place, text in edits))
    return Fault(span=span(11, 15, 11, 27), fix=fix, suggestion=suggestion)


def shown_fix(fault: Fault, **rendered: Any) -> str:
    """Return the lines below the help line of the only fault."""
    text = render(fault, **rendered)
    return textwrap.dedent(text[text.index("   = ") :].rpartition("\n\n")[0]) + "\n"


def test_a_fix_that_puts_something_in() -> None:
    fault = fixed("padding: 2 in branch5x5.1", ((10, 56, 10, 56), ", padding: 2"), suggestion="look above")
    assert render(fault) == golden("""
        error[AS999]: it is wrong
          --> specs/a.yaml:11:15
           |
        11 |       concat: {op: concat, from: [branch1x1, branch5x5]}
           |               ^^^^^^^^^^^^
           |
           = help: look above
           = fix: padding: 2 in branch5x5.1
           |
        10 |           - {op: conv, out_channels: 24, kernel_size: 5, padding: 2}
           |                                                        ++++++++++++

        1 error in specs/a.yaml (with a fix: archspec fix)
        """)


def test_what_was_meant_is_not_said_twice() -> None:
    fault = fixed("add for concat", ((11, 20, 11, 26), "add"), suggestion="did you mean 'add'?")
    assert shown_fix(fault) == golden("""
           = help: did you mean 'add'?
           |
        11 |       concat: {op: add, from: [branch1x1, branch5x5]}
           |                    ~~~
        """)


def test_several_edits_of_a_line_are_marked_side_by_side() -> None:
    fault = fixed("both", ((11, 20, 11, 26), "add"), ((11, 56, 11, 56), ", broadcast: true"))
    assert shown_fix(fault) == golden("""
           = fix: both
           |
        11 |       concat: {op: add, from: [branch1x1, branch5x5], broadcast: true}
           |                    ~~~                              +++++++++++++++++
        """)


def test_what_is_taken_away_is_shown_as_it_was() -> None:
    assert shown_fix(fixed("without out_channels", ((8, 22, 8, 40), ""))) == golden("""
           = fix: without out_channels
           |
         8 -           - {op: conv, out_channels: 16, kernel_size: 1}
         8 +           - {op: conv, kernel_size: 1}
        """)


def test_whole_lines_that_come_and_go_and_what_they_move() -> None:
    fault = fixed(
        "a node more, one less",
        ((8, 1, 9, 1), ""),
        ((11, 1, 11, 1), "      wide: {op: relu}\n"),
        ((11, 35, 11, 44), "wide"),
    )
    assert shown_fix(fault) == golden("""
           = fix: a node more, one less
           |
         8 -           - {op: conv, out_channels: 16, kernel_size: 1}
        10 +       wide: {op: relu}
        11 |       concat: {op: concat, from: [wide, branch5x5]}
           |                                   ~~~~
        """)


def test_a_line_behind_the_last_one_of_a_file_without_a_line_break() -> None:
    text = SPEC.rstrip("\n")
    fault = fixed("out: mixed1", ((14, 20, 14, 20), "\n  out: mixed1"))
    assert shown_fix(fault, text=text) == golden("""
           = fix: out: mixed1
           |
        15 +   out: mixed1
        """)


def test_text_over_several_lines() -> None:
    fault = fixed("one branch", ((8, 11, 10, 58), "- relu"))
    assert shown_fix(fault) == golden("""
           = fix: one branch
           |
         8 -           - {op: conv, out_channels: 16, kernel_size: 1}
         9 -
        10 -           - {op: conv, out_channels: 24, kernel_size: 5}
         8 +           - relu
        """)


def test_a_fix_of_many_lines_is_cut_short() -> None:
    shown = shown_fix(fixed("all new", ((1, 1, 15, 1), "")))
    assert shown.count(" - ") == 5
    assert shown.endswith("| ... and 9 more lines\n")


def test_a_long_line_is_cut_around_what_is_new() -> None:
    text = "a: " + "x" * 10_000 + "HERE" + "y" * 100_000 + "\n"
    column = text.index("HERE") + 1
    fix = Fix("new", (Edit(span(1, column, 1, column + 4), "THERE"), Edit(span(1, 60_000, 1, 60_000), "far")))
    *_, source, marks, _, _ = render(Fault(span=span(1, 1, 1, 2), fix=fix), text=text, width=80).splitlines()
    assert len(source) <= 80
    assert source.index("THERE") == marks.index("~~~~~")


def test_edits_of_another_file_are_headed_by_its_name() -> None:
    other = SourceFile("base.yaml", "stem: {op: cnov}\n")
    fix = Fix("conv for cnov", (Edit(span(1, 12, 1, 16, "base.yaml"), "conv"),))
    fault = Fault(span=span(1, 1, 1, 9), fix=fix)
    assert "  | in base.yaml:\n1 | stem: {op: conv}\n  |            ~~~~\n" in render_text(
        [fault], {PATH: SourceFile(PATH, SPEC), "base.yaml": other}
    )
    assert "~~~~" not in render(fault)


def test_many_mistakes_leave_room_for_the_fixes_of_the_first() -> None:
    fix = Fix("padding: 2 in branch5x5.1", (Edit(span(10, 58, 10, 58), ", padding: 2"),))
    shown = render(*[Fault(text=f"fault {number}", span=span(1, 1, 1, 9), fix=fix) for number in range(200)])
    assert shown.count("error[AS999]") > 20
    assert shown.count("= fix: ") > 3
    assert shown.index("fault 2") > shown.rindex("= fix: ", 0, shown.index("fault 2"))
    assert len(shown.encode()) <= 4096
    assert shown.endswith("200 errors in specs/a.yaml (200 with a fix: archspec fix)\n")


def test_a_fix_is_coloured() -> None:
    fault = fixed("both", ((8, 22, 8, 40), ""), ((11, 20, 11, 26), "add"))
    colored = render(fault, color=True)
    assert "\x1b[31m-           - {op: conv, out_channels: 16, kernel_size: 1}\x1b[0m" in colored
    assert "\x1b[32m                   ~~~\x1b[0m" in colored


@pytest.mark.parametrize(("text", "count"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("\u200d", 0), ("", 0)])
def test_cells(text: str, count: int) -> None:
    assert cells(text) == count
