"""An ONNX graph as plain data, on which the backend's own passes work.

What `onnx_ir` would mutate in place is replaced here: a step is frozen, a pass returns a new program.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from archspec.ir.tensor import TensorType

Array: TypeAlias = "NDArray[Any]"

BATCH = "N"
"""What the batch axis is called."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """A tensor's dtype and its dimensions, batch included; a text is the name of a dimension that is not fixed."""

    dtype: str
    dims: tuple[int | str, ...]

    @classmethod
    def of(cls, tensor: TensorType) -> ValueType:
        """Return the type of a batch of samples."""
        before: dict[str, tuple[int | str, ...]] = {"each": (BATCH,), "one": (1,), "none": ()}
        return cls(tensor.dtype, (*before[tensor.batch], *tensor.shape))


@dataclass(frozen=True, slots=True)
class Step:
    """One ONNX node. An input that is left out is the empty text, as in ONNX."""

    name: str
    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Program:
    """An ONNX graph.

    Attributes:
        name: the graph's name.
        inputs: the values that are fed, in order.
        outputs: the values that are returned, in order.
        steps: the nodes, in execution order.
        tensors: weights and constants, by name.
        types: what is known of the types of the values (not of `tensors`), by name.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    steps: tuple[Step, ...]
    tensors: Mapping[str, Array]
    types: Mapping[str, ValueType]

    def uses(self) -> Counter[str]:
        """Return how often each value or tensor is read; being an output counts as a reading."""
        return Counter([*(name for step in self.steps for name in step.inputs if name), *self.outputs])

    def without_unread(self) -> Program:
        """Return the program without the tensors that no step reads, and without the types of values that are gone."""
        read = {name for step in self.steps for name in step.inputs}
        made = {*self.inputs, *(name for step in self.steps for name in step.outputs)}
        return replace(
            self,
            tensors={name: array for name, array in self.tensors.items() if name in read},
            types={name: value for name, value in self.types.items() if name in made},
        )

    def producers(self) -> dict[str, int]:
        """Return the position of the step that makes each value."""
        return {output: position for position, step in enumerate(self.steps) for output in step.outputs}


class Names:
    """Gives each name once."""

    def __init__(self) -> None:
        """Start with none taken."""
        self._taken: set[str] = set()

    def claim(self, wanted: str) -> str:
        """Return the name, with a number behind it where it is taken."""
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return name
