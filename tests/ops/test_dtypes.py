"""Ops refuse numbers of a kind that they do not work on."""

from __future__ import annotations

import pytest

from archspec.diagnostics.problem import ProblemError
from archspec.ir.tensor import TensorType
from archspec.ops.catalog import BY_NAME, OPS
from tests.ops.table import Case

# Ops that only move elements, or work on integers as well.
ANY_NUMBERS = {
    *("identity", "flatten", "reshape", "permute", "split", "chunk", "slice", "index_select", "concat"),
    *("add", "sub", "mul", "max"),
}


# Ops that look numbers up.
INTEGERS = {"embedding"}


@pytest.mark.parametrize(
    "kind",
    [kind for kind in OPS if kind.arity.most != 0 and kind.op not in ANY_NUMBERS | INTEGERS],
    ids=lambda kind: kind.op,
)
def test_integers_are_refused(kind: type) -> None:
    case = Case.of(kind, kind.samples[0])
    integers = tuple(TensorType(tensor.shape, "int64") for tensor in case.inputs)
    with pytest.raises(ProblemError, match="AS215"):
        case.op.infer(integers)


@pytest.mark.parametrize("name", sorted(ANY_NUMBERS))
def test_integers_stay_integers(name: str) -> None:
    case = Case.of(BY_NAME[name], BY_NAME[name].samples[0])
    results = case.op.infer(tuple(TensorType(tensor.shape, "int64") for tensor in case.inputs))
    assert {result.dtype for result in results} == {"int64"}


@pytest.mark.parametrize("name", ["add", "sub", "mul", "max", "concat"])
def test_what_is_joined_must_have_one_type(name: str) -> None:
    inputs = (TensorType((3, 4, 4)), TensorType((3, 4, 4), "int64"))
    with pytest.raises(ProblemError, match="AS215"):
        BY_NAME[name]().infer(inputs)
