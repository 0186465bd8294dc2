from __future__ import annotations

import pytest

from archspec.lsp.completion import completion
from tests.lsp.cursor import CURSOR, HEAD, SPEC, SPECS, compile_here, split

GRAPH = SPEC[SPEC.index("graph:\n  stem") :]


def labels(text: str) -> list[str]:
    """Return what is offered at the cursor, where the text without its line is what was compiled before."""
    plain, offset = split(text)
    before = "\n".join(line for line in text.split("\n") if CURSOR not in line)
    return [item.label for item in completion(plain, offset, compile_here(before))]


def in_graph(line: str) -> list[str]:
    """Return what is offered in a line at the end of the graph."""
    return labels(SPEC.replace("variants:", f"  {line}\nvariants:"))


@pytest.mark.parametrize(
    ("line", "offered", "not_offered"),
    [
        ("new: ‸", ["unit", "conv", "relu", "batch_norm"], ["stem", "out_channels"]),
        ("new: co‸", ["conv", "conv_transpose"], []),
        ("new: {op: ‸", ["unit", "conv"], ["from"]),
        ("new: {op: co‸}", ["conv"], ["from"]),
        (
            "new: {op: conv, ‸",
            ["out_channels", "kernel_size", "padding", "from", "when", "repeat"],
            ["graph", "channels"],
        ),
        ("new: {op: conv, kernel_size: 3, ‸}", ["out_channels", "stride"], ["kernel_size", "op"]),
        ("new: {op: conv, out‸}", ["out_channels"], []),
        ("new: {op: unit, ‸", ["channels", "stride", "act", "from"], ["out_channels"]),
        ("new: {op: conv, padding: ‸", ["same", "valid", "full", "classes", "stem"], ["zeros"]),
        ("new: {op: conv, padding_mode: ‸}", ["reflect", "circular"], ["same"]),
        ("new: {op: conv, bias: ‸}", ["true", "false"], []),
        ("new: {op: conv, out_channels: ‸}", ["classes", "stem", "max", "make_divisible"], ["channels", "true"]),
        ("new: {op: conv, out_channels: stem.‸}", ["channels", "height"], ["classes"]),
        ("new: {op: unit, channels: 8, act: ‸}", ["relu", "silu"], []),
        ("new: {op: add, from: [‸", ["input", "stem", "unit1", "fc"], ["conv", "new"]),
        ("new: {op: add, from: [stem, ‸]}", ["input", "unit2"], ["new"]),
        ("new: {op: relu, from: st‸", ["stem"], ["relu"]),
        ("new: {op: relu, repeat: {‸", ["count", "each", "as", "index", "name"], ["from"]),
        ("new: {op: relu, repeat: 2, connect: ‸}", ["dense"], []),
    ],
)
def test_in_a_node(line: str, offered: list[str], not_offered: list[str]) -> None:
    found = in_graph(line)
    assert set(offered) <= set(found)
    assert not set(not_offered) & set(found)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("‸", ["outputs", "variants", "init", "preprocess", "extends"]),
        ("out‸", ["outputs"]),
        ("init: {‸", ["conv", "linear"]),
        ("init: {conv: {weight: ‸", ["kaiming_normal", "zeros"]),
        ("preprocess: {‸", ["mean", "std", "labels"]),
        ("outputs: ‸", ["stem", "fc"]),
        ("outputs: {logits: {from: ‸", ["stem", "fc"]),
        ("variant: ‸", []),
        ("import: fam‸", ["families/resnet.yaml", "blocks/squeeze_excitation.yaml"]),
    ],
)
def test_at_the_top(line: str, offered: list[str]) -> None:
    text = SPEC[: SPEC.index("variants:")] + line
    assert set(offered) <= set(labels(text))


def test_keys_that_are_there_are_not_offered() -> None:
    assert not {"name", "graph", "blocks"} & set(labels(SPEC + "‸"))


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (f"{HEAD}blocks:\n  unit:\n    ‸\n", ["params", "graph", "spec"]),
        (f"{HEAD.replace('params: {classes: 10}', 'params: {classes: {‸')}", ["type", "default", "min"]),
        (f"{HEAD.replace('params: {classes: 10}', 'params: {classes: {type: ‸')}", ["int", "list[int]"]),
        (f"{HEAD}graph:\n  branch:\n    from: input\n    ‸\n  relu: relu\n", ["op", "graph", "when"]),
        (f"{HEAD}graph:\n  - relu\n  - ‸\n", ["relu", "conv"]),
        (f"{HEAD}graph:\n  - relu\n  - {{op: conv, ‸}}\n", ["out_channels"]),
    ],
)
def test_elsewhere(text: str, offered: list[str]) -> None:
    assert set(offered) <= set(labels(text))


def test_what_an_extended_spec_offers() -> None:
    head = "archspec: 1\nname: mine\nextends: families/resnet.yaml\n"
    assert "resnet152" in labels(f"{head}variant: ‸\n")
    assert {"classes", "depths"} <= set(labels(f"{head}params: {{‸\n"))
    assert {"replace", "insert_after", "remove"} <= set(labels(f"{head}graph:\n  ‸\n"))
    assert {"conv1", "fc"} <= set(labels(f"{head}graph:\n  remove: [‸\n"))
    assert {"conv1", "fc"} <= set(labels(f"{head}graph:\n  replace:\n    ‸\n"))
    assert {"bottleneck", "conv"} <= set(labels(f"{head}graph:\n  replace:\n    fc: {{op: ‸\n"))


def test_documentation_and_the_shapes_of_nodes() -> None:
    plain, offset = split(SPEC.replace("{op: linear, out_features", "{op: linear, ‸out_features"))
    items = {item.label: item for item in completion(plain, offset, compile_here(SPEC))}
    assert "default true" in items["bias"].detail
    assert items["bias"].text == "bias: "
    plain, offset = split(SPEC.replace("from: [unit2, unit2]", "from: [unit1, ‸]"))
    items = {item.label: item for item in completion(plain, offset, compile_here(SPEC))}
    assert items["stem"].detail == "N x 16 x 30 x 30"


def test_files_beside_the_spec() -> None:
    place = SPECS / "mine.yaml"
    text = "archspec: 1\nname: mine\nextends: "
    offered = [item.label for item in completion(text, len(text), compile_here(text, place))]
    assert "families/resnet.yaml" in offered
    assert "resnet50.yaml" in offered


@pytest.mark.parametrize("position", range(0, len(SPEC), 7))
def test_no_place_is_a_crash(position: int) -> None:
    found = compile_here(SPEC)
    for text in (SPEC, SPEC[:position], SPEC[:position] + "{" + SPEC[position:]):
        completion(text, min(position, len(text)), found)
