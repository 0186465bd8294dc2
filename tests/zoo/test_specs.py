"""The specs that come with archspec: each is good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec import api
from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from pathlib import Path

ZOO = sorted(zoo_root().rglob("*.yaml"))


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_spec_is_good_and_described(path: Path) -> None:
    arch = api.load(path)
    assert not arch.problems
    assert arch.name == path.stem
    assert arch.spec.description.endswith((".", ")", "names."))


@pytest.mark.parametrize("path", sorted((zoo_root() / "families").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_variant_is_good_and_has_a_file(path: Path) -> None:
    for variant in api.load(path).spec.variants:
        arch = api.load(path, variant=variant)
        assert arch.name == variant
        named = api.load(zoo_root() / f"{variant}.yaml")
        assert named.graph.nodes.keys() == arch.graph.nodes.keys()
