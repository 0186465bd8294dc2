"""The residual network for time series, against its description in the paper (Wang et al., 2016, section 2.3)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

import archspec
from archspec.spec.files import zoo_root
from tests.zoo.weights import calibrate, randomise

KERNELS = (8, 5, 3)


class Block(nn.Module):
    """Convolutions of 8, 5 and 3 that keep the length; the shortcut is widened where needed, and normalised."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        for number, kernel in enumerate(KERNELS, 1):
            self.add_module(f"conv{number}", nn.Conv1d(channels if number == 1 else filters, filters, kernel))
            self.add_module(f"bn{number}", nn.BatchNorm1d(filters))
        widening = [nn.Conv1d(channels, filters, 1)] if channels != filters else []
        self.shortcut = nn.Sequential(*widening, nn.BatchNorm1d(filters))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for number, kernel in enumerate(KERNELS, 1):
            y = pad(y, ((kernel - 1) // 2, kernel // 2))
            y = self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(y))
            if number < len(KERNELS):
                y = torch.relu(y)
        return torch.relu(self.shortcut(x) + y)


class Reference(nn.Module):
    """Blocks of 64, 128 and 128 filters, the mean over time, and a linear layer."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.block1 = Block(channels, 64)
        self.block2 = Block(64, 128)
        self.block3 = Block(128, 128)
        self.fc = nn.Linear(128, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.block3(self.block2(self.block1(x))).mean(dim=2))


@pytest.mark.parametrize(("channels", "length", "classes"), [(1, 128, 2), (12, 37, 5)])
def test_it_computes_what_the_paper_says(channels: int, length: int, classes: int) -> None:
    torch.manual_seed(0)
    signal = torch.randn(4, channels, length)
    arch = archspec.load(zoo_root() / "resnet1d.yaml", channels=channels, length=length, classes=classes)
    reference = Reference(channels, classes)
    randomise(reference)
    calibrate(reference, signal)
    model = arch.module()
    model.load_state_dict(reference.state_dict())
    for training in (False, True):
        given, expected = model.train(training)(signal), reference.train(training)(signal)
        assert expected.std() > 0.01
        torch.testing.assert_close(given, expected)
