"""`archspec fix`: the mistakes with a cure that was tried are mended in the file."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.check import find_specs
from archspec.cli.options import (
    allow_imports_option,
    allow_option,
    format_option,
    input_option,
    quiet_option,
    set_option,
    variant_option,
)
from archspec.cli.report import exit_code, show
from archspec.cli.session import current
from archspec.cli.specs import STDIN, compiled_or_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from archspec.diagnostics.problem import Problem
    from archspec.elaborate.network import Choice
    from archspec.repair.mending import Mended
    from archspec.source.span import SourceFile


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option("--diff", "as_diff", is_flag=True, help="Print what would change, and write nothing.")
@click.option("--warnings", is_flag=True, help="Mend what the lints find, too. It may change the network.")
@variant_option
@set_option
@input_option
@allow_option
@allow_imports_option
@format_option("text", "json")
@quiet_option
@click.pass_context
def fix(  # noqa: PLR0913  (one parameter per option)
    ctx: click.Context,
    *,
    specs: tuple[str, ...],
    as_diff: bool,
    warnings: bool,
    variant: str | None,
    params: dict[str, Any],
    inputs: dict[str, tuple[int | str, ...]],
    form: str,
    quiet: bool,
) -> None:
    """Mend what can be mended in each SPEC: a file, a folder of specs, a pattern, or - to filter standard input.

    An edit is made only if the spec, checked with it, has that error no more and no new one. Comments and layout stay.
    Specs that a SPEC extends or imports are mended too, if they lie below the same root. Files are replaced at the end,
    all or none. Errors that are left are printed; exits with 1 if there are any.

    Warnings are let be, since what they are about may be meant, and weights may have been trained with it: without its
    bias a convolution no longer takes a checkpoint that has one. With --warnings they are mended once no error is left,
    but for those that --allow names, as far as the results of the network keep their shapes; those that are left are
    printed, too.

    \b
    Examples:
      archspec fix network.yaml
      archspec fix network.yaml --diff
      archspec fix network.yaml --warnings --allow border-lost --diff
      archspec fix - < network.yaml > mended.yaml
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.elaborate.network import Choice

    work = _Work(Choice(variant, params, inputs, current().allow_imports), warnings=warnings)
    found = list(dict.fromkeys(path for place in specs for path in find_specs(place, work.left)))
    for path in found:
        work.mend(path)
    if not as_diff:
        work.write()
    if form == "json":
        click.echo(json.dumps(work.record(), indent=2))
    elif as_diff:
        click.echo("".join(work.diff()), nl=False)
    else:
        if STDIN in found:
            click.echo(work.filtered, nl=False)
        for line in () if quiet else work.lines():
            click.echo(line, err=STDIN in found)
    left = list(dict.fromkeys(work.left))
    if form == "text":
        show(left, current())
    ctx.exit(exit_code(left))


class _Work:
    """What was mended in several specs, some of which may extend the same file."""

    def __init__(self, choice: Choice, *, warnings: bool) -> None:
        self.choice = choice
        self.warnings = warnings
        self.done: list[Problem] = []
        self.left: list[Problem] = []
        self.before: dict[str, SourceFile] = {}
        self.after: dict[str, SourceFile] = {}
        self.texts: dict[Path, str] = {}
        self.filtered = ""

    def mend(self, path: str) -> None:
        """Mend a spec in memory."""
        from archspec.repair.mending import mend

        compiled = compiled_or_problems(path, self.choice, self.texts)
        if isinstance(compiled, tuple):
            self.left.extend(compiled)
            return
        allowed = current().allowed
        mended = mend(compiled, self.choice, self.texts, warnings=self.warnings, allowed=allowed)
        self._take(mended, compiled.source)

    def _take(self, mended: Mended, source: SourceFile) -> None:
        self.done.extend(mended.done)
        self.left.extend(mended.left)
        for path, before in mended.before.items():
            self.before.setdefault(path, before)
        self.after.update(mended.after)
        current().sources.update(mended.sources)
        for file in mended.after.values():
            if file.place is not None:
                self.texts[file.place.resolve()] = file.text
        if source.place is None:
            self.filtered = mended.after.get(source.path, source).text

    def write(self) -> None:
        """Replace the files that have changed.

        Raises:
            WriteError: one cannot be written, or is no longer what was read.
        """
        from archspec.repair.mending import replaced_bytes
        from archspec.source.atomic import write_files

        files = [(self.before[path], file) for path, file in self.after.items() if file.place is not None]
        write_files({after.place: replaced_bytes(before, after) for before, after in files if after.place is not None})

    def lines(self) -> Iterator[str]:
        """Yield a line for each fix."""
        for problem in self.done:
            if problem.fix is not None:
                span = problem.fix.edits[0].span
                yield f"{span.path}:{span.line}: {problem.fix.description} ({problem.code})"
        if not self.done and self.left:
            yield "no fixes found"
        elif not self.done:
            yield "nothing to fix" if self.warnings else "no errors to fix"

    def diff(self) -> Iterator[str]:
        """Yield the lines of a unified diff."""
        for path, before in self.before.items():
            old, new = (file.text.splitlines(keepends=True) for file in (before, self.after[path]))
            for line in difflib.unified_diff(old, new, path, path):
                yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"

    def record(self) -> Mapping[str, Any]:
        """Return what was done and what is left, as `check --format json` writes problems."""
        from archspec.diagnostics.machine import problem_records

        return {"fixed": problem_records(self.done), "problems": problem_records(dict.fromkeys(self.left))}
