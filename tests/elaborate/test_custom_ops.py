"""Ops of one's own: `op: package.module:Class`."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
import torch

from archspec import api
from archspec.diagnostics.problem import ProblemError
from archspec.ir.window import Whole, Window
from tests.compiling import Fault, compiled, faults, flat, graph_of, nodes, problems, spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYERS = """
import torch
from typing import Literal
from torch import Tensor, nn
import archspec


class Gate(nn.Module):
    def __init__(self, channels: int, reduction: int = 2, sizes: tuple[int, int] = (1, 1), mode: str = "sum",
                 act=nn.ReLU, scale=1) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1)
        self.expand = nn.Conv2d(channels // reduction, channels, sizes, padding="same", bias=False)
        self.act = act()

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.expand(self.act(self.squeeze(x.mean((2, 3), keepdim=True)))))


class Sum(nn.Module):
    def forward(self, x, y, z=None):
        return x + y if z is None else x + y + z


class Halves(nn.Module):
    def forward(self, x):
        return x.chunk(2, dim=1)


@archspec.op(
    shape=lambda inputs, params: (inputs[0][0], *(size // params["factor"] for size in inputs[0][1:])),
    windows=lambda inputs, params: [archspec.Window(params["factor"], params["factor"])] * 2,
    macs=lambda inputs, params: 12,
)
class Down(nn.Module):
    def __init__(self, factor: int = 2) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x):
        assert x.sum().item() > -1e9  # cannot be known on the meta device
        return nn.functional.avg_pool2d(x, self.factor)


class Steps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        rates = [value.item() for value in torch.linspace(0, 0.5, 3)]
        self.weight = nn.Parameter(torch.ones(len(rates), 1, 1), requires_grad=False)

    def forward(self, x):
        return x * self.weight
"""


@pytest.fixture
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module `own_layers` that can be imported."""
    path = tmp_path / "own_layers.py"
    path.write_text(LAYERS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield path
    sys.modules.pop("own_layers", None)


def allowed(graph: str, **given: str) -> list[Fault]:
    return faults(spec(graph, **given), allow_imports=True)


def message(graph: str) -> str:
    (problem,) = problems(spec(graph), allow_imports=True)
    return problem.message()


# ----------------------------------------------------------------------------------------------------- permission


@pytest.mark.usefixtures("layers")
def test_nothing_is_imported_without_permission() -> None:
    assert faults(spec("gate: {op: own_layers:Gate, channels: 3}")) == [Fault("AS311", 5, 14, "gate")]
    assert "own_layers" not in sys.modules


@pytest.mark.usefixtures("layers")
def test_nor_through_a_parameter_or_values_of_a_loop() -> None:
    head = "params: {act: {type: op, default: own_layers:Sum}}"
    assert [fault.code for fault in faults(spec("act: $act", head=head))] == ["AS311"]
    looped = "a: {op: $op, repeat: {each: [own_layers:Halves], as: op}}"
    assert [fault.code for fault in faults(spec(looped))] == ["AS311"]
    assert "own_layers" not in sys.modules


@pytest.mark.usefixtures("layers")
def test_loading_takes_permission_as_an_argument(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(spec("gate: {op: own_layers:Gate, channels: 4}", inputs="{x: [4, 8, 8]}"), encoding="utf-8")
    with pytest.raises(api.SpecError) as caught:
        api.load(path)
    assert [problem.code for problem in caught.value.problems] == ["AS311"]
    assert [problem.code for problem in api.check(path)] == ["AS311"]
    assert api.check(path, allow_imports=True) == ()
    assert api.load(path, allow_imports=True).outputs == {"gate": (4, 8, 8)}


# ----------------------------------------------------------------------------------------------------- what is found


@pytest.mark.usefixtures("layers")
def test_shapes_and_tensors_come_from_the_meta_device() -> None:
    graph = graph_of(
        spec("conv: {op: conv, out_channels: 8, kernel_size: 1}\ngate: {op: own_layers:Gate, channels: conv.channels}"),
        allow_imports=True,
    )
    gate = graph.nodes["gate"]
    assert gate.output.shape == (8, 8, 8)
    assert [(each.name, each.shape, each.buffer, each.dtype) for each in gate.parameters()] == [
        ("seen", (), True, "int64"),
        ("squeeze.weight", (4, 8, 1, 1), False, "float32"),
        ("squeeze.bias", (4,), False, "float32"),
        ("expand.weight", (8, 4, 1, 1), False, "float32"),
    ]
    assert gate.op.windows(gate.input_types) == (Whole(), Whole())
    assert gate.op.macs(gate.input_types) == 0


@pytest.mark.usefixtures("layers")
def test_declared_rules_are_asked_instead() -> None:
    down = graph_of(spec("down: {op: own_layers:Down, factor: 4}"), allow_imports=True).nodes["down"]
    assert down.output.shape == (3, 2, 2)
    assert down.op.windows(down.input_types) == (Window(4, 4), Window(4, 4))
    assert down.op.macs(down.input_types) == 12


@pytest.mark.usefixtures("layers")
def test_several_inputs_and_results() -> None:
    text = spec("""
        conv: {op: conv, out_channels: 4, kernel_size: 1}
        halves: own_layers:Halves
        sum: {op: own_layers:Sum, from: [halves.0, halves.1]}
        sum3: {op: own_layers:Sum, from: [sum, halves.1, sum]}
    """)
    assert nodes(text, allow_imports=True)[1:] == [
        "halves = own_layers:Halves(conv): 2x8x8, 2x8x8",
        "sum = own_layers:Sum(halves.0, halves.1): 2x8x8",
        "sum3 = own_layers:Sum(sum, halves.1, sum): 2x8x8",
    ]
    assert allowed("sum: own_layers:Sum") == [Fault("AS403", 5, 8, "sum")]


@pytest.mark.usefixtures("layers")
def test_a_constructor_that_needs_values_is_run_as_usual() -> None:
    state = torch.random.get_rng_state()
    steps = graph_of(spec("steps: own_layers:Steps"), allow_imports=True).nodes["steps"]
    assert [(each.name, each.shape, each.buffer) for each in steps.parameters()] == [("weight", (3, 1, 1), True)]
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.usefixtures("layers")
def test_the_resolved_spec_gives_the_same_graph(tmp_path: Path) -> None:
    text = spec("""
        conv: {op: conv, out_channels: 8, kernel_size: 1}
        gates: {op: own_layers:Gate, channels: 8, sizes: [3, 1], mode: max, reduction: 2 + i, repeat: 2}
        acts: {op: $act, repeat: {each: [own_layers:Down, relu], as: act}}
    """)
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    expanded = api.load(path, allow_imports=True).expand()
    assert flat(expanded, allow_imports=True) == flat(text, allow_imports=True)
    assert 'op: "own_layers:Gate", channels: 8, reduction: 3, sizes: [3, 1], mode: max' in expanded


# ----------------------------------------------------------------------------------------------------- parameters


@pytest.mark.usefixtures("layers")
def test_parameters_are_those_of_the_constructor() -> None:
    gate = "gate: {op: own_layers:Gate, channels: 3, "
    assert allowed("gate: own_layers:Gate") == [Fault("AS303", 5, 9, "gate")]
    assert allowed(gate + "reductions: 3}") == [Fault("AS302", 5, 44, "gate")]
    assert allowed(gate + "reduction: 1.5}") == [Fault("AS304", 5, 55, "gate")]
    assert allowed(gate + "sizes: [1, 1, 1]}") == [Fault("AS304", 5, 51, "gate")]
    assert allowed(gate + "reduction: 3, sizes: [1, 3], mode: max, scale: 0.5}") == []


@pytest.mark.usefixtures("layers")
def test_what_a_spec_cannot_write_is_no_parameter() -> None:
    (problem,) = problems(spec("gate: {op: own_layers:Gate, channels: 3, act: 1}"), allow_imports=True)
    assert problem.message() == "own_layers:Gate has no parameter 'act'"
    (problem,) = problems(spec("gate: {op: own_layers:Gate, channels: 3, in_channels: 1}"), allow_imports=True)
    assert problem.help() == "did you mean 'channels'?"


# ----------------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.usefixtures("layers")
@pytest.mark.parametrize(
    ("op", "said"),
    [
        ("nowhere.at.all:Gate", "there is no module 'nowhere'"),
        ("own_layers.inner:Gate", "there is no module 'own_layers.inner'"),
        ("own_layers:Gat", "there is no 'Gat' in own_layers"),
        ("own_layers:archspec", "it is a module, not a subclass of torch.nn.Module"),
        ("collections:OrderedDict", "it is a type, not a subclass of torch.nn.Module"),
    ],
)
def test_what_cannot_be_imported(op: str, said: str) -> None:
    assert allowed(f"a: {op}") == [Fault("AS312", 5, 6, "a")]
    assert said in message(f"a: {op}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise RuntimeError('no licence')", "importing own_layers raises RuntimeError: no licence"),
        ("import sys; sys.exit(3)", "importing own_layers raises SystemExit: 3"),
        ("class A(:", "importing own_layers raises SyntaxError"),
        ("import nowhere_at_all", "importing own_layers raises ModuleNotFoundError: No module named 'nowhere_at_all'"),
    ],
)
def test_modules_that_fail(layers: Path, text: str, said: str) -> None:
    layers.write_text(text, encoding="utf-8")
    assert allowed("a: own_layers:A") == [Fault("AS312", 5, 6, "a")]
    assert said in message("a: own_layers:A")


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("def __init__(self): raise KeyError('x')", "AS313", "the constructor of own_layers:A fails: KeyError: 'x'"),
        ("def forward(self, x): return x @ x.new_ones(3, 3)", "AS313", "forward of own_layers:A fails: RuntimeError: "),
        ("def forward(self, x): return x.sum().item()", "AS313", "forward of own_layers:A fails: RuntimeError: "),
        ("def forward(self, x): return {'a': x}", "AS313", "it gives a dict, not a tensor or several of them"),
        ("def forward(self, x): pass", "AS313", "it gives nothing, not a tensor"),
        ("def forward(self, x): return (x,)", "AS313", "it gives a tuple of one tensor"),
        ("def forward(self, x): return x.mean(0)", "AS313", "it gives a tensor of shape (3, 8, 8); the batch"),
        ("def forward(self, x): return x[:, :0]", "AS313", "a tensor without elements"),
        ("def forward(self, x): return torch.complex(x, x)", "AS313", "its result has the dtype complex64"),
        ("def __init__(self): super().__init__(); self.a = nn.LazyLinear(3)", "AS313", "its a.weight has no shape"),
        ("def forward(self): return 1", "AS312", "its forward takes no tensor"),
        ("def forward(self, x, *, y): return x", "AS312", "its forward requires 'y' by name"),
        ("def __init__(self, act: nn.Module): pass", "AS312", "its constructor requires 'act', which a spec cannot"),
        ("def __init__(self, torch: int): pass", "AS312", "its constructor requires 'torch', which a spec cannot"),
    ],
)
def test_classes_that_do_not_work(layers: Path, body: str, code: str, said: str) -> None:
    layers.write_text(f"import torch\nfrom torch import nn\nclass A(nn.Module):\n    {body}\n", encoding="utf-8")
    assert allowed("relu: relu\na: own_layers:A") == [Fault(code, 6, 6, "a")]
    assert said in message("a: own_layers:A")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("shape=lambda i, p: {}[3]", "the rule for shape of own_layers:A fails: KeyError: 3"),
        ("shape=lambda i, p: int('three')", "fails: invalid literal for int() with base 10: 'three'"),
        ("shape=lambda i, p: 'wide'", "it gives 'wide', not a shape or a list of shapes"),
        ("shape=lambda i, p: (3, 0, 8)", "it gives (3, 0, 8), not a shape"),
        ("macs=lambda i, p: -1", "the rule for macs of own_layers:A fails: it gives -1"),
        ("windows=lambda i, p: 3", "it gives 3, not a list of windows"),
        ("windows=lambda i, p: [archspec.Window(3)] * 2", "makes 6 of 8, where the result has 8"),
    ],
)
def test_declared_rules_that_fail(layers: Path, rules: str, said: str) -> None:
    forward = "    def forward(self, x): return x\n"
    text = f"import archspec\nfrom torch import nn\n@archspec.op({rules})\nclass A(nn.Module):\n{forward}"
    layers.write_text(text, encoding="utf-8")
    assert allowed("a: own_layers:A") == [Fault("AS313", 5, 6, "a")]
    assert said in message("a: own_layers:A")


@pytest.mark.usefixtures("layers")
def test_other_nodes_are_still_checked() -> None:
    text = "a: own_layers:Gat\nb: {op: conv, from: input, out_channels: 0, kernel_size: 1}\nc: {op: relu, from: a}"
    assert [fault.code for fault in allowed(text)] == ["AS312", "AS304"]


@pytest.mark.usefixtures("layers")
def test_a_class_is_not_a_path_with_a_dot() -> None:
    assert [fault.code for fault in allowed("a: own_layers.Gate")] == ["AS301"]
    assert [fault.code for fault in allowed("a: own_layers:class")] == ["AS301"]


# ----------------------------------------------------------------------------------------------------- backends


@pytest.mark.usefixtures("layers")
def test_generated_source_imports_the_classes_and_runs(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    text = spec(
        """
        stem: {op: conv, out_channels: width, kernel_size: 3, padding: 1}
        units: {op: unit, channels: 8 * (i + 1), act: own_layers:Down, repeat: 2}
        last: {op: unit, channels: 4}
        halves: own_layers:Halves
        sum: {op: own_layers:Sum, from: [halves.0, halves.1]}
        """,
        head="""
        params: {width: 20}
        blocks:
          unit:
            params: {channels: int, act: {type: op, default: relu}}
            graph:
              conv: {op: conv, out_channels: channels, kernel_size: 1}
              gate: {op: own_layers:Gate, channels: channels, sizes: [3, 3]}
              act: $act
        """,
    )
    path.write_text(text, encoding="utf-8")
    network = api.load(path, allow_imports=True)
    source = network.source()
    assert "\n\nfrom own_layers import Down, Gate, Halves, Sum\n\n\n" in source
    assert "self.gate = Gate(channels=channels, sizes=(3, 3))\n" in source
    assert "width: int = 20" in source
    assert "act=Down" in source
    module = network.module().eval()
    assert module(torch.randn(2, 3, 8, 8)).shape == (2, *network.outputs["sum"])
    owned = [f"{path}.{each.name}" for path, node in network.graph.nodes.items() for each in node.parameters()]
    assert list(module.state_dict()) == owned


@pytest.mark.usefixtures("layers")
def test_init_fills_tensors_of_an_own_class_and_leaves_its_inner_modules_alone(tmp_path: Path) -> None:
    head = "init: {conv: {weight: zeros}, own_layers:Gate: {squeeze.bias: {constant: {val: 5}}}}"
    path = tmp_path / "spec.yaml"
    path.write_text(
        spec("conv: {op: conv, out_channels: 4, kernel_size: 1}\ngate: {op: own_layers:Gate, channels: 4}", head=head),
        encoding="utf-8",
    )
    state = api.load(path, allow_imports=True).module().state_dict()
    assert not state["conv.weight"].any()
    assert state["gate.squeeze.weight"].any()
    assert (state["gate.squeeze.bias"] == 5).all()


@pytest.mark.usefixtures("layers")
def test_onnx_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(spec("relu: relu\ngate: {op: own_layers:Gate, channels: 3}"), encoding="utf-8")
    with pytest.raises(ProblemError) as caught:
        api.load(path, allow_imports=True).export_onnx(tmp_path / "model.onnx")
    assert [Fault.of(problem) for problem in caught.value.problems] == [Fault("AS521", 6, 3, "gate")]
    assert not (tmp_path / "model.onnx").exists()


def test_a_name_that_the_source_needs_cannot_be_imported(layers: Path, tmp_path: Path) -> None:
    layers.write_text(textwrap.dedent(LAYERS).replace("class Sum", "class Example"), encoding="utf-8")
    path = tmp_path / "spec.yaml"
    path.write_text(spec("a: {op: own_layers:Example, from: [input, input]}"), encoding="utf-8")
    with pytest.raises(ProblemError, match="AS522"):
        api.load(path, allow_imports=True).source()


@pytest.mark.usefixtures("layers")
def test_a_block_of_the_name_of_a_class_gets_another(tmp_path: Path) -> None:
    head = "blocks: {gate: {graph: {gate: {op: own_layers:Gate, channels: 3}, relu: relu}}}"
    path = tmp_path / "spec.yaml"
    path.write_text(spec("a: gate", head=head), encoding="utf-8")
    source = api.load(path, allow_imports=True).source()
    assert "class Gate2(nn.Module):" in source
    assert "self.gate = Gate(channels=3)" in source


@pytest.mark.usefixtures("layers")
def test_tied_weights() -> None:
    graph, _, found = compiled(
        spec("a: {op: own_layers:Gate, channels: 3}\nb: {share: a}\nc: {op: own_layers:Gate, channels: 3}"),
        allow_imports=True,
    )
    assert found == ()
    assert graph is not None
    assert graph.nodes["b"].shares == "a"
    assert graph.nodes["c"].shares is None
