"""Ops: from what a node says to an op with its parameters, and to the types of its results."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from archspec.diagnostics.catalog.expansion import ParametersDisagree, TooLarge, UnknownParameter
from archspec.diagnostics.catalog.graph import SameForAllSamples
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate import arguments
from archspec.spec.expressions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.diagnostics.problem import Note, Problem
    from archspec.elaborate.frame import Site, Surroundings
    from archspec.elaborate.limits import Limits
    from archspec.elaborate.reports import Reports
    from archspec.ir.op import Op
    from archspec.ir.tensor import Batch, TensorType


@dataclass(slots=True)
class KnownOps:
    """What was made so far.

    Attributes:
        made: the ops, by their class and parameters.
        inferred: the types of their results, by the op's id and the types of its inputs. `made` keeps the op, so no
            other has its id.
    """

    made: dict[tuple[type[Op], str], Op] = field(default_factory=dict[tuple["type[Op]", str], "Op"])
    inferred: dict[tuple[int, tuple[TensorType, ...]], tuple[TensorType, ...]] = field(
        default_factory=dict[tuple[int, "tuple[TensorType, ...]"], "tuple[TensorType, ...]"]
    )


class OpMaker:
    """Makes ops. Equal ops are one object, and what it makes of equal inputs is inferred once."""

    def __init__(self, reports: Reports, limits: Limits, known: KnownOps) -> None:
        """Report to `reports`; take over, and add to, what is known."""
        self._reports = reports
        self._limits = limits
        self._made = known.made
        self._inferred = known.inferred

    def make(self, op_class: type[Op], site: Site) -> Op | None:
        """Return the op that a node describes; None if a parameter is unknown, or after reporting."""
        given = site.template.arguments
        problems = list(arguments.unknown_arguments(op_class.op, given, arguments.op_parameters(op_class)))
        values, wrong = arguments.op_values(op_class, given, site.env)
        problems += wrong
        certain = {name: value for name, value in values.items() if value is not UNKNOWN}
        key = (op_class, repr(sorted(certain.items())))
        op = self._made.get(key)
        if op is None:
            try:
                op = arguments.make_op(op_class, certain)
            except ValidationError as error:
                problems += arguments.faults_of(op_class, error, given, values, site.span)
        if any(isinstance(problem, UnknownParameter) for problem in problems):
            # What a parameter that is not there would have agreed with is no further mistake.
            problems = [problem for problem in problems if not isinstance(problem, ParametersDisagree)]
        self._reports.add_all(problems, site.frame, site.path)
        if op is None or problems or len(certain) != len(values):
            return None
        self._made[key] = op
        return op

    def infer(
        self, op: Op, inputs: tuple[TensorType, ...], site: Site, around: Surroundings, guess: Note | None = None
    ) -> tuple[TensorType, ...] | None:
        """Return the types of an op's results; None after reporting that it does not suit its inputs.

        `guess` says what they rest on, where they are not certain.
        """
        if not self._fits_batch(op, inputs, site):
            return None
        key = (id(op), inputs)
        if key not in self._inferred:
            try:
                outputs = op.infer(inputs)
                self._limits.check_tensors(op, inputs, outputs)
            except ProblemError as error:
                for problem in error.problems:
                    placed = _placed(problem, op, inputs, site, around)
                    if guess is not None:
                        placed = dataclasses.replace(placed, notes=(*placed.notes, guess), on_guess=True)
                    self._reports.add(placed, site.frame, site.path)
                return None
            batch = _batch_of(inputs)
            self._inferred[key] = tuple(dataclasses.replace(out, batch=batch) for out in outputs) if inputs else outputs
        return self._inferred[key]

    def _fits_batch(self, op: Op, inputs: tuple[TensorType, ...], site: Site) -> bool:
        """Tell whether an op can read those inputs that are the same for all samples; otherwise report one."""
        mixed = _batch_of(inputs) == "each"
        for source, tensor in zip(site.sources, inputs, strict=True):
            alone = tensor.batch == "one" and not mixed
            if tensor.batch != "each" and not alone and tensor.batch not in op.stretches:
                has_axis = tensor.batch == "one"
                span = site.span if source.ref is None else source.ref.span
                problem = SameForAllSamples(span=span, what=op.op, read=source.name, has_axis=has_axis)
                self._reports.add(problem, site.frame, site.path)
                return False
        return True


def _batch_of(inputs: Iterable[TensorType]) -> Batch:
    """Return how often there is what is computed of some tensors."""
    found = {tensor.batch for tensor in inputs}
    return "each" if "each" in found else "one" if "one" in found else "none"


def _placed(problem: Problem, op: Op, inputs: tuple[TensorType, ...], site: Site, around: Surroundings) -> Problem:
    """Put the place, the names of the inputs, advice, and the search for a cure into a problem that an op found."""
    from archspec.elaborate.advice import advise
    from archspec.elaborate.search import Search

    given = next((item.value.span for item in site.template.arguments if item.name == problem.param), None)
    operands = tuple(source.name for source in site.sources)
    search = None if isinstance(problem, TooLarge) else Search(op, inputs, site, around, problem.param).proposals
    placed = dataclasses.replace(problem, span=given or site.span, operands=operands, proposals=search)
    return advise(placed, [source.value for source in site.sources if source.value is not None], around)
