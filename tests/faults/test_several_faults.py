"""Several faults in blocks that stand one behind another: each gives one error, whatever the others are."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import pytest

from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.source.span import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = 150
CHOICE = Choice()


@dataclass(frozen=True)
class Block:
    """Lines of a block's graph, and faults: what stands in a line, what is written in its place, and the code."""

    graph: str
    faults: tuple[tuple[str, str, str], ...]
    params: str = "c: int"


BLOCKS = {
    "residual": Block(
        """
      conv1: {op: conv, out_channels: c, kernel_size: 3, padding: 1, bias: false}
      bn1: batch_norm
      relu1: relu
      conv2: {op: conv, out_channels: c, kernel_size: 3, padding: 1}
      shortcut: {op: conv, from: input, out_channels: c, kernel_size: 1, when: input.channels != c}
      add: {op: add, from: [conv2, shortcut]}
      out: relu""",
        (
            (
                "conv2: {op: conv, out_channels: c, kernel_size: 3, padding: 1}",
                "conv2: {op: conv, out_channels: c, kernel_size: 3}",
                "AS205",
            ),
            ("conv1: {op: conv", "conv1: {op: convv", "AS301"),
            ("relu1: relu", "relu1: reluu", "AS301"),
            ("[conv2, shortcut]", "[conv2, shortcutt]", "AS401"),
            ("bias: false", "bais: false", "AS302"),
            ("conv1: {op: conv, out_channels: c", "conv1: {op: conv, out_channels: cc", "AS127"),
        ),
    ),
    "inception": Block(
        """
      a: {op: conv, from: input, out_channels: c, kernel_size: 1}
      b1: {op: conv, from: input, out_channels: 2 * c, kernel_size: 1}
      b2: {op: conv, out_channels: c, kernel_size: 5, padding: 2}
      pool: {op: max_pool, from: input, kernel_size: 3, stride: 1, padding: 1}
      join: {op: concat, from: [a, b2, pool]}
      shrink: {op: conv, out_channels: c, kernel_size: 1}""",
        (
            ("kernel_size: 5, padding: 2", "kernel_size: 5", "AS204"),
            ("kernel_size: 3, stride: 1", "kernel_size: 3", "AS204"),
            ("[a, b2, pool]", "[a, b2, pol]", "AS401"),
            ("kernel_size: 5", "kernel: 5", "AS302"),
            ("kernel_size: 5", "kernel_size: -5", "AS304"),
            ("op: concat", "op: concatt", "AS301"),
        ),
    ),
    "gated": Block(
        """
      wide: {op: conv, out_channels: 4 * c, kernel_size: 1}
      deep: {op: conv, out_channels: 4 * c, kernel_size: 3, padding: 1, groups: 4 * c}
      squeeze: global_avg_pool
      flat: flatten
      inner: {op: linear, out_features: c}
      act: relu
      excite: {op: linear, out_features: 4 * c}
      gate: sigmoid
      map: {op: reshape, shape: [4 * c, 1, 1]}
      scale: {op: mul, from: [deep, map]}
      narrow: {op: conv, out_channels: c, kernel_size: 1}""",
        (
            ("groups: 4 * c", "groups: 3 * c", "AS203"),
            ("[deep, map]", "[deep, mapp]", "AS401"),
            ("gate: sigmoid", "gate: sigmoidd", "AS301"),
            ("shape: [4 * c, 1, 1]", "shape: [2 * c, 1, 1]", "AS207"),
            ("inner: {op: linear, out_features: c}", "inner: {op: linear, out_feature: c}", "AS302"),
            ("out_channels: c, kernel_size: 1}", "out_channels: c, kernel_size: 0}", "AS304"),
        ),
    ),
}
"""Codes and lines are those that each fault has alone, which is tested too."""


def _spec(names: list[str], faults: list[tuple[str, str, str] | None]) -> str:
    blocks = ""
    for number, (name, fault) in enumerate(zip(names, faults, strict=True)):
        block = BLOCKS[name]
        graph = block.graph if fault is None else block.graph.replace(fault[0], fault[1])
        assert fault is None or graph != block.graph, fault
        blocks += f"  {name}{number}:\n    params: {{{block.params}}}\n    graph:{graph}\n"
    uses = "".join(
        f"  use{number}: {{op: {name}{number}, c: {8 + 4 * (number % 3)}}}\n" for number, name in enumerate(names)
    )
    return (
        "archspec: 1\nname: several\ninputs: {image: [3, 32, 32]}\n"
        f"blocks:\n{blocks}graph:\n  stem: {{op: conv, out_channels: 8, kernel_size: 3, padding: 1}}\n{uses}"
        "  pool: global_avg_pool\n  fc: {op: linear, out_features: 10}\n"
    )


def _found(text: str) -> list[tuple[str, int]]:
    problems = compile_text(SourceFile("several.yaml", text), CHOICE).problems
    return [(problem.code, problem.span.line if problem.span else 0) for problem in problems]


def _cases() -> Iterator[tuple[list[str], list[tuple[str, str, str] | None]]]:
    rng = Random(20_261_122)  # noqa: S311
    for _ in range(CASES):
        names = [rng.choice(list(BLOCKS)) for _ in range(rng.randint(3, 6))]
        yield names, [rng.choice(BLOCKS[name].faults) if rng.random() < 0.6 else None for name in names]


def test_the_blocks_are_right_without_faults() -> None:
    names = [*BLOCKS, *BLOCKS]
    assert _found(_spec(names, [None] * len(names))) == []


@pytest.mark.parametrize("name", BLOCKS)
def test_each_fault_alone_gives_its_error(name: str) -> None:
    for fault in BLOCKS[name].faults:
        found = _found(_spec([name], [fault]))
        assert [code for code, _ in found] == [fault[2]], fault


def test_faults_in_several_blocks_give_an_error_each() -> None:
    wrong: list[str] = []
    for names, faults in _cases():
        found = _found(_spec(names, faults))
        wanted = [fault[2] for fault in faults if fault is not None]
        if [code for code, _ in found] != wanted:
            wrong.append(f"{names} {[fault and fault[1] for fault in faults]}: {found} wanted {wanted}")
    assert not wrong, f"{len(wrong)} of {CASES}\n" + "\n".join(wrong)
