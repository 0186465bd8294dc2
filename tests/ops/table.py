"""The table that drives the checks of all ops: every sample of every op."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from archspec.ops.catalog import OPS

if TYPE_CHECKING:
    from archspec.ir.op import Op, Sample
    from archspec.ir.tensor import TensorType


@dataclass(frozen=True)
class Case:
    op: Op
    inputs: tuple[TensorType, ...]
    sample: Sample

    @classmethod
    def of(cls, kind: type[Op], sample: Sample) -> Case:
        return cls(kind.model_validate(dict(sample.params)), sample.types(), sample)

    def __str__(self) -> str:
        shapes = ", ".join(map(str, self.inputs))
        params = ", ".join(f"{name}={value}" for name, value in self.sample.params.items())
        return f"{self.op.op}({shapes}" + (f"; {params})" if params else ")")


ALL = [Case.of(kind, sample) for kind in OPS for sample in kind.samples]
# Ops that read nothing are no functions of an input; they have tests of their own.
VALID = [case for case in ALL if case.sample.fault is None and case.inputs]
INVALID = [case for case in ALL if case.sample.fault is not None]

each_valid = pytest.mark.parametrize("case", VALID, ids=str)
each_invalid = pytest.mark.parametrize("case", INVALID, ids=str)
