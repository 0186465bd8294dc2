"""The contract of an op: one class with all its rules side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from archspec.diagnostics.text import counted
from archspec.ir.kept import Kept
from archspec.ir.tensor import Batch, TensorType
from archspec.ir.window import POINTWISE, AxisMap, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.ir.records import OnnxNode, ParameterSpec, TorchCode
    from archspec.ir.tensor import Shape


@dataclass(frozen=True, slots=True)
class Arity:
    """How many inputs an op takes; `most` is None for any number."""

    least: int = 1
    most: int | None = 1

    def __str__(self) -> str:
        if self.most == 0:
            return "no input"
        if self.most is not None and self.most != self.least:
            return f"{self.least} to {self.most} inputs"
        exact = counted(self.least, "input")
        return f"at least {exact}" if self.most is None else exact


@dataclass(frozen=True, slots=True)
class Sample:
    """A use of an op: the shapes of its inputs (per sample) and its parameters as a spec writes them.

    One table of them feeds every check of the op's rules. `fault` is the slug of the problem that it must give;
    None if it is valid. `dtype` is that of all inputs.
    """

    inputs: tuple[Shape, ...]
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fault: str | None = None
    dtype: str = "float32"

    def types(self) -> tuple[TensorType, ...]:
        """Return the types of the inputs."""
        return tuple(TensorType(shape, self.dtype) for shape in self.inputs)


class Parametrised(BaseModel):
    """Something that a spec names and gives parameters: an op, or an initialiser. `op` is its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, defer_build=True)

    op: ClassVar[str]
    samples: ClassVar[tuple[Sample, ...]] = ()


class Op(Parametrised):
    """An operation and its parameters, under PyTorch's names and defaults.

    A subclass is one op. It is frozen, knows nothing of graphs, and answers for given input types. `inputs` always
    has as many types as `arity` allows, since elaboration has checked that; the other methods are called only with
    inputs that `infer` accepted.
    """

    arity: ClassVar[Arity] = Arity()
    is_random: ClassVar[bool] = False  # whether it draws random numbers in training
    looks_up: ClassVar[bool] = False  # whether it reads only as many of its weights as its result has
    # Whether `infer` does with sizes only what `archspec.ir.sizes` can follow; otherwise it is asked size by size.
    follows_sizes: ClassVar[bool] = True
    # Which inputs may be the same for all samples where others are not, and are stretched over the batch then.
    stretches: ClassVar[frozenset[Batch]] = frozenset()

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """Return the types of the results; by default one, like the first input.

        Raises:
            ProblemError: the inputs do not fit. The problem names `param`, if one is at fault.
        """
        return inputs[:1]

    def results(self, inputs: tuple[TensorType, ...]) -> tuple[str, ...]:
        """Return the names by which several results are read (`node.0`); empty for an op with one result."""
        del inputs
        return ()

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return how each spatial axis of the output reads that of input `index`; by default point by point."""
        return (POINTWISE,) * len(inputs[index].spatial)

    def moves(self, inputs: tuple[TensorType, ...]) -> tuple[int, ...] | None:
        """Return, for an op that only moves axes, which input axis (of a sample) each output axis is; else None."""
        del inputs
        return None

    def first_axis(self, inputs: tuple[TensorType, ...], index: int = 0) -> AxisMap:
        """Return how the first axis of the output, usually the channels, reads that of input `index`.

        It matters where the first axis is one of space: between two `permute`. By default it is read as a whole.
        """
        del inputs, index
        return Whole()

    def reads(self, inputs: tuple[TensorType, ...], result: int = 0) -> tuple[tuple[AxisMap, ...], ...]:
        """Return, for each input, how each axis of a result reads it: the first axis, then those of `windows`.

        By default it is asked for input by input, and all results are alike. A join of any number of inputs overrides
        it where an answer for one of them takes a look at all, so that all answers take time linear in their number.
        """
        del result
        return tuple((self.first_axis(inputs, index), *self.windows(inputs, index)) for index in range(len(inputs)))

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        """Return the tensors that the op owns, in the order of PyTorch's `state_dict`."""
        del inputs
        return ()

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        """Return the multiply-accumulates per sample."""
        del inputs
        return 0

    def macs_once(self, inputs: tuple[TensorType, ...]) -> int:
        """Return how many of those are done only once, however many samples the batch has."""
        del inputs
        return 0

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        """Return the other arithmetic operations per sample; by default one per element of the result."""
        return sum(result.elements for result in self.infer(inputs))

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return what autograd keeps for the backward pass; by default nothing, as for sums and copies.

        `wanted` tells for which inputs gradients are wanted, which is for one of them or for the op's own parameters.
        """
        del inputs, wanted
        return Kept()

    def is_view(self, inputs: tuple[TensorType, ...], *, training: bool) -> bool:
        """Return whether the results are the first input, or parts of it, in the same memory."""
        del inputs, training
        return False

    def channels_from(self) -> str | None:
        """Return the parameter that gives the result's channels (or features), if one does."""
        return None

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        """Return what the PyTorch backend writes."""
        raise NotImplementedError

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        """Return what the ONNX backend writes (inference mode)."""
        raise NotImplementedError
