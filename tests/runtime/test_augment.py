from __future__ import annotations

import torch

from archspec.runtime.augment import augment
from archspec.runtime.recipe import Augment


def drawn(images: torch.Tensor, settings: Augment, seed: int = 0) -> torch.Tensor:
    return augment(images, settings, torch.Generator().manual_seed(seed))


def dots(height: int, width: int) -> torch.Tensor:
    """Return 200 images with one lit pixel, in the middle."""
    images = torch.zeros(200, 1, height, width)
    images[:, 0, height // 2, width // 2] = 1
    return images


def centres(images: torch.Tensor) -> torch.Tensor:
    """Return where the light is, (N, 2), in pixels down and across."""
    rows = torch.arange(images.shape[2], dtype=torch.float32)
    columns = torch.arange(images.shape[3], dtype=torch.float32)
    mass = images.sum(dim=(1, 2, 3))
    down = (images.sum(dim=(1, 3)) * rows).sum(dim=1) / mass
    across = (images.sum(dim=(1, 2)) * columns).sum(dim=1) / mass
    return torch.stack([down, across], dim=1)


def test_nothing_asked_for_changes_nothing() -> None:
    images = torch.rand(3, 1, 8, 8)

    assert drawn(images, Augment()) is images


def test_shifts_are_in_pixels_along_both_axes() -> None:
    moved = centres(drawn(dots(15, 31), Augment(shift=3))) - torch.tensor([7.0, 15.0])

    assert moved.abs().max() <= 3.001
    assert (moved.amax(dim=0) > 2.5).all()
    assert (moved.amin(dim=0) < -2.5).all()


def test_rotations_keep_distances_in_images_that_are_not_square() -> None:
    images = torch.zeros(200, 1, 41, 21)
    images[:, 0, 10, 10] = 1  # ten pixels above the centre

    from_centre = centres(drawn(images, Augment(rotation=45))) - torch.tensor([20.0, 10.0])

    assert torch.allclose(from_centre.norm(dim=1), torch.tensor(10.0), atol=0.3)
    assert from_centre[:, 1].max() > 5
    assert from_centre[:, 1].min() < -5


def test_the_generator_alone_decides() -> None:
    images = torch.rand(4, 1, 8, 8)
    settings = Augment(shift=2, rotation=10)

    first = drawn(images, settings)
    torch.manual_seed(123)

    assert torch.equal(first, drawn(images, settings))
    assert not torch.equal(first, drawn(images, settings, seed=1))
