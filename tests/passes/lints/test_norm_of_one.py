from __future__ import annotations

import pytest

from tests.passes.lints.linting import of

SLUG = "norm-of-one-element"


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("{x: [8, 1, 1]}", [(1, "norm")]),
        ("{x: [8, 1]}", [(1, "norm")]),
        ("{x: [8, 1, 1, 1]}", [(1, "norm")]),
        ("{x: [8]}", []),
        ("{x: [8, 1, 2]}", []),
    ],
)
def test_maps_with_one_position(inputs: str, expected: list[tuple[int, str]]) -> None:
    assert of(SLUG, "norm: batch_norm", inputs=inputs) == expected


def test_norms_of_a_sample() -> None:
    assert of(SLUG, "norm: {op: group_norm, num_groups: 4}", inputs="{x: [8, 1, 1]}") == []
