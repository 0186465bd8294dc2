"""Options that several commands share."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from archspec.cli.session import current

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., Any] | click.Command")


class Decorator(Protocol):
    """What adds an option to a command."""

    def __call__(self, command: Command, /) -> Command:
        """Return the command with the option."""
        ...


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SHAPE = re.compile(r"([0-9]{1,9}|[A-Z][A-Za-wyz0-9_]*)(x([0-9]{1,9}|[A-Z][A-Za-wyz0-9_]*))*\Z")


def settings_of(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """Read `NAME=VALUE`, the value in YAML: `classes=102`, `depths=[2, 2, 2, 2]`, `activation=gelu`."""
    return dict(_setting(value, param) for value in values)


def _setting(text: str, param: click.Parameter) -> tuple[str, Any]:
    from archspec.diagnostics.catalog.yaml import from_fault
    from archspec.source.fault import YamlFault
    from archspec.source.span import SourceFile
    from archspec.source.tree import plain
    from archspec.source.yaml import parse

    name, equals, written = text.partition("=")
    if not equals or not _NAME.match(name):
        raise click.BadParameter("write NAME=VALUE, as in --set classes=102", param=param)
    try:
        value = plain(parse(SourceFile(f"--set {name}", written)))
    except YamlFault as fault:
        raise click.BadParameter(f"{name}: {from_fault(fault).message()}", param=param) from None
    if value is None or isinstance(value, dict):
        wanted = "a number, a word, true or false, or a [list]"
        raise click.BadParameter(f"{name} has no value that a parameter takes: {wanted}", param=param)
    return name, value


def inputs_of(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[int | str, ...]]:
    """Read `3x288x288`, or `NAME=3x288x288` for a network with several inputs; the name of a single one is empty.

    A size may be a name that begins with a capital (`3xHxW`): then it is left open.
    """
    shapes: dict[str, tuple[int | str, ...]] = {}
    for value in values:
        name, equals, shape = value.rpartition("=")
        sizes = tuple(int(size) if size.isdigit() else size for size in shape.split("x")) if _SHAPE.match(shape) else ()
        if not sizes or 0 in sizes or (equals and not _NAME.match(name)):
            wanted = "write sizes with x between them, channels first, as in --input 3x288x288 or 3xHxW"
            raise click.BadParameter(wanted, param=param)
        shapes[name] = sizes
    return shapes


def _remember_form(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Tell the error boundary how to print what goes wrong later."""
    current().form = value if value in ("short", "json", "sarif") else "text"
    return value


def _remember_quiet(_ctx: click.Context, _param: click.Parameter, value: bool) -> bool:  # noqa: FBT001
    current().quiet = value
    return value


def _remember_imports(_ctx: click.Context, _param: click.Parameter, value: bool) -> bool:  # noqa: FBT001
    """Let specs name classes of one's own; those of the current directory are found, as with `python -m`."""
    current().allow_imports = value
    if value and (folder := os.getcwd()) not in sys.path:  # noqa: PTH109  (entries of sys.path are text)
        sys.path.insert(0, folder)
    return value


def _remember_allowed(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Read codes and names of lints, with commas between."""
    names = [name.strip() for value in values for name in value.split(",") if name.strip()]
    if not names:
        if values:
            raise click.BadParameter("write codes or names of lints, with commas between, as in AS701", param=param)
        return ()
    from archspec.diagnostics.catalog import lints
    from archspec.diagnostics.text import did_you_mean, printable

    codes = {name: lints.code_of(name) for name in names}
    for name in (name for name, code in codes.items() if code is None):
        remedy = did_you_mean(name, lints.CODES) or "`archspec explain` lists them: the warnings, AS701 and following"
        raise click.BadParameter(f"there is no lint '{printable(name)}'; {remedy}", param=param)
    current().allowed |= {code for code in codes.values() if code is not None}
    return values


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
    metavar="NAME=VALUE",
    multiple=True,
    callback=settings_of,
    help="Give a parameter of the spec a value, in YAML. Repeatable.",
)

input_option: Decorator = click.option(
    "--input",
    "inputs",
    metavar="[NAME=]SHAPE",
    multiple=True,
    callback=inputs_of,
    help="The shape of an input, per sample: 3x288x288, or NAME=3x288x288. Repeatable.",
)

quiet_option: Decorator = click.option(
    "-q", "--quiet", is_flag=True, is_eager=True, callback=_remember_quiet, help="Print no more than is needed."
)

allow_imports_option: Decorator = click.option(
    "--allow-imports",
    is_flag=True,
    expose_value=False,
    callback=_remember_imports,
    help="Import classes that the spec names (op: package.module:Class), which runs their code.",
)

allow_option: Decorator = click.option(
    "--allow",
    metavar="CODES",
    multiple=True,
    expose_value=False,
    callback=_remember_allowed,
    help="Do not report these lints, by code or name, with commas between. Repeatable.",
)

spec_argument: Decorator = click.argument("spec", metavar="SPEC")


def spec_options(command: Command) -> Command:
    """Add what every command on a spec takes: SPEC, `--variant`, `--set`, `--input`, `--allow...`, `--quiet`.

    Its parameters are called `spec`, `variant`, `params`, `inputs` and `quiet`; the session knows what is allowed.
    """
    options = (variant_option, set_option, input_option, allow_option, allow_imports_option, quiet_option)
    for option in (*reversed(options), spec_argument):
        command = option(command)
    return command
