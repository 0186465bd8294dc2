"""What an op asks the backends to write, as plain records: an op's file imports neither torch nor onnx."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.ir.tensor import Shape

# ------------------------------------------------------------------------------------------------- parameters


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One tensor that a module owns, under the name that PyTorch gives it in the `state_dict`.

    A bare tensor, which is no part of a module of its own, has no name: its key is the node's path.
    """

    name: str
    shape: Shape
    buffer: bool = False
    dtype: str = "float32"


# ------------------------------------------------------------------------------------------------- PyTorch
#
# `helpers` of a record are what it calls by name and a generated file must therefore carry, each after those it uses.


class Required:
    """Marks an argument without a default."""


REQUIRED = Required()


@dataclass(frozen=True, slots=True)
class InputSize:
    """An argument inferred from an input: the size of `axis` (0 = channels, -1 = features) of input `index`."""

    axis: int = 0
    index: int = 0


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument of a PyTorch call.

    Attributes:
        name: PyTorch's name of it.
        value: its concrete value for this node: a number, bool, string, None or tuple of these.
        default: PyTorch's default; an argument that equals it is left out.
        source: where the value comes from, so that a backend can write the spec's own expression instead of the
            number: the name of an op parameter that the value equals, or an `InputSize`; None if neither.
        positional: written without its name.
        form: how the spec's expression stands in the value, where it is only a part of it: `(0, 0, {}, {})`.
    """

    name: str
    value: Any
    default: Any = REQUIRED
    source: str | InputSize | None = None
    positional: bool = False
    form: str = "{}"


@dataclass(frozen=True, slots=True)
class TorchHelper:
    """A class or function that PyTorch lacks: a generated file that uses it carries it, once, above its own classes.

    Attributes:
        name: what the source defines, and what records call it by. `archspec.spec.names` lists the names of all
            helpers, so that no spec gives them to something else.
        source: its text, formatted and typed, for `torch.jit.script` too. It may use `math`, `torch`, `nn`, `F` and
            `Tensor`, which the file imports where they are used.
    """

    name: str
    source: str


Binding: TypeAlias = Literal["atom", "product", "sum"]


@dataclass(frozen=True, slots=True)
class TorchModule:
    """A submodule, registered under the node's name: `self.conv1 = nn.Conv2d(...)`, then `self.conv1(x)`.

    `wrap` is what it is called on, when that is not simply the input: `F.pad({0}, (0, 1, 0, 1))`. `after` is what is
    taken of its result, when that is not simply all: `{0}[0]`. `results` is how many tensors it gives, several as a
    tuple. Such a node cannot stand in an `nn.Sequential`.

    `origin` is the Python module that the class is imported from, where it is neither PyTorch's nor a helper.
    """

    cls: str
    args: tuple[Arg, ...] = ()
    wrap: str = "{0}"
    after: str = "{0}"
    # Modules whose output autograd keeps for the backward pass must not be followed by an in-place op.
    output_is_saved: bool = False
    helpers: tuple[TorchHelper, ...] = ()
    origin: str = ""
    results: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether it is called on its input and gives its result, as a module in an `nn.Sequential` is."""
        return self.wrap == self.after == "{0}" and self.results == 1

    def call(self, module: str) -> str:
        """Return the template of its call; `module` is source for the module itself."""
        return self.after.replace("{0}", f"{module}({self.wrap})")


@dataclass(frozen=True, slots=True)
class TorchFunction:
    """A stateless call: `F.max_pool2d(x, 2)`. `module` is its twin for use inside an `nn.Sequential`, if there is one.

    `call` takes the inputs first, then the arguments; the arguments are the same for both forms.
    `inplace` says that both take `inplace=True`.
    """

    call: str
    args: tuple[Arg, ...] = ()
    module: str | None = None
    inplace: bool = False
    output_is_saved: bool = False
    helpers: tuple[TorchHelper, ...] = ()


@dataclass(frozen=True, slots=True)
class TorchExpression:
    """A stateless expression of the inputs, `{0}`, `{1}`, ...: `{0} + {1}`. `{all}` is all inputs joined by `joiner`.

    Arguments stand in it under their names: `{0} * {factor}`.

    `binds` tells how tightly the expression binds, so that a backend knows when to put parentheses around it:
    "atom" (calls, names, attributes), "product" or "sum". `operands` tells how tightly its inputs must bind; left out,
    it follows from `binds` for inputs with an operator between them.
    """

    template: str
    binds: Binding = "atom"
    joiner: str = ", "
    output_is_saved: bool = False
    operands: Binding | None = None
    helpers: tuple[TorchHelper, ...] = ()
    args: tuple[Arg, ...] = ()

    @property
    def source(self) -> str:
        """The template with the values of its arguments."""
        return self.filled({arg.name: repr(arg.value) for arg in self.args})

    def filled(self, texts: Mapping[str, str]) -> str:
        """Return the template with source for its arguments."""
        template = self.template
        for name, text in texts.items():
            template = template.replace(f"{{{name}}}", text)
        return template


@dataclass(frozen=True, slots=True)
class TorchParameter:
    """A bare tensor, registered under the node's name: `self.scale = nn.Parameter(torch.zeros(8, 1, 1))`, `self.scale`.

    `args` are its size, to which `batch` adds a leading 1, and the value that it is filled with.
    """

    args: tuple[Arg, ...]
    batch: bool
    helpers: tuple[TorchHelper, ...] = ()
    output_is_saved: bool = True  # nothing may overwrite it


TorchCode: TypeAlias = "TorchModule | TorchFunction | TorchExpression | TorchParameter"

# ------------------------------------------------------------------------------------------------- ONNX


@dataclass(frozen=True, slots=True)
class Operand:
    """Input `index` of the node."""

    index: int = 0


@dataclass(frozen=True, slots=True)
class Weight:
    """One of the node's own tensors, by its `ParameterSpec` name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A small constant tensor; a tuple makes a vector, a number a scalar."""

    value: float | int | bool | tuple[int, ...] | tuple[float, ...]
    dtype: str = "int64"


@dataclass(frozen=True, slots=True)
class Temporary:
    """The result of an earlier record of the same op."""

    name: str


@dataclass(frozen=True, slots=True)
class Absent:
    """An optional ONNX input that is left out."""


OnnxInput: TypeAlias = "Operand | Weight | Constant | Temporary | Absent"


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """One ONNX node. The last record of an op gives the op's results and bears the node's path as its name.

    Earlier records name their results in `outputs` for `Temporary` and are called `path/op_type`.
    """

    op_type: str
    inputs: tuple[OnnxInput, ...] = (Operand(0),)
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    outputs: tuple[str, ...] = ()
