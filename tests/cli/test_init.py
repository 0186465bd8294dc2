"""`archspec init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archspec
from archspec.spec.files import zoo_root
from archspec.spec.standalone import with_imports

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run

SMALL = (
    "resnet18",
    "vgg11_bn",
    "mobilenet_v3_small",
    "residual_mnist",
    "alexnet_2012",
    "googlenet",
    "unet_padded",
    "efficientnet_v2_l",
    "inception_resnet_v1",
    "preact_resnet110_cifar",
    "regnet_y_400mf",
)


@pytest.mark.parametrize("name", SMALL)
def test_the_new_spec_is_the_same_network_under_its_own_name(name: str, run: Run, tmp_path: Path) -> None:
    result = run("init", name, "-o", "mine.yaml")
    assert result.exit_code == 0
    mine, theirs = archspec.load(tmp_path / "mine.yaml"), archspec.load(zoo_root() / f"{name}.yaml")
    assert mine.name == "mine"
    assert mine.expand().splitlines()[2:] == theirs.expand().splitlines()[2:]
    assert len(mine.sources) == 1, "it extends and imports nothing"


def test_imported_blocks_are_put_into_the_new_spec_if_it_uses_them(run: Run, tmp_path: Path) -> None:
    run("init", "inception_v3", "-o", "mine.yaml")
    text = (tmp_path / "mine.yaml").read_text()
    assert "import:" not in text
    assert "\nblocks:\n  unit:\n    description: A convolution with batch norm.\n" in text
    assert "reduction_a" not in text


def test_a_spec_without_blocks_of_its_own_imports_some(tmp_path: Path) -> None:
    text = "archspec: 1\nname: net\nimport: [blocks/squeeze_excitation.yaml]\ngraph: {gate: squeeze_excitation}\n"
    lines = with_imports(text, tmp_path / "net.yaml").splitlines()
    assert lines[:4] == ["archspec: 1", "name: net", "blocks:", "  squeeze_excitation:"]
    assert lines[-1] == "graph: {gate: squeeze_excitation}"


def test_a_file_of_blocks_is_no_network(run: Run) -> None:
    for name in ("squeeze_excitation", "blocks/squeeze_excitation.yaml"):
        result = run("init", name)
        assert result.exit_code == 2
        assert "squeeze_excitation is a file of blocks, and no network" in result.stderr
    assert run("zoo", "squeeze_excitation").stdout.startswith("archspec: 1\n\nblocks:\n")


def test_it_keeps_comments_and_takes_the_values_of_the_network(run: Run, tmp_path: Path) -> None:
    run("init", "vgg11_bn", "-o", "mine.yaml")
    text = (tmp_path / "mine.yaml").read_text()
    assert text.startswith(
        "# yaml-language-server: $schema=archspec.schema.json\n"
        "# Started from vgg11_bn, of the networks that come with archspec.\narchspec: 1\nname: mine\n"
    )
    assert "  # One list, through which the numbers run on" in text
    assert "default: [[64, 1], [128, 1], [256, 2], [512, 2], [512, 2]]" in text
    assert "batch_norm: {default: true, " in text
    assert "The 11-layer network of Simonyan and Zisserman (2014), with batch norm" in text
    assert "variants:" not in text
    assert "extends:" not in text


def test_without_a_file_it_is_called_after_the_network(run: Run, tmp_path: Path) -> None:
    assert run("init", "residual_mnist").exit_code == 0
    assert archspec.load(tmp_path / "residual_mnist.yaml").name == "residual_mnist"


def test_a_folder_takes_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    assert run("init", "residual_mnist", "-o", "nets").exit_code == 0
    assert (tmp_path / "nets" / "residual_mnist.yaml").is_file()


def test_a_family_keeps_its_variants(run: Run, tmp_path: Path) -> None:
    assert run("init", "families/vgg", "-o", "mine.yaml").exit_code == 0
    assert archspec.load(tmp_path / "mine.yaml", variant="vgg13").name == "vgg13"


def test_a_file_is_replaced_only_if_one_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("mine")
    result = run("init", "residual_mnist", "-o", "mine.yaml")
    assert (result.exit_code, (tmp_path / "mine.yaml").read_text()) == (2, "mine")
    assert "mine.yaml exists; --force replaces it" in result.stderr
    assert run("init", "residual_mnist", "-o", "mine.yaml", "--force", "--quiet").stdout == ""
    assert archspec.load(tmp_path / "mine.yaml").name == "mine"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("resnet5",), "did you mean 'resnet50'?"),
        (("../resnet50",), "there is no network '../resnet50' in the zoo"),
        (("residual_mnist", "-o", "my-net.yaml"), "give the network another with --name"),
        (("residual_mnist", "--name", "class"), "'class' cannot be the name of a network"),
    ],
)
def test_wrong_usage(args: tuple[str, ...], message: str, run: Run, tmp_path: Path) -> None:
    result = run("init", *args)
    assert result.exit_code == 2
    assert message in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"good.yaml", "bad.yaml"}


def test_another_name_than_the_file_has(run: Run, tmp_path: Path) -> None:
    assert run("init", "residual_mnist", "-o", "my-net.yaml", "--name", "my_net").exit_code == 0
    assert archspec.load(tmp_path / "my-net.yaml").name == "my_net"


def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run("init", "residual_mnist", "-o", "file/mine.yaml").exit_code == 3


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("resnet18", ""), ("vgg11_bn", "bias-before-norm"), ("hrnet_w18_small", "bias-before-norm")],
)
def test_the_new_spec_has_no_warnings_and_nothing_idle(name: str, allowed: str, run: Run, tmp_path: Path) -> None:
    assert run("init", name, "-o", "mine.yaml").exit_code == 0
    lines = (tmp_path / "mine.yaml").read_text().splitlines()
    assert [line.partition("#")[0].strip() for line in lines if line.startswith("allow:")] == (
        [f"allow: [{allowed}]"] if allowed else []
    )
    assert "  bottleneck:" not in lines or name != "resnet18"
    assert run("check", "mine.yaml", "--strict").exit_code == 0
