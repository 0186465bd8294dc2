from __future__ import annotations

import json
from typing import Any

from archspec.diagnostics.catalog.shapes_axes import WrongRank
from archspec.diagnostics.catalog.shapes_joins import ConcatShapesDiffer
from archspec.diagnostics.machine import render_json, render_sarif
from archspec.diagnostics.problem import Fix, Note
from archspec.source.editing import Edit
from archspec.source.span import Span

PATH = "specs/ä b.yaml"
PROBLEM = ConcatShapesDiffer(
    shapes=((16, 28, 28), (24, 24, 24)),
    axis=0,
    operands=("a", "b"),
    span=Span(PATH, 31, 11, 31, 23),
    node="mixed1.concat",
    notes=(Note("used by mixed1", Span(PATH, 47, 3, 47, 9)), Note("a remark")),
    fix=Fix("padding: 2 in b", (Edit(Span(PATH, 24, 13, 24, 23), "padding: 2"),)),
    suggestion="do it",
)
EDIT = {"path": PATH, "line": 24, "column": 13, "end_line": 24, "end_column": 23, "replacement": "padding: 2"}
NOWHERE = WrongRank(op="conv", wanted="maps", shape=(3,))


def test_json_has_exactly_the_keys_of_the_contract() -> None:
    first, second = json.loads(render_json([PROBLEM, NOWHERE]))["problems"]
    assert first == {
        "code": "AS204",
        "slug": "concat-shapes-differ",
        "severity": "error",
        "path": PATH,
        "line": 31,
        "column": 11,
        "end_line": 31,
        "end_column": 23,
        "node": "mixed1.concat",
        "message": PROBLEM.message(),
        "help": PROBLEM.help(),
        "notes": [
            {"path": PATH, "line": 47, "column": 3, "message": "used by mixed1"},
            {"path": None, "line": None, "column": None, "message": "a remark"},
        ],
        "fix": {"description": "padding: 2 in b", **EDIT, "edits": [EDIT]},
    }
    assert second.keys() == first.keys()
    assert (second["path"], second["line"], second["node"], second["notes"], second["fix"]) == (
        None,
        None,
        None,
        [],
        None,
    )


def test_json_of_no_problems() -> None:
    assert json.loads(render_json([])) == {"problems": []}


def test_sarif() -> None:
    log: dict[str, Any] = json.loads(render_sarif([PROBLEM, NOWHERE, PROBLEM], "1.2.3"))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("archspec", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["AS201", "AS204"]
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"] == {"level": "error"}
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]


def test_sarif_places() -> None:
    result, nowhere = json.loads(render_sarif([PROBLEM, NOWHERE]))["runs"][0]["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/%C3%A4%20b.yaml"},
        "region": {"startLine": 31, "startColumn": 11, "endLine": 31, "endColumn": 23},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "mixed1.concat", "kind": "element"}]
    assert [note["message"]["text"] for note in result["relatedLocations"]] == ["used by mixed1", "a remark"]
    (fix,) = result["fixes"]
    assert fix["description"] == {"text": "padding: 2 in b"}
    (change,) = fix["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "padding: 2"}
    assert "locations" not in nowhere


def test_nothing_depends_on_the_order_of_hashes() -> None:
    assert render_sarif([NOWHERE, PROBLEM]) == render_sarif([NOWHERE, PROBLEM])
    assert render_sarif([]) == render_sarif(())
