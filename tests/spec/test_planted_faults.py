"""One fault planted in a good spec gives one error: of the right code, on the planted line, with a help line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archspec.spec.files import zoo_root
from tests.compiling import problems

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).parent.parent / "corpus"
SPECS = {
    **{name: zoo_root() / f"{name}.yaml" for name in ("residual_mnist", "inception_mnist")},
    **{name: zoo_root() / "families" / f"{name}.yaml" for name in ("resnet", "vgg")},
    **{name: CORPUS / f"{name}.yaml" for name in ("nodes", "blocks", "lists")},
}


@dataclass(frozen=True)
class Plant:
    """A kind of fault: what is replaced by what, in one place at a time, and the codes that one of must come."""

    kind: str
    pattern: str
    replacement: str
    codes: str
    specs: tuple[str, ...] = tuple(SPECS)

    def __str__(self) -> str:
        return self.kind

    def planted(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield the line of each place where the fault can be, and the text with the fault there."""
        for match in re.finditer(self.pattern, text, re.MULTILINE):
            faulty = text[: match.start()] + match.expand(self.replacement) + text[match.end() :]
            yield text.count("\n", 0, match.start()) + 1, faulty


# Nothing of these is expanded in the blocks that the default of resnet does not use, so there they are not found.
USED = ("residual_mnist", "inception_mnist", "nodes", "lists")

PLANTS = (
    Plant("misspelt op", r"op: (conv|batch_norm|max_pool|linear|add|concat|dropout)\b", r"op: \1x", "AS301"),
    Plant("misspelt op alone", r"(?<=[:-] )(relu|batch_norm|flatten)$", r"\1x", "AS301"),
    Plant("op of another system", r"op: conv\b", "op: Conv2D", "AS301"),
    Plant("misspelt parameter", r"(out_)chann(els:)", r"\1chan\2", "AS302"),
    Plant("misspelt kernel_size", r"kernel_size:", "kernal_size:", "AS302"),
    Plant("parameter of another system", r"(?<=kernel_size: \d, )stride:", "strides:", "AS302"),
    Plant("inferred parameter", r"(?<=op: conv, )", "in_channels: 3, ", "AS302"),
    Plant("misspelt from", r"\bfrom: \[", "form: [", "AS302"),
    Plant("misspelt from of a group", r"^( +)from: input$", r"\1fromm: input", "AS101"),
    Plant("misspelt repeat", r"\brepeat: ", "repaet: ", "AS302|AS101"),
    Plant("misspelt when", r"\bwhen: ", "wehn: ", "AS302|AS101"),
    Plant("misspelt node", r"(?<=from: \[)([a-z0-9_.]+), ", r"\1x, ", "AS401|AS404"),
    Plant("forward reference", r"(?<=from: )\[([a-z0-9_.]+), ", "[add, ", "AS402|AS401"),
    Plant("zero", r"kernel_size: \d", "kernel_size: 0", "AS304"),
    Plant("truth value", r"kernel_size: \d", "kernel_size: true", "AS304"),
    Plant("word", r"kernel_size: \d", 'kernel_size: "three"', "AS127"),
    Plant("null", r"kernel_size: \d", "kernel_size: null", "AS304"),
    Plant("fraction", r"out_channels: \d+", "out_channels: 2.5", "AS304"),
    Plant("broken expression", r"out_channels: (\w+)", r"out_channels: \1 * * 2", "AS122"),
    Plant("unknown name", r"out_channels: \w+", "out_channels: chanels", "AS127"),
    Plant("unknown size", r"input\.channels", "input.chanels", "AS128"),
    Plant("missing kernel_size", r", kernel_size: \d", "", "AS303"),
    Plant("missing out_channels", r" out_channels: \w+,", "", "AS303"),
    Plant("missing op", r"\{op: (conv|max_pool|linear), ", "{", "AS102"),
    Plant("duplicate key", r"(\{op: conv, )", r"\1op: relu, ", "AS025"),
    Plant("too few inputs", r"op: add, from: \[(\w+), [\w.]+\]", r"op: add, from: \1", "AS403"),
    Plant("no inputs", r"op: (add|concat), from: \[.*?\]", r"op: \1, from: []", "AS103"),
    Plant("negative count", r"repeat: [\w\"\[\]]+", "repeat: -1", "AS307"),
    Plant("count that is text", r"repeat: [\w\"\[\]]+", "repeat: [[3]]", "AS103"),
    Plant("huge count", r"repeat: [\w\"\[\]]+", "repeat: 1000000000", "AS306", ("resnet", "vgg", "lists")),
    Plant("condition that is none", r"when: (?!training)[^,}\n]+", "when: 3", "AS308"),
    Plant("kernel too large", r"kernel_size: \d(?!, padding: same)", "kernel_size: 999", "AS202", USED),
    Plant(
        "bad name",
        r"^  (relu1|pool1|flatten|stem|conv1):",
        "  forward:",
        "AS104",
        ("residual_mnist", "inception_mnist"),
    ),
    Plant("keyword as a name", r"^      relu1:", "      class:", "AS104", ("residual_mnist", "resnet")),
    Plant("key of the spec", r"^description:", "descripton:", "AS101"),
    Plant("inputs", r"^inputs:", "input:", "AS101"),
    Plant("graph", r"^graph:", "grahp:", "AS101"),
    Plant("graph of a block", r"^    graph:", "    grpah:", "AS101"),
    Plant("version", r"^archspec: 1", "archspec: 7", "AS105"),
    Plant("type of a parameter", r"\bchannels: int\b", "channels: integer", "AS107", ("residual_mnist", "resnet")),
    Plant("size of an input", r"^(inputs: \{\w+: \[\d), \d+", r"\1, 0", "AS304"),
    Plant("open channels", r"^(inputs: \{\w+: \[)\d+", r"\1C", "AS114"),
    Plant("variant", r"^  (\w+): \{(depths|stages)", r"  \1: {\2s", "AS109", ("resnet", "vgg")),
    Plant("op beside share", r"\{op: add,", "{op: add, share: conv1,", "AS103"),
)


def test_there_are_enough_kinds() -> None:
    assert len(PLANTS) >= 40


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_a_planted_fault_gives_one_error(plant: Plant) -> None:
    planted = 0
    for name in plant.specs:
        text = SPECS[name].read_text(encoding="utf-8")
        assert not problems(text)
        for line, faulty in plant.planted(text):
            planted += 1
            found = [
                (problem.code, problem.span.line if problem.span else 0, bool(problem.help()), problem.message())
                for problem in problems(faulty)
            ]
            assert len(found) == 1, (name, faulty.splitlines()[line - 1], found)
            code, where, has_help, _ = found[0]
            assert re.fullmatch(plant.codes, code), (name, faulty.splitlines()[line - 1], found)
            assert where == line, (name, faulty.splitlines()[line - 1], found)
            assert has_help or code == "AS122"
    assert planted, "the fault fits nowhere"
