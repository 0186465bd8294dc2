"""Running the lints on a network: what they find, without what is allowed, once for each place in the spec."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.lints_design import (
    BlockedIdentity,
    FieldLargerThanNeeded,
    FieldSmallerThanInput,
    Gridding,
    MisalignedJoin,
    NeedlessBottleneck,
)
from archspec.diagnostics.catalog.lints_layers import (
    BiasBeforeNorm,
    BorderLost,
    EvenKernelSamePadding,
    NormOfOneElement,
    SoftmaxBeforeLoss,
)
from archspec.diagnostics.catalog.lints_unused import (
    DuplicateBlocks,
    UnusedAllowance,
    UnusedBlock,
    UnusedInput,
    UnusedNode,
    UnusedParameter,
)
from archspec.diagnostics.problem import Note
from archspec.diagnostics.text import printable
from archspec.passes.lints import (
    bias_before_norm,
    blocked_identity,
    border,
    bottleneck,
    duplicate_blocks,
    even_kernel,
    gridding,
    large_field,
    misaligned_join,
    norm_of_one,
    small_field,
    softmax_head,
    unused_block,
    unused_input,
    unused_node,
    unused_parameter,
)
from archspec.passes.lints.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archspec.diagnostics.problem import Problem
    from archspec.diagnostics.proposal import Proposal
    from archspec.ir.graph import Graph
    from archspec.passes.receptive_field import ReceptiveField
    from archspec.source.span import Span
    from archspec.spec.template import Allowance, SpecTemplate

_MOST_PLACES = 3


@dataclass(frozen=True, slots=True)
class Lint:
    """One lint.

    Attributes:
        problem: the kind of problem that it finds.
        find: how it finds them.
        of_size: it judges the size of the input. Where the spec leaves sizes open, that is none of its own, and there
            is nothing to judge.
    """

    problem: type[Problem]
    find: Callable[[Network], Iterable[Problem]]
    of_size: bool = False


LINTS: tuple[Lint, ...] = (
    Lint(BiasBeforeNorm, bias_before_norm.find),
    Lint(UnusedNode, unused_node.find),
    Lint(UnusedParameter, unused_parameter.find),
    Lint(UnusedBlock, unused_block.find),
    Lint(UnusedInput, unused_input.find),
    Lint(BorderLost, border.find, of_size=True),
    Lint(EvenKernelSamePadding, even_kernel.find),
    Lint(FieldSmallerThanInput, small_field.find, of_size=True),
    Lint(FieldLargerThanNeeded, large_field.find, of_size=True),
    Lint(MisalignedJoin, misaligned_join.find),
    Lint(SoftmaxBeforeLoss, softmax_head.find),
    Lint(BlockedIdentity, blocked_identity.find),
    Lint(NeedlessBottleneck, bottleneck.find),
    Lint(DuplicateBlocks, duplicate_blocks.find),
    Lint(Gridding, gridding.find),
    Lint(NormOfOneElement, norm_of_one.find, of_size=True),
)


class LintError(RuntimeError):
    """A bug: a lint crashed. The fault itself is the `__cause__`."""

    def __init__(self, lint: Lint, fault: Exception) -> None:
        """Say which lint it was."""
        super().__init__(f"lint {lint.problem.code} ({lint.problem.slug}): {type(fault).__name__}: {fault}")
        self.lint = lint


def find_lints(
    spec: SpecTemplate, graph: Graph, fields: Mapping[str, ReceptiveField] | None = None, *, as_written: bool = True
) -> tuple[Problem, ...]:
    """Return what the lints find in a network without errors, in the order of the source.

    What `allow` of the spec (and of those that it extends or imports) names is left out. Of several copies of a place
    in the spec the first one is reported. Takes time linear in nodes and edges.

    Args:
        spec: the spec that describes the network; a file of blocks is looked at as far as it goes.
        graph: the network.
        fields: its receptive fields, if they are known already.
        as_written: whether the network is what the spec says by itself; nothing was chosen from outside. Then an
            `allow` without effect is a finding too.

    Raises:
        LintError: a lint crashed, which is a bug in it.
    """
    network = Network(spec, graph, fields)
    found: dict[tuple[str, Span | None, str], list[Problem]] = {}
    effective: set[tuple[Span, str]] = set()
    for lint in (lint for lint in LINTS if not (lint.of_size and graph.symbols)):
        for problem in _found(lint, network):
            allowed = list(_allowing(problem, spec.allowances))
            effective.update(allowed)
            if not allowed:
                # What has no node is told apart by what it says: two inputs of one block stand at one place.
                key = (problem.code, problem.span, "" if problem.node else problem.message())
                found.setdefault(key, []).append(problem)
    merged = [_merged(problems, network) for problems in found.values()]
    if as_written and not graph.symbols and not any(network.is_own(variant.span) for variant in spec.variants.values()):
        merged += _without_effect(network, effective)
    merged = [_with_cures(problem, network) for problem in merged]
    return tuple(sorted(merged, key=lambda problem: (problem.span or spec.span, problem.code)))


def _found(lint: Lint, network: Network) -> tuple[Problem, ...]:
    try:
        return tuple(lint.find(network))
    except Exception as fault:
        raise LintError(lint, fault) from fault


def _merged(problems: list[Problem], network: Network) -> Problem:
    """Return the first of the findings at one place, with how it is reached and where the others are."""
    first = problems[0]
    notes = [*first.notes, *network.uses.get(first.node or "", ())]
    others = [problem.node for problem in problems[1:] if problem.node]
    if others:
        names = ", ".join(printable(name) for name in others[:_MOST_PLACES])
        more = ", ..." if len(others) > _MOST_PLACES else ""
        count = f"{len(others)} other copies" if len(others) > 1 else "another copy"
        notes.append(Note(f"the same in {count}: {names}{more}"))
    return dataclasses.replace(first, notes=tuple(notes))


def _with_cures(problem: Problem, network: Network) -> Problem:
    def proposals(steps: int) -> Iterable[Proposal]:
        from archspec.passes.lints import cures

        del steps  # nothing is searched
        return cures.proposals(problem, network)

    return dataclasses.replace(problem, proposals=proposals)


def _allowing(problem: Problem, allowances: Iterable[Allowance]) -> Iterator[tuple[Span, str]]:
    """Yield what allows a problem: the places of the entries in `allow`, with the pattern that fits."""
    path = problem.span.path if problem.span else ""
    for allowance in allowances:
        if allowance.code == problem.code and (allowance.files is None or path in allowance.files):
            for pattern in allowance.patterns:
                if pattern.text == "*" or fnmatchcase(problem.node or "", pattern.text):
                    yield pattern.span, pattern.text


def _without_effect(network: Network, effective: set[tuple[Span, str]]) -> Iterator[Problem]:
    for allowance in network.spec.allowances:
        for pattern in allowance.patterns:
            if allowance.files is None and (pattern.span, pattern.text) not in effective:
                nodes = "" if pattern.text == "*" else pattern.text
                yield UnusedAllowance(span=pattern.span, lint=allowance.name, nodes=nodes)
