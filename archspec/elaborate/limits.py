"""How large a network may become: counted before anything is expanded or allocated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.expansion import TooLarge
from archspec.diagnostics.problem import ProblemError

if TYPE_CHECKING:
    from archspec.ir.op import Op
    from archspec.ir.tensor import TensorType
    from archspec.source.span import Span


class LimitError(ProblemError):
    """The expansion cannot go on."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an expansion.

    Attributes:
        nodes: operations in the flat graph.
        steps: nodes that are looked at, those that are left out among them.
        elements: numbers in one tensor, of a weight or of a result for one sample.
        depth: blocks and groups inside one another; so deep a spec can still be printed and read again.
    """

    nodes: int = 100_000
    steps: int = 200_000
    elements: int = 2**34
    depth: int = 30

    def check_nodes(self, count: int, span: Span, path: str) -> None:
        """Refuse a network with too many nodes.

        Raises:
            LimitError: it has more than the limit.
        """
        if count > self.nodes:
            raise LimitError(TooLarge(span=span, node=path, what="nodes", count=count, limit=self.nodes))

    def check_steps(self, count: int, span: Span, path: str) -> None:
        """Refuse a spec that takes too long to expand.

        Raises:
            LimitError: it has looked at more nodes than the limit.
        """
        if count > self.steps:
            raise LimitError(TooLarge(span=span, node=path, what="steps of expansion", count=count, limit=self.steps))

    def check_depth(self, depth: int, span: Span, path: str) -> None:
        """Refuse blocks and groups nested too deeply.

        Raises:
            LimitError: they are.
        """
        if depth > self.depth:
            raise LimitError(
                TooLarge(span=span, node=path, what="levels of blocks and groups", count=depth, limit=self.depth)
            )

    def check_tensors(self, op: Op, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> None:
        """Refuse an op whose weights or results are too large.

        Raises:
            ProblemError: one tensor has more elements than the limit.
        """
        for tensor in outputs:
            if tensor.elements > self.elements:
                raise ProblemError(
                    TooLarge(what="elements in one sample's result", count=tensor.elements, limit=self.elements)
                )
        for spec in op.parameters(inputs):
            count = 1
            for size in spec.shape:
                count *= size
            if count > self.elements:
                raise ProblemError(TooLarge(what=f"elements in {spec.name}", count=count, limit=self.elements))
