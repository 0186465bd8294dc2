"""Networks without a reference library: what their papers say of them."""

from __future__ import annotations

import pytest

import archspec
from archspec.spec.loader import zoo_root

# Parameters, as the papers round them.
PARAMETERS = {
    # He et al., "Deep Residual Learning for Image Recognition" (2015), table 6. Shortcuts of option A have no weights,
    # so the plain networks have as many (section 4.2).
    "plain20_cifar": "0.27M",
    "plain32_cifar": "0.46M",
    "plain44_cifar": "0.66M",
    "plain56_cifar": "0.85M",
    "plain110_cifar": "1.7M",
    "resnet20_cifar": "0.27M",
    "resnet32_cifar": "0.46M",
    "resnet44_cifar": "0.66M",
    "resnet56_cifar": "0.85M",
    "resnet110_cifar": "1.7M",
}

# Multiply-adds, as the papers round them.
MACS = {
    # He et al. (2015), table 1.
    "plain18": "1.8G",
    "plain34": "3.6G",
}

UNITS = {"M": 1e6, "G": 1e9}


def rounded(count: int, published: str) -> str:
    """Return a count with the unit and the decimals of a published one."""
    decimals = len(published[:-1].partition(".")[2])
    return f"{count / UNITS[published[-1]]:.{decimals}f}{published[-1]}"


@pytest.mark.parametrize(("name", "published"), PARAMETERS.items())
def test_parameters_are_the_published_ones(name: str, published: str) -> None:
    table = archspec.load(zoo_root() / f"{name}.yaml").table()
    assert rounded(sum(row.params for row in table), published) == published


@pytest.mark.parametrize(("name", "published"), MACS.items())
def test_macs_are_the_published_ones(name: str, published: str) -> None:
    table = archspec.load(zoo_root() / f"{name}.yaml").table()
    assert rounded(sum(row.macs for row in table), published) == published
