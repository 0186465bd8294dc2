"""Which networks a scan makes: every combination of variants, settings and input shapes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.spec import UnknownInput, UnknownSpecParameter, UnknownVariant
from archspec.diagnostics.problem import ProblemError
from archspec.scanning.values import Choices, ValuesError, read_values, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archspec.spec.template import SpecTemplate

EVERY_VARIANT = "all"


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes of one input: every combination of the sizes that its axes may have.

    Attributes:
        name: the input; empty for a single one.
        axes: the sizes of each axis, for each of the shapes that were given.
    """

    name: str
    axes: tuple[tuple[Choices, ...], ...]

    @property
    def count(self) -> int:
        """How many shapes there are."""
        return sum(prod(axis.count for axis in axes) for axes in self.axes)

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        for axes in self.axes:
            yield from product(*axes)


def read_shapes(text: str) -> Shapes:
    """Return the shapes that `3x128:256:32`, `3x{128,256}x{128,256}` or `NAME=3x128x128,3x160x160` stands for.

    Raises:
        ValuesError: it stands for none.
    """
    name, equals, written = text.rpartition("=")
    if equals and not name.isidentifier():
        raise ValuesError("write sizes with x between them, or NAME=SIZES: --input image=3x128:256:32")
    shapes = [[read_values(size) for size in split(shape, "x")] for shape in split(written)]
    for shape in shapes:
        for sizes in shape:
            if any(type(size) is not int or size < 1 for size in _some(sizes)):
                raise ValuesError("sizes are integers of at least 1: write 3x128:256:32, channels first")
    return Shapes(name, tuple(tuple(shape) for shape in shapes))


def _some(sizes: Choices) -> Iterator[Any]:
    """Yield values enough to tell whether all are sizes."""
    for index, size in enumerate(sizes):
        if index > 10_000:  # noqa: PLR2004  (there are no more variants than this with other sizes)
            return
        yield size


@dataclass(frozen=True, slots=True)
class Variation:
    """One network of a scan: the variant, the values of parameters, and the shapes of inputs, as they were chosen."""

    variant: str | None = None
    params: dict[str, Any] = field(default_factory=dict[str, Any])
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict[str, "tuple[int, ...]"])

    def settings(self) -> dict[str, Any]:
        """Return what was chosen, by name; an input goes by `input`, or its name."""
        chosen: dict[str, Any] = {} if self.variant is None else {"variant": self.variant}
        chosen |= self.params
        return chosen | {name or "input": "x".join(map(str, shape)) for name, shape in self.inputs.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """The networks of a scan.

    Attributes:
        variants: the variants; None stands for the one that the spec itself chooses.
        params: the values of parameters, by name.
        shapes: the shapes of inputs.
    """

    variants: tuple[str | None, ...] = (None,)
    params: dict[str, Choices] = field(default_factory=dict[str, Choices])
    shapes: tuple[Shapes, ...] = ()

    @property
    def count(self) -> int:
        """How many networks there are."""
        return len(self.variants) * prod(each.count for each in (*self.params.values(), *self.shapes))

    def __iter__(self) -> Iterator[Variation]:
        """Yield them; what was given last changes first."""
        names = [each.name for each in self.shapes]
        for variant in self.variants:
            for values in product(*self.params.values()):
                for shapes in product(*self.shapes):
                    params = dict(zip(self.params, values, strict=True))
                    yield Variation(variant, params, dict(zip(names, shapes, strict=True)))

    @property
    def varied(self) -> tuple[str, ...]:
        """The names of what has more than one value."""
        found = ["variant"] if len(self.variants) > 1 else []
        found += [name for name, choices in self.params.items() if choices.count > 1]
        return (*found, *(each.name or "input" for each in self.shapes if each.count > 1))

    @property
    def fixed(self) -> dict[str, Any]:
        """What was chosen and is the same for all of them."""
        first = next(iter(self), None)
        return {} if first is None else {k: v for k, v in first.settings().items() if k not in self.varied}


def check_plan(plan: Plan, template: SpecTemplate) -> Plan:
    """Return the plan for a spec: with its variants, and with shapes of as many axes as its inputs have.

    A shape with fewer sizes than the input has axes is square: its last size is that of all others.

    Raises:
        ProblemError: the spec has no such variant, parameter or input.
    """
    known = tuple(parameter.name for parameter in template.params)
    problems: list[Any] = [UnknownSpecParameter(name=name, known=known) for name in plan.params if name not in known]
    variants = plan.variants
    if variants == (EVERY_VARIANT,) and EVERY_VARIANT not in template.variants and template.variants:
        variants = tuple(template.variants)
    strange = [name for name in variants if name is not None and name not in template.variants]
    problems += [UnknownVariant(variant=name, known=tuple(template.variants)) for name in strange]
    inputs = {each.name: each for each in template.inputs}
    found: list[Shapes] = []
    for shapes in plan.shapes:
        name = next(iter(inputs)) if not shapes.name and len(inputs) == 1 else shapes.name
        if name in inputs:
            found.append(_Square(shapes.name, shapes.axes, len(inputs[name].shape)))
        else:
            problems.append(UnknownInput(name=shapes.name, known=tuple(inputs)))
    if problems:
        raise ProblemError(*problems)
    return Plan(variants, plan.params, tuple(found))


@dataclass(frozen=True, slots=True)
class _Square(Shapes):
    """Shapes of inputs with `rank` axes: where there are fewer sizes, the last one is that of all axes that remain."""

    rank: int = 0

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        for shape in Shapes.__iter__(self):
            yield shape + shape[-1:] * (self.rank - len(shape))


def repeated(names: Sequence[str]) -> str | None:
    """Return a name that is there more than once."""
    return next((name for name, count in Counter(names).items() if count > 1), None)
