"""What PyTorch itself counts when a network is trained: operations, and what autograd saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Measured:
    """What was counted in one forward pass in training.

    Attributes:
        flops: those of the whole network.
        flops_of: those of each module that has any, by its path.
        saved_bytes: the memory that autograd keeps, without parameters and buffers; each memory counts once.
    """

    flops: int
    flops_of: Mapping[str, int]
    saved_bytes: int


def measure(module: nn.Module, images: Sequence[Tensor]) -> Measured:
    """Run a network forward in training; on the meta device that costs no arithmetic."""
    own = {_memory(tensor) for tensor in (*module.parameters(), *module.buffers())}
    saved: list[Tensor] = []  # which keeps them alive, so that no memory is used twice

    def keep(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        counter = FlopCounterMode(display=False)
        with counter:
            module.train()(*images)
    sizes = {_memory(tensor): tensor.untyped_storage().nbytes() for tensor in saved}
    root = type(module).__name__
    counts = {
        name.removeprefix(f"{root}."): sum(by_op.values())
        for name, by_op in counter.get_flop_counts().items()
        if name != "Global"
    }
    return Measured(counter.get_total_flops(), counts, sum(size for memory, size in sizes.items() if memory not in own))


def _memory(tensor: Tensor) -> Any:
    return tensor.untyped_storage()._cdata  # pyright: ignore[reportPrivateUsage]
