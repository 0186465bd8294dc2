"""The specs that come with archspec: each is good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec import api
from archspec.diagnostics.problem import Collector
from archspec.elaborate.network import elaborate
from archspec.source.yaml import read
from archspec.spec.files import zoo_root
from archspec.spec.loader import load_template

if TYPE_CHECKING:
    from pathlib import Path

ROOT = zoo_root()
ZOO = sorted((*ROOT.glob("*.yaml"), *ROOT.glob("families/*.yaml")))
BLOCKS = sorted(ROOT.glob("blocks/*.yaml"))


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_spec_is_good_and_described(path: Path) -> None:
    arch = api.load(path)
    assert not arch.problems
    assert arch.name == path.stem
    assert arch.spec.description.endswith((".", ")", "names."))


def test_there_are_no_other_specs() -> None:
    assert set(ROOT.rglob("*.yaml")) == {*ZOO, *BLOCKS}


@pytest.mark.parametrize("path", BLOCKS, ids=lambda path: path.stem)
def test_files_of_blocks_are_good_and_described(path: Path) -> None:
    collector = Collector()
    template = load_template(read(path, path.name), path, collector)
    assert template is not None
    elaborate(template, collector)
    assert not collector.problems
    assert all(block.description.endswith(".") for block in template.blocks.values())


@pytest.mark.parametrize("path", sorted((zoo_root() / "families").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_variant_is_good_and_has_a_file(path: Path) -> None:
    for variant in api.load(path).spec.variants:
        arch = api.load(path, variant=variant)
        assert arch.name == variant
        named = api.load(zoo_root() / f"{variant}.yaml")
        assert named.graph.nodes.keys() == arch.graph.nodes.keys()
