"""Blocks that are expanded once and copied afterwards: the network is the one that it would be without that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archspec.api import compile_spec, compile_text
from archspec.elaborate import expand
from archspec.elaborate.network import Choice
from archspec.ir.graph import Scope
from archspec.source.span import SourceFile

if TYPE_CHECKING:
    from archspec.api import Compiled

SPECS = Path(__file__).parents[2] / "specs"
HEAD = "archspec: 1\nname: net\ninputs: {image: [3, 16, 16]}\n"

BRANCHES = f"""{HEAD}
blocks:
  pair:
    inputs: [left, right]
    graph: {{add: {{op: add, from: [left, right]}}, relu: relu}}
graph:
  a: relu
  b: {{op: sigmoid, from: input}}
  ab: {{op: pair, from: [a, b]}}
  aa: {{op: pair, from: [a, a]}}
  ba: {{op: pair, from: [b, a]}}
  bb: {{op: pair, from: [b, b]}}
"""

PASSING = f"""{HEAD}
blocks:
  same:
    params: {{channels: int}}
    graph:
      conv: {{op: conv, out_channels: channels, kernel_size: 3, padding: 1}}
      relu: relu
      out: {{op: conv, from: input, out_channels: channels, kernel_size: 1, when: input.channels != channels}}
graph:
  a: {{op: same, channels: 8}}
  b: {{op: same, channels: 8}}
  c: {{op: same, channels: 8}}
  d: {{op: same, channels: 4}}
"""

SHARED = f"""{HEAD}
blocks:
  tied:
    graph:
      conv: {{op: conv, out_channels: 3, kernel_size: 3, padding: 1}}
      again: {{share: conv}}
graph:
  a: tied
  b: tied
  c: {{share: a}}
  d: {{op: tied, repeat: 3}}
"""


@pytest.mark.parametrize("text", [BRANCHES, PASSING, SHARED], ids=["inputs", "passing", "shared"])
def test_equal_by_hand(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(lambda: compile_text(SourceFile("spec.yaml", text), Choice()), monkeypatch)


@pytest.mark.parametrize("name", ["resnet50", "mobilenet_v3_small", "swin_t", "hrnet_w18"])
def test_equal_in_the_zoo(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(lambda: compile_spec(SPECS / f"{name}.yaml", Choice()), monkeypatch)


def test_a_mistake_is_reported_for_its_first_use() -> None:
    text = f"""{HEAD}
blocks:
  wrong: {{graph: {{conv: {{op: conv, out_channels: 8, kernel_size: 99}}}}}}
graph: {{a: wrong, b: {{op: wrong, from: input}}}}
"""
    (problem,) = compile_text(SourceFile("spec.yaml", text), Choice()).problems
    assert problem.node == "a.conv"


def compare(compiled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[str] = []
    copied = expand.copied

    def counted(*args: Any) -> Any:
        copies.append(args[1])
        return copied(*args)

    monkeypatch.setattr(expand, "copied", counted)
    quick: Compiled = compiled()
    monkeypatch.setattr(expand, "signature", none)
    plain: Compiled = compiled()
    assert quick.problems == plain.problems == ()
    assert copies
    assert quick.graph is not None
    assert plain.graph is not None
    assert list(quick.graph.nodes.items()) == list(plain.graph.nodes.items())
    assert quick.graph.outputs == plain.graph.outputs
    assert record(quick.graph.root) == record(plain.graph.root)


def record(scope: Scope[Any]) -> object:
    children = [
        (
            child.template,
            child.values,
            dict(child.env),
            record(child.item) if isinstance(child.item, Scope) else child.item,
        )
        for child in scope.children
    ]
    return (scope.path, scope.kind, scope.block, dict(scope.env), scope.inputs, scope.outputs, children)


def none(*_arguments: Any) -> None:
    """Stand for a signature that is not known."""
