"""The networks of torchvision and timm that the zoo's specs are held against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torchvision
from torch import Tensor, nn
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SPECS = sorted(path.stem for path in zoo_root().glob("*.yaml"))

# Specs that timm has a network for: what `timm.create_model` is called with.
TIMM: Mapping[str, str] = {
    "cspdarknet53": "cspdarknet53",
    "cspresnet50": "cspresnet50",
    "cspresnet50d": "cspresnet50d",
    "cspresnet50w": "cspresnet50w",
    "cspresnext50": "cspresnext50",
    "dla34": "dla34",
    "dla46_c": "dla46_c",
    "dla46x_c": "dla46x_c",
    "ghostnet_100": "ghostnet_100",
    "hrnet_w18": "hrnet_w18",
    "hrnet_w18_small": "hrnet_w18_small",
    "hrnet_w18_small_v2": "hrnet_w18_small_v2",
    "hrnet_w32": "hrnet_w32",
    "hrnet_w48": "hrnet_w48",
    "inception_resnet_v2": "inception_resnet_v2",
    "inception_v4": "inception_v4",
    "legacy_xception": "legacy_xception",
    "mobilenetv1_100": "mobilenetv1_100",
    "repvgg_a0": "repvgg_a0",
    "repvgg_a1": "repvgg_a1",
    "repvgg_a2": "repvgg_a2",
    "repvgg_b0": "repvgg_b0",
    "repvgg_b1": "repvgg_b1",
    "resnet101d": "resnet101d",
    "resnet152d": "resnet152d",
    "resnet18d": "resnet18d",
    "resnet26d": "resnet26d",
    "resnet34d": "resnet34d",
    "resnet50d": "resnet50d",
    "resnetv2_101": "resnetv2_101",
    "resnetv2_152": "resnetv2_152",
    "resnetv2_18": "resnetv2_18",
    "resnetv2_18d": "resnetv2_18d",
    "resnetv2_34": "resnetv2_34",
    "resnetv2_34d": "resnetv2_34d",
    "resnetv2_50": "resnetv2_50",
    "resnetv2_50d": "resnetv2_50d",
    "seresnet101": "seresnet101",
    "seresnet152": "seresnet152",
    "seresnet18": "seresnet18",
    "seresnet34": "seresnet34",
    "seresnet50": "seresnet50",
}

# Specs of what torchvision builds by functions of their own.
CONSTRUCTORS: Mapping[str, Callable[..., nn.Module]] = {
    "fpn_resnet50": partial(resnet_fpn_backbone, backbone_name="resnet50"),
}

# Arguments of a reference's constructor, where its defaults are not what its weights were trained with.
ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    # What their published weights have.
    "deeplabv3_mobilenet_v3_large-torchvision": {"weights_backbone": None, "aux_loss": True},
    "deeplabv3_resnet101-torchvision": {"weights_backbone": None, "aux_loss": True},
    "deeplabv3_resnet50-torchvision": {"weights_backbone": None, "aux_loss": True},
    "fpn_resnet50-torchvision": {"weights": None, "norm_layer": nn.BatchNorm2d, "trainable_layers": 5},
    "fcn_resnet101-torchvision": {"weights_backbone": None, "aux_loss": True},
    "fcn_resnet50-torchvision": {"weights_backbone": None, "aux_loss": True},
    "lraspp_mobilenet_v3_large-torchvision": {"weights_backbone": None},
    # Their own initialisation takes minutes.
    "googlenet-torchvision": {"init_weights": False},
    "inception_v3-torchvision": {"init_weights": False},
    # Their embedding of positions is made for one size of images.
    **{f"vit_{name}-torchvision": {"image_size": 64} for name in ("b_16", "b_32", "l_16", "l_32")},
    "vit_h_14-torchvision": {"image_size": 56},
}

# The shape of an input, where the usual small one would not do.
INPUTS: Mapping[str, tuple[int, ...]] = {
    "vit_h_14": (3, 56, 56),
    # Windows of 7 x 7 must divide the maps of all stages.
    "maxvit_t": (3, 224, 224),
    "mc3_18": (3, 8, 32, 32),
    "r2plus1d_18": (3, 8, 32, 32),
    "r3d_18": (3, 8, 32, 32),
    "s3d": (3, 13, 209, 209),
    "inception_resnet_v2": (3, 107, 107),
    # The auxiliary head needs a map of 17x17.
    "inception_v3": (3, 299, 299),
    "inception_v4": (3, 107, 107),
}

# References that make their modules in another order than they run: the keys are equal, but not their order.
REORDERED = frozenset(
    {
        # The projection of a unit is made before the activation that it reads.
        *(f"resnetv2_{depth}-timm" for depth in ("18", "18d", "34", "34d", "50", "50d", "101", "152")),
        # The norms of a block are made before the layers whose results they read.
        *(f"swin_v2_{size}-torchvision" for size in "tsb"),
    }
)

# How far results may be apart, in parts of their scale, and why. Everything else is bit-equal.
TOLERANCES: Mapping[str, tuple[float, str]] = {}

SMALL = 64  # pixels: enough for five strides of 2


@dataclass(frozen=True, slots=True)
class Reference:
    """A network of another library, and how a spec is compared with it."""

    spec: str
    library: str
    name: str

    def __str__(self) -> str:
        return f"{self.spec}-{self.library}"

    def make(self) -> nn.Module:
        """Return the network, with whatever weights it starts with."""
        arguments = ARGUMENTS.get(str(self), {})
        if self.name in CONSTRUCTORS:
            return CONSTRUCTORS[self.name](**arguments)
        if self.library == "torchvision":
            return torchvision.models.get_model(self.name, weights=None, **arguments)
        import timm

        return timm.create_model(self.name, pretrained=False, **arguments)

    def input_shape(self, declared: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape to compare with: of an image, a small one; `declared` is the spec's own."""
        if self.spec in INPUTS:
            return INPUTS[self.spec]
        channels, *axes = declared
        return (channels, *(min(axis, SMALL) for axis in axes))

    @property
    def reordered(self) -> bool:
        """Whether its modules stand in another order than they run."""
        return str(self) in REORDERED

    @property
    def tolerance(self) -> float:
        """How far results may be apart, in parts of their scale."""
        return TOLERANCES.get(str(self), (0.0, ""))[0]


def references() -> list[Reference]:
    """Return what each spec of the zoo is compared with."""
    names = {*torchvision.models.list_models(), *CONSTRUCTORS}
    of_torchvision = [Reference(name, "torchvision", name) for name in SPECS if name in names]
    return of_torchvision + [Reference(name, "timm", TIMM[name]) for name in SPECS if name in TIMM]


def tensors(result: Any) -> list[Tensor]:
    """Return the tensors of a result in order; None (a head that is off) is left out."""
    if result is None:
        return []
    if isinstance(result, Tensor):
        return [result]
    values = result.values() if isinstance(result, dict) else result
    return [tensor for value in values for tensor in tensors(value)]
