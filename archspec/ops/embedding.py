"""Rows of a table, looked up by number."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.shapes_layers import WrongDtype
from archspec.diagnostics.problem import ProblemError
from archspec.ir.fields import Int, PositiveInt
from archspec.ir.kept import INPUT, Kept
from archspec.ir.op import Op, Sample
from archspec.ir.records import Arg, OnnxNode, ParameterSpec, TorchModule, Weight
from archspec.ir.tensor import TensorType
from archspec.ir.window import POINTWISE, AxisMap, Whole
from archspec.ops.lowering import X, step


class Embedding(Op):
    """A learnt vector for each number: row x of a table (torch.nn.Embedding).

    Shape: ... -> ... x embedding_dim. The input holds integers (declare it as `{shape: [L], dtype: int64}`), from 0 to
    num_embeddings - 1; what lies outside is only found when the network runs.
    """

    op: ClassVar[str] = "embedding"
    looks_up: ClassVar[bool] = True
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(((7,),), {"num_embeddings": 10, "embedding_dim": 6}, dtype="int64"),
        Sample(((3, 4),), {"num_embeddings": 10, "embedding_dim": 6, "padding_idx": 0}, dtype="int64"),
        Sample(((7,),), {"num_embeddings": 10, "embedding_dim": 6}, fault="wrong-dtype"),
    )

    num_embeddings: PositiveInt = Field(description="How many numbers there are: the rows of the table.")
    embedding_dim: PositiveInt = Field(description="Size of each vector.")
    padding_idx: Int | None = Field(None, description="A number whose vector is zero at the start and is not learnt.")

    @model_validator(mode="after")
    def _inside(self) -> Embedding:
        if self.padding_idx is not None and not -self.num_embeddings <= self.padding_idx < self.num_embeddings:
            raise PydanticCustomError("combination", "padding_idx must be one of the num_embeddings numbers")
        return self

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        (tensor,) = inputs
        if tensor.dtype not in ("int64", "int32"):
            raise ProblemError(WrongDtype(op=self.op, wanted="integers (int64 or int32)", dtypes=(tensor.dtype,)))
        return (TensorType((*tensor.shape, self.embedding_dim)),)

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (*(POINTWISE for _ in inputs[0].spatial), Whole())

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        return (ParameterSpec("weight", (self.num_embeddings, self.embedding_dim)),)

    def elementwise(self, inputs: tuple[TensorType, ...]) -> int:
        return 0

    def channels_from(self) -> str:
        return "embedding_dim"

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        return INPUT

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        args = (
            Arg("num_embeddings", self.num_embeddings, source="num_embeddings", positional=True),
            Arg("embedding_dim", self.embedding_dim, source="embedding_dim", positional=True),
            Arg("padding_idx", self.padding_idx, None, source="padding_idx"),
        )
        return TorchModule("nn.Embedding", args)

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        return (step("Gather", Weight("weight"), X, axis=0),)
