from __future__ import annotations

import pytest

from tests.passes.lints.linting import lints, of

SLUG = "softmax-before-loss"
TEXT = """
archspec: 1
name: example
inputs: {x: [3, 8, 8]}
graph:
  pool: global_avg_pool
  flatten: flatten
  fc: {op: linear, out_features: 10}
  aux: {op: linear, from: flatten, out_features: 10}
  aux_softmax: softmax
outputs: {logits: fc, aux: {from: aux_softmax, when: training}}
"""


@pytest.mark.parametrize("end", ["{op: softmax}", "{op: softmin}"])
def test_a_softmax_at_the_end(end: str) -> None:
    assert of(SLUG, f"conv: {{op: conv, out_channels: 4, kernel_size: 8}}\nend: {end}\nflatten: flatten") == [
        (2, "end")
    ]


@pytest.mark.parametrize("end", ["log_softmax", "sigmoid", "relu"])
def test_what_is_no_softmax(end: str) -> None:
    assert of(SLUG, f"conv: {{op: conv, out_channels: 4, kernel_size: 8}}\nend: {end}") == []


def test_a_softmax_within_the_network() -> None:
    graph = """
        weights: {op: conv, out_channels: 3, kernel_size: 1}
        softmax: softmax
        mul: {op: mul, from: [input, softmax]}
    """
    assert of(SLUG, graph) == []


def test_a_network_that_says_that_it_gives_probabilities() -> None:
    assert of(SLUG, "end: softmax", head="preprocess: {probabilities: true}") == []
    assert of(SLUG, "end: softmax", head="preprocess: {probabilities: false}") == [(1, "end")]


def test_an_auxiliary_head() -> None:
    assert lints(TEXT) == [(SLUG, 9, "aux_softmax")]
