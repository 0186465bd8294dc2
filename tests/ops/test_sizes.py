"""What shape rules give for sizes with a formula is what they give for numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec.diagnostics.problem import ProblemError
from archspec.ir.sizes import Path, Size, formula_of, symbol
from tests.ops.table import ALL, Case

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType

AXES = [
    pytest.param(case, axis, id=f"{case}-{axis}")
    for case in ALL
    if case.op.follows_sizes
    for axis in range(max((tensor.rank for tensor in case.inputs), default=0))
]


def results(case: Case, inputs: list[TensorType]) -> list[tuple[int, ...]] | None:
    try:
        return [tensor.shape for tensor in case.op.infer(tuple(inputs))]
    except ProblemError:
        return None


def with_size(case: Case, axis: int, size: int) -> list[TensorType]:
    """Return the inputs with an axis of another size, in all that have it at the same one as the first."""
    wanted = next(tensor.shape[axis] for tensor in case.inputs if axis < tensor.rank)
    return [
        tensor.with_shape(*(size if at == axis and each == wanted else each for at, each in enumerate(tensor.shape)))
        for tensor in case.inputs
    ]


@pytest.mark.parametrize(("case", "axis"), AXES)
def test_formulas_hold_wherever_the_conditions_do(case: Case, axis: int) -> None:
    for here in (1, 2, 5, 8, 9):
        path = Path()
        followed = results(case, with_size(case, axis, Size(here, symbol("H"), path)))
        assert followed == results(case, with_size(case, axis, here))
        for there in range(1, 40):
            if all(condition.test(condition.formula.value({"H": there})) for condition in path.conditions):
                shapes = followed and [
                    tuple(formula_of(size).value({"H": there}) for size in shape) for shape in followed
                ]
                assert shapes == results(case, with_size(case, axis, there)), there
