"""Which weights fit, against what PyTorch's own `load_state_dict` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from archspec.api import load
from archspec.passes.diff.matching import match
from archspec.passes.diff.weights import tensors_of, trained, transfer
from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from archspec.api import Architecture

ROOT = zoo_root()


def network(name: str, **params: Any) -> Architecture:
    return load(ROOT / f"{name}.yaml", **params)


def module_of(arch: Architecture) -> torch.nn.Module:
    """The generated module, without memory for its tensors."""
    with torch.device("meta"):
        return arch.module().to("meta")


def holding(module: torch.nn.Module, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A `state_dict` of these tensors, with what the module's own notes of versions.

    Without such notes PyTorch takes it for an old one, and makes up the counters of batch norms that it lacks.
    """
    state = module.state_dict()
    state.clear()
    state.update(tensors)
    return state


PAIRS = [
    (("resnet18", {}), ("resnet34", {})),
    (("resnet34", {}), ("resnet34", {"classes": 102})),
    (("resnet50", {}), ("wide_resnet50_2", {})),
    (("densenet121", {}), ("densenet169", {})),
    (("vgg11", {}), ("vgg11_bn", {})),
]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda side: f"{side[0]}{len(side[1]) or ''}")
def test_what_fits_is_what_pytorch_takes(first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]]) -> None:
    before, after = network(first[0], **first[1]), network(second[0], **second[1])
    found = transfer(before.graph, after.graph, match(before.graph, after.graph))
    source, module = module_of(before), module_of(after)
    old, new = source.state_dict(), module.state_dict()
    assert {key: tuple(tensor.shape) for key, tensor in old.items()} == {
        key: tensor.shape for key, tensor in tensors_of(before.graph).items()
    }

    fitting = {tensor.key for tensor in found.fitting}
    assert {key for key in old if key in new and old[key].shape == new[key].shape} == fitting

    moved = {other.key: old[one.key] for one, other in found.renamed}
    assert not moved.keys() & fitting
    state = holding(module, {key: old[key] for key in fitting} | moved)
    taken = module.load_state_dict(state, strict=False)  # it raises if a shape differs
    assert not taken.unexpected_keys
    assert set(taken.missing_keys) == new.keys() - fitting - moved.keys()
    for one, other in found.reshaped:
        assert one.key == other.key
        assert old[one.key].shape != new[other.key].shape

    # Each tensor is in exactly one table.
    of_old = [
        *found.fitting,
        *(one for one, _ in found.renamed),
        *(one for one, _ in found.reshaped),
        *found.only_before,
    ]
    of_new = [
        *found.fitting,
        *(two for _, two in found.renamed),
        *(two for _, two in found.reshaped),
        *found.only_after,
    ]
    assert sorted(tensor.key for tensor in of_old) == sorted(old)
    assert sorted(tensor.key for tensor in of_new) == sorted(new)
    parameters = {name for name, _ in source.named_parameters()}
    assert {tensor.key for tensor in of_old if tensor.trained} == parameters
    assert found.params_before == sum(old[name].numel() for name in parameters)


def test_the_figures_of_the_usual_transfer() -> None:
    before, after = network("resnet34"), network("resnet34", classes=102)
    found = transfer(before.graph, after.graph, match(before.graph, after.graph))
    assert (trained(found.fitting), found.params_before) == (21_284_672, 21_797_672)
    assert [(one.key, one.shape, other.shape) for one, other in found.reshaped] == [
        ("fc.weight", (1000, 512), (102, 512)),
        ("fc.bias", (1000,), (102,)),
    ]
    assert not found.all_fit


def test_tensors_that_another_node_would_get_by_name_are_told() -> None:
    before, after = network("vgg11"), network("vgg11_bn")
    found = transfer(before.graph, after.graph, match(before.graph, after.graph))
    # features.8 is a convolution of vgg11 that is features.11 in vgg11_bn, where another one is called features.8.
    assert "features.8.bias" in {tensor.key for tensor in found.elsewhere}
    assert ("features.3.weight", "features.4.weight") in {(one.key, other.key) for one, other in found.renamed}
