from __future__ import annotations

import keyword

import pytest

from archspec.spec import names
from tests.compiling import Fault, faults, nodes, spec


def test_the_attributes_of_modules_are_those_of_torch() -> None:
    from torch import nn

    attributes = {name for name in (*dir(nn.Module), *vars(nn.Module())) if not name.startswith("_")}
    assert attributes == names.MODULE_ATTRIBUTES


def test_no_attribute_of_a_sequential_can_name_a_node() -> None:
    from torch import nn

    for name in (*dir(nn.Sequential), *vars(nn.Sequential())):
        assert names.fault_of_node_name(name) is not None, name


@pytest.mark.parametrize("name", [*keyword.kwlist, "None", "True", "False"])
def test_keywords_name_nothing(name: str) -> None:
    assert names.fault_of_identifier(name)
    assert names.fault_of_node_name(name)
    assert names.fault_of_parameter_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1a",
        "a b",
        "a--b",
        "-a",
        "a-",
        "a-_b",
        "a.b",
        "a\nb",
        "a\n",
        'a"b',
        "a'b",
        "a{b}",
        "__init__",
        "__a",
        "\u0441onv",  # a Cyrillic letter that looks like c
        "\uff43onv",
        "conv\u200b",
        "\u0663",
        "é",
        "a" * 65,
        "a;import os",
    ],
)
def test_what_is_no_identifier(name: str) -> None:
    assert names.fault_of_identifier(name)
    assert names.fault_of_node_name(name)
    assert names.fault_of_block_name(name)
    assert names.fault_of_parameter_name(name)
    assert not names.is_number(name)


@pytest.mark.parametrize("name", ["input", "self", "forward", "training", "type", "parameters", "_modules", "append"])
def test_names_that_nodes_cannot_have(name: str) -> None:
    assert names.fault_of_node_name(name)
    found = faults(spec(f"{name}: relu"))
    assert found == [Fault("AS104", 5, 3, name)]


@pytest.mark.parametrize(
    "name", ["torch", "nn", "F", "Tensor", "len", "max", "print", "make_divisible", "self", "true"]
)
def test_names_that_parameters_cannot_have(name: str) -> None:
    assert names.fault_of_parameter_name(name)


@pytest.mark.parametrize(
    "name", ["conv1", "bn", "relu", "match", "case", "layer_1", "X", "a" * 64, "values", "max", "torch"]
)
def test_names_that_nodes_can_have(name: str) -> None:
    assert names.fault_of_node_name(name) is None
    assert nodes(spec(f"{name}: relu")) == [f"{name} = relu(x): 3x8x8"]


@pytest.mark.parametrize("name", ["conv_1", "channels", "input_size", "id", "filter", "hash", "slice", "width"])
def test_names_that_parameters_can_have(name: str) -> None:
    assert names.fault_of_parameter_name(name) is None


@pytest.mark.parametrize("name", ["block1-0", "a-b-c", "a_1-2_b"])
def test_nodes_only_may_have_hyphens_in_their_names(name: str) -> None:
    assert names.fault_of_node_name(name) is None
    assert names.fault_of_block_name(name)
    assert names.fault_of_parameter_name(name)
    assert nodes(spec(f"{name}: relu\nlast: {{op: add, from: [{name}, input]}}")) == [
        f"{name} = relu(x): 3x8x8",
        f"last = add({name}, x): 3x8x8",
    ]


@pytest.mark.parametrize("name", ["double", "half", "type", "forward", "append", "state_dict", "tensor", "module"])
def test_blocks_may_be_called_like_attributes_of_modules(name: str) -> None:
    assert names.fault_of_block_name(name) is None


def test_numbers() -> None:
    assert [
        name for name in ("0", "7", "123456", "01", "1234567", "-1", "1.0", "\u0663", "") if names.is_number(name)
    ] == [
        "0",
        "7",
        "123456",
    ]


@pytest.mark.parametrize("key", ["\u0441onv", "a b", "__class__", '"a\\nb"', "1.5", "true", "null", "01", "~"])
def test_strange_names_of_nodes_are_refused(key: str) -> None:
    (fault,) = faults(spec(f"{key}: relu"))
    assert (fault.code, fault.line, fault.column) == ("AS104", 5, 3)
