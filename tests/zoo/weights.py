"""Weights that hide no mistake. At their initial values many networks give nearly zero, and so would wrong ones."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Generator

    import pytest


@contextmanager
def without_initialisation(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Leave out what `torch.nn.init` does: all weights are replaced, and some take minutes to draw."""

    def unchanged(tensor: Tensor, *_: Any, **__: Any) -> Tensor:
        return tensor

    with monkeypatch.context() as patched:
        for name in dir(nn.init):
            if name.endswith("_") and not name.startswith("_"):
                patched.setattr(nn.init, name, unchanged)
        yield


def randomise(model: nn.Module) -> None:
    """Draw all weights: of matrices so that they keep the scale, of scales around one, of offsets around zero."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and parameter[0].numel() > 1:
                bound = (3 / parameter[0].numel()) ** 0.5
                parameter.uniform_(-bound, bound)
            elif name.endswith("bias"):
                parameter.uniform_(-0.3, 0.3)
            else:
                parameter.uniform_(0.5, 1.5)


def calibrate(model: nn.Module, image: Tensor) -> None:
    """Give the batch norms the statistics of a batch."""
    norms = [
        module for module in model.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d)
    ]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    with torch.no_grad():
        model.train()(image)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
