"""What autograd keeps of an op for the backward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.ir.tensor import TensorType


@dataclass(frozen=True, slots=True)
class Kept:
    """What PyTorch's autograd keeps of an op until its backward pass, in training on the CPU.

    The op's own parameters and buffers are not listed: they are there anyway.

    Attributes:
        inputs: the indices of the inputs that are kept.
        results: whether the results are.
        others: what else is: indices, masks, statistics, results of its inner steps. The `batch` of each tells whether
            there is one for each sample.
    """

    inputs: tuple[int, ...] = ()
    results: bool = False
    others: tuple[TensorType, ...] = ()


INPUT = Kept(inputs=(0,))
RESULT = Kept(results=True)
