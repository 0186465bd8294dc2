from __future__ import annotations

from typing import TYPE_CHECKING

from tests.passes.lints.linting import lints, of

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "unused-block"
BLOCKS = """
    blocks:
      leaf: {graph: {relu: relu}}
      outer: {graph: {leaf: leaf}}
    """


def test_a_block_that_nothing_uses() -> None:
    assert of(SLUG, "relu: relu", head=BLOCKS) == [(-2, None), (-1, None)]
    assert of(SLUG, "leaf: leaf", head=BLOCKS) == [(-1, None)]


def test_a_block_that_another_one_uses() -> None:
    assert of(SLUG, "outer: outer", head=BLOCKS) == []


def test_a_block_in_what_is_left_out() -> None:
    graph = "relu: relu\nnever: {op: outer, when: input.channels > 100}"
    assert of(SLUG, graph, head=BLOCKS) == []


def test_a_block_of_another_variant() -> None:
    head = """
    params: {block: {type: op, default: relu}}
    variants: {big: {block: outer}}
    blocks:
      leaf: {graph: {relu: relu}}
      outer: {graph: {leaf: leaf}}
    """
    assert of(SLUG, "block: $block", head=head) == []


def test_a_block_that_a_loop_names() -> None:
    assert of(SLUG, "body: {op: $kind, repeat: {each: [outer, relu], as: kind}}", head=BLOCKS) == []


def test_blocks_of_other_files_are_there_for_others(tmp_path: Path) -> None:
    library = "archspec: 1\nblocks:\n  one: {graph: {relu: relu}}\n  two: {graph: {relu: relu}}\n"
    (tmp_path / "library.yaml").write_text(library)
    own = "archspec: 1\nname: own\ninputs: {x: [3, 8, 8]}\nimport: library.yaml\ngraph: {one: one}\n"
    assert lints(own, tmp_path / "own.yaml") == []
    assert SLUG not in {name for name, _, _ in lints(library)}
    extending = "archspec: 1\nname: mine\nextends: own.yaml\nblocks: {idle: {graph: {relu: relu}}}\n"
    (tmp_path / "own.yaml").write_text(own)
    assert lints(extending, tmp_path / "mine.yaml") == [(SLUG, 4, None)]


def test_a_block_that_takes_the_place_of_one_of_the_extended_spec(tmp_path: Path) -> None:
    base = "archspec: 1\nname: base\ninputs: {x: [3, 8, 8]}\nblocks: {unit: {graph: {a: relu}}}\ngraph: {unit: unit}\n"
    (tmp_path / "base.yaml").write_text(base)
    own = "archspec: 1\nname: own\nextends: base.yaml\nblocks: {unit: {graph: {a: silu}}}\n"
    assert lints(own, tmp_path / "own.yaml") == []
