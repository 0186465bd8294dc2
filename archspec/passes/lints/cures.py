"""Small edits with which a lint would find nothing: proposals, which `archspec.repair` tries.

Only what is one thought is proposed. What to do about a receptive field that is too small, or about a bottleneck, is a
question of design, and is left to whoever designs the network.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog import lints_layers as layers
from archspec.diagnostics.catalog import lints_unused as unused
from archspec.diagnostics.proposal import Proposal, RemoveKey, Replace, SetKey
from archspec.passes.lints.border import changes_that_may_help
from archspec.passes.lints.mentions import nodes_of, values_of_block, values_of_spec, words
from archspec.source.writing import flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archspec.diagnostics.problem import Problem
    from archspec.passes.lints.network import Network
    from archspec.spec.template import NodeTemplate, SpecTemplate


def proposals(problem: Problem, network: Network) -> Iterator[Proposal]:
    """Yield what may be done about a finding, the best first."""
    for kind, make in BY_KIND:
        if isinstance(problem, kind) and problem.span is not None:
            yield from make(problem, network)


def _set(problem: Problem, **values: object) -> Proposal:
    assert problem.span is not None
    texts = {name: flow(value) for name, value in values.items()}
    said = ", ".join(f"{name}: {text}" for name, text in texts.items())
    changes = tuple(SetKey(problem.span, name, text) for name, text in texts.items())
    return Proposal(f"{said} in {problem.node}", changes)


def _without(problem: Problem, what: str | None) -> Proposal:
    """Return the proposal to remove what a finding is about."""
    assert problem.span is not None
    return Proposal(f"without {what}", (RemoveKey(problem.span),))


def _without_bias(problem: layers.BiasBeforeNorm, network: Network) -> Iterator[Proposal]:
    del network
    yield _set(problem, bias=False)


def _whole_border(problem: layers.BorderLost, network: Network) -> Iterator[Proposal]:
    node = network.graph.nodes[problem.node or ""]
    op: Any = node.op
    yield from (_set(problem, **change) for change in changes_that_may_help(op, op.windows(node.input_types)))


def _odd_kernel(problem: layers.EvenKernelSamePadding, network: Network) -> Iterator[Proposal]:
    """Yield the odd kernel above: it keeps what the smaller one would lose."""
    op: Any = network.graph.nodes[problem.node or ""].op
    kernel: int | list[int] = op.kernel_size
    yield _set(problem, kernel_size=_odd(kernel) if isinstance(kernel, int) else [_odd(size) for size in kernel])


def _odd(size: int) -> int:
    return size if size % 2 else size + 1


def _without_softmax(problem: layers.SoftmaxBeforeLoss, network: Network) -> Iterator[Proposal]:
    del network
    yield _without(problem, problem.node)


def _without_node(problem: unused.UnusedNode, network: Network) -> Iterator[Proposal]:
    """Yield the proposal to remove a node with those that only lead to it."""
    assert problem.span is not None
    leading = [network.graph.nodes[path] for path in problem.leading]
    spans = dict.fromkeys((*(node.span for node in leading), problem.span))
    names = ", ".join(dict.fromkeys((*(node.path for node in leading), problem.node or "")))
    yield Proposal(f"without {names}", tuple(map(RemoveKey, spans)))


def _without_parameter(problem: unused.UnusedParameter, network: Network) -> Iterator[Proposal]:
    """Yield the proposal to remove a parameter, and what is given for it."""
    assert problem.span is not None
    what = f"without {problem.name}" + (f" of block {problem.block}" if problem.block else "")
    given = [] if problem.is_value else list(_given(problem, network.spec))
    yield Proposal(what, (RemoveKey(problem.span), *map(RemoveKey, given)))


def _given(problem: unused.UnusedParameter, spec: SpecTemplate) -> Iterator[Any]:
    """Yield the places of the values that a parameter is given: in variants, or where its block is used."""
    users: Iterable[Any] = spec.variants.values() if problem.block is None else _uses(problem.block, spec)
    for user in users:
        yield from (argument.key_span for argument in user.arguments if argument.name == problem.name)


def _uses(block: str, spec: SpecTemplate) -> Iterator[NodeTemplate]:
    """Yield the nodes that use a block."""
    graphs = (spec.graph, *(each.graph for each in spec.blocks.values()))
    nodes = chain.from_iterable(map(nodes_of, graphs))
    return (node for node in nodes if node.op is not None and node.op.text == block)


def _without_entry(problem: unused.UnusedBlock, network: Network) -> Iterator[Proposal]:
    del network
    yield _without(problem, f"block {problem.name}")


def _without_input(problem: unused.UnusedInput, network: Network) -> Iterator[Proposal]:
    """Yield the proposal to remove an input of the network. One of a block stands in its uses, too, without a name."""
    if any(template.span == problem.span for template in network.spec.inputs):
        yield _without(problem, f"input {problem.name}")


def _one_block(problem: unused.DuplicateBlocks, network: Network) -> Iterator[Proposal]:
    """Yield the proposal to use the other block, if they are equal and nothing else names this one."""
    spec = network.spec
    assert problem.span is not None
    uses = [node.op for node in _uses(problem.name, spec) if node.op is not None]
    values = chain(values_of_spec(spec), *(values_of_block(block) for block in spec.blocks.values()))
    elsewhere = words(value for value in values if value not in uses)
    if not problem.differences and problem.name not in elsewhere:
        replaced = (Replace(op.span, problem.other) for op in uses)
        yield Proposal(f"{problem.other} for {problem.name}", (*replaced, RemoveKey(problem.span)))


def _without_allowance(problem: unused.UnusedAllowance, network: Network) -> Iterator[Proposal]:
    del network
    yield _without(problem, f"{problem.lint} in allow")


BY_KIND: tuple[tuple[type[Problem], Callable[[Any, Network], Iterable[Proposal]]], ...] = (
    (layers.BiasBeforeNorm, _without_bias),
    (layers.BorderLost, _whole_border),
    (layers.EvenKernelSamePadding, _odd_kernel),
    (layers.SoftmaxBeforeLoss, _without_softmax),
    (unused.UnusedNode, _without_node),
    (unused.UnusedParameter, _without_parameter),
    (unused.UnusedBlock, _without_entry),
    (unused.UnusedInput, _without_input),
    (unused.DuplicateBlocks, _one_block),
    (unused.UnusedAllowance, _without_allowance),
)
