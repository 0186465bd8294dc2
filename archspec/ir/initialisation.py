"""How parameters get their first values: the contract of an initialiser, and the rules of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archspec.ir.op import Parametrised

if TYPE_CHECKING:
    from archspec.ir.tensor import Shape


class Initialiser(Parametrised):
    """One function of `torch.nn.init`, without the underscore at its end, with PyTorch's parameters and defaults."""

    needs: ClassVar[str] = ""
    """What a tensor must have, in words."""

    def accepts(self, shape: Shape) -> bool:
        """Return whether PyTorch fills a tensor of this shape."""
        del shape
        return True


@dataclass(frozen=True, slots=True)
class Fill:
    """A tensor, by its name in the nodes that own it, and what it is filled by."""

    tensor: str
    initialiser: Initialiser


@dataclass(frozen=True, slots=True)
class InitRule:
    """One entry of `init`. Rules are applied in order, so later ones win.

    Attributes:
        target: the op, or the pattern of paths, as the spec writes it.
        is_op: whether it is an op.
        fills: what is filled, and by what.
        nodes: the paths of the nodes that it applies to; some may lack some of the tensors.
    """

    target: str
    is_op: bool
    fills: tuple[Fill, ...]
    nodes: tuple[str, ...]
