"""Writing files so that at every moment the old ones or the new ones are there, whole.

Data goes to a temporary file beside the target, is forced to the disk, and takes the target's name by a rename. What
a killed process leaves behind is removed by the next one that writes into the same folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

PREFIX = ".archspec-tmp-"
"""What the names of temporary files begin with; files so called are ours to remove."""

# What a file system without this kind of lock answers (some network file systems).
_NO_LOCKS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


class FolderBusyError(Exception):
    """Another process of archspec is writing into the folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder."""
        super().__init__(f"{folder} is in use")
        self.folder = folder


class WriteError(OSError):
    """A file or folder cannot be written. `filename` is the one that was asked for, never a temporary one."""

    def __init__(self, error: OSError, path: Path) -> None:
        """Keep why, under the name of what was to be written."""
        super().__init__(error.errno, error.strerror or str(error), str(path))


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write all of the files, or none of them; folders are made where they are missing.

    A symbolic link stays one: the file that it points to is replaced. Only a failure between the renames themselves
    (a lost disk, `kill -9`) can leave some files new and others old; none is ever half-written.

    Raises:
        WriteError: a file cannot be written.
    """
    targets = {Path(os.path.realpath(path)): data for path, data in files.items()}
    folders = dict.fromkeys(path.parent for path in targets)
    with contextlib.ExitStack() as cleanup:
        for folder in folders:
            cleanup.enter_context(_folder(folder))
            _remove_stale(folder)
        for path in targets:
            _require_replaceable(path)
        staged = {path: cleanup.enter_context(_staged(path, data)) for path, data in targets.items()}
        for path, temporary in staged.items():
            _rename(temporary, path)
        for folder in folders:
            _sync_folder(folder)


@contextlib.contextmanager
def claim(folder: Path) -> Generator[None]:
    """Hold a folder for work that ends in writing into it: made if missing, writable, and locked for others.

    The check comes before the work, so that minutes of it are not lost to a read-only disk. If the work fails, a
    folder that was made for it is removed.

    Raises:
        FolderBusyError: another process holds the folder.
        WriteError: it cannot be made, or not be written into.
    """
    with _folder(folder), _lock(folder):
        _remove_stale(folder)
        probe, descriptor = _create(folder, "probe", folder)
        os.close(descriptor)
        probe.unlink()
        yield


@contextlib.contextmanager
def _folder(folder: Path) -> Generator[None]:
    made = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        _make_folder(folder)
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # not empty: someone else has written there meanwhile
            for path in made:
                path.rmdir()
        raise


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(error, folder) from error


@contextlib.contextmanager
def _staged(path: Path, data: bytes) -> Generator[Path]:
    temporary, descriptor = _create(path.parent, path.name, path)
    # Until it is closed, after the renames, the file keeps its lock, which tells others that it is not stale.
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(temporary.unlink, missing_ok=True)
        file = cleanup.enter_context(os.fdopen(descriptor, "wb"))
        try:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
            if path.exists():
                temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        except OSError as error:
            raise WriteError(error, path) from error
        if sys.platform == "win32":  # an open file cannot be renamed there
            file.close()
        yield temporary


def _rename(temporary: Path, path: Path) -> None:
    try:
        temporary.replace(path)
    except OSError as error:
        raise WriteError(error, path) from error


def _create(folder: Path, name: str, shown: Path) -> tuple[Path, int]:
    """Return a new temporary file, open and locked. Unlike `mkstemp`, it gets the permissions that the umask gives."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    while True:
        temporary = folder / f"{PREFIX}{secrets.token_hex(6)}-{name[-100:]}"
        try:
            descriptor = os.open(temporary, flags, 0o666)
        except OSError as error:
            raise WriteError(error, shown) from error
        _try_lock(descriptor)
        if sys.platform == "win32" or os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)  # taken for a stale one, in the moment before it was locked


def _require_replaceable(path: Path) -> None:
    """Refuse folders, and devices such as /dev/null, which a rename would replace by a file."""
    if path.is_dir():
        raise WriteError(OSError(errno.EISDIR, "a folder has that name"), path)
    if path.exists() and not path.is_file():
        raise WriteError(OSError(errno.EINVAL, "it is not a regular file"), path)


def _remove_stale(folder: Path) -> None:
    for path in _temporaries(folder):
        with contextlib.suppress(OSError):  # gone, or another user's
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            try:
                if _try_lock(descriptor):
                    path.unlink()
            finally:
                os.close(descriptor)


def _temporaries(folder: Path) -> Iterable[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.startswith(PREFIX)]
    except OSError:  # one may write into a folder that one may not list
        return ()


@contextlib.contextmanager
def _lock(folder: Path) -> Generator[None]:
    """Lock the folder itself, which leaves no lock file behind, however the process ends."""
    if sys.platform == "win32":  # folders cannot be opened there; renames still keep each file whole
        yield
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise WriteError(error, folder) from error
    try:
        if not _try_lock(descriptor, otherwise=True):
            raise FolderBusyError(folder)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, *, otherwise: bool = False) -> bool:
    """Take the lock of an open file, which its closing gives back; `otherwise` answers where there are no locks."""
    if sys.platform == "win32":
        return otherwise
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return otherwise
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Force the renames to the disk, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
