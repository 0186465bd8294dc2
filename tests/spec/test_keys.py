"""Keys by other systems' names: one error each, which says what was meant, and what they hold is read."""

from __future__ import annotations

import textwrap

import pytest

from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.repair.mending import mend
from archspec.source.span import SourceFile
from archspec.spec.keys import MEANINGS
from archspec.spec.models import Level

INPUTS = "inputs: {image: [3, 16, 16]}"
CONV = "{op: conv, out_channels: 8, kernel_size: 3}"


def errors(text: str) -> list[tuple[str, int, str | None]]:
    """Return the code, the line and the help line of each error."""
    found = compile_text(SourceFile("spec.yaml", text), Choice()).problems
    return [(each.code, each.span.line if each.span else 0, each.help()) for each in found if each.severity == "error"]


def mended(text: str) -> str:
    return mend(compile_text(SourceFile("spec.yaml", text), Choice()), Choice()).sources["spec.yaml"].text


def whole(text: str) -> str:
    """Return a spec of lines that may lack `archspec` and `name`."""
    text = textwrap.dedent(text).strip("\n")
    head = "" if "archspec: " in text or "version: " in text else "archspec: 1\n"
    return head + ("" if "name: " in text or "title: " in text else "name: example\n") + text + "\n"


@pytest.mark.parametrize(
    ("lines", "word", "meant"),
    [
        (f"{INPUTS}\nnodes: {{relu: relu}}", "nodes", "graph"),
        (f"{INPUTS}\nlayers: [relu, flatten]", "layers", "graph"),
        (f"{INPUTS}\nbackbone: {{relu: relu}}", "backbone", "graph"),
        (f"{INPUTS}\nmodules: {{relu: relu}}", "modules", "graph"),
        (f"{INPUTS}\nmodules: {{unit: {{graph: [relu]}}}}\ngraph: [unit]", "modules", "blocks"),
        (f"{INPUTS}\ntemplates: {{unit: {{graph: [relu]}}}}\ngraph: [unit]", "templates", "blocks"),
        (f"{INPUTS}\nblocks: {{unit: {{nodes: {{relu: relu}}}}}}\ngraph: [unit]", "nodes", "graph"),
        (
            f"{INPUTS}\nblocks:\n  unit: {{args: {{c: int}}, graph: [relu]}}\ngraph: [{{op: unit, c: 3}}]",
            "args",
            "params",
        ),
        ("input: {image: [3, 16, 16]}\ngraph: [relu]", "input", "inputs"),
        ("inputs: {image: {size: [3, 16, 16]}}\ngraph: [relu]", "size", "shape"),
        ("inputs: {image: {shape: [3, 16, 16], type: float32}}\ngraph: [relu]", "type", "dtype"),
        (f"hyperparameters: {{width: 8}}\n{INPUTS}\ngraph: [{CONV}]", "hyperparameters", "params"),
        (f"{INPUTS}\nconstants: {{width: 8}}\ngraph: [relu]", "constants", "let"),
        (f"{INPUTS}\nparams: {{width: {{type: int, value: 8}}}}\ngraph: [relu]", "value", "default"),
        (f"{INPUTS}\nparams: {{width: {{type: int, default: 8, minimum: 1}}}}\ngraph: [relu]", "minimum", "min"),
        (f"{INPUTS}\ngraph: {{relu: relu}}\noutput: relu", "output", "outputs"),
        (f"{INPUTS}\ngraph: {{relu: relu}}\noutputs: {{a: {{node: relu}}}}", "node", "from"),
        (f"{INPUTS}\nincludes: families/resnet.yaml\ngraph: [{{op: bottleneck, channels: 8}}]", "includes", "import"),
        ("base: families/resnet.yaml\nvariant: resnet18", "base", "extends"),
        ("inherits: resnet18.yaml", "inherits", "extends"),
        ("extends: resnet18.yaml\ngraph: {delete: [avgpool]}\noutputs: layer4", "delete", "remove"),
        (f"version: 1\n{INPUTS}\ngraph: [relu]", "version", "archspec"),
        (f"title: example\n{INPUTS}\ngraph: [relu]", "title", "name"),
        (f"{INPUTS}\ngraph: [{{type: conv, out_channels: 8, kernel_size: 3}}]", "type", "op"),
        (f"{INPUTS}\ngraph:\n  stem: {{layers: [relu, relu]}}", "layers", "graph"),
        (f"{INPUTS}\ngraph:\n  relu: {{op: relu, repeat: {{times: 3}}}}", "times", "count"),
        (f"{INPUTS}\ngraph:\n  relu: relu\n  add: {{op: add, depends_on: [image, relu]}}", "depends_on", "from"),
    ],
)
def test_a_key_of_another_system_is_one_error_and_mended(lines: str, word: str, meant: str) -> None:
    text = whole(lines)
    ((_, line, said),) = errors(text)
    assert (word in text.splitlines()[line - 1], said) == (True, f"did you mean '{meant}'?")
    assert errors(mended(text)) == []
    assert f"{meant}:" in mended(text).splitlines()[line - 1]


def test_what_stands_below_such_a_key_is_read() -> None:
    lines = f"{INPUTS}\nblocks:\n  unit:\n    nodes:\n      a: {{op: convv, out_channels: 8, kernel_size: 3}}"
    text = whole(f"{lines}\nnodes:\n  unit: unit\n  b: {{op: conv, out_chanels: 8, kernel_size: 3}}")
    assert [(code, line) for code, line, _ in errors(text)] == [("AS101", 6), ("AS301", 7), ("AS101", 8), ("AS302", 10)]
    assert errors(mended(text)) == []


def test_a_word_like_no_key_stands_for_the_one_that_is_not_there() -> None:
    text = whole(f"{INPUTS}\nfrobnicate:\n  relu: relu")
    assert errors(text) == [("AS101", 4, "did you mean 'graph'?")]


@pytest.mark.parametrize("line", ["author: me", "frobnicate: relu", "seed: 3"])
def test_a_word_like_no_key_with_another_value_does_not(line: str) -> None:
    assert [code for code, _, _ in errors(whole(f"{line}\n{INPUTS}"))] == ["AS102", "AS101"]


def test_a_key_whose_meaning_is_there_already() -> None:
    text = whole(f"input: {{image: [3, 16, 16]}}\n{INPUTS}\ngraph: [relu]")
    assert errors(text) == [("AS101", 3, "'inputs' is there already: leave one of the two out")]


def test_two_keys_for_one_are_two_errors() -> None:
    text = whole(f"{INPUTS}\nbackbone: {{relu: relu}}\nhead: {{flatten: flatten}}")
    assert [(code, line) for code, line, _ in errors(text)] == [("AS101", 4), ("AS101", 5)]


def test_every_meaning_is_a_key() -> None:
    known = {key for level in Level.__subclasses__() for key in level.known()}
    assert {key for keys in MEANINGS.values() for key in keys} <= known
