"""Each network of the zoo that torchvision or timm has too: their weights load strictly, and everything is equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

import archspec
from archspec.spec.files import zoo_root
from tests.zoo.references import Reference, references, tensors
from tests.zoo.weights import calibrate, randomise, without_initialisation

if TYPE_CHECKING:
    from collections.abc import Iterable

BATCH = 2


def made(reference: Reference, image: Tensor, monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """Return the other library's network with weights that hide no mistake."""
    with without_initialisation(monkeypatch):
        model = reference.make()
    randomise(model)
    calibrate(model, image)
    return model


def loaded(arch: archspec.Architecture, model: nn.Module, *, reordered: bool) -> nn.Module:
    """Return the spec's network with another one's weights."""
    with torch.device("meta"):
        module = arch.module()
    order = sorted if reordered else list
    assert order(module.state_dict()) == order(model.state_dict())
    module.load_state_dict({key: value.clone() for key, value in model.state_dict().items()}, assign=True)
    return module


def assert_equal(given: Iterable[Tensor], expected: Iterable[Tensor], tolerance: float) -> None:
    for ours, theirs in zip(given, expected, strict=True):
        if tolerance:
            scale = theirs.abs().max()
            assert scale > 0
            assert (ours - theirs).abs().max() <= tolerance * scale
        else:
            assert torch.equal(ours, theirs)


def run(model: nn.Module, image: Tensor, *, training: bool) -> tuple[list[Tensor], list[Tensor]]:
    """Return a network's results, and the gradients of its parameters."""
    torch.manual_seed(1)
    model.train(training).zero_grad()
    results = tensors(model(image))
    torch.stack([result.square().mean() for result in results]).sum().backward()
    # Outside of training an auxiliary head takes no part.
    parameters = (parameter for _, parameter in sorted(model.named_parameters()))
    return results, [parameter.grad for parameter in parameters if parameter.grad is not None]


def buffers(model: nn.Module) -> list[Tensor]:
    """Return what a network keeps beside its parameters."""
    return [buffer for _, buffer in sorted(model.named_buffers())]


# Their weights alone, four times over, take 10 GB: one after the other, on one worker.
LARGEST = {"regnet_y_128gf", "vit_h_14"}
EACH = [
    pytest.param(each, id=str(each), marks=[pytest.mark.xdist_group("largest")] if each.spec in LARGEST else [])
    for each in references()
]


@pytest.mark.parametrize("reference", EACH)
def test_weights_load_and_results_and_gradients_are_equal(
    reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    path = zoo_root() / f"{reference.spec}.yaml"
    name, declared = next(iter(archspec.load(path).inputs.items()))
    shape = reference.input_shape(declared)
    arch = archspec.load(path, inputs={name: shape})
    image = torch.randn(BATCH, *shape)
    theirs = made(reference, image, monkeypatch)
    ours = loaded(arch, theirs, reordered=reference.reordered)
    for training in (False, True):
        expected, expected_gradients = run(theirs, image, training=training)
        given, gradients = run(ours, image, training=training)
        assert all(result.std() > 1e-3 for result in expected)
        assert_equal(given, expected, reference.tolerance)
        assert_equal(gradients, expected_gradients, reference.tolerance)
    assert_equal(buffers(ours), buffers(theirs), reference.tolerance)
