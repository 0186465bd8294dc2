"""The specs that come with archspec: each is good, and those named after torchvision's networks have their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec import api
from archspec.spec.loader import zoo_root

if TYPE_CHECKING:
    from pathlib import Path

ZOO = sorted(zoo_root().rglob("*.yaml"))
OF_TORCHVISION = [
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"),
]


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


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_names_and_shapes_are_those_of_torchvision(name: str) -> None:
    import torch
    import torchvision

    with torch.device("meta"):
        state = getattr(torchvision.models, name)().state_dict()
    nodes = api.load(zoo_root() / f"{name}.yaml").graph.nodes.values()
    ours = {f"{node.path}.{spec.name}": tuple(spec.shape) for node in nodes for spec in node.parameters()}
    assert list(ours.items()) == [(key, tuple(value.shape)) for key, value in state.items()]
