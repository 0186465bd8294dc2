from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from archspec.source.atomic import PREFIX, FolderBusyError, WriteError, claim, write_files


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_files_are_written(tmp_path: Path) -> None:
    write_files({tmp_path / "a": b"1", tmp_path / "new" / "folder" / "b": b"2"})
    assert (tmp_path / "a").read_bytes() == b"1"
    assert (tmp_path / "new" / "folder" / "b").read_bytes() == b"2"
    assert names(tmp_path) == ["a", "new"]


def test_a_failing_second_file_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "taken").mkdir()
    with pytest.raises(WriteError) as caught:
        write_files({tmp_path / "a": b"new", tmp_path / "x" / "c": b"new", tmp_path / "taken": b"new"})
    assert caught.value.filename == str(tmp_path / "taken")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a", "taken"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left") as caught:
        write_files({target: b"new"})
    assert caught.value.filename == str(target)
    assert (names(tmp_path), target.read_bytes()) == (["a"], b"old")


def test_permissions(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"")
    (tmp_path / "old").chmod(0o640)
    mask = os.umask(0o022)
    try:
        write_files({tmp_path / "old": b"1", tmp_path / "new": b"2"})
    finally:
        os.umask(mask)
    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o644


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "file")
    write_files({tmp_path / "link": b"1"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "file").read_bytes() == b"1"


def test_devices_are_not_replaced(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (fifo, Path("/dev/null")):
        with pytest.raises(WriteError, match="not a regular file"):
            write_files({path: b"1"})
    assert fifo.is_fifo()


@pytest.mark.parametrize("folder", ["/proc/archspec", "/dev/null/x"])
def test_a_folder_that_cannot_be_made(folder: str) -> None:
    with pytest.raises(WriteError) as caught, claim(Path(folder)):
        raise AssertionError
    assert caught.value.filename == folder
    with pytest.raises(WriteError):
        write_files({Path(folder) / "a": b""})


def test_a_claimed_folder_is_busy_for_others_only(tmp_path: Path) -> None:
    with claim(tmp_path):
        write_files({tmp_path / "a": b"1"})
        with pytest.raises(FolderBusyError), claim(tmp_path):
            raise AssertionError
    with claim(tmp_path):
        pass
    assert names(tmp_path) == ["a"]


def test_failed_work_leaves_no_new_folder(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), claim(tmp_path / "a" / "b"):
        _ = 1 / 0
    assert names(tmp_path) == []


def test_failed_work_leaves_a_folder_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(ZeroDivisionError), claim(tmp_path / "a"):
        _ = 1 / 0
    assert names(tmp_path) == ["a"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    script = """
        import os, sys, time
        from pathlib import Path
        from archspec.source import atomic
        def stop(*_):
            print("ready", flush=True)
            time.sleep(60)
        atomic._rename = stop
        atomic.write_files({Path(sys.argv[1]) / "a": b"new", Path(sys.argv[1]) / "b": b"new"})
    """
    (tmp_path / "a").write_bytes(b"old")
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        write_files({tmp_path / "c": b"1"})
        left = [name for name in names(tmp_path) if name.startswith(PREFIX)]
        assert len(left) == 2, "the files of a living process stay"
        process.send_signal(signal.SIGKILL)
        process.wait()
    time.sleep(0.01)
    write_files({tmp_path / "d": b"1"})
    assert names(tmp_path) == ["a", "c", "d"]
    assert (tmp_path / "a").read_bytes() == b"old"
