"""The page of mistakes in YAML: each example says what the page says, and is mended as the page says.

`pytest tests/tools/test_yaml_mistakes.py --update-golden` writes what archspec says now.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from archspec.api import compile_text
from archspec.elaborate.network import Choice
from archspec.repair.mending import mend
from archspec.source.span import SourceFile

PAGE = Path(__file__).parents[2] / "docs" / "yaml_mistakes.md"
EXAMPLE = re.compile(r"```yaml\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
TEXT = PAGE.read_text("utf-8")
HEAD = TEXT.partition("```yaml\n")[2].partition("```")[0]
EXAMPLES = EXAMPLE.findall(TEXT.partition("\n## ")[2])


def said(example: str) -> str:
    """Return what archspec says of an example, and the lines that `archspec fix` changes."""
    source = SourceFile("example.yaml", HEAD + example)
    compiled = compile_text(source, Choice())
    lines: list[str] = []
    for problem in compiled.problems:
        assert problem.span is not None
        lines += [f"{problem.severity}[{problem.code}] {problem.span.line}:{problem.span.column}: {problem.message()}"]
        lines += [f"  help: {problem.help()}"] if problem.help() else []
    after = mend(compiled, Choice()).sources["example.yaml"].text
    changes = difflib.ndiff(source.text.splitlines(), after.splitlines())
    lines += [f"  fix: {line[2:].strip()}" for line in changes if line.startswith("+ ")]
    return "\n".join(lines or ["no problems"]) + "\n"


@pytest.mark.parametrize(("example", "expected"), EXAMPLES)
def test_example(example: str, expected: str, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--update-golden"):
        assert said(example) == expected


def test_there_are_examples_of_all_that_breaks_within_braces() -> None:
    examples = "".join(example for example, _ in EXAMPLES)
    for snippet in ("${width}", "widths[0]", "*width", "@width", "\t", "bias: no", "1e-3"):
        assert snippet in examples


def test_update(request: pytest.FixtureRequest) -> None:
    """Write the page anew where that is asked for; it is then as it was read, but for what archspec says."""
    first, heading, rest = TEXT.partition("\n## ")
    made = EXAMPLE.sub(lambda match: f"```yaml\n{match[1]}```\n\n```text\n{said(match[1])}```", rest)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(first + heading + made, encoding="utf-8")
    else:
        assert made == rest
