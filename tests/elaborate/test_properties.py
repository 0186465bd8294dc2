"""What must hold for every spec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.diagnostics.problem import Collector
from archspec.elaborate.network import elaborate
from archspec.ir.graph import Node
from archspec.ir.text import graph_text
from archspec.source.span import SourceFile
from archspec.spec.loader import load_template
from tests.compiling import compiled, flat, graph_of, spec
from tests.elaborate.generated import specs

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

BODIES = (
    "{op: conv, out_channels: 4 + i, kernel_size: 1}",
    "{graph: {a: relu, b: {op: add, from: [a, input], when: i != 1, else: a}}}",
    "{graph: [relu, {op: conv, out_channels: 3 + i, kernel_size: 1}, {op: tanh, when: i > 0}]}",
    "{op: unit, n: 3 + i}",
)
BLOCKS = "blocks: {unit: {params: {n: int}, graph: {c: {op: conv, out_channels: n, kernel_size: 1}, r: relu}}}"


def unrolled(body: str, count: int) -> list[str]:
    return [re.sub(r"\bi\b", str(index), body) for index in range(count)]


@given(st.sampled_from(BODIES), st.integers(1, 5))
@settings(deadline=None)
def test_repeat_is_unrolled(body: str, count: int) -> None:
    repeated = spec(f"first: relu\ngroup: {body[:-1]}, repeat: {count}}}\nlast: relu", head=BLOCKS)
    by_hand = spec(f"first: relu\ngroup: [{', '.join(unrolled(body, count))}]\nlast: relu", head=BLOCKS)
    assert flat(repeated) == flat(by_hand)


@given(st.sampled_from(BODIES), st.integers(1, 5))
@settings(deadline=None)
def test_repeat_in_a_list_is_unrolled(body: str, count: int) -> None:
    repeated = spec(f"- relu\n- {body[:-1]}, repeat: {count}}}\n- relu", head=BLOCKS)
    copies = unrolled(body, count)
    if "[relu" in body:  # the nodes of a list group are put into the list
        copies = [item for copy in copies for item in re.findall(r"\{op[^{}]*\}|relu", copy)]
    assert flat(repeated) == flat(spec("\n".join(["- relu", *(f"- {copy}" for copy in copies), "- relu"]), head=BLOCKS))


@given(specs(), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_variants_are_params_given_by_hand(text: str, n: int) -> None:
    with_variant = text + f"variants:\n  drawn: {{n: {n}, act: tanh}}\n"
    assert flat(with_variant, variant="drawn") == flat(text, params={"n": n, "act": "tanh"})


@given(text=specs(), n=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_extending_is_inlining(text: str, n: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("extends")
    (folder / "base.yaml").write_text(text, encoding="utf-8")
    derived = f"archspec: 1\nname: drawn\nextends: base.yaml\nparams: {{n: {n}}}\n"
    inlined = re.sub(r"^params: \{n: \d", f"params: {{n: {n}", text, flags=re.MULTILINE)
    assert flat(derived, folder / "derived.yaml") == flat(inlined)


@given(specs())
@settings(max_examples=40, deadline=None)
def test_elaboration_is_deterministic_and_leaves_the_template_as_it_is(text: str) -> None:
    template = load_template(SourceFile("spec.yaml", text), None, Collector())
    assert template is not None
    first, second = (graph_text(elaborate(template, Collector())) for _ in "ab")
    assert first == second


@given(specs())
@settings(max_examples=60, deadline=None)
def test_the_tree_is_aligned_with_the_template(text: str) -> None:
    """The PyTorch backend walks both side by side."""
    graph = graph_of(text)
    reached: list[str] = []
    for scope in graph.root.walk():
        if scope.kind in {"network", "block"} or (scope.kind == "group" and scope.template.graph):
            names = [node.name for node in scope.template.graph.nodes]
            assert [child.template.name for child in scope.children] == names
        reached += [child.item.path for child in scope.children if isinstance(child.item, Node)]
    assert sorted(reached) == sorted(graph.nodes)


@given(specs())
@settings(max_examples=40, deadline=None)
def test_unused_blocks_change_nothing(text: str) -> None:
    extra = "  unused:\n    params: {k: int}\n    graph: [{op: conv, out_channels: k, kernel_size: k}]\n"
    with_extra = text.replace("blocks:\n", f"blocks:\n{extra}") if "blocks:\n" in text else f"{text}blocks:\n{extra}"
    graph, _, found = compiled(with_extra)
    assert not found
    assert graph is not None
    assert graph_text(graph) == flat(text)
