"""Parameters of a spec, variants, and what is chosen from outside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compiling import Fault, faults, flat, graph_of, nodes, problems, spec

WIDE = spec(
    "c: {op: conv, out_channels: width, kernel_size: 1}\na: $act",
    head="""
    params: {width: 4, act: {type: op, default: relu}}
    variants:
      large: {width: 16}
      smooth: {act: tanh, width: 8}
    """,
)


def test_parameters_have_defaults() -> None:
    graph = graph_of(WIDE)
    assert graph.params == {"width": 4, "act": "relu"}
    assert graph.name == "example"


def test_a_variant_is_a_set_of_parameters() -> None:
    assert flat(WIDE, variant="smooth") == flat(WIDE, params={"act": "tanh", "width": 8}).replace("example", "smooth")


def test_what_is_given_wins_over_the_variant() -> None:
    assert nodes(WIDE, variant="large", params={"width": 32})[0].endswith(": 32x8x8")


def test_a_spec_can_choose_its_own_variant() -> None:
    text = WIDE.replace("name: example", "name: example\nvariant: large")
    assert "out_channels=16" in flat(text)
    assert flat(text).startswith("network example")
    assert flat(text, variant="smooth").startswith("network smooth")


def test_shapes_can_be_given_from_outside() -> None:
    assert flat(WIDE, inputs={"": (5, 4, 4)}) == flat(WIDE, inputs={"x": (5, 4, 4)})
    assert nodes(WIDE, inputs={"x": (5, 4, 4)})[0].endswith(": 4x4x4")


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"variant": "larg"}, "AS108"),
        ({"params": {"widht": 3}}, "AS109"),
        ({"params": {"width": "a"}}, "AS304"),
        ({"params": {"width": 2.5}}, "AS304"),
        ({"params": {"width": True}}, "AS304"),
        ({"params": {"width": 10**400}}, "AS304"),
        ({"params": {"width": None}}, "AS304"),
        ({"params": {"act": "reluu"}}, "AS301"),
        ({"params": {"act": 3}}, "AS304"),
        ({"inputs": {"y": (3,)}}, "AS115"),
        ({"inputs": {"x": ()}}, "AS103"),
        ({"inputs": {"x": (3, 0, 8)}}, "AS103"),
        ({"inputs": {"x": (3, -8, 8)}}, "AS103"),
    ],
)
def test_wrong_choices(choice: dict[str, Any], code: str) -> None:
    (problem,) = problems(WIDE, **choice)
    assert problem.code == code
    assert problem.help()


def test_several_inputs_must_be_named() -> None:
    text = spec("a: {op: add, from: [left, right]}", inputs="{left: [3], right: [3]}")
    (problem,) = problems(text, inputs={"": (4,)})
    assert (problem.code, problem.message()) == ("AS115", "the network has 2 inputs, so --input must name one")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("large: {width: 16}", "large: {widht: 16}", Fault("AS109", 6, 11, None)),
        ("large: {width: 16}", "large: {width: big}", Fault("AS127", 6, 18, None)),
        ("large: {width: 16}", "large: {width: true}", Fault("AS304", 6, 18, None)),
        ("act: tanh", "act: tanhh", Fault("AS301", 7, 17, None)),
        ("large: {width: 16}", "large: [16]", Fault("AS103", 6, 10, None)),
        ("large: {width: 16}", "9large: {width: 16}", Fault("AS104", 6, 3, None)),
        ("{width: 4,", "{width: int,", Fault("AS303", 4, 10, None)),
        ("{width: 4,", "{width: {type: int, default: x},", Fault("AS127", 4, 38, None)),
        ("default: relu", "default: reluu", Fault("AS301", 4, 45, None)),
        ("{width: 4,", "{width: 4, x: 3,", Fault("AS406", 4, 20, None)),
        ("name: example", "name: example\nvariant: huge", Fault("AS108", 3, 10, None)),
        ("name: example", "name: class", Fault("AS104", 2, 7, None)),
        ("name: example", "name: ", Fault("AS103", 2, 6, None)),
        ("name: example", "name: [a]", Fault("AS103", 2, 7, None)),
        ("name: example\n", "", Fault("AS102", 1, 1, None)),
        ("name: example\n", "nam: example\n", Fault("AS101", 2, 1, None)),
        ("archspec: 1\n", "", Fault("AS102", 1, 1, None)),
        ("archspec: 1\n", "archspec: 2\n", Fault("AS105", 1, 11, None)),
        ("archspec: 1\n", 'archspec: "1"\n', Fault("AS105", 1, 11, None)),
        ("archspec: 1\n", "archspec: true\n", Fault("AS105", 1, 11, None)),
    ],
)
def test_faults_of_the_spec(old: str, new: str, fault: Fault) -> None:
    assert old in WIDE
    found = faults(WIDE.replace(old, new))
    assert found == [fault]


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "relu", "# nothing\n"])
def test_what_is_no_spec(text: str) -> None:
    assert [fault.code for fault in faults(text)] == ["AS103"]


def test_a_missing_graph_or_input_does_not_hide_other_mistakes() -> None:
    graph = "  a: {op: relu, from: image}\n  b: {op: reluu, from: input}\n  c: {op: add, from: [a, b, q]}\n"
    no_inputs = f"archspec: 1\nname: a\ngraph:\n{graph}"
    assert [fault.code for fault in faults(no_inputs)] == ["AS102", "AS301"]
    no_graph = "archspec: 1\nname: a\ninputs: {x: 3}\nblocks: {a: {graph: []}}\n"
    assert [fault.code for fault in faults(no_graph)] == ["AS102", "AS103", "AS106"]
