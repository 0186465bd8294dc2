"""First values of parameters, as generated source gives them."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

import archspec
from archspec.backends.torch.definitions import NeedsClassError
from archspec.backends.torch.source import SourceWriter
from archspec.ops.initialisers import INITIALISERS
from archspec.spec.files import zoo_root
from tests.compiling import spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archspec.ir.initialisation import Initialiser


def made(tmp_path: Path, text: str) -> nn.Module:
    path = tmp_path / "example.yaml"
    path.write_text(text)
    return archspec.load(path).module()


def weights(init: str, tmp_path: Path, graph: str = "fc: {op: linear, out_features: 64}") -> dict[str, Tensor]:
    """Return the parameters of a small network with this `init`."""
    module = made(tmp_path, spec(graph, head=f"init: {init}", inputs="{x: [48]}"))
    return dict(module.named_parameters())


@pytest.mark.parametrize("kind", INITIALISERS, ids=lambda kind: kind.op)
def test_parameters_and_defaults_are_those_of_torch(kind: type[Initialiser]) -> None:
    signature = inspect.signature(getattr(nn.init, f"{kind.op}_"))
    theirs = {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if name not in ("tensor", "generator")
    }
    required = inspect.Parameter.empty
    ours = {name: required if info.is_required() else info.default for name, info in kind.model_fields.items()}
    assert list(ours) == list(theirs)
    assert ours == theirs


def test_every_initialiser_of_torch_is_known() -> None:
    theirs = {name[:-1] for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")}
    assert {kind.op for kind in INITIALISERS} == theirs


@pytest.mark.parametrize("kind", INITIALISERS, ids=lambda kind: kind.op)
@pytest.mark.parametrize("shape", [(6,), (6, 4), (6, 4, 3), (6, 4, 3, 3), (6, 4, 3, 3, 3)], ids=str)
def test_shapes_that_are_refused_are_those_that_torch_refuses(kind: type[Initialiser], shape: tuple[int, ...]) -> None:
    params = kind.samples[0].params if kind.samples else {}
    for groups in ({"groups": 4}, {"groups": 2}) if kind.op == "dirac" else ({},):
        given = {**params, **groups}
        try:
            getattr(nn.init, f"{kind.op}_")(torch.empty(shape), **given)
            accepted = True
        except ValueError:
            accepted = False
        assert kind(**given).accepts(shape) == accepted


@pytest.mark.parametrize(
    ("initialiser", "fill"),
    [
        ("uniform", nn.init.uniform_),
        ("{uniform: {a: -2, b: -1}}", partial(nn.init.uniform_, a=-2, b=-1)),
        ("{normal: {mean: 1, std: 0.1}}", partial(nn.init.normal_, mean=1, std=0.1)),
        ("{trunc_normal: {std: 0.5, a: -0.1, b: 0.3}}", partial(nn.init.trunc_normal_, std=0.5, a=-0.1, b=0.3)),
        ("{constant: {val: 1 / 3}}", partial(nn.init.constant_, val=1 / 3)),
        ("ones", nn.init.ones_),
        ("zeros", nn.init.zeros_),
        ("eye", nn.init.eye_),
        ("{xavier_uniform: {gain: 2}}", partial(nn.init.xavier_uniform_, gain=2)),
        ("xavier_normal", nn.init.xavier_normal_),
        ("{kaiming_uniform: {a: sqrt(5)}}", partial(nn.init.kaiming_uniform_, a=5**0.5)),
        ("{kaiming_normal: {nonlinearity: selu}}", partial(nn.init.kaiming_normal_, nonlinearity="selu")),
        ("orthogonal", nn.init.orthogonal_),
        ("{sparse: {sparsity: 0.7, std: 2}}", partial(nn.init.sparse_, sparsity=0.7, std=2)),
    ],
)
def test_values_are_those_of_torch(initialiser: str, fill: Callable[[Tensor], Any], tmp_path: Path) -> None:
    torch.manual_seed(3)
    found = weights(f"{{fc: {{weight: {initialiser}}}}}", tmp_path)["fc.weight"]
    torch.manual_seed(3)
    expected = nn.Linear(48, 64).weight
    fill(expected)
    assert torch.equal(found, expected)


def test_later_entries_win(tmp_path: Path) -> None:
    graph = "a: {op: linear, out_features: 4}\nb: {op: linear, out_features: 4}"
    given = weights("{linear: {weight: ones}, b: {weight: zeros}}", tmp_path, graph)
    assert given["a.weight"].eq(1).all()
    assert given["b.weight"].eq(0).all()
    given = weights("{b: {weight: zeros}, linear: {weight: ones}}", tmp_path, graph)
    assert given["b.weight"].eq(1).all()


def test_a_node_may_lack_the_tensor(tmp_path: Path) -> None:
    graph = "a: {op: linear, out_features: 4}\nb: {op: linear, out_features: 4, bias: false}"
    given = weights("{linear: {bias: zeros}}", tmp_path, graph)
    assert given["a.bias"].eq(0).all()
    assert "b.bias" not in given


def test_modules_inside_of_others_are_left_alone(tmp_path: Path) -> None:
    """The projection in an attention is an `nn.Linear` by inheritance."""
    graph = "attend: {op: multi_head_attention, num_heads: 2}\nfc: {op: linear, out_features: 4}"
    text = spec(graph, head="init: {linear: {weight: zeros}}", inputs="{x: [5, 8]}")
    given = dict(made(tmp_path, text).named_parameters())
    assert given["fc.weight"].eq(0).all()
    assert given["attend.out_proj.weight"].ne(0).any()


def test_layers_of_ops_that_are_made_of_several_are_filled_too(tmp_path: Path) -> None:
    graph = "{merge: patch_merging, head: {op: linear, out_features: 2}}"
    head = "init: {linear: {weight: ones, bias: zeros}}"
    module = made(tmp_path, spec(graph, head=head, inputs="{x: [4, 4, 3]}"))
    found = dict(module.named_parameters())
    assert found["merge.reduction.weight"].eq(1).all()
    assert found["head.weight"].eq(1).all()
    assert found["head.bias"].eq(0).all()


def test_parameters_still_learn(tmp_path: Path) -> None:
    assert all(tensor.requires_grad and tensor.is_leaf for tensor in weights("{fc: {weight: eye}}", tmp_path).values())


def equal(ours: nn.Module, theirs: nn.Module) -> bool:
    pairs = zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True)
    return all(name == other and torch.equal(value, expected) for (name, value), (other, expected) in pairs)


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(5)
    return make()


@pytest.mark.parametrize(("name", "norm"), [("resnet18", "bn2"), ("resnet50", "bn3")])
def test_resnet_starts_with_the_weights_of_torchvision(name: str, norm: str, tmp_path: Path) -> None:
    arch = archspec.load(zoo_root() / f"{name}.yaml")
    make = getattr(torchvision.models, name)
    assert equal(seeded(arch.module), seeded(make))
    path = tmp_path / "zero.yaml"
    head = f"archspec: 1\nname: zero\nextends: families/resnet.yaml\nvariant: {name}\n"
    path.write_text(f'{head}init: {{"layer*.*.{norm}": {{weight: zeros}}}}\n')
    assert equal(seeded(archspec.load(path).module), seeded(partial(make, zero_init_residual=True)))


def test_vgg_starts_with_the_weights_of_torchvision() -> None:
    arch = archspec.load(zoo_root() / "vgg11_bn.yaml")
    assert equal(seeded(arch.module), seeded(torchvision.models.vgg11_bn))


def test_a_flat_class_is_initialised_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no nicer class can be written, each node is stated by itself."""

    def nothing_nicer(*_: object) -> None:
        raise NeedsClassError

    monkeypatch.setattr(SourceWriter, "_class", nothing_nicer)
    graph = "a:\n  - {op: linear, out_features: 4}\n  - relu\nb: {op: linear, out_features: 4}"
    given = weights("{linear: {weight: zeros}, b: {weight: ones}, a.0: {bias: ones}}", tmp_path, graph)
    assert given["a.0.weight"].eq(0).all()
    assert given["a.0.bias"].eq(1).all()
    assert given["b.weight"].eq(1).all()
