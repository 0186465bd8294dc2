"""What a package says of its own module classes, so that specs can use them as ops: `@archspec.op`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from archspec.ir.tensor import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archspec.ir.window import AxisMap

C = TypeVar("C", bound=type)

Inputs: TypeAlias = tuple[Shape, ...]
ShapeRule: TypeAlias = "Callable[[Inputs, Mapping[str, Any]], Sequence[int] | Sequence[Sequence[int]]]"
WindowRule: TypeAlias = "Callable[[Inputs, Mapping[str, Any]], Sequence[AxisMap]]"
MacRule: TypeAlias = "Callable[[Inputs, Mapping[str, Any]], int]"

_ATTRIBUTE = "__archspec__"


@dataclass(frozen=True, slots=True)
class Declared:
    """The rules that are declared for a class; each may be missing."""

    shape: ShapeRule | None = None
    windows: WindowRule | None = None
    macs: MacRule | None = None


def op(
    *, shape: ShapeRule | None = None, windows: WindowRule | None = None, macs: MacRule | None = None
) -> Callable[[C], C]:
    """Declare rules for an `nn.Module` that specs use as an op: `op: mypackage.layers:CBAM`.

    All rules are optional, and are functions of `(inputs, params)`: the shapes of the inputs per sample, as tuples, and
    the constructor's arguments by name, those with a default included. They hold for the class itself, not for classes
    that inherit from it.

    Args:
        shape: gives the shape of the result per sample, or a list of shapes for several results. A ValueError that it
            raises is a fault of the spec, and its text is shown there. Without it, the module is run on PyTorch's meta
            device.
        windows: gives for each spatial axis how the result reads it: an `archspec.Window(kernel, stride, dilation,
            low, high)`, `low` and `high` being the padding. Without it, the module counts as a global operation.
        macs: gives the multiply-accumulates per sample. Without it they count as 0.
    """
    rules = Declared(shape, windows, macs)

    def declare(cls: C) -> C:
        setattr(cls, _ATTRIBUTE, rules)
        return cls

    return declare


def declared_for(cls: type) -> Declared:
    """Return the rules that are declared for a class itself."""
    found = vars(cls).get(_ATTRIBUTE)
    return found if isinstance(found, Declared) else Declared()
