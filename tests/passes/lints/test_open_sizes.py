"""Lints that judge the size of the input have nothing to say where a spec leaves it open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec import api

if TYPE_CHECKING:
    from pathlib import Path

GRAPH = """graph:
  conv: {op: conv, out_channels: 4, kernel_size: 3, stride: 2, bias: false}
  norm: batch_norm
  pool: {op: max_pool, kernel_size: 2}
  mean: global_avg_pool
  flatten: flatten
  fc: {op: linear, out_features: 10}
"""


@pytest.mark.parametrize(("shape", "slugs"), [("[3, 17, 17]", {"field-smaller-than-input"}), ("[3, H, W]", set())])
def test_what_depends_on_the_size(shape: str, slugs: set[str], tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"archspec: 1\nname: net\ninputs: {{x: {shape}}}\n{GRAPH}", encoding="utf-8")
    assert {problem.slug for problem in api.check(path)} == slugs
