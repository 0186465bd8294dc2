from __future__ import annotations

import pytest

from tests.passes.lints.linting import found_in, of

SLUG = "unused-input"
TWO = "{image: [3, 8, 8], mask: [3, 8, 8]}"


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ("relu: relu", ["mask"]),
        ("relu: {op: relu, from: mask}", ["image"]),
        ("add: {op: add, from: [image, mask]}", []),
        ("conv: {op: conv, out_channels: mask.channels, kernel_size: 1}", []),
        ("relu: relu\nadd: {op: add, from: [relu, mask], when: image.height > 100, else: relu}", []),
        ("relu: relu\nparts: {from: [relu, mask], inputs: [a, b], graph: {add: {op: add, from: [a, b]}}}", []),
        ("scale: {op: parameter, shape: [3, 1, 1]}\nmul: {op: mul, from: [scale, mask]}", ["image"]),
    ],
)
def test_inputs_of_the_network(graph: str, expected: list[str]) -> None:
    text = "archspec: 1\nname: example\ninputs: " + TWO + "\ngraph:\n  " + graph.replace("\n", "\n  ")
    names = [vars(problem)["name"] for problem in found_in(text) if problem.slug == SLUG]
    assert names == expected


def test_the_one_input_of_a_network_is_called_input_too() -> None:
    assert of(SLUG, "relu: {op: relu, from: input}") == []
    assert of(SLUG, "relu: {op: relu, from: x}") == []
    graph = "scale: {op: parameter, shape: [3, 8, 8]}\nrelu: {op: mul, from: [scale, input]}"
    assert of(SLUG, graph) == []


def test_inputs_of_blocks_and_groups() -> None:
    head = """
    blocks:
      gated: {inputs: [value, gate], graph: {relu: relu}}
    """
    graph = """
        gated: {op: gated, from: [input, input]}
        group: {from: [gated, input], inputs: [a, b], graph: {relu: {op: relu, from: b}}}
    """
    assert of(SLUG, graph, head=head) == [(-1, None), (2, None)]
