"""`preprocess`: what it states, and what is wrong with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import archspec
from archspec.elaborate.printer import print_spec
from tests.compiling import Fault, compiled, problems, spec

if TYPE_CHECKING:
    from pathlib import Path

GRAPH = """
    pool: global_avg_pool
    flatten: flatten
    fc: {op: linear, out_features: classes}
    """


def text(preprocess: str) -> str:
    head = f"params: {{classes: 2, side: 8}}\npreprocess: {preprocess}"
    return spec(GRAPH, head=head, inputs="{image: [3, 8, 10]}")


def facts(preprocess: str, given: dict[str, tuple[int, ...]] | None = None) -> dict[str, object]:
    graph, _, found = compiled(text(preprocess), inputs=given or {})
    assert not found
    assert graph is not None
    assert graph.preprocess is not None
    return graph.preprocess.stated()


@pytest.mark.parametrize(
    ("preprocess", "expected"),
    [
        ("{mean: 0.5, std: 0.25}", {"mean": 0.5, "std": 0.25}),
        ("{mean: [0.5, 0.4, 0.3], std: [1, 1, 2]}", {"mean": [0.5, 0.4, 0.3], "std": [1.0, 1.0, 2.0]}),
        ("{mean: 127.5 / 255}", {"mean": 0.5}),
        ("{size: [side, side + 2]}", {"size": [8, 10]}),
        ('{labels: [cat, "$100"], probabilities: false}', {"labels": ["cat", "$100"], "probabilities": False}),
        ("{mean: null, std: 0.5}", {"std": 0.5}),
    ],
)
def test_what_is_stated(preprocess: str, expected: dict[str, object]) -> None:
    assert facts(preprocess) == expected


@pytest.mark.parametrize(
    ("preprocess", "fault", "message"),
    [
        ("{mean: [0.5]}", Fault("AS118", 5, 20, None), "mean has 1 number, but the input image has 3 channels"),
        ("{std: [1, 1, 1, 1]}", Fault("AS118", 5, 19, None), "std has 4 numbers, but the input image has 3 channels"),
        ("{size: 8}", Fault("AS118", 5, 20, None), "size is 8x8, but the input image is 3x8x10"),
        ("{labels: [a, b, c]}", Fault("AS118", 5, 22, None), "labels has 3 names, but the network gives 2"),
        ("{std: 0}", Fault("AS304", 5, 19, None), "more than 0"),
        ("{std: [1, 1, -1]}", Fault("AS304", 5, 19, None), "more than 0"),
        ("{mean: .nan}", Fault("AS304", 5, 20, None), "finite"),
        ("{mean: []}", Fault("AS304", 5, 20, None), "mean must be a number"),
        ("{mean: true}", Fault("AS304", 5, 20, None), "mean must be a number"),
        ("{mean: {r: 0.5}}", Fault("AS304", 5, 20, None), "mean must be a number"),
        ("{mean: half}", Fault("AS127", 5, 20, None), "half"),
        ("{size: [8, 10, 3]}", Fault("AS304", 5, 20, None), "size must be"),
        ("{size: 8.5}", Fault("AS304", 5, 20, None), "size must be an integer of at least 1, or a list of them"),
        ("{labels: [1, 2]}", Fault("AS304", 5, 22, None), "labels must be"),
        ("{labels: cat}", Fault("AS304", 5, 22, None), "labels must be"),
        ("{probabilities: maybe}", Fault("AS127", 5, 29, None), "maybe"),
        ("{probabilities: 1}", Fault("AS304", 5, 29, None), "true or false"),
        ("{labeles: [a, b]}", Fault("AS101", 5, 14, None), "labeles"),
        ("[0.5]", Fault("AS103", 5, 13, None), "preprocess"),
    ],
)
def test_faults(preprocess: str, fault: Fault, message: str) -> None:
    (problem,) = problems(text(preprocess))
    assert Fault.of(problem) == fault
    assert message in problem.message()
    assert problem.help()


def test_several_faults_are_found_in_one_run() -> None:
    found = problems(text("{mean: [0.5], std: [1], size: 9, labels: [a]}"))
    assert [problem.code for problem in found] == ["AS118"] * 4


def test_an_input_without_height_and_width_has_no_size() -> None:
    (problem,) = problems(spec("fc: {op: linear, out_features: 2}", head="preprocess: {size: 8}", inputs="{x: [16]}"))
    assert problem.code == "AS118"


def test_of_a_shape_that_is_given_from_outside_what_fits_is_kept() -> None:
    stated = "{mean: [0.5, 0.4, 0.3], std: 2, size: [8, 10]}"
    assert facts(stated, given={"image": (3, 16, 16)}) == {
        "mean": [0.5, 0.4, 0.3],
        "std": 2.0,
    }
    assert facts(stated, given={"": (1, 8, 10)}) == {"std": 2.0, "size": [8, 10]}


def test_the_resolved_spec_states_the_same() -> None:
    graph, template, _ = compiled(text("{mean: [0.5, 0.4, 1 / 4], size: [side, 10], labels: [a, b]}"))
    assert graph is not None
    assert template is not None
    printed = print_spec(graph, template)
    assert "preprocess: {mean: [0.5, 0.4, 0.25], size: [8, 10], labels: [a, b]}\n" in printed
    again, _, found = compiled(printed)
    assert not found
    assert again is not None
    assert again.preprocess == graph.preprocess


def test_extended_specs_take_it_over_or_give_it_anew(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(text("{mean: 0.5}"))
    head = "archspec: 1\nname: derived\nextends: base.yaml\n"
    for more, expected in (("", {"mean": 0.5}), ("preprocess: {std: 2}\n", {"std": 2.0}), ("preprocess: {}\n", {})):
        graph, _, found = compiled(head + more, tmp_path / "derived.yaml")
        assert not found
        assert graph is not None
        assert graph.preprocess is not None
        assert graph.preprocess.stated() == expected


def test_of_what_is_taken_over_what_fits_is_kept(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(text("{mean: [0.5, 0.4, 0.3], std: 2, size: [8, 10], labels: [a, b]}"))
    derived = "archspec: 1\nname: derived\nextends: base.yaml\ninputs: {image: [1, 28, 28]}\nparams: {classes: 3}\n"
    graph, _, found = compiled(derived, tmp_path / "derived.yaml")
    assert not found
    assert graph is not None
    assert graph.preprocess is not None
    assert graph.preprocess.stated() == {"std": 2.0}


def test_it_is_in_the_metadata_of_models(tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(text("{mean: [0.5, 0.4, 1 / 4], size: [side, 10], labels: [a, b]}"))
    stated = json.loads(archspec.load(path).metadata()["archspec.preprocess"])
    assert stated == {"mean": [0.5, 0.4, 0.25], "size": [8, 10], "labels": ["a", "b"]}
