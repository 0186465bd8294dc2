"""What one run of the command line is told and remembers: the format, colours, the text of standard input."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from archspec.source.span import SourceFile

_PIPE_WIDTH = 100


@dataclass
class Session:
    """The state of one run; click hands it to every command.

    Attributes:
        debug: whether exceptions come with a traceback.
        form: how problems are printed: text, short, json or sarif. Other formats of a command leave it at text.
        quiet: whether to print problems only.
        allow_imports: whether classes that specs name by import path may be imported.
        allowed: the codes of warnings that are not to be shown.
        sources: files whose text is at hand, by the path that their spans show.
    """

    debug: bool = False
    form: str = "text"
    quiet: bool = False
    allow_imports: bool = False
    allowed: frozenset[str] = frozenset()
    sources: dict[str, SourceFile] = field(default_factory=dict[str, "SourceFile"])


def current() -> Session:
    """Return the session of the command that is running."""
    return click.get_current_context().find_root().ensure_object(Session)


def wants_color(stream: TextIO) -> bool:
    """Tell whether a stream takes colours: a terminal does, unless NO_COLOR says no; FORCE_COLOR says yes.

    See https://no-color.org and https://force-color.org.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream)


def is_terminal(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that can do more than print line by line."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Return how many cells a line of a stream has."""
    return shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns if stream.isatty() else _PIPE_WIDTH


def announce(message: str) -> None:
    """Print progress or a remark, which is no result, to standard error."""
    if not current().quiet:
        click.echo(message, file=sys.stderr)
