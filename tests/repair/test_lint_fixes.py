"""Fixes of what the lints find: each lint with one obvious edit has it, and nothing else changes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from archspec.api import compile_text
from archspec.diagnostics.catalog import lints as catalog
from archspec.elaborate.network import Choice
from archspec.repair.finding import with_fixes
from archspec.repair.mending import mend
from archspec.source.span import SourceFile
from tests.compiling import spec

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Problem

CHOICE = Choice()
UNITS = """\
blocks:
  unit:
    params: {channels: int}
    graph:
      conv: {op: conv, out_channels: channels, kernel_size: 1}
      relu: relu

  # the same
  again:
    params: {channels: int}
    graph:
      conv: {op: conv, out_channels: channels, kernel_size: 1}
      relu: relu
"""


def found(text: str) -> tuple[Problem, ...]:
    compiled = compile_text(SourceFile("s.yaml", text), CHOICE)
    assert compiled.problems == ()
    return with_fixes(compiled, CHOICE, problems=compiled.findings())


def of(slug: str, text: str) -> list[str | None]:
    """Return what the fixes of one lint do."""
    return [problem.fix and problem.fix.description for problem in found(text) if problem.slug == slug]


def mended(text: str, slug: str) -> tuple[list[str], list[str]]:
    """Return the lines that go and those that come when what one lint finds is mended."""
    others = {code for name, code in catalog.CODES.items() if slug not in (name, code)} - {catalog.CODES[slug]}
    after = mend(compile_text(SourceFile("s.yaml", text), CHOICE), CHOICE, warnings=True, allowed=others)
    assert after.left == ()
    old, new = text.splitlines(), after.sources["s.yaml"].text.splitlines()
    gone = [line.strip() for line in old if line not in new]
    return list(filter(None, gone)), [line.strip() for line in new if line not in old]


@pytest.mark.parametrize(
    ("slug", "text", "gone", "come"),
    [
        pytest.param(
            "bias-before-norm",
            spec("a: {op: conv, out_channels: 4, kernel_size: 1}  # first\nb: batch_norm"),
            ["a: {op: conv, out_channels: 4, kernel_size: 1}  # first"],
            ["a: {op: conv, out_channels: 4, kernel_size: 1, bias: false}  # first"],
            id="bias that is the default",
        ),
        pytest.param(
            "bias-before-norm",
            spec("a: {op: conv, out_channels: 4, kernel_size: 1, bias: true}\nb: batch_norm"),
            ["a: {op: conv, out_channels: 4, kernel_size: 1, bias: true}"],
            ["a: {op: conv, out_channels: 4, kernel_size: 1, bias: false}"],
            id="bias that is given",
        ),
        pytest.param(
            "unused-node",
            spec("a: {op: conv, out_channels: 4, kernel_size: 1}\nb: relu\nc: {op: relu, from: input}"),
            ["a: {op: conv, out_channels: 4, kernel_size: 1}", "b: relu"],
            [],
            id="a node and what leads to it",
        ),
        pytest.param(
            "unused-parameter",
            spec("a: relu", head="params:\n  width: 3\n\nlet: {double: 2 * 3}"),
            ["params:", "width: 3", "let: {double: 2 * 3}"],
            [],
            id="all parameters and values",
        ),
        pytest.param(
            "unused-parameter",
            spec(
                "a: {op: unit, width: 4, channels: 3}",
                head="""\
                blocks:
                  unit: {params: {channels: int, width: 5}, graph: {conv: {op: conv, out_channels: channels,
                    kernel_size: 1}}}
                """,
            ),
            ["unit: {params: {channels: int, width: 5}, graph: {conv: {op: conv, out_channels: channels,",
             "a: {op: unit, width: 4, channels: 3}"],
            ["unit: {params: {channels: int}, graph: {conv: {op: conv, out_channels: channels,",
             "a: {op: unit, channels: 3}"],
            id="a parameter of a block, where it is used too",
        ),
        pytest.param(
            "unused-parameter",
            spec(
                "a: {op: conv, out_channels: width, kernel_size: 1}",
                head="params: {width: 3, old: 1}\nvariants: {wide: {width: 8, old: 2}, narrow: {width: 2}}",
            ),
            ["params: {width: 3, old: 1}", "variants: {wide: {width: 8, old: 2}, narrow: {width: 2}}"],
            ["params: {width: 3}", "variants: {wide: {width: 8}, narrow: {width: 2}}"],
            id="a parameter that a variant sets",
        ),
        pytest.param(
            "unused-block",
            spec("a: {op: unit, channels: 3}", head=UNITS),
            ["again:"],
            [],
            id="a block, but not the comment above it",
        ),
        pytest.param(
            "unused-input",
            spec("a: {op: relu, from: x}", inputs="{x: [3, 8, 8], mask: [1, 8, 8]}"),
            ["inputs: {x: [3, 8, 8], mask: [1, 8, 8]}"],
            ["inputs: {x: [3, 8, 8]}"],
            id="an input",
        ),
        pytest.param(
            "border-lost",
            spec("a: {op: max_pool, kernel_size: 2}\nb: global_avg_pool", inputs="{x: [3, 9, 9]}"),
            ["a: {op: max_pool, kernel_size: 2}"],
            ["a: {op: max_pool, kernel_size: 2, ceil_mode: true}"],
            id="the border of a pool",
        ),
        pytest.param(
            "border-lost",
            spec("a: {op: conv, out_channels: 3, kernel_size: 2, stride: 2}\nb: global_avg_pool",
                 inputs="{x: [3, 9, 9]}"),
            ["a: {op: conv, out_channels: 3, kernel_size: 2, stride: 2}"],
            ["a: {op: conv, out_channels: 3, kernel_size: 2, stride: 2, padding: 1}"],
            id="the border of a convolution",
        ),
        pytest.param(
            "even-kernel-same-padding",
            spec("a: {op: conv, out_channels: 3, kernel_size: [4, 3], padding: same}"),
            ["a: {op: conv, out_channels: 3, kernel_size: [4, 3], padding: same}"],
            ["a: {op: conv, out_channels: 3, kernel_size: [5, 3], padding: same}"],
            id="an even kernel",
        ),
        pytest.param(
            "softmax-before-loss",
            spec("fc: {op: linear, out_features: 10}\nprobs: softmax", inputs="{x: [3]}"),
            ["probs: softmax"],
            [],
            id="a softmax",
        ),
        pytest.param(
            "duplicate-blocks",
            spec("a: {op: unit, channels: 3}\nb: {op: again, channels: 3}", head=UNITS),
            ["again:", "b: {op: again, channels: 3}"],
            ["b: {op: unit, channels: 3}"],
            id="a block that is there twice",
        ),
        pytest.param(
            "unused-allow",
            spec("a: relu", head="allow: [border-lost]"),
            ["allow: [border-lost]"],
            [],
            id="all that is allowed",
        ),
        pytest.param(
            "unused-allow",
            spec("a: {op: conv, out_channels: 4, kernel_size: 1}\nb: batch_norm",
                 head="allow: {border-lost: [a, b], bias-before-norm: a}"),
            ["allow: {border-lost: [a, b], bias-before-norm: a}"],
            ["allow: {bias-before-norm: a}"],
            id="nodes at which something is allowed",
        ),
    ],
)  # fmt: skip
def test_what_is_found_is_mended(slug: str, text: str, gone: list[str], come: list[str]) -> None:
    assert all(of(slug, text))
    assert mended(text, slug) == (gone, come)


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        pytest.param(
            "border-lost",
            spec("a: {op: max_pool, kernel_size: 2}", inputs="{x: [3, 9, 9]}"),
            id="it would change the shape of the result",
        ),
        pytest.param(
            "softmax-before-loss",
            spec("fc: {op: linear, out_features: 10}\nprobs: softmax", inputs="{x: [3]}", head="outputs: {y: probs}"),
            id="a result is named for it",
        ),
        pytest.param(
            "duplicate-blocks",
            spec("a: {op: unit, channels: 3}\nb: {op: again, channels: 3}",
                 head=UNITS.replace("kernel_size: 1", "kernel_size: 3", 1)),
            id="the blocks differ in a number",
        ),
        pytest.param(
            "unused-input",
            spec(
                "a: {op: unit, from: [x, x]}",
                head="blocks: {unit: {inputs: [one, two], graph: {relu: {op: relu, from: one}}}}",
            ),
            id="an input of a block",
        ),
    ],
)  # fmt: skip
def test_what_is_no_single_thought_is_left(slug: str, text: str) -> None:
    assert of(slug, text) == [None]


def test_no_other_node_is_renamed() -> None:
    text = spec("a:\n  - {op: conv, out_channels: 3, kernel_size: 1}\n  - relu\n  - {op: relu, from: input}")
    assert of("unused-node", text) == [None]


def test_a_fix_that_brings_another_warning_is_none() -> None:
    units = UNITS.replace("kernel_size: 1}\n      relu", "kernel_size: 1}\n      norm: batch_norm\n      relu")
    different = units.replace("kernel_size: 1", "kernel_size: 1, bias: false", 1)
    text = spec("a: {op: unit, channels: 3}\nb: {op: again, channels: 3}", head=different)
    # Without its bias, the second block would be the first one again.
    assert of("bias-before-norm", text) == [None]


def test_errors_come_first_and_warnings_only_when_asked() -> None:
    text = spec("a: {op: conv, out_channels: 4, kernel_size: 1}\nb: batch_nrom")
    compiled = compile_text(SourceFile("s.yaml", text), CHOICE)
    assert [problem.code for problem in mend(compiled, CHOICE).done] == ["AS301"]
    both = mend(compiled, CHOICE, warnings=True)
    assert [problem.code for problem in both.done] == ["AS301", "AS701"]
    assert both.sources["s.yaml"].text.endswith("kernel_size: 1, bias: false}\n  b: batch_norm\n")
    let_be = mend(compiled, CHOICE, warnings=True, allowed={"AS701"})
    assert [problem.code for problem in let_be.done] == ["AS301"]


def test_comments_before_the_next_block_stay() -> None:
    text = spec("a: {op: again, channels: 3}", head=UNITS)
    after = mend(compile_text(SourceFile("s.yaml", text), CHOICE), CHOICE, warnings=True).sources["s.yaml"].text
    assert after == spec(
        "a: {op: again, channels: 3}",
        head=textwrap.dedent("""\
        blocks:
          # the same
          again:
            params: {channels: int}
            graph:
              conv: {op: conv, out_channels: channels, kernel_size: 1}
              relu: relu
        """),
    )
