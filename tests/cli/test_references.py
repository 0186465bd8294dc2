from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from archspec.cli import networks
from archspec.diagnostics.catalog.listing import ALL
from archspec.ops.catalog import BY_NAME, OPS
from archspec.ops.reference import type_text, yaml_text
from archspec.spec.files import zoo_root

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.cli.conftest import Run


@pytest.mark.parametrize("name", ["AS204", "as204", "concat-shapes-differ"])
def test_explain(run: Run, name: str) -> None:
    result = run("explain", name)
    assert result.exit_code == 0
    assert result.stdout.startswith("error[AS204]: concat-shapes-differ\n")
    assert "Good:" in result.stdout


def test_explain_lists_all(run: Run) -> None:
    assert len(run("explain").stdout.splitlines()) == len(ALL)
    assert len(json.loads(run("explain", "--format", "json").stdout)["problems"]) == len(ALL)


@pytest.mark.parametrize(
    ("command", "name", "remedy"),
    [
        ("explain", "concat-shape-differs", "did you mean 'concat-shapes-differ'?"),
        ("explain", "AS999", "`archspec explain` lists them"),
        ("ops", "conf", "did you mean 'conv'?"),
        ("zoo", "resnet35", "did you mean 'resnet"),
    ],
)
def test_unknown_names(run: Run, command: str, name: str, remedy: str) -> None:
    result = run(command, name)
    assert result.exit_code == 2
    assert remedy in result.stderr


def test_ops(run: Run) -> None:
    lines = run("ops").stdout.splitlines()
    assert {line.split()[0] for line in lines if line.startswith("  ")} == set(BY_NAME)


def test_ops_json(run: Run) -> None:
    references = json.loads(run("ops", "--format", "json").stdout)["ops"]
    assert len(references) == len(OPS)
    conv = next(reference for reference in references if reference["name"] == "conv")
    assert conv["parameters"][0] == {
        "name": "out_channels",
        "type": "integer >= 1",
        "default": None,
        "description": "Channels of the output.",
    }


@pytest.mark.parametrize("name", BY_NAME)
def test_one_op(run: Run, name: str) -> None:
    result = run("ops", name)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{name} (")
    assert "anything" not in result.stdout, "a parameter's type is not described"


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer", "ge": 1}, "integer >= 1"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "number > 0 <= 1"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "true or false, or null"),
        ({"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}, "list of integers or texts"),
        ({"enum": ["a", 1]}, "a | 1"),
        ({"const": "same"}, "same"),
        ({}, "anything"),
    ],
)
def test_types(schema: dict[str, Any], text: str) -> None:
    assert type_text(schema) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [([1, [2, "a b"]], '[1, [2, "a b"]]'), ({"a": True}, "{a: true}"), (None, "null"), ((0.5,), "[0.5]"), ("x", "x")],
)
def test_yaml(value: object, text: str) -> None:
    assert yaml_text(value) == text


def test_zoo(run: Run) -> None:
    lines = run("zoo").stdout.splitlines()
    rows = {line.split()[0]: line.split() for line in lines[2:] if line}
    assert rows["resnet34"][1:] == ["3x224x224", "21,797,672", "3,663,761,408", "899", "401%"]
    # Both as published by Araujo, Norris and Sim (2019).
    assert rows["inception_v3"][4] == "1311"
    assert rows["vgg16"][4:] == ["212", "95%"]
    assert rows["regnet_y_8gf"][5].endswith("%+")
    names = list(rows)
    assert names.index("resnet:") < names.index("resnet18") < names.index("resnet101") < names.index("vgg:")
    assert max(map(len, lines)) <= 140


def test_zoo_json(run: Run) -> None:
    listed = json.loads(run("zoo", "--format", "json").stdout)
    specs = {spec["name"]: spec for spec in listed["specs"]}
    assert set(specs) == {path.stem for path in zoo_root().glob("*.yaml")}
    expected = {"params": 11_689_512, "family": "resnet", "last_map": "layer4.1.relu2", "receptive_field": [435, 435]}
    assert expected.items() <= specs["resnet18"].items()
    families = {family["name"]: family for family in listed["families"]}
    assert families["resnet"]["path"] == "families/resnet.yaml"
    assert {spec["family"] for spec in listed["specs"]} == set(families)


def test_the_index_is_used_only_for_the_specs_that_it_was_made_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "families").mkdir()
    for name in ("residual_mnist", "inception_mnist"):
        (tmp_path / f"{name}.yaml").write_text((zoo_root() / f"{name}.yaml").read_text())
    monkeypatch.setattr("archspec.spec.files.zoo_root", lambda: tmp_path)
    compiled = networks.families()
    (tmp_path / networks.INDEX).write_bytes(networks.index(compiled))
    monkeypatch.setattr(networks, "compiled_families", lambda: pytest.fail("the index was not used"))
    assert networks.families() == compiled
    monkeypatch.setattr(networks, "compiled_families", list)
    for changed in (b"[]", b'{"digest": 1}', b"{"):
        (tmp_path / networks.INDEX).write_bytes(changed)
        assert networks.families() == []
    (tmp_path / networks.INDEX).write_text(json.dumps({"digest": networks.digest(), "families": [{}]}))
    assert networks.families() == []


@pytest.mark.parametrize("name", ["resnet34", "families/resnet", "resnet", "resnet34.yaml"])
def test_zoo_prints_a_spec(run: Run, name: str) -> None:
    result = run("zoo", name)
    assert result.exit_code == 0
    assert "archspec: 1" in result.stdout
