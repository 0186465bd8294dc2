"""Densely connected copies: each reads the input and all results before it."""

from __future__ import annotations

import pytest

from tests.compiling import flat, problems, spec

GRAPH = "block: {op: conv, out_channels: 4, kernel_size: 1, connect: dense, repeat: 3}"


def test_each_copy_reads_all_before_and_all_are_the_result() -> None:
    assert flat(spec(GRAPH)).splitlines()[2:] == [
        "block.0 = conv(x, out_channels=4, kernel_size=1): 4x8x8",
        "block.concat1 = concat(x, block.0): 7x8x8",
        "block.1 = conv(block.concat1, out_channels=4, kernel_size=1): 4x8x8",
        "block.concat2 = concat(x, block.0, block.1): 11x8x8",
        "block.2 = conv(block.concat2, out_channels=4, kernel_size=1): 4x8x8",
        "block.concat = concat(x, block.0, block.1, block.2): 15x8x8",
        "output block = block.concat",
    ]


def test_a_single_copy_is_joined_with_the_input_and_no_copy_passes_it_on() -> None:
    assert "block.concat = concat(x, block.0): 7x8x8" in flat(spec(GRAPH.replace("3}", "1}")))
    assert "relu = relu(x): 3x8x8" in flat(spec(GRAPH.replace("3}", "0}") + "\nrelu: relu"))


def test_a_copy_that_is_left_out_adds_nothing() -> None:
    text = flat(spec(GRAPH.replace("repeat", "when: i != 1, repeat")))
    assert "block.concat = concat(x, block.0, block.1): 11x8x8" in text


def test_in_a_list_the_copies_together_take_one_number() -> None:
    text = flat(spec(f"body:\n  - {GRAPH.partition(': ')[2]}\n  - relu"))
    assert "body.0.concat = concat(x, body.0.0, body.0.1, body.0.2): 15x8x8" in text
    assert "body.1 = relu(body.0.concat)" in text


def test_expressions_see_what_comes_out() -> None:
    text = flat(spec(GRAPH + "\nthird: {op: conv, out_channels: block.channels // 3, kernel_size: 1}"))
    assert "third = conv(block.concat, out_channels=5, kernel_size=1)" in text


@pytest.mark.parametrize(
    ("graph", "code"),
    [
        (GRAPH.replace("dense", "dens"), "AS103"),
        (GRAPH.replace(", repeat: 3", ""), "AS102"),
        (GRAPH.replace("repeat: 3", "repeat: [2, 3]"), "AS307"),
        (GRAPH.replace("kernel_size: 1", "kernel_size: 3"), "AS204"),
        (GRAPH.replace("repeat: 3", 'repeat: {count: 2, name: "concat{i}"}'), "AS406"),
    ],
)
def test_what_is_wrong_is_said_once(graph: str, code: str) -> None:
    assert [problem.code for problem in problems(spec(graph))] == [code]
