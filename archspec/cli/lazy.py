"""A group whose commands are imported when they are run, so that `--help` is quick."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from archspec.cli.boundary import guard
from archspec.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMPLETE_VARIABLE = "_ARCHSPEC_COMPLETE"


class Entry(NamedTuple):
    """Where a command is defined (under its own name, with `-` as `_`), and what the overview says of it."""

    module: str
    short_help: str


class LazyGroup(click.Group):
    """A group of commands named by their modules."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **kwargs: Any) -> None:
        """Keep the entries, in the order in which they are shown."""
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        del ctx
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(entry.module), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a misspelt one, say which was probably meant."""
        name = args[0]
        if name not in self.entries and not name.startswith("-") and not ctx.resilient_parsing:
            from archspec.diagnostics.text import did_you_mean, printable

            remedy = did_you_mean(name, self.entries) or f"see `{ctx.command_path} --help`"
            raise click.UsageError(f"there is no command '{printable(name)}'; {remedy}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview without importing the commands."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.short_help) for name, entry in self.entries.items()])

    def main(  # pyright: ignore[reportIncompatibleMethodOverride]  # the base class's overloads say only when it returns
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *_positional: object,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> int:
        """Run the command line behind the error boundary; exit with its code, or (not standalone) return it."""
        session = Session()
        arguments = list(sys.argv[1:] if args is None else args)
        code = guard(lambda: self._run(arguments, prog_name or "archspec", session, extra), session)
        if standalone_mode:
            sys.exit(code)
        return code

    def _run(self, args: list[str], prog_name: str, session: Session, extra: dict[str, Any]) -> object:
        if instruction := os.environ.get(_COMPLETE_VARIABLE):
            from click.shell_completion import shell_complete

            return shell_complete(self, {}, prog_name, _COMPLETE_VARIABLE, instruction)
        extra.setdefault("obj", session)
        with self.make_context(prog_name, args, **extra) as ctx:
            return self.invoke(ctx)
