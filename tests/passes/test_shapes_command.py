from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPECS = Path(__file__).parents[2] / "specs"
RESNET = str(SPECS / "resnet18.yaml")

BROKEN = """\
archspec: 1
name: broken
inputs: {x: [3, 8, 8]}
graph:
  conv: {op: conv, out_channels: 16, kernel_size: 3}
  add: {op: add, from: [input, conv]}
  other: {op: relu, from: conv}
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from archspec.cli import main; main()", "shapes", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    return str(path)


def test_text_is_piped_at_full_width() -> None:
    result = run(RESNET, "--set", "classes=10", "--input", "3x192x192")
    assert result.returncode == 0
    assert "layer4.1.conv2" in result.stdout
    assert "N x 512 x 6 x 6" in result.stdout
    assert result.stdout.splitlines()[1].endswith("receptive field")


def test_json_is_the_document() -> None:
    result = run(RESNET, "--format", "json", "--depth", "1")
    assert [node["name"] for node in json.loads(result.stdout)["nodes"]][4:6] == ["layer1", "layer2"]


def test_csv_has_all_columns() -> None:
    assert run(RESNET, "--format", "csv").stdout.splitlines()[0].startswith("name,op,inputs,shape,params,buffers,macs")


def test_a_batch_and_a_dtype_can_be_chosen(broken: str) -> None:
    chosen = ("--batch", "32", "--dtype", "float16")
    made = json.loads(run(RESNET, *chosen, "--format", "json", "--depth", "1").stdout)
    assert (made["batch"], made["dtype"]) == (32, "float16")
    assert made["totals"]["macs"] == sum(node["macs"] for node in made["nodes"]) == 32 * 1_814_073_344
    assert made["nodes"][0]["activation_bytes"] == 32 * 64 * 112 * 112 * 2
    assert made["totals"]["weight_bytes"] == 2 * (11_689_512 + 9_620) + 6 * 20  # the counters stay int64
    assert run(broken, *chosen).stdout.splitlines()[0].endswith("; batch 32, float16, as far as it could be made")
    assert run(RESNET, "--batch", "0").returncode == 2


def test_a_broken_network_is_shown_as_far_as_it_goes(broken: str) -> None:
    result = run(broken)
    assert result.returncode == 1
    assert result.stdout.splitlines()[0].endswith("as far as it could be made")
    assert "conv   conv" in result.stdout
    assert "AS205" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_document_of_a_broken_network_has_its_problems(broken: str) -> None:
    result = run(broken, "--format", "json")
    assert result.returncode == 1
    assert [problem["code"] for problem in json.loads(result.stdout)["problems"]] == ["AS205"]
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--columns", "name,speed"), "choose among name, op"),
        (("--columns", ","), "choose among name, op"),
        (("--columns", "name", "--format", "json"), "does not go with --format json"),
        (("--depth", "0"), "--depth"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], wanted: str) -> None:
    result = run(RESNET, *arguments)
    assert result.returncode == 2
    assert wanted in result.stderr


def test_neither_torch_nor_onnx_nor_rich_is_loaded() -> None:
    code = (
        "import sys\n"
        "from archspec.cli import cli\n"
        f"sys.argv = ['archspec', 'shapes', {RESNET!r}]\n"
        "try:\n"
        "    cli()\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "loaded = {'torch', 'onnx', 'onnxruntime', 'onnx_ir', 'rich', 'numpy'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
