"""After a mistake the check goes on with a guess; what depends on the guess is not said, what does not is."""

from __future__ import annotations

import pytest

from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.ir.graph import Node, Scope
from archspec.source.span import SourceFile

HEAD = "archspec: 1\nname: net\ninputs: {image: [3, 32, 32]}\n"


def found(text: str) -> list[tuple[str, str | None]]:
    """Return codes and nodes of the problems of a spec."""
    compiled = compile_text(SourceFile("net.yaml", HEAD + text), Choice())
    return [(problem.code, problem.node) for problem in compiled.problems]


BORDER_LOST = """
  lost: {op: conv, from: image, out_channels: 3, kernel_size: 3}
  add: {op: add, from: [lost, image]}
"""


@pytest.mark.parametrize(
    ("behind", "also"),
    [
        # Two branches of what comes out of the addition: they differ whatever it is.
        ("  b: {op: conv, from: add, out_channels: 8, kernel_size: 3}\n  join: {op: concat, from: [add, b]}\n", "join"),
        ("  b: {op: max_pool, from: add, kernel_size: 2}\n  sum: {op: add, from: [add, b]}\n", "sum"),
        # The inputs agree in their channels, so that those are known.
        ("  b: {op: conv, from: add, out_channels: 8, kernel_size: 1, groups: 2}\n", "b"),
        ("  b: {op: conv, from: add, out_channels: 8, kernel_size: 1}\n  c: {op: add, from: [b, add]}\n", "c"),
        # How many axes it has is known too.
        ("  b: {op: conv, from: add, out_channels: 8, kernel_size: [1, 1, 1]}\n", "b"),
        # Neither is the size of what comes from elsewhere a guess.
        ("  b: {op: conv, from: image, out_channels: 8, kernel_size: 64}\n", "b"),
    ],
)
def test_what_is_wrong_whatever_was_guessed_is_said(behind: str, also: str) -> None:
    problems = found(f"graph:{BORDER_LOST}{behind}")
    assert [node for _, node in problems] == ["add", also]


@pytest.mark.parametrize(
    "behind",
    [
        # 30, or 32, or something else: it may fit what comes from elsewhere.
        "  small: {op: conv, from: image, out_channels: 3, kernel_size: 5}\n  sum: {op: add, from: [add, small]}\n",
        "  up: {op: upsample, from: add, scale_factor: 2}\n  sum: {op: mul, from: [up, image]}\n",
        "  large: {op: conv, from: add, out_channels: 8, kernel_size: 50}\n",
        "  flat: {op: flatten, from: add}\n  map: {op: reshape, shape: [3, 20, 20]}\n",
        "  parts: {op: split, from: add, split_size: [1, 1], axis: 1}\n  last: {op: relu, from: parts.1}\n",
        "  fc: {op: conv, from: add, out_channels: add.height, kernel_size: 1}\n  sum: {op: add, from: [fc, image]}\n",
        "  b: {op: conv, from: add, out_channels: 8, kernel_size: 3, when: add.height > 40}\n  c: {op: relu}\n",
    ],
)
def test_what_depends_on_a_guess_is_not_said(behind: str) -> None:
    assert found(f"graph:{BORDER_LOST}{behind}") == [("AS205", "add")]


def test_the_figures_of_what_rests_on_a_guess_say_so() -> None:
    behind = "  b: {op: conv, out_channels: 3, kernel_size: 3}\n  sum: {op: add, from: [b, add]}\n"
    text = f"{HEAD}graph:{BORDER_LOST}{behind}"
    first, second = compile_text(SourceFile("net.yaml", text), Choice()).problems
    assert not first.on_guess
    assert second.on_guess
    assert second.message() == "cannot add: b is 3x30x30, add is 3x32x32"
    assert "add is taken to give 3x32x32" in [note.message for note in second.notes]


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ("first: {op: convv, out_channels: 8, kernel_size: 3}", "AS301"),
        ("first: {op: conv, out_chanels: 8, kernel_size: 3}", "AS302"),
        ("first: {op: conv, out_channels: eight, kernel_size: 3}", "AS127"),
        ("first: {op: conv, out_channels: -8, kernel_size: 3}", "AS304"),
        ("first: {op: conv, kernel_size: 3}", "AS303"),
        ("first: {op: conv, from: imagee, out_channels: 8, kernel_size: 3}", "AS401"),
        ("first: {op: conv, out_channels: 8, kernel_size: 40}", "AS202"),
        ("first: {op: conv, out_channels: 8, kernel_size: 3, groups: 3}", "AS203"),
        ("first: {op: blck, channels: 8}", "AS301"),
        ("first: {op: block, chanels: 8}", "AS302"),
    ],
)
def test_after_each_kind_of_mistake_the_check_goes_on(mistake: str, code: str) -> None:
    block = "blocks:\n  block: {params: {channels: int}, graph: [{op: conv, out_channels: channels, kernel_size: 3}]}\n"
    behind = "  b: {op: conv, out_channels: 4, kernel_size: 3}\n  sum: {op: add, from: [b, first]}\n"
    problems = found(f"{block}graph:\n  {mistake}\n{behind}")
    assert [problem_code for problem_code, _ in problems] == [code, "AS205"]


def test_copies_of_a_block_are_blamed_once() -> None:
    text = """
blocks:
  residual:
    graph:
      conv: {op: conv, out_channels: 8, kernel_size: 3}
      add: {op: add, from: [conv, input]}
graph:
  stem: {op: conv, out_channels: 8, kernel_size: 1}
  deep: {op: residual, repeat: 4}
  other: {op: conv, out_channels: 8, kernel_size: 3}
  sum: {op: add, from: [other, deep]}
"""
    assert found(text) == [("AS205", "deep.0.add"), ("AS205", "sum")]


def test_numbers_of_a_list_go_on_behind_a_node_that_failed() -> None:
    text = """
graph:
  - {op: conv, out_channels: 8, kernel_size: 40}
  - relu
  - {op: conv, out_channels: 8, kernel_size: 3}
  - {op: add, from: [1, 2]}
"""
    assert found(text) == [("AS202", "0"), ("AS205", "3")]


def test_guesses_are_no_part_of_the_network() -> None:
    block = "blocks:\n  two: {graph: {a: relu, b: relu}}\n"
    text = f"{HEAD}{block}graph:{BORDER_LOST}  relu: relu\n  two: two\n  good: {{op: relu, from: lost}}\n"
    compiled = compile_text(SourceFile("net.yaml", text), Choice())
    graph = compiled.graph
    assert graph is not None
    assert list(graph.nodes) == ["lost", "good"]
    items = {child.template.name: child.item for child in graph.root.children}
    assert isinstance(items["lost"], Node)
    assert (items["add"], items["relu"], items["two"]) == (None, None, None)
    assert all(not isinstance(item, Scope) for item in items.values())


def test_nothing_but_the_last_node_fails_and_there_are_no_outputs() -> None:
    compiled = compile_text(SourceFile("net.yaml", f"{HEAD}graph:{BORDER_LOST}"), Choice())
    assert compiled.graph is not None
    assert compiled.graph.outputs == ()


def test_what_is_stretched_over_a_guess_may_be_larger() -> None:
    text = """
graph:
  scale: global_avg_pool
  deep: {op: conv, from: scael, out_channels: 3, kernel_size: 3, padding: 1}
  scaled: {op: mul, from: [scale, deep]}
  sum: {op: add, from: [scaled, image]}
"""
    assert found(text) == [("AS401", "deep")]


def test_a_parameter_of_a_block_that_is_misspelt_has_the_value_that_stands_there() -> None:
    text = """
blocks:
  unit: {params: {kernel: 1, padding: 0}, graph: [{op: conv, out_channels: 3, kernel_size: kernel, padding: padding}]}
graph:
  first: {op: unit, kernel: 3, paddng: 1}
  sum: {op: add, from: [first, image]}
  second: {op: unit, kernl: 3}
  last: {op: add, from: [second, image]}
"""
    assert found(text) == [("AS302", "first"), ("AS302", "second"), ("AS205", "last")]


def test_the_check_goes_on_behind_a_node_of_which_it_is_not_known_whether_it_is_there() -> None:
    text = """
graph:
  first: {op: conv, out_channels: 3, kernel_size: 3, padding: 1, when: imag.channels > 1}
  a: {op: conv, out_channels: 8, kernel_size: 1}
  b: {op: conv, from: first, out_channels: 4, kernel_size: 1}
  sum: {op: add, from: [a, b]}
  last: {op: add, from: [first, image]}
"""
    assert found(text) == [("AS127", "first"), ("AS205", "sum")]


@pytest.mark.parametrize("op", ["$sizes", "{op: $sizes, repeat: 2}"])
def test_a_list_names_no_op(op: str) -> None:
    assert found(f"let: {{sizes: [1, 2]}}\ngraph:\n  first: {op}\n")[0][0] == "AS301"


def test_what_is_read_by_many_joins_is_one_mistake() -> None:
    text = """
graph:
  a: {op: conv, out_channels: 8, kernel_size: 3, padding: 1}
  b: {op: conv, from: image, out_channels: 8, kernel_size: 3}
  c: {op: conv, from: image, out_channels: 8, kernel_size: 3, padding: 1}
  one: {op: concat, from: [image, a, b]}
  two: {op: concat, from: [image, a, b, one]}
  three: {op: concat, from: [b, c]}
  d: {op: conv, out_channels: 8, kernel_size: 5, from: image}
  four: {op: concat, from: [b, c, d]}
"""
    assert found(text) == [("AS204", "one"), ("AS204", "four")]


def test_of_two_inputs_either_may_be_the_odd_one() -> None:
    text = """
graph:
  a: {op: conv, out_channels: 8, kernel_size: 3}
  b: {op: conv, from: image, out_channels: 8, kernel_size: 5}
  one: {op: concat, from: [image, a]}
  two: {op: concat, from: [image, a, one]}
  three: {op: concat, from: [image, b]}
"""
    assert found(text) == [("AS204", "one"), ("AS204", "three")]
