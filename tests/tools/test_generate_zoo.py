from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec.cli import networks
from archspec.spec.files import zoo_root
from tools import generate_zoo

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES = networks.families()
LENGTHS = generate_zoo.lengths(FAMILIES)


def test_what_counts_as_a_line_of_yaml() -> None:
    assert generate_zoo.yaml_lines("# why\na: 1\n\n  # more\n  b: [1,   # one\n      2]\n") == 3


def test_what_counts_as_a_line_of_python() -> None:
    text = '''
"""A docstring

of three lines."""
import torch   # counts

__all__ = [
    "Net",
]
# A comment.
_COMMON_META = {
    "a": 1,
}


class Net_Weights(WeightsEnum):
    DEFAULT = 1


class Net(nn.Module):
    """What it is."""

    def __init__(
        self,
    ) -> None:
        """How it is made."""
        self.text = """two
lines"""


@register_model()
@handle_legacy_interface(weights=("pretrained", Net_Weights.DEFAULT))
def net(*, weights=None):
    return Net()
'''
    # import, class, three lines of the signature, two of the text, def, return
    assert generate_zoo.python_lines(text) == 9


def test_a_module_of_torchvision_is_counted_with_all_families_that_have_its_networks() -> None:
    modules = [module for length in LENGTHS for module in length.modules]
    assert len(set(modules)) == len(modules)
    (resnet,) = [length for length in LENGTHS if length.modules == ("torchvision.models.resnet",)]
    assert resnet.families == ("families/resnet.yaml",)
    assert resnet.networks == 10
    assert resnet.with_networks == resnet.yaml + 5 * resnet.networks
    assert 200 < resnet.python < 300


def test_blocks_are_counted_with_each_family_that_imports_them() -> None:
    gate = "blocks/squeeze_excitation.yaml"
    sharing = {each.families[0]: each for each in LENGTHS if gate in each.blocks}
    assert {"families/efficientnet.yaml", "families/mobilenet_v3.yaml", "families/regnet.yaml"} <= sharing.keys()
    regnet = sharing["families/regnet.yaml"]
    texts = [(zoo_root() / path).read_text(encoding="utf-8") for path in (*regnet.families, gate)]
    assert regnet.yaml == sum(map(generate_zoo.yaml_lines, texts))


def test_every_file_of_blocks_is_shared() -> None:
    for path in (zoo_root() / "blocks").glob("*.yaml"):
        assert sum(len(each.families) for each in LENGTHS if f"blocks/{path.name}" in each.blocks) > 1


@pytest.mark.parametrize("length", [each for each in LENGTHS if each.modules], ids=lambda each: each.families[0])
def test_specs_are_shorter_than_the_source_of_torchvision(length: generate_zoo.Length) -> None:
    assert length.yaml < length.python


@pytest.mark.parametrize("path", sorted(zoo_root().rglob("*.yaml")), ids=lambda path: path.stem)
def test_no_spec_is_longer_than_200_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 200


def test_the_page_has_every_network_and_no_path_of_this_machine() -> None:
    text = "\n".join(generate_zoo.page(FAMILIES))
    for path in zoo_root().glob("*.yaml"):
        assert f"| `{path.stem}` |" in text
    assert "| `resnet18` | 3 x 224 x 224 | 11,689,512 | 1,814,073,344 | 435 | 194% | torchvision: bit-equal |" in text
    assert str(generate_zoo.ROOT) not in text
