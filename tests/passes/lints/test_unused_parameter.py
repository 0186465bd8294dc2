from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.passes.lints.linting import found_in, lints, of

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "unused-parameter"
CONV = "conv: {op: conv, out_channels: 8, kernel_size: 1}"


@pytest.mark.parametrize(
    ("head", "graph"),
    [
        ("params: {width: 8}", "conv: {op: conv, out_channels: width * 2, kernel_size: 1}"),
        ("params: {act: relu}", "act: $act"),
        ("params: {act: relu}", "act: {op: $act}"),
        ("params: {deep: true}", "relu: {op: relu, when: deep}"),
        ("params: {deep: false}", "relu: {op: relu, when: deep}\nconv: {op: conv, out_channels: 8, kernel_size: 1}"),
        ("params: {depth: 2}", f"{CONV[:-1]}, repeat: depth}}"),
        ("params: {depth: 2}", f"{CONV[:-1]}, repeat: {{count: 2, name: 'layer{{i + depth}}'}}}}"),
        ("params: {widths: {type: 'list[int]', default: [4, 8]}}", f"{CONV[:-1]}, repeat: {{each: widths, as: c}}}}"),
        ("params: {a: 8, b: {type: int, default: a * 2}}", "conv: {op: conv, out_channels: b, kernel_size: 1}"),
        ("params: {a: 8}\nlet: {b: a * 2}", "conv: {op: conv, out_channels: b, kernel_size: 1}"),
        ("params: {a: 0.5}\ninit: {conv: {weight: {normal: {std: a}}}}", CONV),
        ("params: {a: 8}\npreprocess: {size: a}", CONV),
        ("params: {a: 8}", f"group:\n  - when: a > 4\n    graph: {{{CONV}}}"),
    ],
)
def test_every_kind_of_use(head: str, graph: str) -> None:
    assert of(SLUG, graph, head=head) == []


def test_the_size_of_an_input() -> None:
    assert of(SLUG, CONV, head="params: {size: 8}", inputs="{x: [3, size, size]}") == []


def test_a_parameter_and_a_value_that_nothing_mentions() -> None:
    head = """
    params: {width: 8, classes: 10}
    let: {wide: width * 2}
    """
    assert of(SLUG, CONV, head=head) == [(-2, None), (-1, None)]


def test_the_shape_of_a_node_is_no_use_of_a_parameter_of_that_name() -> None:
    graph = "conv: {op: conv, out_channels: input.width, kernel_size: 1}"
    assert of(SLUG, graph, head="params: {width: 8}") == [(-1, None)]


def test_a_block_does_not_see_the_parameters_of_the_spec() -> None:
    head = """
    params: {width: 8}
    blocks:
      unit: {params: {width: 4, kernel: 3}, graph: {conv: {op: conv, out_channels: width, kernel_size: 1}}}
    """
    assert of(SLUG, "unit: unit", head=head) == [(-3, None), (-1, None)]
    assert of(SLUG, "unit: {op: unit, width: width, kernel: 5}", head=head) == [(-1, None)]


def test_what_blocks_that_can_be_chosen_have_in_common() -> None:
    text = """
        archspec: 1
        name: example
        params: {block: {type: op, default: plain}}
        inputs: {x: [3, 8, 8]}
        blocks:
          plain:
            params: {channels: int, groups: 1, rate: 0}
            graph:
              conv: {op: conv, out_channels: channels, kernel_size: 3}
          grouped:
            params: {channels: int, groups: 1}
            graph:
              conv: {op: conv, out_channels: channels, kernel_size: 3, groups: groups}
        graph:
          unit: {op: $block, channels: 6, groups: 3}
        variants: {grouped_net: {block: grouped}}
    """
    assert [problem.message() for problem in found_in(text)] == ["nothing uses the parameter 'rate' of block 'plain'"]


def test_a_parameter_with_one_choice_says_that_there_is_none() -> None:
    head = """
    blocks:
      unit: {params: {groups: {default: 1, choices: [1]}}, graph: {relu: relu}}
    """
    assert of(SLUG, "unit: unit", head=head) == []


def test_what_a_spec_inherits_is_the_business_of_the_other_file(tmp_path: Path) -> None:
    base = "archspec: 1\nname: base\nparams: {idle: 1}\ninputs: {x: [3, 8, 8]}\ngraph: {relu: relu}\n"
    (tmp_path / "base.yaml").write_text(base)
    own = "archspec: 1\nname: own\nextends: base.yaml\nparams: {idle: 2, mine: {default: 3}}\n"
    place = tmp_path / "own.yaml"
    assert [problem.message() for problem in found_in(own, place)] == ["nothing uses the parameter 'mine'"]
    assert lints(base) == [(SLUG, 3, None)]


def test_a_file_of_blocks_is_looked_at() -> None:
    text = """
        archspec: 1
        blocks:
          unit:
            params: {channels: 3}
            graph: {relu: relu}
    """
    assert lints(text) == [(SLUG, 4, None)]
