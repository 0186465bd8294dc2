"""`archspec check`: every problem in every spec."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.options import (
    allow_imports_option,
    allow_option,
    format_option,
    input_option,
    quiet_option,
    set_option,
    variant_option,
)
from archspec.cli.report import as_text, exit_code, show
from archspec.cli.session import current
from archspec.cli.specs import STDIN, check_spec
from archspec.diagnostics.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archspec.diagnostics.problem import Problem

_SUFFIXES = (".yaml", ".yml")
_SPEC_KEY = re.compile(rb"^[{\s]*[\"']?archspec[\"']?[ \t]*:", re.MULTILINE)
_HEAD_BYTES = 1 << 16


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@variant_option
@set_option
@input_option
@allow_option
@click.option("--strict", is_flag=True, help="Exit with 1 if there is a warning, too.")
@click.option("--watch", "again", is_flag=True, help="Check again whenever a file is saved, until Ctrl-C.")
@allow_imports_option
@format_option("text", "short", "json", "sarif")
@quiet_option
@click.pass_context
def check(  # noqa: PLR0913  (one parameter per option)
    ctx: click.Context,
    *,
    specs: tuple[str, ...],
    variant: str | None,
    params: dict[str, Any],
    inputs: dict[str, tuple[int | str, ...]],
    strict: bool,
    again: bool,
    form: str,
    quiet: bool,
) -> None:
    """Report every problem in each SPEC: a file, a folder of specs, a pattern, or - for standard input.

    Warnings are lints: what is allowed and most likely not meant. Exits with 1 if there is an error. Text goes to
    standard error; the other formats are results, on standard output: `short` is a line per problem that begins with
    path:line:column, from which editors jump. All show fixes that were tried, as far as that is quick; `archspec fix`
    tries more, and makes them.

    \b
    Examples:
      archspec check specs/resnet34.yaml
      archspec check specs/ --format sarif > problems.sarif
      archspec check specs/families/resnet.yaml --variant resnet50 --set classes=102
      archspec check my_network.yaml --watch
      archspec check specs/ --strict --allow bias-before-norm,AS706
      cat spec.yaml | archspec check -
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)

    def once() -> tuple[list[str], list[Problem]]:
        problems: list[Problem] = []
        found = list(dict.fromkeys(path for place in specs for path in find_specs(place, problems)))
        for path in found:
            problems.extend(check_spec(path, variant, params, inputs))
        problems = list(dict.fromkeys(problems))  # two specs that extend one file share its problems
        if form == "text":
            show(problems, current())
        else:
            click.echo(as_text(problems, current()), nl=False)
        if form == "text" and not quiet and not problems:
            click.echo(f"{counted(len(found), 'spec')}: no problems")
        return found, problems

    if again:
        _check_again_and_again(once, specs, form)
    ctx.exit(exit_code(once()[1], strict=strict))


def _check_again_and_again(
    once: Callable[[], tuple[list[str], list[Problem]]], specs: tuple[str, ...], form: str
) -> None:
    """Check whenever a spec is saved or comes up, or a file that one extends or imports, until Ctrl-C."""
    from archspec.cli.watch import watch

    if form not in ("text", "short") or STDIN in specs:
        raise click.UsageError("--watch checks files, not standard input, and prints text or short lines")

    def work() -> Iterator[Path]:
        current().sources.clear()
        found, _ = once()
        yield from map(Path, found)
        yield from (Path(each) for place in specs for each in _watched(place))
        yield from (source.place for source in current().sources.values() if source.place is not None)

    watch(work)


def _watched(place: str) -> Iterator[str]:
    """Yield what tells of new specs in a place: the folders of a folder or of a pattern, or the file itself."""
    if Path(place).is_dir():
        yield from (parent for parent, _ in _folders(Path(place)))
    elif glob.has_magic(place):
        for parent in Path(place).parents:
            yield from glob.glob(str(parent), recursive=True)  # noqa: PTH207
    else:
        yield place


def find_specs(place: str, problems: list[Problem]) -> Iterable[str]:
    """Return the paths of the specs in a place; if it has none, that is a problem."""
    if place == STDIN or Path(place).is_file():
        return (place,)
    if Path(place).is_dir():
        paths = tuple(_in_folder(Path(place)))
    elif glob.has_magic(place):
        paths = tuple(path for path in sorted(glob.glob(place, recursive=True)) if Path(path).is_file())  # noqa: PTH207
    else:  # its problem comes from reading it
        return (place,)
    if not paths:
        from archspec.diagnostics.catalog.usage import NoSpecsFound

        problems.append(NoSpecsFound(place=place))
    return paths


def _in_folder(folder: Path) -> Iterator[str]:
    for parent, files in _folders(folder):
        for name in sorted(files):
            path = Path(parent, name)
            if path.suffix in _SUFFIXES and _looks_like_spec(path):
                yield str(path)


def _folders(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder and all below it, without hidden ones, with the names of their files."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield parent, files


def _looks_like_spec(path: Path) -> bool:
    """Tell whether a YAML file has our key. One that cannot be read counts: the check then says why."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return _SPEC_KEY.search(file.read(_HEAD_BYTES)) is not None
    except OSError:
        return True
