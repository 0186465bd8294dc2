"""What is too large is refused at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from archspec.elaborate.limits import Limits
from tests.compiling import compiled, faults, nodes, problems, spec

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < 3  # what is not counted first would take minutes


def nested(levels: int, count: int) -> str:
    group = "{op: relu}"
    for level in range(levels):
        group = f"{{graph: {{g{level}: {group}}}, repeat: {count}}}"
    return spec(f"a: {group}\nb: {{op: reluu, from: x}}")


def blocks(levels: int, count: int) -> str:
    lines = [f"  b{level}: {{graph: {{g: {{op: b{level + 1}, repeat: {count}}}}}}}" for level in range(levels)]
    return spec("a: b0", head="\n".join(["blocks:", *lines, f"  b{levels}: {{graph: [relu]}}"]))


@pytest.mark.parametrize(
    "text", [nested(10, 10), nested(9, 10**6), nested(1, 10**9), spec("- {op: relu, repeat: [10000, 10000]}")]
)
def test_copies_are_counted_before_they_are_made(text: str) -> None:
    found = problems(text)
    assert [problem.code for problem in found] == (["AS306", "AS301"] if "reluu" in text else ["AS306"])
    assert found[0].help()


def test_copies_of_blocks_in_blocks_are_counted() -> None:
    assert [fault.code for fault in faults(blocks(10, 10))] == ["AS306"]


def test_counts_given_as_parameters_are_counted() -> None:
    text = spec(
        "a: {op: one, n: 1000}",
        head="blocks:\n  one: {params: {n: int}, graph: [{op: two, n: n, repeat: n}]}\n"
        "  two: {params: {n: int}, graph: [{op: relu, repeat: n}]}",
    )
    assert [(fault.code, fault.node) for fault in faults(text)] == [("AS306", "a")]


def test_copies_that_are_left_out_are_looked_at_and_count() -> None:
    assert [fault.code for fault in faults(spec("a: {op: relu, repeat: 1000000, when: false}\nb: relu"))] == ["AS306"]


def test_what_is_left_out_does_not_count() -> None:
    text = spec("a: {graph: {b: {op: relu, repeat: 40000}}, when: i == 5, repeat: 2}\nc: relu")
    assert nodes(text) == ["c = relu(x): 3x8x8"]


def test_counts_that_depend_on_shapes_are_counted_as_they_come() -> None:
    text = spec(
        "a: {op: conv, out_channels: 9, kernel_size: 1}\nb: {op: one, repeat: a.channels}",
        head="blocks:\n  one: {graph: [{op: two, repeat: input.channels}]}\n"
        "  two: {graph: [{op: relu, repeat: input.channels}]}",
    )
    _, _, found = compiled(text, limits=Limits(nodes=50))
    assert [problem.code for problem in found] == ["AS306"]


def test_failed_nodes_are_counted_as_well() -> None:
    text = spec("a: {op: max_pool, kernel_size: 9}\nb: {op: relu, repeat: 100}")
    _, _, found = compiled(text, limits=Limits(steps=50))
    assert [problem.code[:3] for problem in found] == ["AS2", "AS3"]
    assert found[-1].code == "AS306"
    assert "steps" in found[-1].message()


@pytest.mark.parametrize("levels", [31, 100, 1000])
def test_blocks_too_deep(levels: int) -> None:
    (problem,) = problems(blocks(levels, 1))
    assert problem.code == "AS306"
    assert "levels of blocks and groups" in problem.message()


@pytest.mark.parametrize(
    "node",
    [
        "{op: conv, out_channels: 1000000000000, kernel_size: 1}",
        "{op: conv, out_channels: 2147483647, kernel_size: 1}",
        "{op: linear, out_features: 2147483647}",
        "{op: upsample, scale_factor: 1000000}",
        "{op: pad, padding: 1000000}",
        "{op: conv, out_channels: 1000000, kernel_size: 1, repeat: 2}",
    ],
)
def test_tensors_too_large(node: str) -> None:
    (problem,) = problems(spec(f"a: {node}"))
    assert problem.code in {"AS304", "AS306"}
    assert problem.span is not None


@pytest.mark.parametrize("shape", ["[3, 1000000000000]", "[2147483648]"])
def test_inputs_too_large(shape: str) -> None:
    assert [fault.code for fault in faults(spec("a: relu", inputs=f"{{x: {shape}}}"))] == ["AS304"]


@pytest.mark.parametrize(
    ("wide", "codes"),
    [
        ("{op: conv, out_channels: 1000000, kernel_size: 3}", ["AS306"]),
        ("{op: conv, out_channels: 2000000000, kernel_size: big}", ["AS127"]),
    ],
)
def test_too_many_parts(wide: str, codes: list[str]) -> None:
    text = spec(f"wide: {wide}\nparts: {{op: split, split_size: 1}}\nlast: {{op: relu, from: parts.0}}")
    assert [fault.code for fault in faults(text)] == codes
