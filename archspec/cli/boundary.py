"""The one place where exceptions become messages and exit codes.

Exit codes: 0 good, 1 problems found, 2 wrong usage, 3 cannot read or write, 4 busy, 70 a bug in archspec, 130
interrupted, 141 the reader of the output went away, 143 terminated.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING

import click

from archspec.cli.report import exit_code, show

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from archspec.cli.session import Session
    from archspec.diagnostics.problem import Problem

BUG = 70
INTERRUPTED = 130
CLOSED_PIPE = 141
TERMINATED = 143

# Reading a file does not fail for these reasons.
_OF_WRITING = frozenset({errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EEXIST, errno.ENOTEMPTY, errno.EFBIG})


def guard(work: Callable[[], object], session: Session) -> int:
    """Do the work of a command and return its exit code; whatever it raises becomes a message."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal's encoding lacks is escaped, not a crash
            stream.reconfigure(errors="backslashreplace")
    try:
        with _termination_unwinds():
            code = work()
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # noqa: BLE001  (this is the boundary)
        return _explain(error, session)
    return code if isinstance(code, int) else 0


def _explain(error: Exception, session: Session) -> int:
    """Print what an exception means to the user, and return the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if session.debug:
        traceback.print_exception(error)
    problems = _problems_of(error)
    if problems is None:
        what = f"{type(error).__name__}: {error}".split("\n", 1)[0][:300]
        click.echo(f"internal error, this is a bug in archspec: {what}; run `archspec --debug ...` for more", err=True)
        return BUG
    show(problems, session)
    return exit_code(problems) or 1


def _problems_of(error: Exception) -> tuple[Problem, ...] | None:
    """Return the problems that an exception stands for; None for a bug."""
    from archspec.diagnostics.catalog.usage import CannotRead, CannotWrite, FolderBusy
    from archspec.diagnostics.problem import ProblemError
    from archspec.source.atomic import FolderBusyError

    if isinstance(error, ProblemError):
        return error.problems
    if isinstance(error, FolderBusyError):
        return (FolderBusy(folder=str(error.folder)),)
    if isinstance(error, OSError) and error.errno in _OF_WRITING and error.filename is None:
        # Files of ours are always named, so this is where results go.
        return (CannotWrite(file="standard output", reason=(error.strerror or str(error)).lower()),)
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        kind = CannotWrite if _is_of_writing(error) else CannotRead
        return (kind(file=os.fsdecode(error.filename), reason=(error.strerror or str(error)).lower()),)
    return None


def _is_of_writing(error: OSError) -> bool:
    from archspec.source.atomic import WriteError

    readable = error.errno in (errno.EACCES, errno.EPERM) and os.access(error.filename, os.R_OK)
    return isinstance(error, WriteError) or error.errno in _OF_WRITING or readable


def _closed_pipe() -> int:
    """End quietly; otherwise the interpreter would complain when it flushes standard output at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return CLOSED_PIPE


@contextlib.contextmanager
def _termination_unwinds() -> Generator[None]:
    """Let SIGTERM end the work like Ctrl-C does, so that temporary files are removed and locks given back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
