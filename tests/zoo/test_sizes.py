"""The sizes that are said to work are those with which PyTorch runs the generated module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

import archspec
from archspec.passes.sizes import sizes
from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from archspec.passes.sizes import Rule, Sizes

LARGEST = 300

NETWORKS = (
    "unet",
    "fcn_resnet50",
    "inception_v3",
    "resnet18",
    "alexnet",
    "googlenet",
    "squeezenet1_1",
    "hrnet_w18_small",
    "lenet5",
    "vit_b_32",
)


def opened(name: str) -> archspec.Architecture:
    path = zoo_root() / f"{name}.yaml"
    (shape,) = archspec.load(path).inputs.values()
    return archspec.load(path, inputs={"": (shape[0], "H", "W")})


def runs(model: nn.Module, shape: Sequence[int], device: str = "meta", batch: int = 2) -> bool:
    try:
        with torch.no_grad():
            model(torch.empty(batch, *shape, device=device))
    except (RuntimeError, ValueError):
        return False
    return True


def the_rule(found: Sizes, symbol: str) -> Rule:
    return next(rule for rule in found.rules if not rule.equal and symbol in rule.symbols)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_size_to_300(name: str) -> None:
    architecture = opened(name)
    found = sizes(architecture.graph)
    assert found is not None
    (channels, *_), *_ = architecture.inputs.values()
    model = architecture.module().to("meta").eval()
    truth = {size for size in range(1, LARGEST + 1) if runs(model, (channels, size, size))}
    together = [rule.works for rule in found.rules if rule.equal] or [rule.works for rule in found.rules]
    assert {size for size in range(1, LARGEST + 1) if all(size in works for works in together)} == truth


@pytest.mark.parametrize("name", NETWORKS)
def test_the_borders_on_each_axis(name: str) -> None:
    """Where sizes begin or cease to work on one axis, with the other as it is."""
    architecture = opened(name)
    found = sizes(architecture.graph)
    assert found is not None
    (channels, height, width), *_ = architecture.inputs.values()
    model = architecture.module().to("meta").eval()
    for symbol in "HW":
        works = the_rule(found, symbol).works
        borders = [size for size in range(1, LARGEST) if (size in works) != (size + 1 in works)][:6]
        for size in (size for border in borders for size in (border, border + 1)):
            shape = (channels, size, width) if symbol == "H" else (channels, height, size)
            assert runs(model, shape) == (size in works), (symbol, size)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_smallest_size_on_the_processor_and_in_training(name: str) -> None:
    """What PyTorch accepts without computing it computes as well; and not one less."""
    architecture = opened(name)
    found = sizes(architecture.graph)
    assert found is not None
    (channels, _, width), *_ = architecture.inputs.values()
    model = architecture.module()
    rule = the_rule(found, "H")
    for training, works in ((False, rule.works), (True, rule.trains)):
        model.train(training)
        least = next(size for size in range(1, LARGEST + 1) if size in works)
        assert runs(model, (channels, least, width), "cpu")
        assert least == 1 or not runs(model, (channels, least - 1, width), "cpu")


def test_inception_is_known_to_need_75_and_299_in_training() -> None:
    found = sizes(opened("inception_v3").graph)
    assert found is not None
    assert found.lines() == [
        "H and W: at least 75",
        "H and W: at least 299 in training, for the heads that are there only then",
    ]
