"""What the specs state of their images is what the weights of torchvision and timm were trained with."""

from __future__ import annotations

import pytest
import timm
from torchvision import models

import archspec
from archspec.spec.files import zoo_root
from tests.zoo.references import SPECS, TIMM

# These networks of torchvision begin with arithmetic that undoes the usual normalisation, for weights that were trained
# elsewhere with another one: (x - 0.5) / 0.5. The specs have no such arithmetic, and state what it amounts to.
UNDONE = frozenset({"googlenet", "inception_v3"})
STATED = [
    name
    for name in SPECS
    if name in models.list_models() and archspec.load(zoo_root() / f"{name}.yaml").graph.preprocess is not None
]


@pytest.mark.parametrize("name", STATED)
def test_mean_and_deviation_are_those_of_torchvision(name: str) -> None:
    facts = archspec.load(zoo_root() / f"{name}.yaml").graph.preprocess
    assert facts is not None
    weights, *_ = models.get_model_weights(name)  # those for ImageNet come first
    transforms = weights.transforms()
    mean, std = (0.5, 0.5) if name in UNDONE else (list(transforms.mean), list(transforms.std))
    assert facts.mean == (mean[0] if isinstance(mean, list) and len(set(mean)) == 1 else mean)
    assert facts.std == (std[0] if isinstance(std, list) and len(set(std)) == 1 else std)


def test_most_networks_of_torchvision_state_it() -> None:
    assert len(STATED) >= 60


TRAINED = [name for name in TIMM if name not in models.list_models() and timm.is_model_pretrained(TIMM[name])]


@pytest.mark.parametrize("name", TRAINED)
def test_mean_and_deviation_are_those_of_timm(name: str) -> None:
    published = timm.get_pretrained_cfg(TIMM[name])
    facts = archspec.load(zoo_root() / f"{name}.yaml").graph.preprocess
    assert published is not None
    assert facts is not None
    for stated, wanted in ((facts.mean, published.mean), (facts.std, published.std)):
        assert stated == (wanted[0] if len(set(wanted)) == 1 else list(wanted))
