"""What holds for every op of the catalog."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

from archspec import ops
from archspec.diagnostics.problem import ProblemError
from archspec.ir.op import Op
from archspec.ops.catalog import BY_NAME, OPS
from tests.ops.table import Case, each_invalid, each_valid

if TYPE_CHECKING:
    from collections.abc import Iterator

each_op = pytest.mark.parametrize("kind", OPS, ids=lambda kind: kind.op)


def _subclasses(kind: type[Op]) -> Iterator[type[Op]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def test_every_op_is_listed_once() -> None:
    for module in pkgutil.iter_modules(ops.__path__):
        importlib.import_module(f"{ops.__name__}.{module.name}")
    concrete = {kind for kind in _subclasses(Op) if "op" in vars(kind) and kind.__module__.startswith("archspec.")}
    assert set(OPS) == concrete
    assert len(OPS) == len(BY_NAME) == len(concrete)


@each_op
def test_names_are_snake_case(kind: type[Op]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.op)


@each_op
def test_everything_is_described(kind: type[Op]) -> None:
    assert kind.__doc__
    assert "\n\n" in kind.__doc__ or kind.__doc__.rstrip().endswith(".")
    for name, field in kind.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


@each_op
def test_every_op_has_valid_samples_and_no_two_alike(kind: type[Op]) -> None:
    assert any(sample.fault is None for sample in kind.samples)
    assert len({str(sample) for sample in kind.samples}) == len(kind.samples)


@each_op
def test_channels_come_from_a_parameter_that_exists(kind: type[Op]) -> None:
    sample = next(sample for sample in kind.samples if sample.fault is None)
    case = Case.of(kind, sample)
    name = case.op.channels_from()
    if name is not None:
        (result,) = case.op.infer(case.inputs)
        assert getattr(case.op, name) in (result.channels, result.features)


@each_invalid
def test_faults_are_found(case: Case) -> None:
    with pytest.raises(ProblemError) as caught:
        case.op.infer(case.inputs)
    (problem,) = caught.value.problems
    assert problem.slug == case.sample.fault
    assert problem.message()
    assert problem.param is None or problem.param in type(case.op).model_fields
    assert problem.help() is None or problem.help()


@each_valid
def test_inputs_fit_the_arity(case: Case) -> None:
    assert len(case.inputs) >= case.op.arity.least
    assert case.op.arity.most is None or len(case.inputs) <= case.op.arity.most


@each_valid
def test_counts_are_not_negative(case: Case) -> None:
    assert case.op.macs(case.inputs) >= 0
    assert case.op.elementwise(case.inputs) >= 0


@each_valid
def test_several_results_have_names(case: Case) -> None:
    results, names = case.op.infer(case.inputs), case.op.results(case.inputs)
    assert len(names) == len(set(names)) == len(results) or (len(results) == 1 and not names)
