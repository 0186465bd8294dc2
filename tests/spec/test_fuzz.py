"""Whatever stands in a file: problems come of it, or a network; never another exception, and never much time."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec import api
from archspec.diagnostics.render import render_text
from archspec.elaborate.limits import Limits
from archspec.spec.files import zoo_root
from tests.compiling import compiled
from tests.elaborate.generated import specs

CORPUS = Path(__file__).parent.parent / "corpus"
TEXTS = [
    path.read_text(encoding="utf-8")
    for path in (
        *sorted((zoo_root() / "families").glob("*.yaml")),
        *sorted(zoo_root().glob("*mnist.yaml")),
        *sorted(CORPUS.glob("*.yaml")),
    )
]
PIECES = (
    *(
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "- ",
        "\n",
        "  ",
        '"',
        "'",
        "#",
        "&a ",
        "*a",
        "$",
        "?",
        "|",
        ">",
        "~",
        "\t",
        "\0",
        "\u202e",
    ),
    *(
        "null",
        "true",
        "-1",
        "0",
        "1e9",
        "99999999999",
        ".nan",
        "[]",
        "{}",
        "input",
        "from: ",
        "when: ",
        "else: ",
        "repeat: ",
    ),
    *(
        "graph: ",
        "op: ",
        "outputs: ",
        "inputs: ",
        "params: ",
        "extends: ",
        "blocks: ",
        "let: ",
        "conv",
        "add",
        "i",
        "x.y.z",
    ),
    *(
        "repeat: {each: [[1]], as: [i, i]}",
        "repeat: [2, 0]",
        "when: i",
        "from: [input, input]",
        "{graph: [relu]}",
        "$op",
        "0.0",
    ),
)
FEW = Limits(nodes=2_000, steps=4_000)


def assert_survived(text: str) -> None:
    started = time.process_time()
    graph, _, found = compiled(text, limits=FEW)
    assert time.process_time() - started < 2
    assert graph is not None or found
    for problem in found:
        assert problem.message()
        problem.help()
    assert len(render_text(found, {}).encode()) < 8_000


def mutated(text: str, seed: int) -> str:
    rng = random.Random(seed)  # noqa: S311  (which mutation is tried is no secret)
    for _ in range(rng.randint(1, 3)):
        lines = text.split("\n")
        place, kind = rng.randrange(len(text) + 1), rng.randrange(6)
        if kind == 0:
            text = text[:place] + rng.choice(PIECES) + text[place:]
        elif kind == 1:
            text = text[:place] + text[place + rng.randint(1, 8) :]
        elif kind == 2:
            first, second = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[first], lines[second] = lines[second], lines[first]
            text = "\n".join(lines)
        elif kind == 3:
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            text = "\n".join(lines)
        elif kind == 4:
            words = text.split(" ")
            words[rng.randrange(len(words))] = rng.choice([*PIECES, *words])
            text = " ".join(words)
        else:
            lines[rng.randrange(len(lines))] = rng.choice(lines)
            text = "\n".join(lines)
    return text


@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
@settings(max_examples=800, deadline=None)
def test_mutated_specs(text: str, seed: int) -> None:
    assert_survived(mutated(text, seed))


@given(specs(), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_mutated_random_specs(text: str, seed: int) -> None:
    assert_survived(mutated(text, seed))


@given(st.lists(st.sampled_from(PIECES), max_size=30))
@settings(max_examples=200, deadline=None)
def test_pieces(pieces: list[str]) -> None:
    assert_survived("archspec: 1\nname: a\ninputs: {x: [3, 8, 8]}\ngraph:\n  a: " + "".join(pieces))


@given(data=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "fuzz.yaml"
    path.write_bytes(data)
    with pytest.raises(api.ProblemError) as caught:  # random bytes are no spec
        api.load(path)
    assert caught.value.problems
    assert all(problem.span for problem in caught.value.problems)
