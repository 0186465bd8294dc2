"""Layers that PyTorch lacks and torchvision or timm has: the same names, and results and gradients equal to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from timm.layers.blur_pool import BlurPool2d
from torchvision.models.convnext import LayerNorm2d
from torchvision.models.maxvit import RelativePositionalMultiHeadAttention, WindowDepartition, WindowPartition
from torchvision.models.swin_transformer import (
    PatchMerging,
    PatchMergingV2,
    ShiftedWindowAttention,
    ShiftedWindowAttentionV2,
)

from archspec.ir.tensor import TensorType
from archspec.ops.catalog import BY_NAME
from tests.ops.torch_reference import Reference

if TYPE_CHECKING:
    from torch import Tensor, nn


def reference(name: str, params: dict[str, Any], *shapes: tuple[int, ...]) -> Reference:
    inputs = tuple(map(TensorType, shapes))
    op = BY_NAME[name].model_validate(params)
    assert op.infer(inputs)
    return Reference(op.torch(inputs))


def gradients(module: nn.Module, image: Tensor) -> list[Tensor]:
    leaf = image.clone().requires_grad_()
    result = module(leaf)
    result.backward(torch.linspace(-1, 1, result.numel()).view(result.shape))
    return [result, *(tensor.grad for tensor in (leaf, *module.parameters()) if tensor.grad is not None)]


def assert_same(ours: Reference, theirs: nn.Module, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    assert ours.inner is not None
    assert list(ours.inner.state_dict()) == list(theirs.state_dict())
    for (name, buffer), (_, other) in zip(ours.inner.named_buffers(), theirs.named_buffers(), strict=True):
        assert torch.equal(buffer, other), name
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.uniform_(-0.5, 0.5)
    ours.inner.load_state_dict(theirs.state_dict())
    image = torch.randn(2, *shape)
    found, expected = gradients(ours.train(), image), gradients(theirs.train(), image)
    assert len(found) == len(expected) == 2 + len(list(theirs.parameters()))
    assert all(map(torch.equal, found, expected))


@pytest.mark.parametrize("shape", [(14, 14, 12), (10, 15, 12), (7, 14, 12), (5, 4, 12)], ids=str)
@pytest.mark.parametrize("shift", [0, 3])
@pytest.mark.parametrize("cosine", [False, True])
def test_window_attention(shape: tuple[int, ...], shift: int, *, cosine: bool) -> None:
    params = {"num_heads": 3, "window_size": 7, "shift_size": shift, "cosine": cosine}
    layer = ShiftedWindowAttentionV2 if cosine else ShiftedWindowAttention
    assert_same(reference("window_attention", params, shape), layer(12, [7, 7], [shift, shift], 3), shape)


@pytest.mark.parametrize("shape", [(8, 6, 5), (7, 5, 5)], ids=str)
def test_patch_merging(shape: tuple[int, ...]) -> None:
    assert_same(reference("patch_merging", {}, shape), PatchMerging(5), shape)
    assert_same(reference("patch_merging", {"norm_first": False}, shape), PatchMergingV2(5), shape)


def test_relative_attention() -> None:
    theirs = RelativePositionalMultiHeadAttention(64, 32, 49)
    assert_same(reference("relative_attention", {"num_heads": 2, "window_size": 7}, (4, 49, 64)), theirs, (4, 49, 64))


@pytest.mark.parametrize("grid", [False, True])
def test_windows_are_cut_and_put_together_again(*, grid: bool) -> None:
    image = torch.randn(2, 3, 12, 12)
    params = {"window_size": 6, "grid": grid}
    cut = reference("window_partition", params, (3, 12, 12))
    windows = WindowPartition()(image, 2).swapaxes(-2, -3) if grid else WindowPartition()(image, 6)
    assert torch.equal(cut(image), windows)
    assert torch.equal(WindowDepartition()(WindowPartition()(image, 6), 6, 2, 2), image)
    reverse = reference("window_reverse", params, (4, 36, 3), (3, 12, 12))
    assert torch.equal(reverse(windows, image), image)


def test_layer_norm_over_channels() -> None:
    assert_same(
        reference("layer_norm", {"channels_first": True, "eps": 1e-6}, (8, 5, 7)), LayerNorm2d(8, eps=1e-6), (8, 5, 7)
    )


@pytest.mark.parametrize("kernel_size", [3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_blur_pool(kernel_size: int, stride: int) -> None:
    image = torch.randn(2, 4, 15, 14)
    ours = reference("blur_pool", {"kernel_size": kernel_size, "stride": stride}, (4, 15, 14))
    theirs = BlurPool2d(4, kernel_size, stride)
    assert torch.equal(ours(image), theirs(image))
    assert not ours.state_dict()
    assert not theirs.state_dict()
