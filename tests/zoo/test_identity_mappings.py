"""The units of "Identity Mappings in Deep Residual Networks" (He et al., 2016), against the paper's formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, dropout, relu

import archspec
from archspec.spec.files import zoo_root
from tests.zoo.weights import calibrate, randomise

if TYPE_CHECKING:
    from collections.abc import Callable

PIXELS = 8


def identity(x: Tensor) -> Tensor:
    """Return what stands for the identity where the map is halved and the channels are doubled (option A)."""
    zeros = x.new_zeros(len(x), x.shape[1] // 2, PIXELS // 2, PIXELS // 2)
    return torch.cat([zeros, x[:, :, ::2, ::2], zeros], dim=1)


def constant_scaling(unit: Any, x: Tensor) -> Tensor:
    return relu(0.5 * identity(x) + 0.5 * unit.branch(x))


def exclusive_gating(unit: Any, x: Tensor) -> Tensor:
    g = torch.sigmoid(unit.gate.conv(x))
    return relu(identity(x) * (1 - g) + unit.branch(x) * g)


def shortcut_gating(unit: Any, x: Tensor) -> Tensor:
    g = torch.sigmoid(unit.gate.conv(x))
    return relu(identity(x) * (1 - g) + unit.branch(x))


def conv_shortcut(unit: Any, x: Tensor) -> Tensor:
    return relu(conv2d(x, unit.shortcut.weight, stride=2) + unit.branch(x))


def dropout_shortcut(unit: Any, x: Tensor) -> Tensor:
    torch.manual_seed(0)
    return relu(dropout(identity(x), 0.5, training=unit.training) + unit.branch(x))


def bn_after_addition(unit: Any, x: Tensor) -> Tensor:
    return relu(unit.bn2(identity(x) + unit.conv2(relu(unit.bn1(unit.conv1(x))))))


def relu_before_addition(unit: Any, x: Tensor) -> Tensor:
    return identity(x) + relu(unit.branch(x))


def relu_preactivation(unit: Any, x: Tensor) -> Tensor:
    return identity(x) + unit.bn2(unit.conv2(relu(unit.bn1(unit.conv1(relu(x))))))


def full_preactivation(unit: Any, x: Tensor) -> Tensor:
    return identity(x) + unit.conv2(relu(unit.bn2(unit.conv1(relu(unit.bn1(x))))))


def bottleneck(unit: Any, x: Tensor) -> Tensor:
    active = relu(unit.bn1(x))
    branch = unit.conv2(relu(unit.bn2(unit.conv1(active))))
    return unit.shortcut(active) + unit.conv3(relu(unit.bn3(branch)))


UNITS: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "resnet110_constant_scaling_cifar": constant_scaling,
    "resnet110_exclusive_gating_cifar": exclusive_gating,
    "resnet110_shortcut_gating_cifar": shortcut_gating,
    "resnet110_conv_shortcut_cifar": conv_shortcut,
    "resnet110_dropout_shortcut_cifar": dropout_shortcut,
    "resnet110_bn_after_addition_cifar": bn_after_addition,
    "resnet110_relu_before_addition_cifar": relu_before_addition,
    "resnet110_relu_preactivation_cifar": relu_preactivation,
    "preact_resnet110_cifar": full_preactivation,
    "preact_resnet164_cifar": bottleneck,
}


def small(name: str) -> Any:
    """Return a network with two units in each stage, whose weights hide no mistake."""
    torch.manual_seed(0)
    model = archspec.load(zoo_root() / f"{name}.yaml", depth=2).module()
    randomise(model)
    calibrate(model, torch.randn(2, 3, 32, 32))
    return model.eval()


@pytest.mark.parametrize("training", [False, True], ids=["eval", "training"])
@pytest.mark.parametrize(("name", "formula"), UNITS.items())
def test_a_unit_that_halves_the_map_is_the_papers(
    name: str, formula: Callable[[Any, Tensor], Tensor], *, training: bool
) -> None:
    unit = small(name).layer2[0].train(training)
    x = torch.randn(2, 64 if formula is bottleneck else 16, PIXELS, PIXELS)
    torch.manual_seed(0)
    torch.testing.assert_close(unit(x), formula(unit, x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in UNITS if "preact" in name])
def test_the_first_unit_is_activated_before_its_paths_part(name: str) -> None:
    first, second = small(name).layer1
    for unit, active in ((first, 0), (second, 1)):
        assert sum(isinstance(module, nn.ReLU) for module in unit.modules()) == active
