from __future__ import annotations

import pytest

from tests.passes.lints.linting import of

SLUG = "blocked-identity"


def _unit(branch: str, end: str) -> str:
    return f"""
    blocks:
      unit:
        graph:
          branch: [{branch}]
          add: {{op: add, from: [input, branch]}}
          {end}
    """


CONV = "{op: conv, out_channels: 3, kernel_size: 3, padding: 1}"


@pytest.mark.parametrize(
    ("branch", "end", "lines"),
    [
        (f"batch_norm, relu, {CONV}", "out: relu", [(-1, "body.0.out")]),
        (f"relu, {CONV}", "out: silu", [(-1, "body.0.out")]),
        (f"{{op: dropout, p: 0.1}}, batch_norm, {CONV}", "out: [batch_norm, relu]", [(-1, "body.0.out.1")]),
        (f"batch_norm, relu, {CONV}", "", []),
        (f"batch_norm, relu, {CONV}", "out: {op: dropout, p: 0.1}", []),
        # Where the branch begins with weights, the activation belongs behind the sum.
        (f"{CONV}, batch_norm, relu, {CONV}", "out: relu", []),
    ],
)
def test_units(branch: str, end: str, lines: list[tuple[int, str]]) -> None:
    assert of(SLUG, "body: {op: unit, repeat: 3}", head=_unit(branch, end)) == lines


def test_an_activation_behind_the_last_unit() -> None:
    assert (
        of(
            SLUG,
            "body: {op: unit, repeat: 3}\nnorm: batch_norm\nrelu: relu",
            head=_unit(f"batch_norm, relu, {CONV}", ""),
        )
        == []
    )


def test_a_shortcut_with_weights_reads_what_was_activated() -> None:
    graph = f"""
        sum: {{op: add, from: [input, input]}}
        act: relu
        norm: batch_norm
        relu: relu
        conv: {CONV}
        shortcut: {{op: conv, from: act, out_channels: 3, kernel_size: 1}}
        add: {{op: add, from: [conv, shortcut]}}
    """
    assert of(SLUG, graph) == []
