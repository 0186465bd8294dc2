from __future__ import annotations

import pytest

from tests.passes.lints.linting import of

SLUG = "even-kernel-same-padding"


@pytest.mark.parametrize(
    ("op", "shifts"),
    [
        ("op: conv, out_channels: 4, kernel_size: 4, padding: same", True),
        ("op: conv, out_channels: 4, kernel_size: [3, 2], padding: same", True),
        ("op: max_pool, kernel_size: 2, stride: 1, padding: same", True),
        ("op: conv, out_channels: 4, kernel_size: 5, padding: same", False),
        ("op: conv, out_channels: 4, kernel_size: 2, padding: same, dilation: 2", False),
        # With a stride, there is an even padding, or the size asks for an uneven one.
        ("op: conv, out_channels: 4, kernel_size: 4, stride: 2, padding: same", False),
        ("op: max_pool, kernel_size: 2, padding: same", False),
        ("op: conv, out_channels: 4, kernel_size: 3, stride: 2, padding: same", False),
        # Whoever writes the pair has thought of it.
        ("op: conv, out_channels: 4, kernel_size: 4, padding: [[1, 2], [1, 2]]", False),
    ],
)
def test_windows_without_a_middle(op: str, *, shifts: bool) -> None:
    assert of(SLUG, f"op: {{{op}}}", inputs="{x: [3, 15, 15]}") == ([(1, "op")] if shifts else [])
