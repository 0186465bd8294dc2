from __future__ import annotations

import pytest

from tests.compiling import spec
from tests.passes.lints.linting import found_in, of

SLUG = "border-lost"


@pytest.mark.parametrize(
    ("op", "size", "lost"),
    [
        ("op: max_pool, kernel_size: 2", 15, 1),
        ("op: max_pool, kernel_size: 2", 16, 0),
        ("op: max_pool, kernel_size: 2, ceil_mode: true", 15, 0),
        ("op: max_pool, kernel_size: 2, padding: same", 15, 0),
        ("op: avg_pool, kernel_size: 5, stride: 3", 18, 1),
        ("op: conv, out_channels: 4, kernel_size: 3, stride: 2", 16, 1),
        ("op: conv, out_channels: 4, kernel_size: 3, stride: 2", 15, 0),
        # What is left out is padding.
        ("op: conv, out_channels: 4, kernel_size: 3, stride: 2, padding: 1", 16, 0),
        ("op: conv, out_channels: 4, kernel_size: 7, stride: 2, padding: 3", 224, 0),
        # Pixels between windows are never read, wherever they are.
        ("op: conv, out_channels: 4, kernel_size: 1, stride: 2", 16, 0),
        ("op: conv, out_channels: 4, kernel_size: 2, stride: 3", 18, 0),
        ("op: conv, out_channels: 4, kernel_size: 2, stride: 3", 19, 1),
        ("op: conv, out_channels: 4, kernel_size: 5", 16, 0),
        ("op: conv, out_channels: 4, kernel_size: 16, stride: 16", 30, 14),
    ],
)
def test_pixels_at_the_far_border(op: str, size: int, lost: int) -> None:
    found = found_in(spec(f"op: {{{op}}}", inputs=f"{{x: [3, {size}, {size}]}}"))
    expected = f"the last {lost} of {size} in height and the last {lost} of {size} in width"
    assert [problem.message().partition(" read ")[2] for problem in found] == ([expected] if lost else [])


def test_each_axis_for_itself() -> None:
    (problem,) = found_in(spec("pool: {op: max_pool, kernel_size: 2}", inputs="{x: [3, 16, 15]}"))
    assert problem.message() == "this max_pool does not read the last 1 of 15 in width"


def test_the_help_was_tried() -> None:
    def helped(op: str) -> str:
        (problem,) = found_in(spec(f"op: {{{op}}}", inputs="{x: [3, 16, 16]}"))
        return str(problem.help()).partition(";")[0]

    assert helped("op: max_pool, kernel_size: 3") == "ceil_mode: true reads all of it"
    assert helped("op: conv, out_channels: 4, kernel_size: 3, stride: 2") == "padding: 1 reads all of it"
    assert helped("op: conv, out_channels: 4, kernel_size: 5, stride: 4") == "padding: 1 reads all of it"


def test_the_size_that_the_network_is_made_for_counts() -> None:
    text = spec("pool: {op: max_pool, kernel_size: 2}", inputs="{x: [3, 16, 16]}")
    assert found_in(text) == ()
    assert [problem.slug for problem in found_in(text, inputs={"x": (3, 17, 17)})] == [SLUG]


def test_a_block_that_loses_pixels_in_one_of_its_uses() -> None:
    head = """
    blocks:
      stage:
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 3, padding: 1}
          pool: {op: max_pool, kernel_size: 2}
    """
    assert of(SLUG, "body: {op: stage, repeat: 3}", head=head, inputs="{x: [3, 20, 20]}") == [(-1, "body.2.pool")]
