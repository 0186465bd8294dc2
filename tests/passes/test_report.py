from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archspec.diagnostics.catalog.shapes_axes import WrongRank
from archspec.ir.graph import Output, Value
from archspec.ir.window import Whole
from archspec.ops.activation import Relu
from archspec.passes.columns import BY_KEY, COLUMNS, show_bytes, show_field, show_shape
from archspec.passes.pipeline import PASSES, Analysis, Pass, PassError, analyse
from archspec.passes.render import largest_lines, render_csv, render_json, render_markdown, render_text
from archspec.passes.report import document, rows
from tests.passes.build import HERE, Builder, Moved, Parted, Reshaped, Same, conv

if TYPE_CHECKING:
    from archspec.ir.graph import Graph
    from archspec.ir.tensor import TensorType

SPECS = Path(__file__).parents[2] / "specs"


def small() -> Graph:
    net = Builder(image=(3, 32, 32))
    net.add("stem", conv(7, stride=2, padding=3))
    for block in ("block1", "block2"):
        shortcut = net.last
        net.add(f"{block}.conv", conv(3, padding=1))
        net.add(f"{block}.relu", Relu())
        net.add(f"{block}.add", Same(), f"{block}.relu", shortcut)
    net.add("split", Parted())
    net.add("join", Same(), Value("split", 0), Value("split", 1))
    net.add("pool", Moved(maps=(Whole(), Whole())))
    net.add("flatten", Reshaped(shape=(4,)))
    return net.graph(Output("logits", net.last))


TEXT = """\
net (image: N x 3 x 32 x 32)
node         op        output           params     MACs  activations  receptive field
-----------  --------  ---------------  ------  -------  -----------  ---------------
stem         conv      N x 8 x 16 x 16   1,184  301,056       8.2 kB  7x7 /2 @-3
block1.conv  conv      N x 8 x 16 x 16     584  147,456       8.2 kB  11x11 /2 @-5
block1.relu  relu      N x 8 x 16 x 16       -        -       8.2 kB  11x11 /2 @-5
block1.add   same      N x 8 x 16 x 16       -        -       8.2 kB  11x11 /2 @-5
block2.conv  conv      N x 8 x 16 x 16     584  147,456       8.2 kB  15x15 /2 @-7
block2.relu  relu      N x 8 x 16 x 16       -        -       8.2 kB  15x15 /2 @-7
block2.add   same      N x 8 x 16 x 16       -        -       8.2 kB  15x15 /2 @-7
split        parted    N x 4 x 16 x 16       -        -       8.2 kB  15x15 /2 @-7
join         same      N x 4 x 16 x 16       -        -       4.1 kB  15x15 /2 @-7
pool         moved     N x 4 x 1 x 1         -        -         16 B  15x15 /2 @-7 *
flatten      reshaped  N x 4                 -        -         16 B  15x15 /2 @-7 *

receptive field: SIZE /STRIDE @START: unit i sees START + i * STRIDE to START + i * STRIDE + SIZE - 1 of the input
  *  and the whole input, through a global operation
the last map (join) sees 15 of 32

totals, per sample
params          2,352  trained elements
buffers             0  elements that are not trained
weights        9.4 kB  params and buffers
MACs          595,968  multiply-accumulates of layers and matrix products
FLOPs       1,191,936  = 2 x MACs
elementwise    17,416  other operations
activations   69.7 kB  results of all nodes
saved         45.1 kB  kept for the backward pass in training
peak          24.6 kB  alive at once in inference, at block1.relu
moved        177.4 kB  read and written in inference, node by node
intensity         6.7  FLOPs per byte moved

most params  stem 1,184 (50%), block1.conv 584 (25%), block2.conv 584 (25%)
most MACs    stem 301,056 (51%), block1.conv 147,456 (25%), block2.conv 147,456 (25%)
most saved   stem 12.3 kB (27%), block1.conv 8.2 kB (18%), block1.relu 8.2 kB (18%)
"""


def test_the_text_is_aligned_and_never_cut() -> None:
    assert render_text(small(), analyse(small())) == TEXT


def test_what_was_chosen_is_stated() -> None:
    graph = small()
    text = render_text(graph, analyse(graph, batch=32, dtype="float16"))
    assert text.startswith("net (image: 32 x 3 x 32 x 32); batch 32, float16\n")
    assert "\nstem         conv      32 x 8 x 16 x 16  " in text
    assert "\ntotals, for a batch of 32\n" in text
    made: Any = document(graph, analyse(graph, batch=32, dtype="float16"))
    assert (made["batch"], made["dtype"], made["nodes"][0]["shape"]) == (32, "float16", [8, 16, 16])
    assert render_text(graph, analyse(graph, dtype="float64")).startswith("net (image: N x 3 x 32 x 32); float64\n")


def test_the_largest_rows_are_named_with_their_shares() -> None:
    graph = small()
    lines = dict(largest_lines(rows(graph, analyse(graph), depth=1)))
    assert lines["params"] == "stem 1,184 (50%), block1 584 (25%), block2 584 (25%)"
    assert lines["saved"].startswith("block1 16.4 kB (36%), block2 ")


def test_blocks_are_summed_up_below_a_depth() -> None:
    graph = small()
    analysis = analyse(graph)
    table = {row.name: row for row in rows(graph, analysis, depth=1)}
    assert list(table) == ["stem", "block1", "block2", "split", "join", "pool", "flatten"]
    block = table["block2"]
    assert (block.op, block.inputs, block.shape, block.nodes) == ("block", ("block1",), (8, 16, 16), 3)
    assert (block.params, block.macs, block.activation_bytes) == (584, 147_456, 3 * 8192)
    assert block.receptive_field == analysis.receptive_fields["block2.add"]
    assert table["split"].inputs == ("block2",)
    assert sum(row.macs for row in table.values()) == analysis.totals.macs
    assert rows(graph, analysis, depth=2) == rows(graph, analysis)


def test_results_of_a_node_with_several_have_names() -> None:
    graph = small()
    table = {row.name: row for row in rows(graph, analyse(graph))}
    assert table["join"].inputs == ("split.0", "split.1")
    assert table["split"].shapes == ((4, 16, 16), (4, 16, 16))


def test_the_document_has_stable_keys() -> None:
    graph = small()
    problem = WrongRank(op="conv", wanted="maps", shape=(3,), span=HERE, node="stem")
    made = json.loads(render_json(graph, analyse(graph), [problem]))
    assert list(made) == ["archspec", "name", "inputs", "outputs", "batch", "dtype", "nodes", "totals", "problems"]
    assert (made["batch"], made["dtype"]) == (1, "float32")
    assert made["inputs"] == {"image": [3, 32, 32]}
    assert made["outputs"] == {"logits": [4]}
    assert made["nodes"][1] == {
        "name": "block1.conv",
        "op": "conv",
        "inputs": ["stem"],
        "shape": [8, 16, 16],
        "shapes": [[8, 16, 16]],
        "params": 584,
        "buffers": 0,
        "macs": 147456,
        "flops": 294912,
        "elementwise": 2048,
        "weight_bytes": 2336,
        "activation_bytes": 8192,
        "saved_bytes": 8192,
        "moved_bytes": 18720,
        "intensity": 15.754,
        "receptive_field": {
            "size": [11, 11],
            "stride": [2, 2],
            "start": [-5, -5],
            "smallest": [11, 11],
            "global": False,
            "aligned": True,
            "exact": True,
            "coverage": [0.3438, 0.3438],
            "sees_all": False,
            "input": "image",
        },
    }
    assert made["totals"]["flops"] == 2 * made["totals"]["macs"]
    assert [each["code"] for each in made["problems"]] == ["AS201"]


def test_a_network_of_vectors_has_empty_fields() -> None:
    net = Builder(x=(8,))
    net.add("a", Same())
    graph = net.graph()
    made: Any = document(graph, analyse(graph))
    assert made["nodes"][0]["receptive_field"]["size"] == []
    text = render_text(graph, analyse(graph))
    assert "receptive field:" not in text
    assert text.splitlines()[3] == "a     same  N x 8        -     -         32 B  -"


def test_resnet_34() -> None:
    from archspec import api

    architecture = api.load(SPECS / "resnet34.yaml")
    made: Any = document(architecture.graph, architecture.analysis)
    totals = made["totals"]
    assert (totals["params"], totals["buffers"], totals["macs"]) == (21_797_672, 17_060, 3_663_761_408)
    (row,) = (row for row in made["nodes"] if row["name"] == "layer1.0.conv1")
    assert (row["inputs"], row["shape"], row["params"]) == (["maxpool"], [64, 56, 56], 36_864)
    assert (row["macs"], row["activation_bytes"]) == (115_605_504, 802_816)
    assert row["receptive_field"]["start"] == [-9, -9]


def test_csv_has_plain_numbers() -> None:
    graph = small()
    first, second, *rest = csv.DictReader(io.StringIO(render_csv(graph, analyse(graph), columns=tuple(BY_KEY))))
    assert (first["name"], first["shape"], first["macs"]) == ("stem", "8x16x16", "301056")
    assert (second["field_size"], second["field_start"], second["field_global"]) == ("11 11", "-5 -5", "False")
    assert len(rest) == 9


def test_markdown_escapes_its_marks() -> None:
    text = render_markdown(small(), analyse(small()), columns=("name", "macs", "receptive_field"), complete=False)
    lines = text.splitlines()
    assert lines[0] == "net (image: N x 3 x 32 x 32), as far as it could be made"
    assert lines[2:4] == ["| node | MACs | receptive field |", "| --- | ---: | --- |"]
    assert r"| pool | - | 15x15 /2 @-7 \* |" in lines


def test_columns_can_be_chosen() -> None:
    text = render_text(small(), analyse(small()), columns=("name", "inputs", "smallest"))
    assert text.splitlines()[1].split() == ["node", "inputs", "smallest", "path"]
    assert "receptive field:" not in text
    assert len({column.key for column in COLUMNS}) == len(COLUMNS)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_951, "1.0 MB"), (10**13, "10.0 TB")],
)
def test_bytes_are_written_in_powers_of_1000(size: int, text: str) -> None:
    assert show_bytes(size) == text


def test_shapes_and_fields_as_text() -> None:
    assert show_shape((64, 112, 112)) == "N x 64 x 112 x 112"
    assert show_shape(()) == "N"
    net = Builder(image=(3, 32, 32))
    net.add("conv", conv([1, 7], stride=[1, 2], padding=[0, 3]))
    assert show_field(analyse(net.graph()).receptive_fields["conv"]) == "1x7 /1x2 @0,-3"


class Broken(Relu):
    """An op with a bug in a rule."""

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        raise KeyError(inputs)


def test_a_crash_names_the_pass_and_the_node() -> None:
    net = Builder(image=(3, 8, 8))
    net.add("good", Relu())
    net.add("block.bad", Broken())
    with pytest.raises(PassError, match=r"pass costs: node block\.bad \(relu, net\.yaml:1:1\): KeyError"):
        analyse(net.graph())


def test_passes_have_names() -> None:
    assert all(isinstance(each, Pass) for each in PASSES)
    assert len({each.name for each in PASSES}) == len(PASSES)
    assert analyse(Builder(x=(3,)).graph()).totals == Analysis().totals
