"""Recipes: how to train, written in YAML beside the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from archspec.diagnostics.catalog.runtime import WrongRecipeValue
from archspec.diagnostics.catalog.spec import MissingKey, UnknownKey
from archspec.diagnostics.catalog.yaml import from_fault
from archspec.diagnostics.problem import Problem, ProblemError
from archspec.diagnostics.text import printable
from archspec.ir.fields import NonNegativeInt, Number, PositiveInt, PositiveNumber
from archspec.source.fault import YamlFault
from archspec.source.tree import Mapping, Scalar, Sequence, Tree, plain
from archspec.source.yaml import parse, read

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from archspec.source.span import SourceFile, Span


# The settings without a default.
_EXAMPLES = {"data": "data: {kind: mnist}", "data.kind": "kind: mnist"}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MnistData(_Settings):
    """MNIST, or another set of ten classes in the same four IDX files.

    Attributes:
        kind: `mnist`.
        root: the folder of the files; None searches the usual ones.
        holdout: how many training examples choose the best epoch; they are not trained on.
    """

    kind: Literal["mnist"]
    root: str | None = None
    holdout: PositiveInt = 5000


class Optimizer(_Settings):
    """The optimizer, by torch's names. `momentum` belongs to sgd (0.9 where it is not given)."""

    name: Literal["sgd", "adam", "adamw"] = "adamw"
    lr: PositiveNumber = 1e-3
    weight_decay: Number = Field(default=0.0, ge=0)
    momentum: Number | None = Field(default=None, ge=0, lt=1)

    @model_validator(mode="after")
    def _momentum_is_for_sgd(self) -> Optimizer:
        if self.momentum is not None and self.name != "sgd":
            raise PydanticCustomError("momentum", "momentum goes with sgd; {name} has none", {"name": self.name})
        return self


class Augment(_Settings):
    """Random changes of the training images, drawn anew for every image and epoch.

    Attributes:
        shift: at most so many pixels, either way, along both axes.
        rotation: at most so many degrees, either way.
    """

    shift: Number = Field(default=0.0, ge=0)
    rotation: Number = Field(default=0.0, ge=0, le=180)


class Recipe(_Settings):
    """How to train a classifier.

    Attributes:
        data: what to train on.
        epochs: how often every training example is seen.
        batch_size: examples per step.
        optimizer: the optimizer and its settings.
        scheduler: how the learning rate runs; `one_cycle` and `cosine` end near zero.
        augment: random changes of the training images.
        label_smoothing: the share of the target that is spread over all classes.
        seed: decides the order of the data, the augmentation and, where the caller seeds with it, the first weights.
        accelerator: where to train; `auto` takes a GPU if there is one.
        precision: the arithmetic, by Lightning's names.
    """

    data: MnistData
    epochs: PositiveInt = 5
    batch_size: PositiveInt = 128
    optimizer: Optimizer = Optimizer()
    scheduler: Literal["one_cycle", "cosine", "none"] = "one_cycle"
    augment: Augment = Augment()
    label_smoothing: Number = Field(default=0.0, ge=0, lt=1)
    seed: NonNegativeInt = 0
    accelerator: Literal["auto", "cpu", "gpu", "mps"] = "auto"
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"


def read_recipe(path: Path) -> Recipe:
    """Read a recipe file.

    Raises:
        ProblemError: it is no YAML, or has unknown keys or wrong values; all of them are reported.
        OSError: it cannot be read.
    """
    try:
        source = read(path, str(path))
    except YamlFault as fault:
        raise ProblemError(from_fault(fault)) from None
    return parse_recipe(source)


def parse_recipe(source: SourceFile) -> Recipe:
    """Read a recipe's text.

    Raises:
        ProblemError: it is no YAML, or has unknown keys or wrong values; all of them are reported.
    """
    try:
        tree = parse(source)
    except YamlFault as fault:
        raise ProblemError(from_fault(fault)) from None
    if not isinstance(tree, Mapping):
        raise ProblemError(WrongRecipeValue(span=tree.span, key="recipe", reason="should be a mapping of settings"))
    try:
        return Recipe.model_validate(plain(tree))
    except ValidationError as error:
        raise ProblemError(*[_problem(detail, tree) for detail in error.errors()]) from None


def _problem(detail: ErrorDetails, tree: Mapping) -> Problem:
    """Turn one of pydantic's errors into a located problem."""
    path = detail["loc"]
    key = ".".join(str(part) for part in path)
    parent, _, name = key.rpartition(".")
    where = f"{parent} of a recipe" if parent else "a recipe"
    if detail["type"] == "missing":
        return MissingKey(span=_find(tree, path[:-1])[0], key=name, where=where, example=_EXAMPLES[key])
    span, value = _find(tree, path)
    if detail["type"] == "extra_forbidden":
        # The key may have dots of its own.
        return UnknownKey(span=span, key=str(path[len(path) - 1]), where=where, known=_known_keys(path[:-1]))
    reason = detail["msg"].replace("Input should be", "should be")
    written = f", not {printable(value.text) or 'empty'}" if isinstance(value, Scalar) else ""
    return WrongRecipeValue(span=value.span, key=key, reason=reason + written)


def _find(tree: Tree, path: tuple[int | str, ...]) -> tuple[Span, Tree]:
    """Follow pydantic's path as far as the tree has it. Returns where the last key stands, and its value."""
    span = tree.span
    for part in path:
        if isinstance(tree, Mapping) and (entry := tree.entry(str(part))) is not None:
            span, tree = entry.key.span, entry.value
        elif isinstance(tree, Sequence) and isinstance(part, int):
            tree = tree.items[part]
            span = tree.span
    return span, tree


def _known_keys(path: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the keys of the settings at a path."""
    model: Any = Recipe
    for part in path:
        model = model.model_fields[part].annotation
    return tuple(model.model_fields)
