"""`init`: what its entries stand for, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec.elaborate.printer import print_spec
from tests.compiling import Fault, compiled, problems, spec

if TYPE_CHECKING:
    from pathlib import Path

GRAPH = """
    conv1: {op: conv, out_channels: 4, kernel_size: 3, bias: false}
    layer: {op: unit, repeat: 2}
    flatten: flatten
    fc: {op: linear, out_features: 10}
    """
HEAD = """
blocks:
  unit: {graph: {conv: {op: conv, out_channels: 4, kernel_size: 1, bias: false}, bn: batch_norm}}
params: {std: 0.5, how: {type: str, default: ones}}
init:
"""


def text(*entries: str) -> str:
    return spec(GRAPH, head=HEAD + "\n".join(f"  {entry}" for entry in entries))


def rules(source: str, path: Path | None = None) -> list[str]:
    """Return the rules of a spec that is good."""
    graph, _, found = compiled(source, path)
    assert not found
    assert graph is not None
    return [
        f"{', '.join(rule.nodes)}: {fill.tensor} = {fill.initialiser!r}" for rule in graph.init for fill in rule.fills
    ]


def test_an_op_stands_for_all_its_nodes() -> None:
    assert rules(text("conv: {weight: {normal: {std: std * 2}}}")) == [
        "conv1, layer.0.conv, layer.1.conv: weight = Normal(mean=0.0, std=1.0)"
    ]


@pytest.mark.parametrize(
    ("pattern", "nodes"),
    [
        ("fc", "fc"),
        ('"layer.*.bn"', "layer.0.bn, layer.1.bn"),
        ('"*.bn"', "layer.0.bn, layer.1.bn"),
        ('"layer.1.*"', "layer.1.conv, layer.1.bn"),
        ('"layer.[1-9].bn"', "layer.1.bn"),
        ('"*"', "conv1, layer.0.conv, layer.0.bn, layer.1.conv, layer.1.bn, flatten, fc"),
    ],
)
def test_a_pattern_stands_for_the_nodes_that_are_called_so(pattern: str, nodes: str) -> None:
    assert rules(text(f"{pattern}: {{weight: zeros}}")) == [f"{nodes}: weight = Zeros()"]


def test_parameters_of_the_spec_can_choose() -> None:
    assert rules(text("fc: {weight: $how}")) == ["fc: weight = Ones()"]


@pytest.mark.parametrize(
    ("entry", "fault", "help_line"),
    [
        ("conf: {weight: zeros}", Fault("AS332", 8, 3, None), "did you mean 'conv'?"),
        ("Conv2d: {weight: zeros}", Fault("AS332", 8, 3, None), "did you mean 'conv'?"),
        ("fd: {weight: zeros}", Fault("AS332", 8, 3, None), "did you mean 'fc'?"),
        ('"*.bn2": {weight: zeros}', Fault("AS332", 8, 3, None), "did you mean"),
        ("layer: {weight: zeros}", Fault("AS332", 8, 3, None), "'layer.*' stands for all of them"),
        ("unit: {weight: zeros}", Fault("AS332", 8, 3, None), "'unit' is a block"),
        ("group_norm: {weight: zeros}", Fault("AS332", 8, 3, None), "conv, batch_norm, linear"),
        ("conv: {bias: zeros}", Fault("AS333", 8, 10, None), "what can be initialised there: weight"),
        ("conv: {wieght: zeros}", Fault("AS333", 8, 10, None), "did you mean 'weight'?"),
        ("batch_norm: {running_mean: zeros}", Fault("AS333", 8, 16, None), "weight, bias"),
        ("flatten: {weight: zeros}", Fault("AS333", 8, 13, None), "leave the entry out"),
        ("fc: {weight: he_normal}", Fault("AS331", 8, 16, None), "did you mean 'kaiming_normal'?"),
        ("fc: {weight: nn.init.zeros_}", Fault("AS331", 8, 16, None), "did you mean 'zeros'?"),
        ("fc: {weight: noraml}", Fault("AS331", 8, 16, None), "did you mean 'normal'?"),
        ("fc: {weight: lecun}", Fault("AS331", 8, 16, None), "the initialisers are: uniform, "),
        ("fc: {weight: {normal: {sdt: 1}}}", Fault("AS302", 8, 26, None), "did you mean 'std'?"),
        ("fc: {weight: {normal: {std: -1}}}", Fault("AS304", 8, 31, None), "for example std: 1.0"),
        ("fc: {weight: {normal: {std: wide}}}", Fault("AS127", 8, 31, None), "std"),
        ("fc: {weight: constant}", Fault("AS303", 8, 16, None), "val: 0.1"),
        ("fc: {weight: {uniform: {a: 2}}}", Fault("AS309", 8, 17, None), "{a: -0.1, b: 0.1}"),
        ("fc: {weight: {trunc_normal: {a: 2}}}", Fault("AS309", 8, 17, None), "{a: -0.1, b: 0.1}"),
        ("fc: {weight: {kaiming_normal: {mode: out}}}", Fault("AS304", 8, 40, None), "fan_in"),
        ("fc: {weight: {normal: 0.01}}", Fault("AS103", 8, 25, None), "{std: 0.01}"),
        ("fc: {weight: 0}", Fault("AS103", 8, 16, None), "{normal: {std: 0.01}}"),
        ("fc: {weight: {normal: {}, zeros: {}}}", Fault("AS103", 8, 16, None), "{normal: {std: 0.01}}"),
        ("fc: zeros", Fault("AS103", 8, 7, None), "{weight: zeros}"),
        ("fc: {bias: xavier_normal}", Fault("AS334", 8, 14, "fc"), "take zeros"),
        ("conv: {weight: eye}", Fault("AS334", 8, 18, "conv1"), "take zeros"),
        ("conv: {weight: {sparse: {sparsity: 0.5}}}", Fault("AS334", 8, 18, "conv1"), "take zeros"),
        ("linear: {weight: dirac}", Fault("AS334", 8, 20, "fc"), "take zeros"),
        ("conv: {weight: {dirac: {groups: 3}}}", Fault("AS334", 8, 18, "conv1"), "take zeros"),
    ],
)
def test_faults(entry: str, fault: Fault, help_line: str) -> None:
    (problem,) = problems(text(entry))
    assert Fault.of(problem) == fault
    assert help_line in str(problem.help())


def test_several_faults_are_found_in_one_run() -> None:
    found = problems(text("conf: {weight: zeros}", "fc: {weight: zeross, bias: {normal: {sdt: 1}}}"))
    assert [problem.code for problem in found] == ["AS332", "AS331", "AS302"]


def test_a_fault_in_the_graph_does_not_make_patterns_wrong() -> None:
    source = text("fc: {weight: zeros}").replace("op: linear", "op: lineal")
    assert [problem.code for problem in problems(source)] == ["AS301"]


def test_an_op_that_only_a_variant_uses_is_no_fault() -> None:
    graph = """
        conv: {op: conv, out_channels: 4, kernel_size: 3}
        norm: {op: batch_norm, when: norm}
        """
    head = "params: {norm: false}\ninit: {batch_norm: {weight: zeros}}"
    assert rules(spec(graph, head=head)) == []
    assert len(rules(spec(graph, head=head.replace("false", "true")))) == 1


def test_the_resolved_spec_has_the_same_rules() -> None:
    source = text("conv: {weight: {normal: {std: std * 2}}}", '"*.bn": {weight: zeros, bias: $how}')
    graph, template, _ = compiled(source)
    assert graph is not None
    assert template is not None
    printed = print_spec(graph, template)
    assert '  "*.bn": {weight: zeros, bias: ones}\n' in printed
    assert rules(printed) == rules(source)


def test_extended_specs_add_entries_behind_and_take_entries_away(tmp_path: Path) -> None:
    entries = ("linear: {weight: zeros, bias: zeros}", "conv: {weight: zeros}", '"*.bn": {weight: zeros}')
    (tmp_path / "base.yaml").write_text(text(*entries))
    derived = "archspec: 1\nname: derived\nextends: base.yaml\ninit:\n  conv:\n  linear: {weight: ones}\n"
    assert rules(derived, tmp_path / "derived.yaml") == [
        "layer.0.bn, layer.1.bn: weight = Zeros()",
        "fc: weight = Ones()",
    ]
