"""Random shifts and rotations of a batch of images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from archspec.runtime.recipe import Augment


def augment(images: Tensor, settings: Augment, generator: torch.Generator) -> Tensor:
    """Shift and rotate each image by a random amount of its own; what comes in at the borders is zero.

    Args:
        images: (N, C, H, W), on any device.
        settings: how far.
        generator: on the CPU, so that the same numbers are drawn whatever the device.
    """
    if not settings.shift and not settings.rotation:
        return images
    count, height, width = len(images), images.shape[-2], images.shape[-1]
    angle = _symmetric(count, generator) * math.radians(settings.rotation)
    # affine_grid measures in half images: from -1 at one border to 1 at the other.
    across = _symmetric(count, generator) * (2 * settings.shift / width)
    down = _symmetric(count, generator) * (2 * settings.shift / height)
    # Rotations are of pixels, which are no squares in those measures unless the image is one.
    cosine, sine, aspect = angle.cos(), angle.sin(), height / width
    rows = [torch.stack([cosine, -sine * aspect, across], dim=1), torch.stack([sine / aspect, cosine, down], dim=1)]
    matrices = torch.stack(rows, dim=1).to(images)
    grid = functional.affine_grid(matrices, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def _symmetric(count: int, generator: torch.Generator) -> Tensor:
    """Draw `count` numbers between -1 and 1."""
    return torch.rand(count, generator=generator) * 2 - 1
