"""extends: what a derived spec takes over, and which files may be read."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from archspec import api
from tests.compiling import Fault, faults, flat, nodes, problems

if TYPE_CHECKING:
    from pathlib import Path

BASE = """
archspec: 1
name: base
description: The base.
params: {width: 4, depth: 1}
let: {double: width * 2}
inputs: {x: [3, 8, 8]}
blocks:
  unit:
    params: {n: int}
    graph: [{op: conv, out_channels: n, kernel_size: 1}, relu]
graph:
  stem: {op: unit, n: width}
  body: {op: unit, n: double, repeat: depth}
  tail:
    - flatten
    - {op: linear, out_features: 10}
variants:
  deep: {depth: 3}
  wide: {width: 16}
"""
HEAD = "archspec: 1\nname: derived\nextends: base.yaml\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def derived(root: Path, text: str = "", **choice: object) -> str:
    return flat(HEAD + text, root / "derived.yaml", **choice)


def base(root: Path, text: str = BASE, **choice: object) -> str:
    return flat(text, root / "base.yaml", **choice)


def named(text: str) -> str:
    return text.replace("network base", "network derived")


# --------------------------------------------------------------------------------------------------- what is taken over


def test_a_derived_spec_is_its_base_under_another_name(root: Path) -> None:
    assert derived(root) == named(base(root))


def test_variant_and_params(root: Path) -> None:
    assert derived(root, "variant: deep\n") == named(base(root, params={"depth": 3}))
    assert derived(root, "params: {width: 6}\n") == named(base(root, params={"width": 6}))
    both = derived(root, "variant: deep\nparams: {depth: 2, width: 5}\n")
    assert both == named(base(root, params={"depth": 2, "width": 5}))
    assert derived(root, "params: {width: 6}\n", params={"width": 7}) == named(base(root, params={"width": 7}))
    assert "network wide" in derived(root, "variant: deep\n", variant="wide")


def test_new_parameters_variants_lets_blocks_inputs_outputs(root: Path) -> None:
    text = """
params: {classes: {type: int, default: 7}, depth: classes - 5}
let: {double: width * 3}
inputs: {x: [1, 4, 4]}
blocks:
  unit:
    params: {n: int}
    graph: [{op: conv, out_channels: n + classes, kernel_size: 1}]
variants: {few: {classes: 6}}
outputs: {result: tail}
"""
    problem = problems(HEAD + text, root / "derived.yaml")[0]
    assert problem.code == "AS127"  # parameters of the base are evaluated in its order, before new ones
    text = text.replace("depth: classes - 5", "depth: 2").replace("n + classes", "n")
    assert derived(root, text) == (
        "network derived\ninput x: 1x4x4\n"
        "stem.0 = conv(x, out_channels=4, kernel_size=1): 4x4x4\n"
        "body.0.0 = conv(stem.0, out_channels=12, kernel_size=1): 12x4x4\n"
        "body.1.0 = conv(body.0.0, out_channels=12, kernel_size=1): 12x4x4\n"
        "tail.0 = flatten(body.1.0): 192\n"
        "tail.1 = linear(tail.0, out_features=10): 10\n"
        "output result = tail.1\n"
    )
    assert "network few" in derived(root, text, variant="few")


def test_chains(root: Path) -> None:
    (root / "middle.yaml").write_text(HEAD.replace("derived", "middle") + "params: {width: 6}\n", encoding="utf-8")
    chained = flat(HEAD.replace("base", "middle") + "params: {depth: 2}\n", root / "derived.yaml")
    assert chained == named(base(root, params={"width": 6, "depth": 2}))


def test_edits(root: Path) -> None:
    edited = """
graph:
  replace: {tail.1: {op: linear, out_features: 3}, stem: {op: conv, out_channels: 4, kernel_size: 3}}
  insert_before: {body: {drop: dropout}}
  insert_after: {tail.0: [relu, tanh], stem: {norm: batch_norm}}
  remove: [body]
"""
    by_hand = """
graph:
  stem: {op: conv, out_channels: 4, kernel_size: 3}
  norm: batch_norm
  drop: dropout
  tail:
    - flatten
    - relu
    - tanh
    - {op: linear, out_features: 3}
"""
    whole = BASE[: BASE.index("graph:\n  stem")] + by_hand.lstrip("\n") + BASE[BASE.index("variants:") :]
    assert derived(root, edited) == named(base(root, whole))


def test_a_replaced_node_reads_what_the_old_one_read(root: Path) -> None:
    text = BASE.replace("  tail:\n", "  side: {op: relu, from: stem}\n  tail:\n")
    (root / "base.yaml").write_text(text, encoding="utf-8")
    assert "side = tanh(stem.1)" in derived(root, "graph: {replace: {side: tanh}}")
    assert "side = tanh(body.0.1)" in derived(root, "graph: {replace: {side: {op: tanh, from: body}}}")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("variant: dep", Fault("AS108", 4, 10, None)),
        ("params: {widht: 3}", Fault("AS109", 4, 10, None)),
        ("params: {width: true}", Fault("AS304", 4, 17, None)),
        ("params: {new: {type: integer}}", Fault("AS107", 4, 22, None)),
        ("graph: {stem: relu}", Fault("AS101", 4, 9, None)),
        ("graph: [relu]", Fault("AS103", 4, 8, None)),
        ("graph: {remove: stm}", Fault("AS113", 4, 17, None)),
        ("graph: {remove: [tail.2]}", Fault("AS113", 4, 18, None)),
        ("graph: {remove: [stem.0]}", Fault("AS113", 4, 18, None)),
        ("graph: {replace: {stm: relu}}", Fault("AS113", 4, 19, None)),
        ("graph: {replace: {stem: reluu}}", Fault("AS301", 4, 25, "stem")),
        ("graph: {insert_after: {stem: relu}}", Fault("AS103", 4, 30, None)),
        ("graph: {insert_after: {stem: {op: relu}}}", Fault("AS103", 4, 30, None)),
        ("graph: {insert_after: {stem: {stem: relu}}}", Fault("AS406", 4, 31, "stem")),
        ("graph: {insert_after: {tail.0: {graph: [relu, reluu]}}}", Fault("AS301", 4, 47, "tail.1.1")),
        ("blocks: {unit: {graph: []}}", Fault("AS106", 4, 24, "unit")),
        ("inputs: {x: 3}", Fault("AS103", 4, 13, None)),
        ("nme: a", Fault("AS101", 4, 1, None)),
    ],
)
def test_faults_of_derived_specs(root: Path, text: str, fault: Fault) -> None:
    assert faults(HEAD + text, root / "derived.yaml") == [fault]


def test_faults_in_the_base_point_into_the_base(root: Path) -> None:
    (root / "base.yaml").write_text(BASE.replace("- flatten", "- flaten"), encoding="utf-8")
    (root / "derived.yaml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(api.SpecError) as caught:
        api.load(root / "derived.yaml")
    (problem,) = caught.value.problems
    assert problem.span is not None
    assert (problem.code, problem.span.line, problem.span.path) == ("AS301", 16, str(root / "base.yaml"))
    assert problem.span.path in caught.value.sources


def test_a_base_that_is_no_yaml_points_into_the_base(root: Path) -> None:
    (root / "base.yaml").write_text("a: [", encoding="utf-8")
    (root / "derived.yaml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(api.SpecError) as caught:
        api.load(root / "derived.yaml")
    (problem,) = caught.value.problems
    assert problem.span is not None
    assert problem.code.startswith("AS0")
    assert problem.span.path == str(root / "base.yaml")
    assert problem.span.path in caught.value.sources


# --------------------------------------------------------------------------------------------------- which files


def test_the_root_is_the_nearest_folder_called_specs(tmp_path: Path) -> None:
    inner = tmp_path / "specs" / "mine" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "specs" / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    assert "derived" in flat(HEAD.replace("base.yaml", "../../base.yaml"), inner / "derived.yaml")
    outside = HEAD.replace("base.yaml", "../../../base.yaml")
    assert faults(outside, inner / "derived.yaml") == [Fault("AS111", 3, 10, None)]


def test_specs_of_the_zoo_are_found_from_anywhere(tmp_path: Path) -> None:
    text = "archspec: 1\nname: small\nextends: families/resnet.yaml\nparams: {depths: [1, 1, 1, 1], classes: 7}\n"
    assert nodes(text, tmp_path / "small.yaml")[-1].endswith("out_features=7): 7")


def test_a_file_beside_the_spec_wins_over_the_zoo(tmp_path: Path) -> None:
    (tmp_path / "families").mkdir()
    (tmp_path / "families" / "resnet.yaml").write_text(BASE, encoding="utf-8")
    assert "stem.0" in flat(HEAD.replace("base.yaml", "families/resnet.yaml"), tmp_path / "derived.yaml")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../secret.yaml",
        "a/../../secret.yaml",
        "~/secret.yaml",
        "~root/secret.yaml",
        "https://example.org/a.yaml",
        "file:///etc/passwd",
        "C:/secret.yaml",
        "..\\\\secret.yaml",
        "link.yaml",
        "folder/secret.yaml",
    ],
)
def test_nothing_outside_the_root_is_read(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.yaml").write_text("secret: [", encoding="utf-8")
    (root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (root / "folder").symlink_to(tmp_path, target_is_directory=True)
    (problem,) = problems(HEAD.replace("base.yaml", f'"{name}"'), root / "derived.yaml")
    assert Fault.of(problem) == Fault("AS111", 3, 10, None)
    assert "secret: [" not in problem.message()


@pytest.mark.parametrize("name", ["nothing.yaml", "folder", "pipe", "broken", "circle", "n" * 300, "a/" * 3000])
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    started = time.process_time()
    (problem,) = problems(HEAD.replace("base.yaml", name), tmp_path / "derived.yaml")
    assert time.process_time() - started < 1
    assert problem.code in {"AS110", "AS005", "AS004"} or problem.slug == "not-a-regular-file"


def test_loops_are_named_in_full(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        text = f"archspec: 1\nname: {name}\nextends: {other}.yaml\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    text = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    (problem,) = problems(text, tmp_path / "a.yaml")
    assert problem.code == "AS112"
    assert problem.message() == "specs extend one another in a circle: a.yaml -> b.yaml -> c.yaml -> a.yaml"


def test_long_chains_are_cut(tmp_path: Path) -> None:
    for index in range(1000):
        text = f"archspec: 1\nname: s{index}\nextends: s{index + 1}.yaml\n"
        (tmp_path / f"s{index}.yaml").write_text(text, encoding="utf-8")
    started = time.process_time()
    (problem,) = problems((tmp_path / "s0.yaml").read_text(encoding="utf-8"), tmp_path / "s0.yaml")
    assert time.process_time() - started < 1
    assert problem.code == "AS112"
    assert "too long a chain: s0.yaml -> s1.yaml" in problem.message()
