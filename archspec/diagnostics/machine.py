"""Problems for other programs: JSON of our own, SARIF 2.1.0 for code review tools, lines from which editors jump."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from archspec.diagnostics.doc import explain, parse_doc
from archspec.diagnostics.text import meant_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archspec.diagnostics.problem import Fix, Note, Problem
    from archspec.source.editing import Edit
    from archspec.source.span import Span

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_json(problems: Iterable[Problem]) -> str:
    """Return the document of `archspec check --format json`; what does not apply to a problem is null in it."""
    return json.dumps({"problems": problem_records(problems)}, indent=2) + "\n"


def problem_records(problems: Iterable[Problem]) -> list[Json]:
    """Return the problems as JSON objects, whose keys are stable."""
    return [_record(problem) for problem in problems]


def render_sarif(problems: Iterable[Problem], version: str = "0") -> str:
    """Return a SARIF log of one run, by archspec of the given version."""
    problems = tuple(problems)
    kinds = sorted({type(problem) for problem in problems}, key=lambda kind: kind.code)
    places = {kind: index for index, kind in enumerate(kinds)}
    driver: Json = {"name": "archspec", "version": version, "rules": [_rule(kind) for kind in kinds]}
    results: list[Json] = [_result(problem, places[type(problem)]) for problem in problems]
    run: Json = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def render_lines(problems: Iterable[Problem]) -> str:
    """Return `path:line:column: error: message [code]`, as GCC writes it, and the help as a note at the same place."""
    return "".join(f"{line}\n" for problem in problems for line in _lines(problem))


def _lines(problem: Problem) -> Iterator[str]:
    span = problem.span
    place = f"{span.path}:{span.line}:{span.column}: " if span else ""
    node = f"{problem.node}: " if problem.node else ""
    yield f"{place}{problem.severity}: {node}{problem.message()} [{problem.code}]"
    if remedy := problem.help():
        yield f"{place}note: {remedy}"
    if problem.fix and meant_in(remedy or "") is None:
        yield f"{place}note: fix: {problem.fix.description}"


def _record(problem: Problem) -> Json:
    span = problem.span
    return {
        "code": problem.code,
        "slug": problem.slug,
        "severity": problem.severity,
        **_start(span),
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "node": problem.node,
        "message": problem.message(),
        "help": problem.help(),
        "notes": [{**_start(note.span), "message": note.message} for note in problem.notes],
        "fix": _fix(problem.fix) if problem.fix else None,
    }


def _start(span: Span | None) -> dict[str, Json]:
    if span is None:
        return {"path": None, "line": None, "column": None}
    return {"path": span.path, "line": span.line, "column": span.column}


def _fix(fix: Fix) -> Json:
    """Return a fix: its description, and its edits, of which the first one's facts also stand at the top."""
    edits: list[dict[str, Json]] = [
        {
            **_start(edit.span),
            "end_line": edit.span.end_line,
            "end_column": edit.span.end_column,
            "replacement": edit.replacement,
        }
        for edit in fix.edits
    ]
    return {"description": fix.description, **edits[0], "edits": [*edits]}


def _rule(kind: type[Problem]) -> Json:
    doc = parse_doc(kind)
    return {
        "id": kind.code,
        "name": kind.slug,
        "shortDescription": {"text": doc.summary or kind.slug},
        "fullDescription": {"text": f"{doc.summary}\n\n{doc.why}".strip() or kind.slug},
        "help": {"text": explain(kind)},
        "defaultConfiguration": {"level": kind.severity},
    }


def _result(problem: Problem, rule: int) -> Json:
    text = problem.message()
    if remedy := problem.help():
        text += f"\n{remedy}"
    result: dict[str, Json] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": text},
    }
    location: dict[str, Json] = {}
    if problem.span:
        location["physicalLocation"] = _physical(problem.span)
    if problem.node:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.node, "kind": "element"}]
    if location:
        result["locations"] = [location]
    if problem.notes:
        result["relatedLocations"] = [_related(note) for note in problem.notes]
    if problem.fix:
        result["fixes"] = [_change(problem.fix)]
    return result


def _related(note: Note) -> Json:
    location: dict[str, Json] = {"message": {"text": note.message}}
    if note.span:
        location["physicalLocation"] = _physical(note.span)
    return location


def _change(fix: Fix) -> Json:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(edit.span.path, []).append(edit)
    changes: list[Json] = [
        {"artifactLocation": _artifact(edits[0].span), "replacements": [_replacement(edit) for edit in edits]}
        for edits in by_file.values()
    ]
    return {"description": {"text": fix.description}, "artifactChanges": changes}


def _replacement(edit: Edit) -> Json:
    return {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}}


def _physical(span: Span) -> Json:
    return {"artifactLocation": _artifact(span), "region": _region(span)}


def _artifact(span: Span) -> Json:
    return {"uri": quote(span.path.replace("\\", "/"))}


def _region(span: Span) -> Json:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
