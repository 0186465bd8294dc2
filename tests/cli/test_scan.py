from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from archspec.spec.files import zoo_root
from tests.cli.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run

SPEC = """\
archspec: 1
name: net
params: {width: 8, depth: 1, kernel: 3, act: {type: op, default: relu}, sizes: {type: "list[int]", default: [4, 4]}}
inputs: {image: [3, 16, 16]}
graph:
  stem: {op: conv, out_channels: width, kernel_size: kernel}
  act: $act
  body: {op: conv, out_channels: width, kernel_size: 3, padding: 1, repeat: depth}
  tail: {op: conv, out_channels: "sizes[0]", kernel_size: 1, groups: 2}
  pool: global_avg_pool
  flatten: flatten
  fc: {op: linear, out_features: "sizes[1]"}
variants:
  small: {depth: 2}
  large: {depth: 8}
"""


@pytest.fixture
def net(folder: Path) -> str:
    (folder / "net.yaml").write_text(SPEC, encoding="utf-8")
    return "net.yaml"


def scanned(run: Run, *arguments: str) -> dict[str, Any]:
    result = run("scan", *arguments, "--format", "json")
    assert result.exit_code in (0, 1), result.stderr
    return json.loads(result.stdout)


def rows(result: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result)))


def test_the_table(run: Run, net: str) -> None:
    result = run("scan", net, "--set", "width=4:12:4", "--set", "depth=2")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "net, depth=2: 3 variants"
    assert lines[1].split() == [
        "width",
        "params",
        "MACs",
        "activations",
        "peak",
        "receptive",
        "field",
        "of",
        "input",
        "output",
    ]
    assert [line.split()[0] for line in lines[3:]] == ["4", "8", "12"]


@pytest.mark.parametrize(
    ("arguments", "single"),
    [
        (("--set", "width=8,16"), [("--set", "width=8"), ("--set", "width=16")]),
        (("--variant", "all"), [("--variant", "small"), ("--variant", "large")]),
        (
            ("--variant", "small,large", "--set", "act=silu"),
            [("--variant", name, "--set", "act=silu") for name in ("small", "large")],
        ),
        (("--input", "3x{16,32}"), [("--input", "3x16x16"), ("--input", "3x32x32")]),
        (("--set", "sizes=[4,{5,6}]"), [("--set", "sizes=[4,5]"), ("--set", "sizes=[4,6]")]),
    ],
)
def test_figures_are_those_of_shapes(
    run: Run, net: str, arguments: tuple[str, ...], single: list[tuple[str, ...]]
) -> None:
    found = scanned(run, net, *arguments)["variants"]
    assert len(found) == len(single)
    for row, chosen in zip(found, single, strict=True):
        check_row(run, net, row["figures"], chosen)


@pytest.mark.parametrize("name", ["families/resnet", "mobilenet_v2", "families/regnet"])
def test_figures_of_the_zoo_are_those_of_shapes(run: Run, name: str) -> None:
    path = str(zoo_root() / f"{name}.yaml")
    arguments, chosen = ("--set", "classes=10,20"), [("--set", "classes=10"), ("--set", "classes=20")]
    for row, each in zip(scanned(run, path, *arguments)["variants"], chosen, strict=True):
        check_row(run, path, row["figures"], each)


def check_row(run: Run, path: str, figures: dict[str, Any], chosen: tuple[str, ...]) -> None:
    document = json.loads(run("shapes", path, *chosen, "--format", "json").stdout)
    totals, nodes = document["totals"], {node["name"]: node for node in document["nodes"]}
    for key in (
        "params",
        "buffers",
        "macs",
        "flops",
        "elementwise",
        "weight_bytes",
        "activation_bytes",
        "saved_bytes",
        "peak_bytes",
    ):
        assert figures[key] == totals[key]
    assert figures["nodes"] == len(nodes)
    assert figures["rf"] == nodes[figures["last_map"]]["receptive_field"]["size"]
    (shape,) = document["outputs"].values()
    assert figures["output"] == " x ".join(map(str, ["N", *shape]))


def test_the_product_and_its_order(run: Run, net: str) -> None:
    found = scanned(run, net, "--set", "width=8,16", "--set", "depth=1,2")["variants"]
    assert [row["settings"] for row in found] == [
        {"width": 8, "depth": 1},
        {"width": 8, "depth": 2},
        {"width": 16, "depth": 1},
        {"width": 16, "depth": 2},
    ]


def test_what_cannot_be_made_is_listed(run: Run, net: str) -> None:
    result = run("scan", net, "--set", "sizes=[{4,5,7},3]")
    assert result.exit_code == 0
    assert "2 of 3 variants cannot be made:" in result.stdout
    assert "sizes=[5, 3]: AS" in result.stdout
    assert "(tail)" in result.stdout
    table = rows(run("scan", net, "--set", "sizes=[{4,5,7},3]", "--format", "csv").stdout)
    assert [bool(row["error"]) for row in table] == [False, True, True]
    found = scanned(run, net, "--set", "sizes=[{4,5,7},3]")
    assert (found["count"], found["failed"], len(found["variants"])) == (3, 2, 1)
    assert found["problems"][0]["settings"] == {"sizes": [5, 3]}


def test_wrong_types_are_problems_of_their_variants(run: Run, net: str) -> None:
    found = scanned(run, net, "--set", "width=8,8.5,true,x,16.0")
    assert [row["settings"]["width"] for row in found["variants"]] == [8, 16.0]
    assert {problem["code"] for problem in found["problems"]} == {"AS304"}


def test_if_nothing_can_be_made_that_is_an_error(run: Run, net: str) -> None:
    assert run("scan", net, "--set", "sizes=[{5,7},3]").exit_code == 1


def test_fit_shows_what_uses_most_of_the_budget_first(run: Run, net: str) -> None:
    found = scanned(run, net, "--set", "width=8:64:8", "--fit", "macs<=2M")
    macs = [row["figures"]["macs"] for row in found["variants"]]
    assert macs == sorted(macs, reverse=True)
    assert found["fitting"] == len(macs)
    everything = [row["figures"]["macs"] for row in scanned(run, net, "--set", "width=8:64:8")["variants"]]
    assert set(macs) == {value for value in everything if value <= 2_000_000}
    assert 0 < len(macs) < 8
    sorted_by_hand = scanned(run, net, "--set", "width=8:64:8", "--fit", "macs<=2M", "--sort", "macs", "--top", "1")
    assert [row["figures"]["macs"] for row in sorted_by_hand["variants"]] == [min(macs)]


def test_the_cheapest_first_if_there_is_no_upper_bound(run: Run, net: str) -> None:
    found = scanned(run, net, "--set", "depth=8:1:-1", "--fit", "rf>=9")["variants"]
    assert [row["settings"]["depth"] for row in found] == [3, 4, 5, 6, 7, 8]
    assert found[0]["figures"]["rf"] == [9, 9]


def test_if_nothing_fits_the_nearest_is_said(run: Run, net: str) -> None:
    result = run("scan", net, "--set", "depth=1,2", "--fit", "rf>=10, macs<=1G")
    assert result.exit_code == 0
    assert "nothing fits; nearest:\n  depth=2: rf>=10 is missed by 30.0%: rf is 7x7" in result.stdout
    found = scanned(run, net, "--set", "depth=1,2", "--fit", "rf>=10")
    assert found["nearest"]["bound"] == "rf>=10"
    assert found["nearest"]["missed_by"] == pytest.approx(0.3)


def test_columns_sort_and_limit(run: Run, net: str) -> None:
    result = run("scan", net, "--set", "width=4:16:4", "--columns", "nodes,peak", "--sort", "-width", "--limit", "2")
    lines = result.stdout.splitlines()
    assert lines[0] == "net: 4 variants, the first 2 of them shown"
    assert lines[1].split() == ["width", "nodes", "peak"]
    assert [line.split()[0] for line in lines[3:]] == ["16", "12"]
    only = rows(run("scan", net, "--set", "width=4,8", "--columns", "params", "--format", "csv").stdout)
    assert list(only[0]) == ["width", "params", "error"]


def test_markdown(run: Run, net: str) -> None:
    result = run("scan", net, "--set", "width=4,8", "--columns", "params,output", "--format", "markdown")
    assert "| width | params | output |\n| ---: | ---: | --- |\n| 4 | " in result.stdout


def test_a_scan_of_nothing_is_one_network(run: Run, net: str) -> None:
    assert "net: 1 variant\n" in run("scan", net).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "wanted"),
    [
        (("--set", "widht=1,2"), 1, "did you mean 'width'?"),
        (("--set", "width"), 2, "write NAME=VALUES"),
        (("--set", "width=1", "--set", "width=2"), 2, "width is given twice"),
        (("--set", "width=2:1:0.5"), 2, "runs backwards"),
        (("--set", "width=nan:1:1"), 2, "is no number"),
        (("--set", "width=1:1000", "--set", "depth=1:1000"), 2, "that makes 1,000,000 variants, more than 100,000"),
        (("--set", "width=0:1000000000:1", "--set", "depth=0:1000000000:1"), 2, "more than 100,000"),
        (("--set", "width=1:20", "--most", "10"), 2, "--most allows more"),
        (("--variant", "smal,large"), 1, "AS108"),
        (("--input", "3x0"), 2, "integers of at least 1"),
        (("--input", "picture=3x16x16"), 1, "picture"),
        (("--fit", "mac<=1"), 2, "there is no figure 'mac'; did you mean 'macs'? (at character 1)"),
        (("--sort", "speed"), 2, "there is no figure or setting 'speed'"),
        (("--columns", "macs,speed"), 2, "choose among params"),
    ],
)
def test_what_is_wrong_is_said(run: Run, net: str, arguments: tuple[str, ...], code: int, wanted: str) -> None:
    result = run("scan", net, *arguments)
    assert result.exit_code == code
    assert wanted in result.stderr
    assert result.stdout == ""


def test_a_spec_that_cannot_be_read_is_refused(run: Run, folder: Path) -> None:
    (folder / "broken.yaml").write_text(SPEC.replace("graph:", "grpah:"), encoding="utf-8")
    (folder / "blocks.yaml").write_text("archspec: 1\nblocks: {a: {graph: {relu: relu}}}\n", encoding="utf-8")
    for name, code, wanted in (
        ("broken.yaml", 1, "grpah"),
        ("none.yaml", 3, "AS801"),
        ("blocks.yaml", 1, "file of blocks"),
    ):
        result = run("scan", name, "--set", "width=1,2")
        assert result.exit_code == code
        assert wanted in result.stderr


def test_standard_input(run: Run) -> None:
    assert "net: 2 variants" in run("scan", "-", "--set", "width=4,8", text=SPEC).stdout


@pytest.mark.slow
def test_two_processes_find_the_same(run: Run, net: str) -> None:
    arguments = ("scan", net, "--set", "width=4:160:4", "--set", "sizes=[{2,3},2]", "--format", "csv")
    assert run(*arguments, "--jobs", "2").stdout == run(*arguments).stdout


@pytest.mark.slow
def test_an_interrupt_ends_all_processes(folder: Path, net: str) -> None:
    code = "from archspec.cli import main; main()"
    arguments = ["scan", net, "--set", "width=2:20000:2", "--set", "depth=1:4", "--jobs", "2"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stdout == ""
    assert "Traceback" not in stderr
