"""The initialisers: the functions of `torch.nn.init`, by their names without the underscore at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archspec.ir.fields import Number, PositiveInt, PositiveNumber, Probability
from archspec.ir.initialisation import Initialiser
from archspec.ir.op import Sample

if TYPE_CHECKING:
    from archspec.ir.tensor import Shape

FanMode: TypeAlias = Literal["fan_in", "fan_out"]
Nonlinearity: TypeAlias = Literal[
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
]


class Matrix(Initialiser):
    """Fills tensors of two axes."""

    needs: ClassVar[str] = "2 axes"

    def accepts(self, shape: Shape) -> bool:
        return len(shape) == 2  # noqa: PLR2004


class Weight(Initialiser):
    """Fills tensors that have inputs and outputs: of two axes or more."""

    needs: ClassVar[str] = "at least 2 axes"

    def accepts(self, shape: Shape) -> bool:
        return len(shape) >= 2  # noqa: PLR2004


class Uniform(Initialiser):
    """Draws from the uniform distribution between `a` and `b`."""

    op: ClassVar[str] = "uniform"

    a: Number = Field(0.0, description="The lower bound.")
    b: Number = Field(1.0, description="The upper bound.")

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.a > self.b:
            raise PydanticCustomError("order", "a is more than b")
        return self


class Normal(Initialiser):
    """Draws from the normal distribution."""

    op: ClassVar[str] = "normal"

    mean: Number = Field(0.0, description="The mean.")
    std: Number = Field(1.0, ge=0, description="The standard deviation.")


class TruncNormal(Initialiser):
    """Draws from the normal distribution, and draws again what lies outside of `a` to `b`."""

    op: ClassVar[str] = "trunc_normal"

    mean: Number = Field(0.0, description="The mean.")
    std: PositiveNumber = Field(1.0, description="The standard deviation, before anything is cut off.")
    a: Number = Field(-2.0, description="The least value. It is no number of standard deviations.")
    b: Number = Field(2.0, description="The greatest value.")

    @model_validator(mode="after")
    def _ordered(self) -> TruncNormal:
        if self.a >= self.b:
            raise PydanticCustomError("order", "a must be less than b")
        return self


class Constant(Initialiser):
    """Fills with one number."""

    op: ClassVar[str] = "constant"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((4, 3),), {"val": 0.1}),)

    val: Number = Field(description="The number.")


class Ones(Initialiser):
    """Fills with ones."""

    op: ClassVar[str] = "ones"


class Zeros(Initialiser):
    """Fills with zeros."""

    op: ClassVar[str] = "zeros"


class Eye(Matrix):
    """Makes the identity matrix."""

    op: ClassVar[str] = "eye"


class Dirac(Initialiser):
    """Makes a convolution that passes on as many channels as it can."""

    op: ClassVar[str] = "dirac"
    needs: ClassVar[str] = "3 to 5 axes, the first of a multiple of groups"

    groups: PositiveInt = Field(1, description="The groups of channels, each of which is passed on.")

    def accepts(self, shape: Shape) -> bool:
        return len(shape) in (3, 4, 5) and shape[0] % self.groups == 0


class XavierUniform(Weight):
    """Draws uniformly, so that variances are kept both ways (Glorot and Bengio, 2010)."""

    op: ClassVar[str] = "xavier_uniform"

    gain: Number = Field(1.0, description="What the standard deviation is multiplied by.")


class XavierNormal(Weight):
    """Draws from the normal distribution, so that variances are kept both ways (Glorot and Bengio, 2010)."""

    op: ClassVar[str] = "xavier_normal"

    gain: Number = Field(1.0, ge=0, description="What the standard deviation is multiplied by.")


class Kaiming(Weight):
    """Keeps variances through rectifiers (He et al., 2015, arXiv:1502.01852)."""

    a: Number = Field(0.0, description="The slope below 0 of the leaky_relu that follows.")
    mode: FanMode = Field("fan_in", description="Which variance is kept: forwards (fan_in) or backwards (fan_out).")
    nonlinearity: Nonlinearity = Field("leaky_relu", description="What follows; it gives the gain.")


class KaimingUniform(Kaiming):
    """Draws uniformly, so that variances are kept through rectifiers (He et al., 2015, arXiv:1502.01852)."""

    op: ClassVar[str] = "kaiming_uniform"


class KaimingNormal(Kaiming):
    """Draws from the normal distribution, so that variances are kept through rectifiers (He et al., 2015)."""

    op: ClassVar[str] = "kaiming_normal"


class Orthogonal(Weight):
    """Makes an orthogonal matrix of the outputs by all else (Saxe et al., 2013, arXiv:1312.6120)."""

    op: ClassVar[str] = "orthogonal"

    gain: Number = Field(1.0, description="What it is multiplied by.")


class Sparse(Matrix):
    """Draws from the normal distribution, and sets a part of each column to zero (Martens, 2010)."""

    op: ClassVar[str] = "sparse"
    samples: ClassVar[tuple[Sample, ...]] = (Sample(((4, 3),), {"sparsity": 0.5}),)

    sparsity: Probability = Field(description="The part of each column that is zero.")
    std: Number = Field(0.01, ge=0, description="The standard deviation of the rest.")


INITIALISERS: tuple[type[Initialiser], ...] = (
    Uniform,
    Normal,
    TruncNormal,
    Constant,
    Ones,
    Zeros,
    Eye,
    Dirac,
    XavierUniform,
    XavierNormal,
    KaimingUniform,
    KaimingNormal,
    Orthogonal,
    Sparse,
)

INITIALISER_BY_NAME: dict[str, type[Initialiser]] = {initialiser.op: initialiser for initialiser in INITIALISERS}
