"""Expressions and values in other languages' words: the help line says how they are written, and they are mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec.api import compile_text
from archspec.diagnostics.text import in_ascii, look_alike
from archspec.elaborate.network import Choice
from archspec.repair.mending import mend
from archspec.source.span import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
archspec: 1
name: example
inputs: {image: [3, 32, 32]}
params: {width: 8, widths: [8, 16], wide: true}
graph:
  a: {op: conv, out_channels: 8, kernel_size: 3}
"""


def outcome(node: str) -> tuple[str, str | None, str]:
    """Return the code and the help line of the one error in a spec with this node, and the node when it is mended."""
    compiled = compile_text(SourceFile("spec.yaml", f"{HEAD}  b: {node}\n"), Choice())
    (problem,) = (each for each in compiled.problems if each.severity == "error")
    assert problem.span is not None
    assert problem.span.line == 7
    after = mend(compiled, Choice())
    assert [each for each in after.left if each.severity == "error"] == []
    return problem.code, problem.help(), after.sources["spec.yaml"].text.splitlines()[6].strip().removeprefix("b: ")


@pytest.mark.parametrize(
    ("written", "meant", "said"),
    [
        ("width ^ 1", "width ** 1", "** is the power"),
        ("width x 2", "width * 2", "write width * 2"),
        ("2width", "2 * width", "write 2 * width"),
        ("widths.0", '"widths[0]"', "write widths[0]"),
        ("width;", "width", "write width"),
        ("1_6", "16", "write 16"),
        ("wide ? 8 : 4", "8 if wide else 4", "write a if condition else b"),
        ("if wide then 8 else 4", "8 if wide else 4", "write 8 if wide else 4"),
        ("{{ width }}", "width", "write the name alone, without braces"),
        ("width \N{EN DASH} 2", "width - 2", "write '-' for the character U+2013, which only looks like it"),
        (
            "width \N{MULTIPLICATION SIGN} 2",
            "width * 2",
            "write '*' for the character U+00D7, which only looks like it",
        ),
        ("params.width", "width", "did you mean 'width'?"),
        ("self.width", "width", "did you mean 'width'?"),
        ("input_channels", "input.channels", "did you mean 'input.channels'?"),
        ("in_channels", "input.channels", "did you mean 'input.channels'?"),
        ("image.C", "image.channels", "did you mean 'channels'?"),
        ("math.ceil(width)", "ceil(width)", "did you mean 'ceil'?"),
        ("int(width)", "floor(width)", "did you mean 'floor'?"),
        ("width * 0.3", "round(width * 0.3)", "round it: round(width * 0.3); // divides without a fraction"),
    ],
)
def test_expressions(written: str, meant: str, said: str) -> None:
    _, help_line, mended = outcome(f"{{op: conv, out_channels: {written}, kernel_size: 3}}")
    assert (help_line, mended.replace('"', "")) == (
        said,
        f"{{op: conv, out_channels: {meant}, kernel_size: 3}}".replace('"', ""),
    )


@pytest.mark.parametrize(
    ("node", "said", "mended"),
    [
        (
            "{op: conv, out_channels: 8, kernel_size: 3x3}",
            "write [3, 3]",
            "{op: conv, out_channels: 8, kernel_size: [3, 3]}",
        ),
        (
            "{op: conv, out_channels: 8, kernel_size: (3, 3)}",
            "write [3, 3]",
            "{op: conv, out_channels: 8, kernel_size: [3, 3]}",
        ),
        ("{op: dropout, p: 50%}", "write 0.5", "{op: dropout, p: 0.5}"),
        ("{op: batch_norm, eps: 1e-3f}", "write 1e-3", "{op: batch_norm, eps: 1e-3}"),
        ("{op: relu, when: yes}", "did you mean 'true'?", "{op: relu, when: true}"),
        ("{op: relu, when: width === 8}", "== compares; arguments have no names", "{op: relu, when: width == 8}"),
        ("{op: relu, when: wide AND width > 3}", "write wide and width > 3", "{op: relu, when: wide and width > 3}"),
        ("{op: relu, from: -1}", "nodes are read by their names: did you mean 'a'?", "{op: relu, from: a}"),
        ("{op: relu, from: -2}", "nodes are read by their names: did you mean 'image'?", "{op: relu, from: image}"),
        ("{op: relu, from: 0}", "nodes are read by their names: did you mean 'a'?", "{op: relu, from: a}"),
        ("{op: relu, from: previous}", "nodes are read by their names: did you mean 'a'?", "{op: relu, from: a}"),
        ("{op: sigmoid; from: a}", None, "{op: sigmoid, from: a}"),
        ("{op: sigmoid, from: a},", "leave the comma out", "{op: sigmoid, from: a}"),
    ],
)
def test_values(node: str, said: str | None, mended: str) -> None:
    _, help_line, after = outcome(node)
    assert (said or help_line, after) == (help_line, mended)


@pytest.mark.parametrize(
    ("value", "meant"), [("0", "false"), ("1", "true"), ("None", "false"), ("null", "false"), ("no", "false")]
)
def test_truth_values(value: str, meant: str) -> None:
    node = f"{{op: conv, out_channels: 8, kernel_size: 3, bias: {value}}}"
    assert outcome(node) == ("AS304", f"did you mean '{meant}'?", node.replace(f": {value}}}", f": {meant}}}"))


@pytest.mark.parametrize(
    ("text", "ascii_text", "said"),
    [
        ("a \N{EM DASH} b", "a - b", "write '-' for the character U+2014, which only looks like it"),
        ("a\N{NO-BREAK SPACE}b", "a b", "write a space for the character U+00A0, which only looks like it"),
        ("a\N{ZERO WIDTH SPACE}b", "ab", "delete the character U+200B, which cannot be seen"),
        ("\N{FULLWIDTH LATIN SMALL LETTER A}", "a", "write 'a' for the character U+FF41, which only looks like it"),
        ("\N{CYRILLIC SMALL LETTER ES}onv", "conv", "write 'c' for the character U+0441, which only looks like it"),
        ("größe", "größe", None),
        ("plain", "plain", None),
    ],
)
def test_look_alikes(text: str, ascii_text: str, said: str | None) -> None:
    assert (in_ascii(text), look_alike(text)) == (ascii_text, said)


def test_a_calculated_value_is_not_thrown_away() -> None:
    compiled = compile_text(
        SourceFile("spec.yaml", f"{HEAD}  b: {{op: conv, out_channels: width == 8, kernel_size: 3}}\n"), Choice()
    )
    assert mend(compiled, Choice()).done == ()


def test_a_second_spec_is_not_deleted() -> None:
    text = f"{HEAD}---\n{HEAD}"
    assert mend(compile_text(SourceFile("spec.yaml", text), Choice()), Choice()).sources["spec.yaml"].text == text


def test_a_second_graph_is_not_deleted() -> None:
    text = f"{HEAD}graph:\n  b: relu\n"
    assert mend(compile_text(SourceFile("spec.yaml", text), Choice()), Choice()).sources["spec.yaml"].text == text


@pytest.mark.parametrize(
    ("declared", "meant"),
    [
        ("integer", "int"),
        ("Int", "int"),
        ("string", "str"),
        ("(int)", "int"),
        ("Optional[int]", "int"),
        ("List[int]", '"list[int]"'),
        ("list(int)", '"list[int]"'),
        ("Union[int, list[int]]", '"int | list[int]"'),
        ("int = 10", "{type: int, default: 10}"),
        ("int, 10", "{type: int, default: 10}"),
        ("int(10)", "{type: int, default: 10}"),
    ],
)
def test_types_of_parameters(declared: str, meant: str) -> None:
    text = f"{HEAD}blocks:\n  unit:\n    params:\n      n: {declared}\n    graph: [relu]\n"
    compiled = compile_text(SourceFile("spec.yaml", text), Choice())
    (problem,) = (each for each in compiled.problems if each.severity == "error")
    said = f"did you mean '{meant}'?" if meant.isidentifier() else f"write {meant}"
    assert (problem.code, problem.help()) == ("AS107", said)
    assert f"      n: {meant}\n" in mend(compiled, Choice()).sources["spec.yaml"].text


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("params: {width: 8", "params: {base-width: 8, width: base-width", "base_width"),
        ("params: {width: 8", "params: {lambda: 8, width: lambda", "lambda_"),
        (
            "  a: {op: conv, out_channels: 8, kernel_size: 3}",
            "  class: relu\n  a: {op: add, from: [class, image]}",
            "class_",
        ),
        (
            "  a: {op: conv, out_channels: 8, kernel_size: 3}",
            "  my conv: relu\n  a: {op: add, from: [my conv, image]}",
            "my_conv",
        ),
    ],
)
def test_a_bad_name_is_one_error_and_mended_where_it_is_read_too(old: str, new: str, name: str) -> None:
    compiled = compile_text(SourceFile("spec.yaml", HEAD.replace(old, new)), Choice())
    assert [each.code for each in compiled.problems if each.severity == "error"] == ["AS104"]
    after = mend(compiled, Choice())
    assert [each for each in after.left if each.severity == "error"] == []
    assert after.sources["spec.yaml"].text.count(name) == 2


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("resnet18", "did you mean 'resnet18.yaml'?"),
        ("families/resnett.yaml", "did you mean 'families/resnet.yaml'?"),
        ("resnet.yaml", "did you mean 'families/resnet.yaml'?"),
    ],
)
def test_a_file_that_is_not_there(written: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (problem,) = compile_text(SourceFile("spec.yaml", f"archspec: 1\nname: n\nextends: {written}\n"), Choice()).problems
    assert (problem.code, problem.help()) == ("AS110", said)


def test_a_folder_is_reported_where_it_is_named() -> None:
    (problem,) = compile_text(SourceFile("spec.yaml", "archspec: 1\nname: n\nextends: families\n"), Choice()).problems
    assert (problem.code, str(problem.span)) == ("AS110", "spec.yaml:3:10")


def test_a_node_among_the_edits_replaces_the_old_one() -> None:
    text = "archspec: 1\nname: n\nextends: resnet18.yaml\ngraph:\n  fc: {op: linear, out_features: 10}\n"
    compiled = compile_text(SourceFile("spec.yaml", text), Choice())
    assert [each.code for each in compiled.problems] == ["AS101"]
    assert "graph:\n  replace:\n    fc:" in mend(compiled, Choice()).sources["spec.yaml"].text


BLOCK = "blocks:\n  unit: {{{}, graph: [{{op: conv, out_channels: wide, kernel_size: 3}}]}}\ngraph: [unit]\n"
LATE = "params: {wide: {type: int, default: base * 2}, base: 4}"


@pytest.mark.parametrize(
    "rest",
    [
        f"{LATE}\ngraph: [relu]\n",
        "let: {wide: base * 2, base: 4}\ngraph: [relu]\n",
        BLOCK.format(LATE),
        BLOCK.format("let: {wide: base * 2, base: 4}"),
    ],
)
def test_a_name_that_is_declared_below_what_uses_it(rest: str) -> None:
    text = f"archspec: 1\nname: example\ninputs: {{image: [3, 32, 32]}}\n{rest}"
    (problem,) = compile_text(SourceFile("spec.yaml", text), Choice()).problems
    assert (problem.code, problem.help()) == ("AS127", "base is declared below: put it above what uses it")


def test_a_default_that_uses_its_own_name_is_not_told_to_move() -> None:
    text = "archspec: 1\nname: n\nparams: {wide: {type: int, default: wide * 2}}\ninputs: {x: [3]}\ngraph: [relu]\n"
    (problem,) = compile_text(SourceFile("spec.yaml", text), Choice()).problems
    assert (problem.code, "below" in (problem.help() or "")) == ("AS127", False)
