"""Generated source against the graph that it was generated from, against torchvision, and under PyTorch's tools."""

from __future__ import annotations

import ast
import copy
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

import archspec
from archspec.backends.torch.formatting import formatted
from tests.backends.torch.interpreter import interpret
from tests.type_checking import type_faults

if TYPE_CHECKING:
    from collections.abc import Callable

# PyTorch says so of each even kernel with padding="same", which the spec asks for.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")

ROOT = Path(__file__).parents[3]
CASES = sorted(Path(__file__).parent.joinpath("cases").glob("*.yaml"))
SPECS = [
    ROOT / "specs" / f"{name}.yaml"
    for name in ("resnet18", "resnet50", "vgg11_bn", "residual_mnist", "inception_mnist")
]
ALL = [pytest.param(path, id=path.stem) for path in (*CASES, *SPECS)]


def small(path: Path) -> archspec.Architecture:
    """Load a spec; the networks for photographs with a smaller image."""
    shape = archspec.load(path).inputs
    if shape.get("image") == (3, 224, 224):
        return archspec.load(path, inputs={"image": (3, 64, 64)})
    return archspec.load(path)


def example(arch: archspec.Architecture, batch: int = 2) -> dict[str, torch.Tensor]:
    """Return random inputs."""
    return {name: torch.randn(batch, *shape) for name, shape in arch.inputs.items()}


def outputs(module: Callable[..., Any], inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """Run a module; return its results as a tuple."""
    result = module(*inputs.values())
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("path", ALL)
def test_module_computes_what_the_graph_says(path: Path) -> None:
    arch = small(path)
    module = arch.module().eval()
    inputs = example(arch)
    expected = interpret(arch.graph, module, inputs)
    for given, wanted in zip(outputs(module, inputs), expected.values(), strict=True):
        assert torch.equal(given, wanted)


@pytest.mark.parametrize("path", ALL)
def test_state_dict_has_the_parameters_of_the_graph_in_order(path: Path) -> None:
    arch = small(path)
    declared = [
        (node.key_of(spec.name), spec.shape) for node in arch.graph.nodes.values() for spec in node.parameters()
    ]
    found = [(name, tuple(tensor.shape)) for name, tensor in arch.module().state_dict().items()]
    assert found == declared


@pytest.mark.parametrize("path", ALL)
def test_source_imports_only_torch_is_formatted_and_deterministic(path: Path) -> None:
    source = small(path).source()
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - {"math"} == {"torch"}
    assert formatted(source) == source
    assert small(path).source() == source
    assert max(len(line) for line in source.splitlines()) <= 100


@pytest.mark.parametrize("path", ALL)
def test_module_is_accepted_by_pytorch(path: Path) -> None:
    arch = small(path)
    module = arch.module().eval()
    inputs = example(arch)
    expected = outputs(module, inputs)

    def agrees(other: Callable[..., Any]) -> None:
        for given, wanted in zip(outputs(other, inputs), expected, strict=True):
            assert torch.allclose(given, wanted, atol=1e-5)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PyTorch deprecates it, but people use it
        agrees(torch.jit.script(module))
    agrees(copy.deepcopy(module))
    agrees(pickle.loads(pickle.dumps(module)))  # noqa: S301
    agrees(torch.export.export(module, tuple(inputs.values())).module())
    agrees(torch.compile(module, fullgraph=True, backend="aot_eager"))


@pytest.mark.parametrize("path", ALL)
def test_backward_reaches_every_parameter(path: Path) -> None:
    arch = small(path)
    module = arch.module().train()
    torch.stack([result.square().sum() for result in outputs(module, example(arch))]).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@pytest.mark.parametrize("path", ALL)
def test_golden_source(path: Path, request: pytest.FixtureRequest) -> None:
    golden = Path(__file__).parent / "golden" / f"{path.stem}.py.txt"
    source = archspec.load(path).source()
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(source)
    assert source == golden.read_text()


def test_source_type_checks(tmp_path: Path) -> None:
    assert type_faults({path.stem: archspec.load(path).source() for path in (*CASES, *SPECS)}, tmp_path) == ""


def test_file_runs_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "resnet18.py").write_text(archspec.load(SPECS[0]).source())
    script = (
        "import sys, torch; from resnet18 import Resnet18; "
        "print(tuple(Resnet18(classes=7)(torch.zeros(1, 3, 64, 64)).shape), 'archspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 7) False"


def test_arguments_of_the_constructor_are_those_that_can_vary() -> None:
    source = archspec.load(ROOT / "specs" / "resnet34.yaml").source()
    assert "def __init__(self, classes: int = 1000) -> None:" in source
    assert source.count("class ") == 2


def test_arguments_of_a_network_chosen_as_a_variant_are_kept() -> None:
    source = archspec.load(ROOT / "specs" / "families" / "resnet.yaml", variant="resnet18").source()
    assert "class Resnet18(nn.Module):" in source
    assert "def __init__(self, classes: int = 1000) -> None:" in source


def test_a_size_that_does_not_follow_from_a_parameter_keeps_it_from_being_an_argument(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "archspec: 1\nname: example\nparams: {width: 8, classes: 3}\ninputs: {x: [1, 8, 8]}\n"
        "graph:\n  conv: {op: conv, out_channels: width, kernel_size: 3}\n  flatten: flatten\n"
        "  fc: {op: linear, out_features: classes}\n"
    )
    source = archspec.load(spec).source()
    assert "classes: int = 3" in source
    assert "width" not in source


def test_description_is_only_text(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "archspec: 1\nname: example\n"
        r'''description: "a \"\"\" quote, a backslash \\ and a \n line; import os"'''
        "\ninputs: {x: [1, 8, 8]}\ngraph:\n  relu: relu\n"
    )
    tree = ast.parse(archspec.load(spec).source())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert len(classes) == 1
    assert [type(node) for node in classes[0].body] == [ast.Expr, ast.FunctionDef]


def test_auxiliary_results_are_there_in_training_only() -> None:
    arch = archspec.load(Path(__file__).parent / "cases" / "heads.yaml")
    module = arch.module()
    image = torch.randn(2, 3, 8, 8)
    assert isinstance(module.eval()(image), torch.Tensor)
    logits, auxiliary = module.train()(image)
    assert logits.shape == auxiliary.shape == (2, 3)


@pytest.mark.parametrize("name", ["f", "tensor", "none", "exception"])
def test_class_names_hide_nothing(name: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        f"archspec: 1\nname: net_{name}\ninputs: {{x: [3, 8, 8]}}\nblocks:\n"
        f"  {name}:\n    graph: {{relu: relu, pool: {{op: max_pool, kernel_size: 2}}}}\ngraph: {{a: {{op: {name}}}}}\n"
    )
    arch = archspec.load(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        scripted = torch.jit.script(arch.module())
    assert scripted(torch.randn(1, 3, 8, 8)).shape == (1, 3, 4, 4)


def test_comments_have_the_sizes_that_the_spec_leaves_open(tmp_path: Path) -> None:
    path = tmp_path / "open.yaml"
    graph = """graph:
  conv: {op: conv, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}
  relu: relu
  add: {op: add, from: [conv, relu]}
"""
    path.write_text(f"archspec: 1\nname: open\ninputs: {{x: [3, H, W]}}\n{graph}", encoding="utf-8")
    source = archspec.load(path).source()
    assert "# 4 x ceil(H/2) x ceil(W/2)" in source
    assert "224" not in source
