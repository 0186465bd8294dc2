"""`archspec diff`: what differs between two networks."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.options import (
    allow_imports_option,
    allow_option,
    format_option,
    input_option,
    inputs_of,
    quiet_option,
    set_option,
    settings_of,
    variant_option,
)
from archspec.cli.report import show, unsilenced
from archspec.cli.session import current, wants_color
from archspec.cli.specs import STDIN, load_spec

if TYPE_CHECKING:
    from archspec.api import Architecture
    from archspec.diagnostics.problem import Problem
    from archspec.passes.diff.comparison import Comparison
    from archspec.passes.diff.text import Names

Shapes = dict[str, tuple[int | str, ...]]

DIFFERENT = 1


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@variant_option
@set_option
@click.option("--set-a", callback=settings_of, metavar="NAME=VALUE", multiple=True, help="The same, for A only.")
@click.option("--set-b", callback=settings_of, metavar="NAME=VALUE", multiple=True, help="The same, for B only.")
@input_option
@click.option("--input-a", callback=inputs_of, metavar="[NAME=]SHAPE", multiple=True, help="The same, for A only.")
@click.option("--input-b", callback=inputs_of, metavar="[NAME=]SHAPE", multiple=True, help="The same, for B only.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if the networks differ, with 0 if they are the same.")
@allow_option
@allow_imports_option
@quiet_option
@format_option("text", "json")
def diff(  # noqa: PLR0913  (one parameter per option)
    *,
    before: str,
    after: str | None,
    variant: str | None,
    params: dict[str, Any],
    set_a: dict[str, Any],
    set_b: dict[str, Any],
    inputs: Shapes,
    input_a: Shapes,
    input_b: Shapes,
    exit_code: bool,
    quiet: bool,
    form: str,
) -> None:
    """Print what differs between the networks A and B: nodes, shapes, costs, and which weights of A fit B.

    A and B are specs, each with a variant if you like: SPEC@VARIANT. Without B, A is compared with itself under other
    settings; a B of @VARIANT alone is another variant of A's spec. The networks are compared as they are made, so how
    the two specs are written makes no difference.

    \b
    Examples:
      archspec diff specs/resnet18.yaml specs/resnet34.yaml
      archspec diff specs/families/resnet.yaml@resnet18 @resnet34
      archspec diff specs/resnet34.yaml --set-b classes=102
      archspec diff specs/vgg16.yaml --input-b 3x288x288 --format json
      archspec diff old.yaml new.yaml --exit-code --quiet
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.passes.diff.comparison import compare
    from archspec.passes.diff.text import Names

    one = _side(before, variant, {**params, **set_a}, {**inputs, **input_a})
    other = _side(_second(one, after, different=bool(set_a or set_b or input_a or input_b)), variant)
    other = Side(other.path, other.variant, {**params, **set_b}, {**inputs, **input_b})
    if one.path == other.path == STDIN:
        raise click.UsageError("standard input can be read once only; give A or B as a file")
    old, new = _load(one, other)
    found = compare(old.graph, new.graph)
    if not quiet or not exit_code:
        _print(found, Names(one.shown(old), other.shown(new)), form)
    if exit_code and not found.equal:
        click.get_current_context().exit(DIFFERENT)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two networks: a spec, and what is chosen of it."""

    path: str
    variant: str | None
    params: dict[str, Any] = field(default_factory=dict[str, Any])
    inputs: Shapes = field(default_factory=dict[str, "tuple[int | str, ...]"])

    def shown(self, architecture: Architecture) -> str:
        """Return what the headline calls it: `resnet18 (specs/resnet18.yaml, classes=102)`."""
        from archspec.source.writing import flow

        chosen = [self.path if self.variant is None else f"{self.path}@{self.variant}"]
        chosen += [f"{name}={flow(value)}" for name, value in self.params.items()]
        chosen += ["x".join(map(str, shape)) for shape in self.inputs.values()]
        return f"{architecture.name} ({', '.join(chosen)})"


def _side(text: str, variant: str | None, params: dict[str, Any] | None = None, inputs: Shapes | None = None) -> Side:
    """Read `SPEC` or `SPEC@VARIANT`; a file whose name has an @ in it is found under its whole name."""
    path, at, chosen = text.rpartition("@")
    if not at or os.path.exists(text):  # noqa: PTH110  (the text need not be a path)
        path, chosen = text, ""
    return Side(path, chosen or variant, params or {}, inputs or {})


def _second(first: Side, text: str | None, *, different: bool) -> str:
    """Return B as if it had been written in full.

    Raises:
        click.UsageError: nothing tells it from A.
    """
    if text is not None:
        return f"{first.path}{text}" if text.startswith("@") and not os.path.exists(text) else text  # noqa: PTH110
    if not different:
        raise click.UsageError(
            "there is nothing to compare A with: give a second spec, @VARIANT, or settings with --set-b or --input-b"
        )
    return first.path if first.variant is None else f"{first.path}@{first.variant}"


def _load(one: Side, other: Side) -> tuple[Architecture, Architecture]:
    """Return both networks.

    Raises:
        ProblemError: there are errors in one of them, or in both.
    """
    from archspec.diagnostics.problem import ProblemError

    found: list[Architecture] = []
    problems: list[Problem] = []
    for side in (one, other):
        try:
            found.append(load_spec(side.path, side.variant, side.params, side.inputs, warn=False))
        except ProblemError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise ProblemError(*problems)
    _warn(found)
    return found[0], found[1]


def _warn(architectures: list[Architecture]) -> None:
    """Print warnings, those about both networks once."""
    session = current()
    said = {(each.code, each.span, each.node): each for arch in architectures for each in arch.problems}
    if not session.quiet:
        show(unsilenced(tuple(said.values()), session), session)


def _print(found: Comparison, names: Names, form: str) -> None:
    from archspec.passes.diff.document import document
    from archspec.passes.diff.text import render_text

    if form == "json":
        click.echo(json.dumps(document(found, names), indent=2))
        return
    color = wants_color(sys.stdout)
    click.echo(render_text(found, names, color=color), nl=False, color=color)
