"""The source that is generated for each network of the zoo."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest
import torch

import archspec
from archspec.backends.torch.formatting import formatted
from archspec.backends.torch.module import instantiate
from archspec.spec.files import zoo_root
from archspec.spec.names import HELPERS
from tests.type_checking import type_faults
from tests.zoo.measured import measure
from tests.zoo.references import SPECS, references, tensors

if TYPE_CHECKING:
    from pathlib import Path


# On one worker, so that the source of each network is generated once.
pytestmark = pytest.mark.xdist_group("generated")

# Ops that PyTorch has fused kernels for.
FUSED = {"multi_head_attention", "scaled_dot_product_attention"}
COMPARED = {reference.spec for reference in references()}
# Sizes that are small, and large enough for what has neither a reference nor a size of its own.
SMALL = {"alexnet_2012": 227, "googlenet_2014": 224, "inception_v2": 96, "inception_resnet_v1": 107, "unet": 188}


@cache
def load(name: str) -> archspec.Architecture:
    return archspec.load(zoo_root() / f"{name}.yaml")


@cache
def source_of(name: str) -> str:
    return load(name).source()


def imported(tree: ast.Module) -> set[str]:
    """Return the top-level packages that a module imports."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("name", SPECS)
def test_source_is_formatted_imports_only_torch_and_repeats_nothing(name: str) -> None:
    arch, source = load(name), source_of(name)
    tree = ast.parse(source)
    assert imported(tree) <= {"torch", "math", "__future__"}
    assert formatted(source) == source
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    bodies = Counter(ast.dump(ast.Module(node.body, [])) for node in classes)
    assert max(bodies.values()) == 1
    blocks = {scope.block for scope in arch.graph.root.walk() if scope.kind == "block"}
    groups = sum(scope.kind == "group" for scope in arch.graph.root.walk())
    assert len({node.name for node in classes} - HELPERS) <= 1 + len(blocks) + groups


def test_sources_type_check(tmp_path: Path) -> None:
    assert type_faults({name: source_of(name) for name in SPECS}, tmp_path) == ""


@pytest.mark.parametrize("name", SPECS)
def test_the_module_costs_what_the_table_says(name: str) -> None:
    arch = load(name)
    with torch.device("meta"):
        module = instantiate(source_of(name), arch.name)
        images = [torch.empty(2, *shape) for shape in arch.inputs.values()]
    found = arch.analyse(batch=2)
    totals = found.totals
    assert sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad) == totals.params
    assert sum(buffer.numel() for buffer in module.buffers()) == totals.buffers
    seen = measure(module, images)
    assert seen.flops == totals.flops
    flops_of = {path: cost.flops for path, cost in found.costs.items() if cost.flops and path in seen.flops_of}
    assert flops_of == {path: flops for path, flops in seen.flops_of.items() if path in flops_of}
    # The meta device has no fused attention, which keeps other tensors.
    if not any(node.op.op in FUSED for node in arch.graph.nodes.values()):
        assert seen.saved_bytes == totals.saved_bytes


@pytest.mark.parametrize("name", ["vit_b_32"])
def test_what_fused_attention_saves_is_what_the_table_says(name: str) -> None:
    arch = load(name)
    module = instantiate(source_of(name), arch.name)
    images = [torch.zeros(2, *shape) for shape in arch.inputs.values()]
    assert measure(module, images).saved_bytes == arch.analyse(batch=2).totals.saved_bytes


@pytest.mark.parametrize("name", [name for name in SPECS if name not in COMPARED])
def test_what_is_compared_with_no_reference_runs_forward_and_backward(name: str) -> None:
    arch = load(name)
    size = SMALL.get(name, 64)
    images = [torch.randn(2, shape[0], *(min(axis, size) for axis in shape[1:])) for shape in arch.inputs.values()]
    module = instantiate(source_of(name), arch.name).train()
    results = tensors(module(*images))
    torch.stack([result.square().sum() for result in results]).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
