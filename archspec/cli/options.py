"""Options that several commands share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archspec.cli.session import current

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[["Command"], "Command"]

Command = TypeVar("Command", bound="Callable[..., Any] | click.Command")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SHAPE = re.compile(r"[0-9]{1,9}(x[0-9]{1,9})*\Z")


class _Setting(click.ParamType):
    """`NAME=VALUE`, the value in YAML: `classes=102`, `depths=[2, 2, 2, 2]`, `activation=gelu`."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Take the text apart and read the value as a spec would."""
        from archspec.diagnostics.catalog.yaml import from_fault
        from archspec.source.fault import YamlFault
        from archspec.source.span import SourceFile
        from archspec.source.tree import plain
        from archspec.source.yaml import parse

        name, equals, text = str(value).partition("=")
        if not equals or not _NAME.match(name):
            self.fail("write NAME=VALUE, as in --set classes=102", param, ctx)
        try:
            read = plain(parse(SourceFile(f"--set {name}", text)))
        except YamlFault as fault:
            self.fail(f"{name}: {from_fault(fault).message()}", param, ctx)
        if read is None or isinstance(read, dict):
            self.fail(f"{name} is given no value (a number, a word, true or false, or a [list])", param, ctx)
        return name, read


class _InputShape(click.ParamType):
    """`3x288x288`, or `NAME=3x288x288` for a network with several inputs; channels first, without the batch."""

    name = "[NAME=]SHAPE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, ...]]:
        """Take the text apart; the name of a single input is empty."""
        name, equals, shape = str(value).rpartition("=")
        sizes = tuple(int(size) for size in shape.split("x")) if _SHAPE.match(shape) else ()
        if not sizes or 0 in sizes or (equals and not _NAME.match(name)):
            self.fail("write the sizes with x between them, channels first, as in --input 3x288x288", param, ctx)
        return name, sizes


def _as_dict(_ctx: click.Context, _param: click.Parameter, value: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return dict(value)


def _remember_form(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Tell the error boundary how to print what goes wrong later."""
    current().form = value if value in ("json", "sarif") else "text"
    return value


def _remember_quiet(_ctx: click.Context, _param: click.Parameter, value: bool) -> bool:  # noqa: FBT001
    current().quiet = value
    return value


def format_option(*forms: str) -> Decorator:
    """Add `--format`, with the first of the forms as the default; the parameter is called `form`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        is_eager=True,
        callback=_remember_form,
        help="How to print.",
    )


variant_option: Decorator = click.option("--variant", metavar="NAME", help="The variant of the spec.")

set_option: Decorator = click.option(
    "--set",
    "params",
    type=_Setting(),
    multiple=True,
    callback=_as_dict,
    help="Give a parameter of the spec a value, in YAML. Repeatable.",
)

input_option: Decorator = click.option(
    "--input",
    "inputs",
    type=_InputShape(),
    multiple=True,
    callback=_as_dict,
    help="The shape of an input, per sample: 3x288x288, or NAME=3x288x288. Repeatable.",
)

quiet_option: Decorator = click.option(
    "-q", "--quiet", is_flag=True, is_eager=True, callback=_remember_quiet, help="Print no more than is needed."
)

spec_argument: Decorator = click.argument("spec", metavar="SPEC")


def spec_options(command: Command) -> Command:
    """Add what every command on a spec takes: SPEC, `--variant`, `--set`, `--input`, `--quiet`.

    Its parameters are called `spec`, `variant`, `params`, `inputs` and `quiet`.
    """
    for option in (quiet_option, input_option, set_option, variant_option, spec_argument):
        command = option(command)
    return command
