from __future__ import annotations

from tests.compiling import spec
from tests.passes.lints.linting import found_in, lints, of

SLUG = "unused-node"
PAIR = """
    blocks:
      pair:
        graph:
          fine: {op: conv, out_channels: 3, kernel_size: 1}
          coarse: {op: max_pool, kernel_size: 2}
        outputs: [fine, coarse]
    """


def test_the_last_node_of_a_branch_that_nothing_reads() -> None:
    graph = """
        stem: {op: conv, out_channels: 3, kernel_size: 1}
        branch: {op: conv, out_channels: 4, kernel_size: 1}
        relu: relu
        out: {op: conv, from: stem, out_channels: 4, kernel_size: 1}
    """
    assert of(SLUG, graph) == [(3, "relu")]
    (problem,) = found_in(spec(graph))
    assert problem.message().endswith("so that branch is in vain too")


def test_a_whole_group_is_one_finding() -> None:
    graph = """
        branch:
          - {op: conv, out_channels: 4, kernel_size: 1}
          - relu
        out: {op: conv, from: input, out_channels: 4, kernel_size: 1}
    """
    assert of(SLUG, graph) == [(1, "branch")]


def test_a_use_of_a_block_is_reported_where_it_is_used() -> None:
    graph = """
        pair: pair
        other: {op: pair, from: input}
        out: {op: relu, from: pair.fine}
        last: {op: relu, from: pair.coarse}
    """
    assert of(SLUG, graph, head=PAIR) == [(2, "other"), (3, "out")]


def test_what_one_use_of_a_block_needs_may_be_idle_in_another() -> None:
    graph = """
        one: pair
        two: {op: pair, from: input}
        fine: {op: relu, from: one.fine}
        pool: {op: max_pool, kernel_size: 2}
        add: {op: add, from: [pool, two.coarse]}
    """
    assert of(SLUG, graph, head=PAIR) == []


def test_what_no_use_of_a_block_needs() -> None:
    graph = """
        one: pair
        two: {op: pair, from: one.fine}
        out: {op: relu, from: two.fine}
    """
    assert of(SLUG, graph, head=PAIR) == [(-2, "one.coarse")]


def test_results_of_the_network_are_needed_in_training_too() -> None:
    text = """
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          one: {op: conv, out_channels: 4, kernel_size: 1}
          two: {op: conv, out_channels: 4, kernel_size: 1}
          three: {op: conv, from: one, out_channels: 4, kernel_size: 1}
        outputs: {a: three, b: {from: two, when: training}}
    """
    assert lints(text) == []


def test_one_of_several_results_is_enough() -> None:
    assert of(SLUG, "parts: {op: split, split_size: 1}\nout: {op: relu, from: parts.1}") == []


def test_a_node_that_only_another_variant_reads_is_idle_in_this_one() -> None:
    graph = """
        conv: {op: conv, out_channels: 3, kernel_size: 1}
        side: {op: conv, out_channels: 3, kernel_size: 1}
        add: {op: add, from: [conv, side], when: joined, else: conv}
    """
    assert of(SLUG, graph, head="params: {joined: true}") == []
    assert of(SLUG, graph, head="params: {joined: false}") == [(2, "side")]
