"""The JSON schema: every spec of ours is valid by it, and common mistakes are not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator

from archspec.cli import cli
from archspec.ops.schema import json_schema, schema_text
from archspec.source.span import SourceFile
from archspec.source.tree import plain
from archspec.source.yaml import parse, read
from tests.spec.test_language_reference import EXAMPLES, Example

ROOT = Path(__file__).parents[2]
SCHEMA = json_schema()
VALIDATOR = Draft7Validator(SCHEMA)
HEAD = "archspec: 1\nname: net\ninputs: {image: [3, 32, 32]}\n"
ZOO = sorted((ROOT / "specs").rglob("*.yaml"))
CASES = [
    *(path for path in sorted((ROOT / "tests" / "corpus").glob("*.yaml")) if path.with_suffix(".graph").exists()),
    *sorted((ROOT / "tests" / "backends" / "torch" / "cases").glob("*.yaml")),
]


def faults(tree: Any) -> list[str]:
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in VALIDATOR.iter_errors(tree)]


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_every_spec_is_valid() -> None:
    found = {path.name: faults(plain(parse(read(path, path.name)))) for path in (*ZOO, *CASES)}
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("example", [each for each in EXAMPLES if not each.code], ids=lambda each: f"line {each.line}")
def test_examples_of_the_language_are_valid(example: Example) -> None:
    assert faults(plain(parse(SourceFile("example", example.spec)))) == []


@pytest.mark.parametrize(
    "text",
    [
        "archspec: 2\nname: net\ninputs: {image: [3]}\ngraph: {a: relu}\n",
        "name: net\ninputs: {image: [3]}\ngraph: {a: relu}\n",
        "archspec: 1\nname: net\ngraph: {a: relu}\n",
        "archspec: 1\ninputs: {image: [3]}\ngraph: {a: relu}\n",
        f"{HEAD}grph: {{a: relu}}\n",
        f"{HEAD}graph: {{}}\n",
        f"{HEAD}graph: {{a: 3}}\n",
        f"{HEAD}graph: {{a: {{from: input}}}}\n",
        f"{HEAD}graph: {{a: {{op: relu, graph: {{b: relu}}}}}}\n",
        f"{HEAD}graph: {{a: {{op: conv, out_channels: 3}}}}\n",
        f"{HEAD}graph: {{a: {{op: conv, out_channels: 3, kernal_size: 3}}}}\n",
        f"{HEAD}graph: {{a: {{op: conv, out_channels: 3, kernel_size: 3, bias: 1}}}}\n",
        f"{HEAD}graph: {{a: {{op: conv, out_channels: [3], kernel_size: 3}}}}\n",
        f"{HEAD}graph: {{a: {{op: relu, from: {{b: c}}}}}}\n",
        f"{HEAD}graph: {{a: {{op: relu, repeat: true}}}}\n",
        f"{HEAD}graph: {{a: {{op: relu, repeat: {{cout: 3}}}}}}\n",
        f"{HEAD}graph: {{a: {{op: relu, repeat: 3, connect: loose}}}}\n",
        f"{HEAD}graph: {{a: {{share: b, repeat: 2}}}}\n",
        f"{HEAD}graph: {{a: [relu, {{op: dropout, q: 0.5}}]}}\n",
        f"{HEAD}graph: {{a: relu}}\nparams: {{n: {{type: int, defualt: 3}}}}\n",
        f"{HEAD}graph: {{a: relu}}\nblocks: {{b: {{params: {{n: int}}}}}}\n",
        f"{HEAD}graph: {{a: relu}}\ninit: {{conv: {{weight: kaiming}}}}\n",
        f"{HEAD}graph: {{a: relu}}\npreprocess: {{means: 0.5}}\n",
        f"{HEAD}graph: {{a: relu}}\noutputs: {{a: {{from: a, when: eval}}}}\n",
        "archspec: 1\nname: net\nextends: a.yaml\ngraph: {a: relu}\n",
    ],
)
def test_mistakes_are_found(text: str) -> None:
    assert faults(plain(parse(SourceFile("spec.yaml", text)))) != []


def test_blocks_and_expressions_are_let_pass() -> None:
    text = f"""{HEAD}
params: {{n: 3, act: {{type: op, default: relu}}}}
blocks: {{unit: {{params: {{k: int}}, graph: {{a: relu}}}}}}
graph:
  a: {{op: unit, k: n * 2, from: input, when: n > 2}}
  b: {{op: $act, inplace: true}}
  c: {{op: conv, out_channels: "max(n, 3)", kernel_size: [n, 1], padding: same, bias: n == 3}}
"""
    assert faults(plain(parse(SourceFile("spec.yaml", text)))) == []


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(cli, ["schema"])
    assert result.stdout == schema_text()
    assert (ROOT / "docs" / "reference" / "archspec.schema.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_specs_name_the_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert match
    assert (path.parent / match[1]).resolve() == ROOT / "docs" / "reference" / "archspec.schema.json"
