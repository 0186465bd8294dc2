"""Generated source of random specs computes what their graphs say, under the graphs' names."""

from __future__ import annotations

import torch
from hypothesis import HealthCheck, given, settings

from archspec.backends.torch.module import instantiate
from archspec.backends.torch.source import generate
from tests.backends.torch.interpreter import interpret
from tests.compiling import compiled
from tests.elaborate.generated import specs


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(specs())
def test_module_agrees_with_its_graph(text: str) -> None:
    graph, spec, problems = compiled(text)
    assert not problems
    assert graph is not None
    assert spec is not None
    module = instantiate(generate(graph, spec, fingerprint="0" * 64), graph.name).eval()
    owned = [f"{node.path}.{tensor.name}" for node in graph.nodes.values() for tensor in node.parameters()]
    assert list(module.state_dict()) == owned
    inputs = {name: torch.randn(2, *tensor.shape) for name, tensor in graph.inputs.items()}
    given_results = module(*inputs.values())
    results = given_results if isinstance(given_results, tuple) else (given_results,)
    for result, expected in zip(results, interpret(graph, module, inputs).values(), strict=True):
        assert torch.equal(result.nan_to_num(), expected.nan_to_num())  # long products may overflow
