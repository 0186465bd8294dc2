from __future__ import annotations

import io

import pytest
from rich.console import Console

from archspec.passes.pipeline import analyse
from archspec.passes.terminal import print_table
from tests.passes.test_report import small


def _printed(width: int, depth: int | None = None, columns: tuple[str, ...] | None = None) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    print_table(console, small(), analyse(small()), depth=depth, columns=columns)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_blocks_are_a_tree() -> None:
    names = [line.split("  ")[0] if line[0] != " " else line.split()[0] for line in _printed(120)[2:15]]
    assert names == [
        "stem",
        *("block1", "conv", "relu", "add"),
        *("block2", "conv", "relu", "add"),
        *("split", "join", "pool", "flatten"),
    ]


def test_the_largest_figures_have_the_longest_bars() -> None:
    lines = _printed(150)
    stem = next(line for line in lines if line.startswith("stem"))
    conv = next(line for line in lines if line.startswith("  conv"))
    assert stem.count("━" * 8) >= 2
    assert "584  ━━━━ " in conv
    assert all("━" not in line for line in lines if line.startswith("block"))


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_nothing_is_cut(width: int) -> None:
    text = "\n".join(_printed(width))
    assert "…" not in text
    for part in ("N x 8 x 16 x 16", "147,456", "15x15 /2 @-7 *"):
        assert part in text


def test_a_narrow_terminal_has_fewer_columns_unless_they_were_asked_for() -> None:
    assert _printed(80)[1].split()[-4:] == ["params", "MACs", "receptive", "field"]
    wanted = ("name", "activation_bytes", "op", "params", "macs", "shape", "inputs", "elementwise")
    assert "activations" in _printed(60, columns=wanted)[1]


def test_depth_closes_blocks() -> None:
    assert [line.split()[0] for line in _printed(100, depth=1)[2:5]] == ["stem", "block1", "block2"]
