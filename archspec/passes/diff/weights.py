"""Which tensors of one network's `state_dict` fit another network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archspec.ir.graph import Graph
    from archspec.ir.tensor import Shape


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of a `state_dict`: its key, the node that owns it, its name there, its shape, whether it is trained."""

    key: str
    node: str
    name: str
    shape: Shape
    trained: bool

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Transfer:
    """What becomes of the tensors of network A in network B. Each tensor of A, and each of B, is in one of the tables.

    Attributes:
        fitting: same key, same shape: what `load_state_dict` takes as it is.
        elsewhere: of these, the tensors whose nodes were found under another name in B: the key is now that of another
            node. Loading by name would mix them up.
        renamed: another key, since the node is called otherwise there, and the same shape: A's tensor and B's.
        reshaped: same key, other shape.
        only_before: no tensor of B corresponds.
        only_after: nothing of A corresponds: it starts fresh.
        params_before: trained elements of A.
        params_after: trained elements of B.
    """

    fitting: tuple[Tensor, ...]
    elsewhere: tuple[Tensor, ...]
    renamed: tuple[tuple[Tensor, Tensor], ...]
    reshaped: tuple[tuple[Tensor, Tensor], ...]
    only_before: tuple[Tensor, ...]
    only_after: tuple[Tensor, ...]
    params_before: int
    params_after: int

    @property
    def all_fit(self) -> bool:
        """Whether `load_state_dict` takes the weights of A with `strict=True`."""
        return not (self.renamed or self.reshaped or self.only_before or self.only_after)


def tensors_of(graph: Graph) -> dict[str, Tensor]:
    """Return the entries of a network's `state_dict`, by key."""
    return {
        key: Tensor(key, node.path, spec.name, spec.shape, not spec.buffer)
        for node in graph.nodes.values()
        for spec in node.parameters()
        for key in [node.key_of(spec.name)]
    }


def trained(tensors: Iterable[Tensor]) -> int:
    """Return how many trained elements some tensors have."""
    return sum(tensor.elements for tensor in tensors if tensor.trained)


def transfer(before: Graph, after: Graph, pairs: Mapping[str, str]) -> Transfer:
    """Return what becomes of the tensors of `before`; `pairs` are the nodes that are the same, by path."""
    old, new = tensors_of(before), tensors_of(after)
    fitting = {key: tensor for key, tensor in old.items() if key in new and new[key].shape == tensor.shape}
    renamed = {}
    for key, tensor in old.items():
        target = new.get(_counterpart(tensor, pairs))
        if key not in fitting and target is not None and target.key not in fitting and target.shape == tensor.shape:
            renamed[key] = target
    taken = {target.key for target in renamed.values()}
    reshaped = {
        key: tensor
        for key, tensor in old.items()
        if key in new and key not in fitting and key not in renamed and key not in taken
    }
    elsewhere = (
        tensor for tensor in fitting.values() if pairs.get(tensor.node, new[tensor.key].node) != new[tensor.key].node
    )
    return Transfer(
        fitting=tuple(fitting.values()),
        elsewhere=tuple(elsewhere),
        renamed=tuple((old[key], target) for key, target in renamed.items()),
        reshaped=tuple((tensor, new[key]) for key, tensor in reshaped.items()),
        only_before=tuple(old[key] for key in old if key not in fitting.keys() | renamed.keys() | reshaped.keys()),
        only_after=tuple(new[key] for key in new if key not in fitting.keys() | taken | reshaped.keys()),
        params_before=trained(old.values()),
        params_after=trained(new.values()),
    )


def _counterpart(tensor: Tensor, pairs: Mapping[str, str]) -> str:
    """Return what the key of a tensor is in the other network; empty if its node is not there."""
    path = pairs.get(tensor.node)
    return "" if path is None else path + tensor.key.removeprefix(tensor.node)
