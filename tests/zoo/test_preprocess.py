"""What the specs state of their images is what the weights of torchvision were trained with."""

from __future__ import annotations

import numpy as np
import pytest
from torchvision import models

import archspec
from archspec.spec.loader import zoo_root
from tests.zoo.references import SPECS

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
    transforms = models.get_model_weights(name).DEFAULT.transforms()
    mean, std = (0.5, 0.5) if name in UNDONE else (transforms.mean, transforms.std)
    assert np.array_equal(np.broadcast_to(facts.mean, 3), np.broadcast_to(mean, 3))
    assert np.array_equal(np.broadcast_to(facts.std, 3), np.broadcast_to(std, 3))


def test_most_networks_of_torchvision_state_it() -> None:
    assert len(STATED) >= 60
