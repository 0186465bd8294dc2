"""What PyTorch records call by name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from archspec.ir.records import TorchCode


def names_of(code: TorchCode) -> dict[str, Any]:
    """Return what a record may name: PyTorch's modules, and the record's helpers."""
    names: dict[str, Any] = {"math": math, "torch": torch, "nn": nn, "F": functional, "Tensor": Tensor}
    for helper in code.helpers:
        exec(helper.source, names)  # noqa: S102  (a record of our own catalog)
    return names
