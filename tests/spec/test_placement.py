"""Lines at the wrong level, and values in other forms: one error each, on the right line, and mended."""

from __future__ import annotations

import textwrap

import pytest

from archspec.api import compile_text
from archspec.diagnostics.text import folded
from archspec.elaborate.hints import NO_PARAMETER, hint_for_parameter
from archspec.elaborate.network import Choice
from archspec.ops.catalog import OPS
from archspec.repair.mending import mend
from archspec.source.span import SourceFile
from archspec.spec.forms import NESTS

HEAD = "archspec: 1\nname: example\ninputs: {image: [3, 16, 16]}\n"
CONV = "{op: conv, out_channels: 8, kernel_size: 3}"


def found(text: str) -> list[tuple[str, int, str]]:
    """Return the code, the line and the message of each error."""
    problems = compile_text(SourceFile("spec.yaml", text), Choice()).problems
    return [(p.code, p.span.line if p.span else 0, p.message()) for p in problems if p.severity == "error"]


def mended(text: str) -> str:
    return mend(compile_text(SourceFile("spec.yaml", text), Choice()), Choice()).sources["spec.yaml"].text


def after_head(lines: str) -> str:
    return HEAD + textwrap.dedent(lines).strip("\n") + "\n"


MOVED = [
    (
        "graph:\n  b:\n    op: conv\n    out_channels: 8\n  kernel_size: 3\n  d: relu",
        8,
        "'kernel_size' stands in the graph, but belongs to node 'b'",
    ),
    (
        "graph:\n  b:\n  op: conv\n  out_channels: 8\n  kernel_size: 3",
        6,
        "'op' stands in the graph, but belongs to node 'b'",
    ),
    (
        "graph:\n  a: relu\n  b:\n    op: sigmoid\n  from: image\n  c: relu",
        8,
        "'from' stands in the graph, but belongs to node 'b'",
    ),
    (
        f"graph:\n  b:\n    op: sigmoid\n    c: {CONV}\n  d: {{op: conv, from: c, out_channels: 4, kernel_size: 1}}",
        7,
        "'c' stands in node 'b', but belongs to the graph",
    ),
    (f"graph:\nconv: {CONV}\nrelu: relu", 5, "'conv' stands in the spec, but belongs to 'graph'"),
    (f"graph:\n  a: relu\nconv: {CONV}\nrelu: relu", 6, "'conv' stands in the spec, but belongs to 'graph'"),
    (
        "blocks:\nunit:\n  graph:\n    relu: relu\ngraph:\n  u: unit",
        5,
        "'unit' stands in the spec, but belongs to 'blocks'",
    ),
    (
        f"blocks:\n  unit:\n    params: {{c: int}}\n  graph:\n    a: {CONV}\ngraph:\n  u: {{op: unit, c: 3}}",
        7,
        "'graph' stands in 'blocks', but belongs to block 'unit'",
    ),
    (
        "blocks:\n  unit:\n    graph:\n      relu: relu\n  graph:\n    u: unit",
        8,
        "'graph' stands in 'blocks', but belongs to the spec",
    ),
    ("graph:\n  relu: relu\n  outputs: {a: relu}", 6, "'outputs' stands in the graph, but belongs to the spec"),
    (
        "blocks:\n  unit:\n    graph:\n      relu: relu\n      outputs: {a: relu}\ngraph:\n  u: unit",
        8,
        "'outputs' stands in the graph, but belongs to block 'unit'",
    ),
]


@pytest.mark.parametrize(("lines", "line", "message"), MOVED)
def test_lines_at_another_level(lines: str, line: int, message: str) -> None:
    text = after_head(lines)
    assert found(text) == [("AS116", line, message)]
    assert found(mended(text)) == []


def test_a_spec_within_a_key() -> None:
    text = "archspec: 1\nmodel:\n  name: example\n  inputs: {image: [3, 8, 8]}\n  graph:\n    relu: relu\n"
    assert found(text) == [("AS116", 3, "'name' stands in 'model', but belongs to the spec")]
    assert mended(text).splitlines()[1:] == [
        "name: example",
        "inputs: {image: [3, 8, 8]}",
        "graph:",
        "  relu: relu",
    ]


FORMS = [
    (f"graph:\n  - conv1: {CONV}\n  - relu1: relu", "AS103", 5),
    ("graph:\n  - a:\n      op: sigmoid\n  - b: {op: add, from: [image, a]}", "AS103", 5),
    ("blocks:\n  - unit: {graph: {relu: relu}}\ngraph: {u: unit}", "AS103", 5),
    ("blocks:\n  - name: unit\n    graph: {relu: relu}\ngraph: {u: unit}", "AS103", 5),
    ("params:\n  - width: 8\ngraph: {c: {op: conv, out_channels: width, kernel_size: 3}}", "AS103", 5),
    ("params:\n  width = 8\ngraph: {c: {op: conv, out_channels: width, kernel_size: 3}}", "AS103", 5),
    ("graph: {r: relu}\noutputs:\n  - logits: r", "AS103", 6),
    ("graph:\n  a: relu\n  b: {op: add, from: image, a}", "AS103", 6),
    ("graph:\n  a: relu\n  b:\n    op: add\n    from: image, a", "AS103", 8),
    ("graph:\n  a: relu\n  b: {op: add, from: image + a}", "AS103", 6),
    ("graph:\n  a: {op: conv, out_channels: 8, kernel_size: 3, 3}", "AS103", 5),
    ("graph:\n  a: {op: conv, out_channels: 8, kernel_size 3}", "AS103", 5),
    ("graph:\n  a: {op: dropout, p: 0,5}", "AS103", 5),
    ("graph:\n  a: relu\n  b {op: sigmoid}\n  c: {op: add, from: [a, b]}", "AS017", 6),
    ("graph:\n  0: relu\n  a: {op: relu, from: image}\n  b: {op: add, from: 0, a}", "AS103", 7),
    ("graph:\n  a: {op: [relu]}", "AS103", 5),
    ("graph:\n  a: {op: conv, params: {out_channels: 8, kernel_size: 3}}", "AS101", 5),
    ("graph:\n  a:\n    op: conv\n    attrs:\n      out_channels: 8\n      kernel_size: 3", "AS101", 7),
    ("graph:\n  - conv: {out_channels: 8, kernel_size: 3}\n  - relu", "AS101", 5),
    ("graph:\n  a:\n    conv: {out_channels: 8, kernel_size: 3}", "AS101", 6),
    ("graph:\n  a:\n    conv:\n      out_channels: 8\n      kernel_size: 3", "AS101", 6),
    (f"graph:\n  stem:\n    conv: {CONV}\n    relu: relu\n  b: relu", "AS102", 5),
]


@pytest.mark.parametrize(("lines", "code", "line"), FORMS)
def test_values_in_another_form(lines: str, code: str, line: int) -> None:
    text = after_head(lines)
    assert [(each[0], each[1]) for each in found(text)] == [(code, line)]
    assert found(mended(text)) == []


def test_a_shape_for_inputs() -> None:
    text = HEAD.replace("{image: [3, 16, 16]}", "[3, 16, 16]") + "graph: [relu]\n"
    assert found(text) == [("AS103", 3, "inputs must be a mapping of names to shapes, not a list")]
    assert "inputs: {image: [3, 16, 16]}" in mended(text)


@pytest.mark.parametrize(
    "lines",
    [
        "params: [width]\ngraph: {c: {op: conv, out_channels: width, kernel_size: 3}}",
        "blocks: {u: {params: [c], graph: [{op: conv, out_channels: c, kernel_size: 1}]}}\ngraph: [{op: u, c: 8}]",
        "graph: {a: {op: conv, args: [8, 3]}}",
    ],
)
def test_uses_of_what_cannot_be_read_are_no_further_errors(lines: str) -> None:
    assert len(found(after_head(lines))) == 1


def test_no_op_has_a_parameter_that_is_taken_for_a_mistake() -> None:
    names = {name for op in OPS for name in op.model_fields}
    assert not {folded(name) for name in names} & NESTS
    assert not names & NO_PARAMETER.keys() - {"activation"}
    assert hint_for_parameter("args", ("p",)) is not None


@pytest.mark.parametrize("lines", ["graph:\n  a:\n    {}\n  from: image\n", "graph:\n  {}\nconv: {op: relu}\n"])
def test_empty_mappings_on_lines_of_their_own(lines: str) -> None:
    assert found(HEAD + lines)


def test_a_block_that_hides_the_op_in_it() -> None:
    problems = compile_text(
        SourceFile("spec.yaml", after_head("blocks: {relu: {graph: [relu]}}\ngraph: [relu]")), Choice()
    ).problems
    assert [p.help() for p in problems] == [
        "a block hides an op of its name: if that is meant, call the block something else"
    ]


def test_rows_of_numbers_and_names_are_one_error_in_each_list() -> None:
    rows = "[-1, 1, Conv, [64, 3, 2]]", "[[-1, 6], 1, Concat, [1]]", "{op: cnv}", "[-1, 1, Detect, [80]]"
    graph = "".join(f"  - {row}\n" for row in rows)
    problems = found(f"{HEAD}graph:\n{graph}")
    assert [(code, line) for code, line, _ in problems] == [("AS103", 5), ("AS301", 7)]


@pytest.mark.parametrize("written", ["[half]", "half"])
def test_names_in_a_let_that_is_no_mapping_are_no_further_mistakes(written: str) -> None:
    graph = "graph:\n  a: {op: conv, out_channels: half, kernel_size: 3}\n"
    assert [(code, line) for code, line, _ in found(f"{HEAD}let: {written}\n{graph}")] == [("AS103", 4)]
    in_block = f"blocks:\n  unit:\n    let: {written}\n    {graph.replace(chr(10), chr(10) + '    ')}\ngraph: [unit]\n"
    assert [(code, line) for code, line, _ in found(HEAD + in_block)] == [("AS103", 6)]
