from __future__ import annotations

import pytest

from tests.passes.lints.linting import found_in, lints, of

SLUG = "bias-before-norm"
UNIT = """
archspec: 1
name: example
inputs: {x: [3, 64, 64]}
blocks:
  unit:
    params: {biased: true}
    graph:
      conv: {op: conv, out_channels: 8, kernel_size: 3, padding: 1, bias: biased}
      norm: batch_norm
      relu: relu
graph:
  stem: {op: conv, out_channels: 8, kernel_size: 1}
  body: {op: unit, repeat: 30}
"""


@pytest.mark.parametrize(
    "layer", ["op: conv, kernel_size: 3, out_channels: 4", "op: conv_transpose, kernel_size: 3, out_channels: 4"]
)
@pytest.mark.parametrize("norm", ["batch_norm", "instance_norm"])
def test_a_layer_with_a_bias(layer: str, norm: str) -> None:
    assert of(SLUG, f"a: {{{layer}}}\nb: {norm}") == [(1, "a")]
    assert of(SLUG, f"a: {{{layer}, bias: false}}\nb: {norm}") == []


def test_a_block_that_is_used_often_is_reported_once_with_its_place() -> None:
    (problem,) = found_in(UNIT)
    assert (problem.slug, problem.span.line if problem.span else 0, problem.node) == (SLUG, 8, "body.0.conv")
    assert [note.message for note in problem.notes] == [
        "in block unit, used by body.0",
        "the same in 29 other copies: body.1.conv, body.2.conv, body.3.conv, ...",
    ]
    assert lints(UNIT.replace("body: {op: unit,", "body: {op: unit, biased: false,")) == []


def test_what_else_reads_the_layer_sees_the_bias() -> None:
    graph = """
        conv: {op: conv, out_channels: 3, kernel_size: 1}
        norm: batch_norm
        add: {op: add, from: [conv, norm]}
    """
    assert of(SLUG, graph) == []


def test_a_result_of_the_network_shows_the_bias() -> None:
    text = """
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 3, kernel_size: 1}
          norm: batch_norm
        outputs: [conv, norm]
    """
    assert lints(text) == []


@pytest.mark.parametrize(
    ("between", "takes_it_away"),
    [
        ("identity", True),
        ("{op: max_pool, kernel_size: 2}", True),
        ("{op: avg_pool, kernel_size: 2}", True),
        ("{op: avg_pool, kernel_size: 3, stride: 1, padding: 1}", False),
        ("{op: avg_pool, kernel_size: 3, stride: 1, padding: 1, count_include_pad: false}", True),
        ("{op: concat, from: [conv, input]}", True),
        ("{op: add, from: [input, conv]}", True),
        ("{op: concat, from: [conv, input], axis: 1}", False),
        ("relu", False),
        ("{op: dropout, p: 0.5}", False),
        ("{op: pad, padding: 1}", False),
        ("{op: group_norm, num_groups: 1}", False),
    ],
)
def test_what_stands_between(between: str, *, takes_it_away: bool) -> None:
    graph = f"conv: {{op: conv, out_channels: 3, kernel_size: 1}}\nbetween: {between}\nnorm: batch_norm"
    assert of(SLUG, graph) == ([(1, "conv")] if takes_it_away else [])


def test_linear_on_vectors_has_a_bias_per_channel_and_on_rows_one_per_column() -> None:
    graph = "fc: {op: linear, out_features: 4}\nnorm: batch_norm"
    assert of(SLUG, graph, inputs="{x: [8]}") == [(1, "fc")]
    assert of(SLUG, graph, inputs="{x: [5, 8]}") == []


@pytest.mark.parametrize(("last", "expected"), [("norm2: batch_norm", [(1, "conv")]), ("relu2: relu", [])])
def test_a_tied_bias_counts_wherever_it_is_used(last: str, expected: list[tuple[int, str]]) -> None:
    graph = f"""
        conv: {{op: conv, out_channels: 3, kernel_size: 1}}
        norm: batch_norm
        again: {{share: conv}}
        {last}
    """
    assert of(SLUG, graph) == expected
