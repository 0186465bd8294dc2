"""The resolved spec: nothing left to resolve, and the same flat graph when it is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from archspec import api
from archspec.elaborate.printer import print_spec
from archspec.ir.text import graph_text
from archspec.source.span import SourceFile
from archspec.source.tree import Mapping, Scalar, Sequence
from archspec.source.yaml import parse
from archspec.spec.files import zoo_root
from tests.compiling import compiled, flat, spec
from tests.elaborate.generated import specs

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.source.tree import Tree

ZOO = sorted(path for path in zoo_root().rglob("*.yaml") if path.parent.name != "blocks")


def expanded(text: str) -> str:
    graph, template, found = compiled(text)
    assert not found
    assert graph is not None
    assert template is not None
    return print_spec(graph, template)


def assert_same_when_read_again(text: str) -> None:
    printed = expanded(text)
    assert flat(printed) == flat(text)
    assert expanded(printed) == printed
    assert_resolved(parse(SourceFile("printed.yaml", printed)))


OF_A_SPEC = {"params", "blocks", "variants", "variant", "extends", "let", "import"}
OF_A_NODE = {"repeat", "when", "else", "connect"}


def assert_resolved(tree: Tree) -> None:
    if isinstance(tree, Mapping):
        names = {entry.key.text for entry in tree.entries}
        # A graph is a mapping too, and its nodes may be called like a key.
        assert not ("archspec" in names and names & OF_A_SPEC)
        assert not (names & {"op", "share"} and names & OF_A_NODE)
    inner: tuple[Tree, ...] = ()
    if isinstance(tree, Mapping):
        inner = tuple(entry.value for entry in tree.entries if entry.key.text != "outputs")
    for part in tree.items if isinstance(tree, Sequence) else inner:
        assert_resolved(part)
    assert not (isinstance(tree, Scalar) and tree.text.startswith("$"))


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo_is_the_same_when_read_again(path: Path) -> None:
    arch = api.load(path)
    printed = arch.expand()
    again, _, found = compiled(printed)
    assert not found
    assert again is not None
    assert graph_text(again) == graph_text(arch.graph)
    assert_resolved(parse(SourceFile("printed.yaml", printed)))


@given(specs())
@settings(max_examples=150, deadline=None)
def test_any_spec_is_the_same_when_read_again(text: str) -> None:
    assert_same_when_read_again(text)


def test_how_it_looks() -> None:
    text = spec(
        """
        stem: {op: conv, out_channels: width, kernel_size: [3, 3], stride: 1, padding: same, bias: false}
        act: relu
        body: {op: unit, repeat: 2}
        s: {op: split, split_size: 2}
        gate: {op: gate, from: [s.1, s.0]}
        tail: [global_avg_pool, flatten, {op: dropout, p: 0.25}]
        """,
        head="""
        description: "It: has # all"
        params: {width: 4}
        preprocess: {mean: 1e-3, labels: ["no", "b c"]}
        blocks:
          unit: {graph: {a: tanh, add: {op: add, from: [a, input]}}}
          gate:
            inputs: [value, gate]
            graph: {s: {op: sigmoid, from: gate}, m: {op: mul, from: [value, s]}}
        outputs: {logits: tail, aux: {from: s.0, when: training}}
        """,
    )
    assert expanded(text) == (
        "archspec: 1\n"
        "name: example\n"
        'description: "It: has # all"\n'
        "inputs: {x: [3, 8, 8]}\n"
        'preprocess: {mean: 0.001, labels: [no, "b c"]}\n'
        "graph:\n"
        "  stem: {op: conv, out_channels: 4, kernel_size: [3, 3], padding: same, bias: false}\n"
        "  act: relu\n"
        "  body:\n"
        "    - graph:\n"
        "        a: tanh\n"
        "        add: {op: add, from: [a, input]}\n"
        "    - graph:\n"
        "        a: tanh\n"
        "        add: {op: add, from: [a, input]}\n"
        "  s: {op: split, split_size: 2}\n"
        "  gate:\n"
        "    from: [s.0, s.1]\n"
        "    inputs: [x0, x1]\n"
        "    graph:\n"
        "      s: sigmoid\n"
        "      m: {op: mul, from: [x1, s]}\n"
        "  tail:\n"
        "    - global_avg_pool\n"
        "    - flatten\n"
        "    - {op: dropout, p: 0.25}\n"
        "outputs:\n"
        "  logits: tail\n"
        "  aux: {from: s.0, when: training}\n"
    )
    assert_same_when_read_again(text)


@pytest.mark.parametrize(
    "graph",
    [
        # Several results of one group are used outside; a value passes several levels.
        """
        g:
          graph:
            a: relu
            b: {graph: {c: tanh, d: relu}, outputs: {c: c, d: d}}
            e: {op: relu, from: b.d}
          outputs: [b.c, e]
        h: {op: add, from: [g.b.c, g.e]}
        """,
        "a: relu\ng: {from: [a, input], inputs: [p, q], graph: [{op: add, from: [p, q]}, {op: add, from: [0, q]}]}",
        "g: {graph: {a: relu, b: tanh}, outputs: a}\nh: relu",
        "g: {graph: {a: relu, s: {op: split, split_size: 1}}}\nh: {op: add, from: [g.0, g.2]}",
        "g: {graph: {a: relu, s: {op: split, split_size: 1}}, outputs: s.1}\nh: relu",
        "a: relu\nb: {op: tanh, repeat: {count: 2, name: 'u{i}'}}\nc: {op: add, from: [b, a], repeat: 2}",
        "- relu\n- {graph: [tanh, {op: add, from: [input, 1]}], repeat: 2}\n- {op: add, from: [0, 2], repeat: 2}",
        "a: relu\nb: {graph: {input_: relu}, when: false}\nc: {op: add, from: [a, b]}",
        "a: {op: relu, repeat: {count: 2, name: '{i + 1}'}}",
        "dead: relu\ng: {from: input, graph: {x1: relu, x2: {op: tanh, from: input}}}",
        "class_: relu\nx_: tanh\ng: {from: [x_, input], inputs: [input, a], graph: {x: {op: add, from: [input, a]}}}",
    ],
)
def test_corners(graph: str) -> None:
    assert_same_when_read_again(spec(graph))


@pytest.mark.parametrize(
    "head", ["outputs: input", "outputs: {a: x, r: r}", "outputs: {r: r}", "outputs: {q: r}", "description: 3"]
)
def test_outputs_are_kept(head: str) -> None:
    if head == "description: 3":
        head = "description: '3'"
    assert_same_when_read_again(spec("r: relu\nt: tanh", head=head))


def test_the_deepest_spec_can_be_read_again() -> None:
    levels = 29
    lines = [f"  b{level}: {{graph: {{g: b{level + 1}}}}}" for level in range(levels)]
    head = "\n".join(["blocks:", *lines, f"  b{levels}: {{graph: {{r: relu, a: {{op: add, from: [r, input]}}}}}}"])
    assert_same_when_read_again(spec("first: relu\na: {op: b0, from: input}", head=head))


def test_the_fingerprint_is_that_of_the_resolved_spec(tmp_path: Path) -> None:
    with_blocks = spec("u: unit", head="blocks: {unit: {graph: [relu, tanh]}}")
    by_hand = spec("u: [relu, tanh]")
    prints = []
    for name, text in (("a.yaml", with_blocks), ("b.yaml", by_hand)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        prints.append(api.load(tmp_path / name).fingerprint)
    assert prints[0] == prints[1]
