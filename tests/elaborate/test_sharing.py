"""share: the module of another node, used again."""

from __future__ import annotations

import pytest

from tests.compiling import compiled, flat, problems, spec

# What the group consists of depends on the size of its input.
DEPENDENT = """
a: [{op: conv, out_channels: 4, kernel_size: 3}, {op: conv, out_channels: 4, kernel_size: 1, when: input.height > 8}]
b: {op: conv, from: input, out_channels: 3, kernel_size: 1, padding: 1}
c: {share: a}
"""
CONV = "{op: conv, out_channels: 3, kernel_size: 3, padding: 1}"


def parameters(text: str) -> int:
    graph, _, found = compiled(text)
    assert graph is not None
    assert not found
    return sum(len(node.parameters()) for node in graph.nodes.values())


def test_its_tensors_are_those_of_the_first() -> None:
    text = spec(f"a: {CONV}\nb: {{share: a}}\nc: {{share: b}}")
    assert "c = conv(b, out_channels=3, kernel_size=3, padding=1) with the tensors of a: 3x8x8" in flat(text)
    assert parameters(text) == 2


def test_a_block_is_used_with_the_names_that_it_saw() -> None:
    head = "blocks: {unit: {params: {n: 3}, graph: [{op: conv, out_channels: n, kernel_size: 1}, relu]}}"
    text = spec(
        "a: {op: unit, n: input.channels}\nb: {op: conv, out_channels: 3, kernel_size: 1}\nc: {share: a}", head=head
    )
    assert "c.0 = conv(b, out_channels=3, kernel_size=1) with the tensors of a.0" in flat(text)
    assert parameters(text) == 4


def test_a_shared_node_can_be_left_out() -> None:
    text = spec(f"a: {CONV}\nb: {{share: a, when: input.channels > 3}}\nc: relu")
    assert "c = relu(a)" in flat(text)


def test_in_a_list() -> None:
    assert "2 = conv(1, out_channels=3, kernel_size=3, padding=1) with the tensors of 0" in flat(
        spec(f"- {CONV}\n- relu\n- {{share: 0}}")
    )


@pytest.mark.parametrize(
    ("graph", "code"),
    [
        ("a: {op: conv, out_channels: 4, kernel_size: 3}\nb: {share: a}", "AS408"),
        ("a: {op: relu, when: false}\nb: {share: a}", "AS408"),
        ("a: {op: relu, repeat: 2}\nb: {share: a}", "AS408"),
        (f"a: {CONV}\nb: {{share: aa}}", "AS401"),
        (f"b: {{share: a}}\na: {CONV}", "AS402"),
        (f"a: {CONV}\nb: {{share: a, repeat: 2}}", "AS101"),
        (f"a: {CONV}\nb: {{share: a, kernel_size: 3}}", "AS101"),
        ("a: {op: conv, out_channels: 4}\nb: {share: a, from: input}", "AS303"),
        (DEPENDENT, "AS408"),
    ],
)
def test_what_is_wrong_is_said_once(graph: str, code: str) -> None:
    assert [problem.code for problem in problems(spec(graph))] == [code]
