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
    # He et al., "Identity Mappings in Deep Residual Networks" (2016), as listed by Zagoruyko and Komodakis, "Wide
    # Residual Networks" (2016), table 5.
    "preact_resnet110_cifar": "1.7M",
    "preact_resnet164_cifar": "1.7M",
}

# The same, where the paper leaves out batch norms and it makes a difference.
WEIGHTS = {
    # Zagoruyko and Komodakis (2016), table 5.
    "preact_resnet1001_cifar": "10.2M",
}

# Multiply-adds, as the papers round them.
MACS = {
    # He et al. (2015), table 1.
    "plain18": "1.8G",
    "plain34": "3.6G",
}

# Layers with weights on the longest way through the network, which these networks are called after.
DEPTHS = (
    *(f"{kind}{depth}_cifar" for kind in ("plain", "resnet") for depth in (20, 32, 44, 56, 110)),
    *(f"preact_resnet{depth}_cifar" for depth in (110, 164, 1001)),
    "plain18",
    "plain34",
)

UNITS = {"M": 1e6, "G": 1e9}


def rounded(count: int, published: str) -> str:
    """Return a count with the unit and the decimals of a published one."""
    decimals = len(published[:-1].partition(".")[2])
    return f"{count / UNITS[published[-1]]:.{decimals}f}{published[-1]}"


@pytest.mark.parametrize(("name", "published"), PARAMETERS.items())
def test_parameters_are_the_published_ones(name: str, published: str) -> None:
    table = archspec.load(zoo_root() / f"{name}.yaml").table()
    assert rounded(sum(row.params for row in table), published) == published


@pytest.mark.parametrize(("name", "published"), WEIGHTS.items())
def test_weights_are_the_published_ones(name: str, published: str) -> None:
    table = archspec.load(zoo_root() / f"{name}.yaml").table()
    assert rounded(sum(row.params for row in table if row.op != "batch_norm"), published) == published


@pytest.mark.parametrize("name", DEPTHS)
def test_depth_is_that_of_the_name(name: str) -> None:
    nodes = archspec.load(zoo_root() / f"{name}.yaml").graph.nodes
    depths: dict[str, int] = {}
    for path, node in nodes.items():
        before = max(depths.get(value.node, 0) for value in node.inputs)
        depths[path] = before + (node.op.op in {"conv", "linear"})
    assert max(depths.values()) == int("".join(filter(str.isdigit, name)))


@pytest.mark.parametrize(("name", "published"), MACS.items())
def test_macs_are_the_published_ones(name: str, published: str) -> None:
    table = archspec.load(zoo_root() / f"{name}.yaml").table()
    assert rounded(sum(row.macs for row in table), published) == published


def test_unet_has_the_sizes_of_the_figure() -> None:
    # Ronneberger et al., "U-Net" (2015), figure 1; section 2 counts 23 convolutional layers.
    rows = archspec.load(zoo_root() / "unet.yaml").table()
    sizes = [row.shape[-1] for row in rows if row.op in ("conv", "max_pool", "conv_transpose")]
    down = [570, 568, 284, 282, 280, 140, 138, 136, 68, 66, 64, 32, 30, 28]
    assert sizes == [*down, 56, 54, 52, 104, 102, 100, 200, 198, 196, 392, 390, 388, 388]
    assert sum(row.op in ("conv", "conv_transpose") for row in rows) == 23


def test_unet_joins_the_middle_of_what_came_down() -> None:
    # Ronneberger et al. (2015), figure 1: of 568, 280, 136 and 64 pixels the middle 392, 200, 104 and 56 are joined.
    arch = archspec.load(zoo_root() / "unet.yaml")
    starts = {level: arch[f"up{level}.crop"].receptive_field.start for level in (1, 2, 3, 4)}
    lost = {1: 568 - 392, 2: 280 - 200, 3: 136 - 104, 4: 64 - 56}
    assert starts == {level: (lost[level] // 2 * 2 ** (level - 1),) * 2 for level in starts}
