"""The examples of docs/language.md: each is good, or has the problem whose code stands behind ```yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from archspec.spec.models import NodeLevel, SpecLevel
from tests.compiling import nodes, problems

TEXT = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Example:
    line: int
    code: str
    text: str

    @property
    def spec(self) -> str:
        if self.text.startswith("archspec: "):
            return self.text
        return f"archspec: 1\nname: example\ninputs: {{image: [3, 32, 32]}}\n{self.text}"


EXAMPLES = [
    Example(TEXT.count("\n", 0, match.start()) + 1, match[1].strip(), match[2])
    for match in re.finditer(r"^```yaml(.*?)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_example(example: Example) -> None:
    assert [problem.code for problem in problems(example.spec)] == ([example.code] if example.code else [])


def test_what_is_said_about_numbers_in_lists() -> None:
    (example,) = [example for example in EXAMPLES if "each: [[16, 1], [32, 2]]" in example.text]
    ops = [re.match(r"features\.(\d+) = (\w+)", line) for line in nodes(example.spec)]
    assert [(match[1], match[2]) for match in ops if match] == [
        *(("0", "conv"), ("1", "relu"), ("2", "max_pool"), ("3", "conv")),
        *(("4", "relu"), ("5", "conv"), ("6", "relu"), ("7", "max_pool")),
    ]


def test_every_key_is_explained() -> None:
    for key in (*SpecLevel.known(), *NodeLevel.known()):
        assert f"`{key}" in TEXT, key


def test_every_link_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).strip().replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    for target in re.findall(r"\]\(#(.*?)\)", TEXT):
        assert target in headings
