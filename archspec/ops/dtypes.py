"""Which kinds of numbers ops work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.shapes_layers import WrongDtype
from archspec.diagnostics.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.ir.tensor import TensorType


def require_float(op: str, tensor: TensorType) -> None:
    """Check that a tensor holds floating point numbers.

    Raises:
        ProblemError: it holds integers or booleans.
    """
    if "float" not in tensor.dtype:
        raise ProblemError(WrongDtype(op=op, wanted="floating point numbers", dtypes=(tensor.dtype,)))


def require_one_dtype(op: str, tensors: Sequence[TensorType]) -> None:
    """Check that tensors which are joined hold the same kind of numbers.

    Raises:
        ProblemError: they do not.
    """
    dtypes = tuple(dict.fromkeys(tensor.dtype for tensor in tensors))
    if len(dtypes) > 1:
        raise ProblemError(WrongDtype(op=op, wanted="inputs of one type", dtypes=dtypes))


def widened(tensor: TensorType) -> TensorType:
    """Return the type in which PyTorch computes what is too delicate for 16 bits."""
    return tensor.with_dtype("float32") if tensor.dtype in ("float16", "bfloat16") else tensor
