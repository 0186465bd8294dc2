from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from archspec.api import load
from archspec.passes.diff.comparison import compare
from archspec.passes.diff.document import document
from archspec.passes.diff.text import Names, render_text
from archspec.spec.files import zoo_root
from tests.compiling import graph_of, spec

if TYPE_CHECKING:
    from archspec.ir.graph import Graph
    from archspec.passes.diff.comparison import Comparison

ROOT = zoo_root()
NAMES = Names("a", "b")


def between(before: str, after: str, **heads: str) -> Comparison:
    """Compare two graphs."""
    return compare(graph_of(spec(before, **heads)), graph_of(spec(after, **heads)))


def nothing_in(comparison: Comparison, *tables: str) -> bool:
    return not any(getattr(comparison, table) for table in tables)


def text(comparison: Comparison) -> str:
    return render_text(comparison, NAMES)


def renamed(comparison: Comparison) -> dict[str, str]:
    return dict(comparison.renamed)


def paths(nodes: Any) -> list[str]:
    return [node.path for node in nodes]


LIST = """
features:
  - {op: conv, out_channels: 8, kernel_size: 3, padding: 1}
  - relu
  - {op: conv, out_channels: 16, kernel_size: 3, padding: 1}
  - relu
"""


def test_a_network_is_equal_to_itself_however_it_is_written() -> None:
    copies = "body: {op: conv, out_channels: 8, kernel_size: 1, repeat: 2}"
    found = between(copies, copies.replace("8", "2 * 4"))
    assert found.equal
    assert text(found) == "A: a\nB: b\n\nthe networks are the same\n"
    assert document(found, NAMES)["equal"] is True


def test_a_parameter_changed() -> None:
    found = between(
        "conv: {op: conv, out_channels: 8, kernel_size: 3}", "conv: {op: conv, out_channels: 8, kernel_size: 5}"
    )
    (change,) = found.changed
    assert change.settings == {"kernel_size": (3, 5)}
    assert nothing_in(found, "removed", "added", "renamed", "rewired")
    assert "~ conv  conv kernel_size 3 -> 5" in text(found)
    assert "first at conv: N x 8 x 6 x 6 -> N x 8 x 4 x 4" in text(found)


def test_an_op_was_replaced() -> None:
    found = between("act: relu", "act: sigmoid")
    assert [change.settings for change in found.changed] == [{"op": ("relu", "sigmoid")}]
    assert not found.rewired


def test_what_is_put_into_a_list_moves_the_numbers_of_the_rest() -> None:
    found = between(LIST, LIST.replace("  - relu", "  - batch_norm\n  - relu"))
    assert paths(found.added) == ["features.1", "features.4"]
    assert renamed(found) == {"features.1": "features.2", "features.2": "features.3", "features.3": "features.5"}
    assert nothing_in(found, "changed", "rewired", "removed", "reshaped")
    assert "> features.1 ... features.2  -> features.2 ... features.3 (2 nodes)" in text(found)


def test_a_list_whose_parameters_all_changed_keeps_its_numbers() -> None:
    found = between(LIST, LIST.replace("16", "32").replace(": 8", ": 16"))
    assert nothing_in(found, "renamed", "added", "removed")
    assert [change.settings for change in found.changed] == [{"out_channels": (8, 16)}, {"out_channels": (16, 32)}]
    assert "~ features.0, features.2  2 x conv out_channels x2 (8 -> 16, 16 -> 32)" in text(found)


def test_a_renamed_block_is_found_again() -> None:
    before = """
        layer1: {graph: {conv: {op: conv, out_channels: 8, kernel_size: 3}, bn: batch_norm}}
        pool: global_avg_pool
    """
    found = between(before, before.replace("layer1", "stage1"))
    assert renamed(found) == {"layer1.conv": "stage1.conv", "layer1.bn": "stage1.bn"}
    assert nothing_in(found, "added", "removed", "changed", "rewired")
    assert "> layer1  -> stage1 (2 nodes)" in text(found)
    assert len(found.weights.renamed) == 7


def test_nodes_that_were_put_into_a_group_are_found_again() -> None:
    before = """
        conv: {op: conv, out_channels: 8, kernel_size: 3}
        act: relu
        head: {op: conv, out_channels: 4, kernel_size: 1}
    """
    after = """
        stem:
          - {op: conv, out_channels: 8, kernel_size: 3}
          - relu
        head: {op: conv, out_channels: 4, kernel_size: 1}
    """
    found = between(before, after)
    assert renamed(found) == {"conv": "stem.0", "act": "stem.1"}
    assert nothing_in(found, "added", "removed", "rewired")


def test_an_op_elsewhere_is_not_the_same_one() -> None:
    before = """
        a: relu
        b: {op: conv, out_channels: 8, kernel_size: 3}
        c: {op: conv, out_channels: 8, kernel_size: 3}
        d: {op: max_pool, kernel_size: 2}
    """
    after = """
        b: {op: conv, out_channels: 8, kernel_size: 3}
        c: {op: conv, out_channels: 8, kernel_size: 3}
        d: {op: max_pool, kernel_size: 2}
        z: relu
    """
    found = between(before, after)
    assert paths(found.removed) == ["a"]
    assert paths(found.added) == ["z"]


def test_what_is_put_between_two_nodes_is_no_other_connection_but_a_shortcut_is() -> None:
    before = """
        a: {op: conv, out_channels: 3, kernel_size: 1}
        b: {op: conv, out_channels: 3, kernel_size: 1}
        add: {op: add, from: [b, a]}
    """
    between_them = before.replace("        b:", "        act: relu\n        b:")
    found = between(before, between_them.replace("[b, a]", "[b, act]"))
    assert paths(found.added) == ["act"]
    assert not found.rewired
    found = between(before, before.replace("[b, a]", "[b, input]"))
    assert [(change.reads_before, change.reads_after) for change in found.rewired] == [(("b", "a"), ("b", "x"))]
    assert "@ add  add reads b, a -> b, x" in text(found)


def test_the_same_change_in_every_copy_is_said_once() -> None:
    graph = "layer: {op: unit, repeat: 16}"
    convs = (
        "conv1: {op: conv, out_channels: 8, kernel_size: 1}, "
        "conv2: {op: conv, out_channels: 8, kernel_size: 3, padding: 1}"
    )
    head = f"blocks: {{unit: {{graph: {{{convs}}}}}}}"
    before = graph_of(spec(graph, head=head))
    after = graph_of(spec(graph, head=head.replace("padding: 1", "padding: 1, groups: 8")))
    assert "~ layer.*.conv2  16 x conv groups 1 -> 8" in text(compare(before, after))
    only_some = head.replace("padding: 1", "padding: 1, bias: flag").replace("{graph", "{params: {flag: bool}, graph")
    uneven = "layer: {op: unit, flag: i % 2 == 0, repeat: 16}"
    after = graph_of(spec(uneven, head=only_some))
    assert "~ layer.*.conv2  8 of 16 x conv bias true -> false" in text(compare(before, after))


def test_inputs_outputs_init_and_preprocess_are_compared() -> None:
    graph = "conv: {op: conv, out_channels: 3, kernel_size: 1}\nact: relu"
    before = graph_of(spec(graph))
    head = "outputs: {low: conv, high: act}\ninit: {conv: {weight: ones}}\npreprocess: {mean: 0.5}"
    after = graph_of(spec(graph, head=head, inputs="{x: [3, 9, 9]}"))
    found = compare(before, after)
    assert found.facts == {
        "input x": ("x: 3x8x8", "x: 3x9x9"),
        "outputs": ("act: act", "low: conv, high: act"),
        "preprocess mean": (None, 0.5),
    }
    assert [dict(change.settings) for change in found.changed] == [{"init weight": (None, "ones")}]
    assert "x: 3x8x8 -> x: 3x9x9" in text(found)


def test_a_shared_module_is_compared() -> None:
    before = "a: {op: conv, out_channels: 3, kernel_size: 1}\nb: {op: conv, out_channels: 3, kernel_size: 1}"
    found = between(before, "a: {op: conv, out_channels: 3, kernel_size: 1}\nb: {share: a}")
    assert [change.settings for change in found.changed] == [{"share": (None, "a")}]
    assert [tensor.key for tensor in found.weights.only_before] == ["b.weight", "b.bias"]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("resnet18", "resnet34", "+ layer1.2, layer2.2-3, layer3.2-5, layer4.2  8 x basic (56 nodes)"),
        ("resnet50", "resnext50_32x4d", "~ layer*.*.conv2  16 x conv out_channels x2"),
        ("densenet121", "densenet201", "40 x dense_layer (240 nodes)"),
        ("vgg11", "vgg11_bn", "+ features.*                   8 x batch_norm"),
    ],
)
def test_networks_of_the_zoo(before: str, after: str, wanted: str) -> None:
    found = compare(load(ROOT / f"{before}.yaml").graph, load(ROOT / f"{after}.yaml").graph)
    shown = text(found)
    assert wanted in shown
    assert len(shown.splitlines()) < 60


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "swin_t", "googlenet", "unet", "fcn_resnet50"])
def test_each_network_equals_itself(name: str) -> None:
    graph = load(ROOT / f"{name}.yaml").graph
    found = compare(graph, graph)
    assert found.equal
    assert found.weights.all_fit
    assert list(found.pairs) == list(graph.nodes)


def test_the_document_leaves_nothing_out() -> None:
    before, after = load(ROOT / "resnet18.yaml"), load(ROOT / "resnet34.yaml", classes=10)
    found: Any = document(compare(before.graph, after.graph), NAMES)
    assert found["totals"]["params"] == {
        "before": 11_689_512,
        "after": sum(row.params for row in after.table()),
        "difference": sum(row.params for row in after.table()) - 11_689_512,
    }
    assert len(found["added"]) == len(after.graph.nodes) - len(before.graph.nodes)
    assert found["changed"] == [
        {"before": "fc", "after": "fc", "settings": {"out_features": {"before": 1000, "after": 10}}}
    ]
    assert found["receptive_field"]["before"]["size"] == [435, 435]
    weights = found["weights"]
    assert [pair["before"]["key"] for pair in weights["reshaped"]] == ["fc.weight", "fc.bias"]
    assert weights["params"]["fitting"] == 11_689_512 - 513_000


@pytest.mark.parametrize("channels", [8, 16])
def test_thousands_of_nodes_are_compared_quickly(channels: int) -> None:
    """A long list with something put in here and there; once, all parameters are other ones, too."""

    def network(channels: int, *, inserted: bool) -> Graph:
        lines = [f"  - {{op: conv, out_channels: {channels}, kernel_size: 1}}\n  - relu" for _ in range(500)]
        if inserted:
            lines = [line if index % 50 else f"  - sigmoid\n{line}" for index, line in enumerate(lines)]
        return graph_of(spec("body:\n" + "\n".join(lines)))

    before, after = network(8, inserted=False), network(channels, inserted=True)
    start = time.process_time()
    found = compare(before, after)
    assert time.process_time() - start < 5  # far above what it takes, for busy machines
    assert len(after.nodes) - len(before.nodes) == 10
    assert len(found.pairs) > 300
