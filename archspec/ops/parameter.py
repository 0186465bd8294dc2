"""A tensor that is trained and belongs to no other op."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archspec.ir.fields import Bool, Number, PositiveInt
from archspec.ir.op import Arity, Op, Sample
from archspec.ir.records import Arg, OnnxNode, ParameterSpec, TorchParameter, Weight
from archspec.ir.tensor import TensorType

if TYPE_CHECKING:
    from archspec.ir.tensor import Shape
    from archspec.ir.window import AxisMap


class Parameter(Op):
    """A bare tensor that is trained (torch.nn.Parameter): a class token, a position embedding, a scale of channels.

    It reads nothing, and its key in the `state_dict` is its own path: `layer_scale`, without `.weight`. It is the same
    for all samples: add, mul, sub and max stretch it over the batch, and concat repeats it.

    PyTorch lists a module's own parameters before those of its submodules, so it is best put first in its graph.
    """

    op: ClassVar[str] = "parameter"
    arity: ClassVar[Arity] = Arity(0, 0)
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample((), {"shape": [4, 1, 1], "batch": False, "fill": 1e-6}),
        Sample((), {"shape": [1, 8]}),
        Sample((), {"shape": [5, 8], "fill": 1}),
    )

    shape: Annotated[list[PositiveInt], Field(min_length=1)] = Field(description="Its sizes, without the batch.")
    batch: Bool = Field(
        True,  # noqa: FBT003
        description="Whether an axis of size 1 for the batch stands before them. Without it, only add, mul, sub and "
        "max can read it.",
    )
    fill: Number = Field(0.0, description="The value that all its elements start with.")

    @property
    def stored_shape(self) -> Shape:
        """The shape in the `state_dict`."""
        return ((1,) if self.batch else ()) + tuple(self.shape)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        return (TensorType(tuple(self.shape), batch="one" if self.batch else "none"),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        """Return nothing: there is no input."""
        return ()

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        return (ParameterSpec("", self.stored_shape),)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchParameter:
        args = (Arg("size", tuple(self.shape), source="shape"), Arg("fill_value", self.fill, 0.0, source="fill"))
        return TorchParameter(args, batch=self.batch)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (OnnxNode("Identity", (Weight(""),)),)
