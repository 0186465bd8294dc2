"""Results that have been reported as what does not fit into a join: that they fit into no other one either is not said.

A layer of a dense block that loses a border, and is read by the forty layers behind it, is one mistake.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archspec.elaborate.fitting import inferred

if TYPE_CHECKING:
    from archspec.ir.graph import Value
    from archspec.ir.op import Op
    from archspec.ir.tensor import TensorType

    Types = tuple[TensorType, ...]

_TWO = 2


class Suspects:
    """The inputs of joins that were odd."""

    def __init__(self) -> None:
        """Begin with none."""
        self._odd: set[Value] = set()
        self._pairs: set[frozenset[Value]] = set()  # of which it is not clear which one is odd

    def add(self, op: Op, inputs: tuple[Value, ...], types: Types) -> None:
        """Keep which inputs of a join, that has been reported, do not go with the others."""
        if op.arity.most is not None:
            return
        right = _likeliest(types)
        odd = [
            value for value, tensor in zip(inputs, types, strict=True) if inferred(op, (types[right], tensor)) is None
        ]
        if 2 * len(odd) < len(inputs):
            self._odd.update(odd)
        else:
            self._pairs.update(frozenset((value, inputs[right])) for value in odd)

    def explain(self, op: Op, inputs: tuple[Value, ...], types: Types) -> bool:
        """Tell whether what does not fit has been reported before: without it the other inputs go together."""
        if not (self._odd or self._pairs):
            return False
        odd = self._odd.intersection(inputs)
        pairs = [pair for pair in self._pairs if pair.issubset(inputs)]
        if op.arity.most is not None or not (odd or pairs) or inferred(op, types) is not None:
            return False
        for left_out in [odd | {value} for pair in pairs for value in pair] or [odd]:
            others = tuple(tensor for value, tensor in zip(inputs, types, strict=True) if value not in left_out)
            if len(others) < _TWO or inferred(op, others) is not None:
                return True
        return False


def _likeliest(types: Types) -> int:
    """Return which input is most likely right: of the map that most of them have, or else of the largest one."""
    maps = Counter(tensor.spatial for tensor in types)
    return max(range(len(types)), key=lambda index: (maps[types[index].spatial], types[index].shape[::-1]))
