"""Networks without a reference library: what their papers say of them."""

from __future__ import annotations

import pytest
import torch

import archspec
from archspec.spec.files import zoo_root

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
    # Huang et al., "Densely Connected Convolutional Networks" (2016), table 2.
    "densenet40_k12_cifar": "1.0M",
    "densenet100_k12_cifar": "7.0M",
    "densenet100_k24_cifar": "27.2M",
    "densenet_bc100_k12_cifar": "0.8M",
    "densenet_bc250_k24_cifar": "15.3M",
    "densenet_bc190_k40_cifar": "25.6M",
}

# The same, where the paper leaves out batch norms and it makes a difference.
WEIGHTS = {
    # Zagoruyko and Komodakis (2016), table 5.
    "preact_resnet1001_cifar": "10.2M",
}

# Parameters, to the last one.
EXACT = {
    # Caffe's bvlc_alexnet, which is the network of Krizhevsky et al. (2012) with its groups.
    "alexnet_2012": 60_965_224,
    # Caffe's bvlc_googlenet, which is the network of Szegedy et al. (2014) with both auxiliary heads.
    "googlenet_2014": 13_378_280,
}

# Variables of the networks of Szegedy et al. below the classifier and without auxiliary heads, as the tests of TF-Slim
# (nets/inception_*_test.py) count them: of a batch norm these are an offset, a mean and a variance.
BACKBONES = {
    "googlenet": 5_607_184,
    # Its first convolution has 64 offsets there and no batch norm, of which we have 192 variables.
    "inception_v2": 10_173_112 - 64 + 192,
    "inception_v3": 21_802_784,
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


@pytest.mark.parametrize(("name", "published"), EXACT.items())
def test_parameters_are_exactly_the_published_ones(name: str, published: int) -> None:
    assert sum(row.params for row in archspec.load(zoo_root() / f"{name}.yaml").table()) == published


@pytest.mark.parametrize(("name", "published"), BACKBONES.items())
def test_variables_of_backbones_are_the_published_ones(name: str, published: int) -> None:
    rows = archspec.load(zoo_root() / f"{name}.yaml").table()
    backbone = [row for row in rows if not row.name.lower().startswith(("fc", "aux"))]
    scales = sum(row.shape[0] for row in backbone if row.op == "batch_norm")
    means_and_variances = 2 * scales
    assert sum(row.params for row in backbone) - scales + means_and_variances == published


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


def test_lenet5_has_the_layers_of_the_paper() -> None:
    # LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.B and figure 2.
    arch = archspec.load(zoo_root() / "lenet5.yaml")
    shapes = [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84,)]
    names = ["c1", "s2.coefficient", "c3.concat", "s4.coefficient", "c5", "f6"]
    assert [arch[name].shape for name in names] == shapes
    trained = {
        layer: sum(row.params for row in arch.table() if row.name.split(".")[0] == layer)
        for layer in ("c1", "s2", "c3", "s4", "c5", "f6")
    }
    assert trained == {"c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164}


def test_c3_of_lenet5_is_connected_as_the_table_says() -> None:
    # LeCun et al. (1998), table 1: the maps of S2 that each map of C3 reads.
    table = [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5], [0, 1, 2, 3], [1, 2, 3, 4]]
    table += [[2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5], [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]]
    table += [[0, 1, 2, 3, 4, 5]]
    module = archspec.load(zoo_root() / "lenet5.yaml").module()
    maps = torch.randn(1, 6, 14, 14, requires_grad=True)
    for result, read in zip(module.get_submodule("c3")(maps)[0], table, strict=True):
        (gradient,) = torch.autograd.grad(result.sum(), maps, retain_graph=True)
        assert gradient[0].abs().amax(dim=(1, 2)).nonzero().flatten().tolist() == read


def test_squashing_of_lenet5_is_one_at_one() -> None:
    # LeCun et al. (1998), appendix A: f(1) = 1 and f(-1) = -1.
    squash = archspec.load(zoo_root() / "lenet5.yaml").module().get_submodule("squash1")
    assert squash(torch.tensor([-1.0, 0.0, 1.0])).tolist() == pytest.approx([-1, 0, 1], abs=1e-4)


def test_inception_v2_has_the_maps_of_the_figure() -> None:
    # Ioffe and Szegedy, "Batch Normalization" (2015), figure 5.
    rows = archspec.load(zoo_root() / "inception_v2.yaml").table()
    maps = [row.shape for row in rows if row.op == "concat"]
    assert maps[:3] == [(256, 28, 28), (320, 28, 28), (576, 14, 14)]
    assert maps[3:7] == [(576, 14, 14)] * 4
    assert maps[7:] == [(1024, 7, 7)] * 3


def test_inception_resnet_v1_has_the_maps_of_the_figures() -> None:
    # Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections" (2016), figures 14 and 15.
    rows = archspec.load(zoo_root() / "inception_resnet_v1.yaml").table()
    added = [row.shape for row in rows if row.op == "add"]
    assert added == [(256, 35, 35)] * 5 + [(896, 17, 17)] * 10 + [(1792, 8, 8)] * 5


def test_inception_resnet_v1_is_that_of_facenet() -> None:
    # facenet-pytorch's has a sixth block at the end and a bottleneck of 512 with a batch norm: 23,482,624 parameters.
    rows = archspec.load(zoo_root() / "inception_resnet_v1.yaml").table()
    backbone = sum(row.params for row in rows if row.name != "logits")
    block = sum(row.params for row in rows if row.name.startswith("repeat_3.0."))
    assert backbone + block + 1792 * 512 + 2 * 512 == 23_482_624
