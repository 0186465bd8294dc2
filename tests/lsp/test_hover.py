from __future__ import annotations

import pytest

from archspec.lsp.hover import hover
from tests.lsp.cursor import HEAD, SPEC, SPECS, at, compile_here


def shown(words: str, text: str = SPEC, occurrence: int = 1) -> str:
    found = compile_here(text)
    answer = hover(at(words, text, occurrence), found.outline, found)
    return "" if answer is None else answer.markdown


def test_a_node() -> None:
    assert shown("‸stem:") == (
        "**stem** `conv`\n\n- **in** N x 3 x 32 x 32\n- **out** N x 16 x 30 x 30\n- **params** 448\n"
        "- **MACs** 388,800\n- **receptive field** 3x3 /1 @0\n\n---\n"
        "`conv`: Convolution over one, two or three spatial axes, by the rank of the input "
        "(torch.nn.Conv1d, 2d, 3d)."
    )


def test_a_repeated_node_is_its_copies_together() -> None:
    text = shown("‸unit1:")
    assert text.startswith("**unit1** 2 x `unit`")
    assert "**out** N x 32 x 30 x 30" in text


def test_a_node_of_a_block_is_shown_for_each_use() -> None:
    text = shown("‸conv: {op: conv, out_channels: wide")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split("|")[1].strip() for row in rows] == ["`unit1.0.conv`", "`unit1.1.conv`", "`unit2.conv`"]
    assert "N x 32 x 30 x 30 | N x 32 x 30 x 30" in rows[1]


def test_what_when_leaves_out() -> None:
    assert "left out in 1 of 3 uses, where `when` is false" in shown("‸skip:")


def test_many_uses_are_counted() -> None:
    text = (SPECS / "families" / "resnet.yaml").read_text(encoding="utf-8")
    assert "and 12 more" in shown("‸conv1: {op: conv", text)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("{op: con‸v, out_channels: 16", "- `padding_mode` (zeros | reflect | replicate | circular; default `zeros`)"),
        ("out_ch‸annels: 16", "`out_channels` (integer >= 1; required): Channels of the output."),
        ("u‸nit, channels: 32", "block `unit`. A convolution and what follows.\n\n- `channels` (an integer; required)"),
        ("unit, ch‸annels: 32", "`channels` (an integer; required)"),
        ("from: [unit‸2, ", "**out** N x 32 x 30 x 30"),
        ("ste‸m.channels", "**out** N x 16 x 30 x 30"),
        ("out_channels: wi‸de", "Here: `32`, `64`"),
        ("out_features: cla‸sses", "Here: `10`"),
        ("$ac‸t", "`act` (one of relu, silu; default `relu`)"),
        ("  un‸it:", "Used by `unit1.0`, `unit1.1`, `unit2`"),
        ("sm‸all:", "- **params** "),
        ("na‸me: net", "- **result fc** N x 10"),
        ("whe‸n: stride", "`when`: A condition; if it is false the node is left out."),
        ("fr‸om: input", "Reads N x 16 x 30 x 30"),
        ("repe‸at: 2", "`repeat`: Copies, each reading the one before."),
    ],
)
def test_words(words: str, expected: str) -> None:
    assert expected in shown(words)


def test_variants_show_their_own_figures() -> None:
    text = (SPECS / "families" / "resnet.yaml").read_text(encoding="utf-8")
    assert "- **params** 60,192,808" in shown("resnet1‸52:", text)


def test_a_file_shows_what_it_holds() -> None:
    place = SPECS / "resnet152.yaml"
    text = place.read_text(encoding="utf-8")
    found = compile_here(text, place)
    answer = hover(at("families/res‸net", text), found.outline, found)
    assert answer is not None
    assert "Deep residual networks" in answer.markdown
    chosen = hover(at("vari‸ant", text), found.outline, found)
    assert chosen is not None
    assert "60,192,808" in chosen.markdown


def test_nothing_is_said_of_a_value_that_means_nothing_else() -> None:
    assert shown("out_channels: 1‸6") == ""


def test_what_a_fault_leaves_without_figures() -> None:
    text = HEAD + "graph:\n  conv: {op: conv, out_channels: 8, kernel_size: 99}\n  relu: relu\n"
    assert "No figures" in shown("‸relu: relu", text)


def test_nodes_of_lists_and_of_edits() -> None:
    text = HEAD + "graph:\n  - {op: conv, out_channels: 8, kernel_size: 1}\n  - {op: relu, repeat: 2}\n  - batch_norm\n"
    assert "**3** `batch_norm`" in shown("batch‸_norm", text)
    edits = "archspec: 1\nname: net\nextends: families/resnet.yaml\ngraph:\n  insert_before:\n"
    edits += "    fc: {drop: {op: dropout}}\n"
    assert "**out** N x 512" in shown("dr‸op:", edits)
    assert "of the spec that this one extends" in shown("f‸c:", edits)
