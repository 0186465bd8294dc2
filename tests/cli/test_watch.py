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
