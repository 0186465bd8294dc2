"""Making many networks of one spec: what is left of one for the next changes nothing but the time."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from archspec.api import read_template
from archspec.diagnostics.problem import Collector
from archspec.elaborate.network import Choice, elaborate
from archspec.elaborate.printer import print_spec
from archspec.elaborate.reuse import Workshop
from archspec.ir.text import graph_text
from archspec.source.span import SourceFile
from archspec.spec.files import zoo_root
from archspec.spec.loader import load_template

if TYPE_CHECKING:
    from archspec.spec.template import SpecTemplate

FAMILIES = [
    ("resnet", {"block": ["basic", "bottleneck"], "depths": [[2, 2, 2, 2], [1, 3, 0, 2]], "classes": [10, 0]}),
    ("mobilenet_v2", {"width": [0.25, 0.5, 0.55, -1, 0.25]}),
    ("densenet", {"growth": [8, 16, 0, 8]}),
    ("regnet", {"group_width": [8, 7, 16], "gated": [False, True]}),
    ("segmentation_resnet", {"classes": [2, 3]}),
]


def made(template: SpecTemplate, choice: Choice, workshop: Workshop | None) -> tuple[str, str, list[str]]:
    """Everything that can be seen of a network, and of what is wrong with it."""
    collector = Collector()
    graph = elaborate(template, collector, choice, workshop=workshop)
    problems = [f"{each.code} {each.span} {each.node} {each.message()} {each.help()}" for each in collector.problems]
    resolved = print_spec(graph, template) if not collector.problems else ""
    return graph_text(graph), resolved, problems


@pytest.mark.parametrize(("family", "values"), FAMILIES, ids=lambda value: value if isinstance(value, str) else "")
def test_networks_are_the_same_with_a_workshop(family: str, values: dict[str, list[Any]]) -> None:
    template = read_template(zoo_root() / "families" / f"{family}.yaml", {})
    workshop = Workshop()
    for chosen in product(*values.values()):
        choice = Choice(params=dict(zip(values, chosen, strict=True)))
        assert made(template, choice, workshop) == made(template, choice, None)
    assert workshop.ops.made
    assert family == "mobilenet_v2" or workshop.expansions


SPEC = """\
archspec: 1
name: net
params: {deep: false, kernel: 3, act: {type: op, default: relu}}
inputs: {image: [3, 16, 16]}
blocks:
  inner: {params: {k: int}, graph: {conv: {op: conv, out_channels: 8, kernel_size: k}, act: relu}}
  never: {graph: {conv: {op: conv, out_channels: 8, kernel_size: 3}}}
  outer:
    params: {k: int, deep: false}
    graph:
      first: {op: inner, k: k}
      more: {op: inner, k: k, when: deep}
      side: {op: never, when: k > 5}
      wide: {op: conv, out_channels: "[8][k - k]", kernel_size: 1}
graph:
  stem: {op: outer, k: 3}
  body: {op: outer, k: kernel, deep: deep}
  act: $act
  tail: {op: outer, k: kernel, deep: true, when: deep}
"""


def test_problems_are_the_same_whatever_was_made_before() -> None:
    """Blocks that were expanded in one network, and would fail, or be checked unexpanded, in another."""
    collector = Collector()
    template = load_template(SourceFile("net.yaml", SPEC), None, collector)
    assert template is not None
    assert not collector.problems
    workshop = Workshop()
    choices = [
        Choice(params={"deep": deep, "kernel": kernel, "act": act})
        for deep, kernel, act in product((False, True), (1, 3, 6, 20), ("relu", "silu", "conv"))
    ]
    results = [made(template, choice, workshop) for choice in (*choices, *reversed(choices))]
    assert results == [made(template, choice, None) for choice in (*choices, *reversed(choices))]
    assert any(problems for _, _, problems in results)
    assert any(not problems for _, _, problems in results)


def test_a_workshop_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archspec.elaborate.reuse._MOST_EXPANSIONS", 5)
    monkeypatch.setattr("archspec.elaborate.reuse._MOST_OPS", 50)
    template = read_template(zoo_root() / "families" / "resnet.yaml", {})
    workshop = Workshop()
    for classes in range(1, 8):
        made(template, Choice(params={"classes": classes}), workshop)
        assert len(workshop.expansions) <= 5
        assert len(workshop.ops.inferred) <= 50
