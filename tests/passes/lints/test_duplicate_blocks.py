from __future__ import annotations

import pytest

from tests.compiling import spec
from tests.passes.lints.linting import found_in, of

SLUG = "duplicate-blocks"
ONE = "one: {params: {c: 4}, graph: {conv: {op: conv, out_channels: c * 2, kernel_size: 3, padding: 1}, relu: relu}}"


def _head(other: str) -> str:
    return f"blocks:\n  {ONE}\n  {other}"


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (ONE.replace("one:", "two:"), "block 'two' is block 'one' again"),
        (ONE.replace("one:", "two:").replace("c * 2", "c * 3"), "block 'two' is block 'one' again, with 3 for 2"),
        (
            ONE.replace("one:", "two:").replace("kernel_size: 3, padding: 1", "padding: 2, kernel_size: 5"),
            "block 'two' is block 'one' again, with 2 for 1 and 5 for 3",
        ),
    ],
)
def test_blocks_that_one_could_stand_for(other: str, message: str) -> None:
    text = spec("one: one\ntwo: two", head=_head(other), inputs="{x: [3, 32, 32]}")
    assert [problem.message() for problem in found_in(text)] == [message]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("relu: relu", "act: relu"),
        ("relu: relu", "relu: silu"),
        ("relu: relu", "relu: {op: relu, from: input}"),
        ("c * 2", "c + 2"),
        ("c: 4", "d: 4"),
        ("c * 2, kernel_size: 3, padding: 1", "c * 3, kernel_size: 5, padding: 2"),
    ],
)
def test_blocks_that_differ(old: str, new: str) -> None:
    other = (
        ONE.replace("one:", "two:")
        .replace(old, new)
        .replace("out_channels: c", "out_channels: d" if "d:" in new else "out_channels: c")
    )
    assert of(SLUG, "one: one\ntwo: two", head=_head(other), inputs="{x: [3, 32, 32]}") == []


def test_blocks_of_one_node_are_too_small_to_matter() -> None:
    head = "blocks:\n  one: {graph: {relu: relu}}\n  two: {graph: {relu: relu}}"
    assert of(SLUG, "one: one\ntwo: two", head=head) == []
