from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NoReturn

import pytest

from archspec import api
from tests.cli.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run, Start


def raising(error: BaseException) -> object:
    def work(*_args: object, **_kwargs: object) -> NoReturn:
        raise error

    return work


def test_a_bug_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "compile_spec", raising(ValueError("a\nb")))
    result = run("check", "good.yaml")
    assert result.exit_code == 70
    assert result.stderr == (
        "internal error, this is a bug in archspec: ValueError: a; run `archspec --debug ...` for more\n"
    )


def test_debug_shows_the_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "compile_spec", raising(ValueError("a")))
    result = run("--debug", "check", "good.yaml")
    assert result.exit_code == 70
    assert "Traceback" in result.stderr


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x.bin"), "AS801]: cannot read x.bin: no such"),
        (OSError(errno.ENOSPC, "No space left on device", "x.bin"), "AS802]: cannot write x.bin: no space left"),
    ],
)
def test_files(run: Run, monkeypatch: pytest.MonkeyPatch, error: OSError, text: str) -> None:
    monkeypatch.setattr(api, "compile_spec", raising(error))
    result = run("expand", "good.yaml")
    assert result.exit_code == 3
    assert text in result.stderr


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "compile_spec", raising(KeyboardInterrupt()))
    assert run("expand", "good.yaml").exit_code == 130


def test_problems_in_the_chosen_format(run: Run) -> None:
    result = run("build", "bad.yaml", "--format", "json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert '"code": "AS202"' in result.stderr


@pytest.mark.parametrize(
    ("name", "remedy"), [("chek", "did you mean 'check'?"), ("qwertyuiop", "see `archspec --help`")]
)
def test_unknown_command(run: Run, name: str, remedy: str) -> None:
    result = run(name)
    assert result.exit_code == 2
    assert f"there is no command '{name}'; {remedy}" in result.stderr


def test_version(run: Run) -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("archspec 0.")


def test_no_command(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    assert "check" in result.output


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    command = f"{sys.executable} -c 'from archspec.cli import main; main()' explain | true; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.stdout, result.stderr) == ("141\n", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals(folder: Path, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-c", "from archspec.cli import main; main()", "check", "-"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(3)  # it waits for its standard input
        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in stderr


def test_an_ascii_terminal(start: Start, folder: Path) -> None:
    (folder / "wide.yaml").write_text("archspec: 1\nname: 日本\ninputs: {x: [1]}\ngraph: {r: relu}\n", encoding="utf-8")
    result = start("check", "wide.yaml", env={"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 1
    assert "\\u65e5" in result.stderr


def test_completion(start: Start) -> None:
    result = start(env={"_ARCHSPEC_COMPLETE": "bash_source"})
    assert result.returncode == 0
    assert "_ARCHSPEC_COMPLETE=bash_complete" in result.stdout
    result = start(env={"_ARCHSPEC_COMPLETE": "bash_complete", "COMP_WORDS": "archspec ch", "COMP_CWORD": "1"})
    assert result.stdout == "plain,check\n"
