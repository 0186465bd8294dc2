"""`archspec check --watch`, as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from archspec.cli import cli
from archspec.cli.watch import stamps

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PATIENCE = 60
GOOD = "archspec: 1\nname: net\ninputs: {image: [3, 8, 8]}\ngraph: {relu: relu}\n"


class Watched:
    """A process that watches, and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log

    def until(self, words: str, times: int = 1) -> str:
        end = time.monotonic() + PATIENCE
        while (text := self._log.read_text(encoding="utf-8")).count(words) < times:
            assert time.monotonic() < end, text
            assert self.process.poll() is None, text
            time.sleep(0.02)
        return text


@contextmanager
def watching(folder: Path, *args: str) -> Generator[Watched]:
    log = folder / "log.txt"
    with log.open("w", encoding="utf-8") as output:
        command = [sys.executable, "-m", "archspec", "check", *args, "--watch"]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, text=True)
        try:
            yield Watched(process, log)
        finally:
            process.kill()
            process.wait()


def test_it_checks_again_on_save(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(GOOD, encoding="utf-8")
    with watching(tmp_path, "net.yaml") as it:
        assert "\x1b" not in it.until("watching 1 file; Ctrl-C ends")
        spec.write_text(GOOD.replace("relu: relu", "relu: rellu"), encoding="utf-8")
        assert "did you mean 'relu'" in it.until("watching", times=2).lower()
        spec.write_text(GOOD, encoding="utf-8")
        assert it.until("watching", times=3).count("1 spec: no problems") == 2


def test_it_watches_what_a_spec_extends(tmp_path: Path) -> None:
    family = tmp_path / "family.yaml"
    family.write_text(GOOD, encoding="utf-8")
    (tmp_path / "net.yaml").write_text("archspec: 1\nname: net\nextends: family.yaml\n", encoding="utf-8")
    with watching(tmp_path, "net.yaml") as it:
        it.until("watching 2 files")
        family.write_text(GOOD.replace("relu: relu", "relu: rellu"), encoding="utf-8")
        it.until("family.yaml:4")


def test_it_notices_new_specs_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "nets"
    folder.mkdir()
    (folder / "a.yaml").write_text(GOOD, encoding="utf-8")
    with watching(tmp_path, "nets") as it:
        it.until("1 spec: no problems")
        (folder / "b.yaml").write_text(GOOD, encoding="utf-8")
        it.until("2 specs: no problems")


def test_it_notices_what_comes_up_below_a_folder_and_goes(tmp_path: Path) -> None:
    inner = tmp_path / "nets" / "inner"
    inner.mkdir(parents=True)
    (inner.parent / "a.yaml").write_text(GOOD, encoding="utf-8")
    with watching(tmp_path, "nets") as it:
        it.until("1 spec: no problems")
        (inner / "b.yaml").write_text(GOOD, encoding="utf-8")
        it.until("2 specs: no problems")
        newer = inner / "newer"
        newer.mkdir()
        (newer / "c.yaml").write_text(GOOD, encoding="utf-8")
        it.until("3 specs: no problems")
        (inner.parent / "a.yaml").unlink()
        it.until("2 specs: no problems", times=2)


def test_it_notices_what_a_pattern_finds_later(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "a.yaml").write_text(GOOD, encoding="utf-8")
    with watching(tmp_path, "*/*.yaml") as it:
        it.until("1 spec: no problems")
        (tmp_path / "two" / "b.yaml").write_text(GOOD, encoding="utf-8")
        it.until("2 specs: no problems")


def test_a_file_that_comes_and_is_replaced_and_goes(tmp_path: Path) -> None:
    spec, temporary = tmp_path / "net.yaml", tmp_path / "net.yaml~"
    with watching(tmp_path, "net.yaml") as it:
        it.until("watching")
        spec.write_text(GOOD, encoding="utf-8")
        it.until("1 spec: no problems")
        temporary.write_text(GOOD.replace("relu: relu", "relu: rellu"), encoding="utf-8")
        temporary.replace(spec)
        it.until("did you mean 'relu'")
        spec.unlink()
        it.until("no such file", times=2)


def test_several_saves_at_once_are_one_check(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.yaml" for name in "abc"]
    for path in paths:
        path.write_text(GOOD, encoding="utf-8")
    with watching(tmp_path, *(path.name for path in paths)) as it:
        it.until("watching 3 files")
        for path in (*paths, *paths):
            path.write_text(GOOD.replace("relu: relu", "relu: rellu"), encoding="utf-8")
        assert it.until("watching 3 files", times=2).count("3 errors") == 1
        paths[0].write_text(GOOD, encoding="utf-8")
        assert it.until("2 errors").count("3 errors") == 1


def test_files_that_editors_make_beside_a_spec_are_no_news(tmp_path: Path) -> None:
    before = stamps([tmp_path])
    for name in (".net.yaml.swp", "net.yaml~", "#net.yaml#"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert stamps([tmp_path]) == before
    (tmp_path / "new.yaml").write_text("", encoding="utf-8")
    assert stamps([tmp_path]) != before


def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(GOOD, encoding="utf-8")
    with watching(tmp_path, "net.yaml") as it:
        before = it.until("watching")
        it.process.send_signal(signal.SIGINT)
        assert it.process.wait(PATIENCE) == 130
        assert (tmp_path / "log.txt").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("args", [("-",), ("net.yaml", "--format", "json")])
def test_what_cannot_be_watched(args: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, ["check", *args, "--watch"], standalone_mode=False)
    assert result.return_value == 2


def test_stamps(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert stamps([path]) == {path: None}
    path.write_text("1", encoding="utf-8")
    before = stamps([path])
    path.write_text("12", encoding="utf-8")
    assert stamps([path]) != before
