"""`preprocess`: its values, checked against the network's input and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archspec.diagnostics.catalog.spec import PreprocessDoesNotFit
from archspec.diagnostics.text import counted
from archspec.elaborate import arguments
from archspec.ir.preprocess import PreprocessFacts
from archspec.source.tree import Mapping, plain
from archspec.spec.expressions import UNKNOWN
from archspec.spec.template import Argument

if TYPE_CHECKING:
    from archspec.diagnostics.problem import Collector
    from archspec.elaborate.environment import Environment
    from archspec.ir.tensor import TensorType
    from archspec.source.tree import Tree

_HEIGHT_AND_WIDTH = 2


class Preprocessing:
    """Reads `preprocess` and holds it against the network."""

    def __init__(self, tree: Tree, env: Environment, collector: Collector) -> None:
        """Read `tree` with the names of `env`; problems go to `collector`."""
        self._tree = tree
        self._env = env
        self._collector = collector

    def facts(
        self, name: str, image: TensorType, result: TensorType | None, *, changed: bool
    ) -> PreprocessFacts | None:
        """Return what is stated for the input `name`; None after reporting.

        `result` is what the network gives, None where that is not known. If the network was `changed` (its input was
        given from outside, or this comes from a spec that it extends), what does not fit is left out.
        """
        facts = self._read()
        if facts is None:
            return None
        faults = [*_channel_faults(facts, name, image), *_size_faults(facts, name, image)]
        if result is not None:
            faults += _label_faults(facts, result)
        if changed:
            return facts.model_copy(update=dict.fromkeys(key for key, _, _ in faults))
        for key, found, wanted in faults:
            self._collector.add(PreprocessDoesNotFit(span=self._span(key), key=key, found=found, wanted=wanted))
        return None if faults else facts

    def _span(self, key: str) -> Any:
        tree = self._tree.get(key) if isinstance(self._tree, Mapping) else None
        return (tree or self._tree).span

    def _read(self) -> PreprocessFacts | None:
        if not isinstance(self._tree, Mapping):
            return None  # reported when it was read
        fields = PreprocessFacts.model_fields
        given = [
            Argument(entry.key.text, entry.key.span, entry.value)
            for entry in self._tree.entries
            if entry.key.text in fields and plain(entry.value) is not None
        ]
        # Labels are names, whatever they look like: `$100` is no parameter.
        names = {each.name: plain(each.value) for each in given if each.name == "labels"}
        values, problems = arguments.op_values(
            PreprocessFacts, [each for each in given if each.name not in names], self._env
        )
        values |= names
        certain = {key: value for key, value in values.items() if value is not UNKNOWN}
        try:
            facts = arguments.make_op(PreprocessFacts, certain)
        except ValidationError as error:
            faults = arguments.faults_of(PreprocessFacts, error, given, values, self._tree.span)
            self._collector.extend([*problems, *faults])
            return None
        self._collector.extend(problems)
        return None if problems else facts


def _channel_faults(facts: PreprocessFacts, name: str, image: TensorType) -> list[tuple[str, str, str]]:
    lists = {"mean": facts.mean, "std": facts.std}
    return [
        (key, f"has {counted(len(value), 'number')}", f"the input {name} has {counted(image.channels, 'channel')}")
        for key, value in lists.items()
        if isinstance(value, list) and len(value) != image.channels
    ]


def _size_faults(facts: PreprocessFacts, name: str, image: TensorType) -> list[tuple[str, str, str]]:
    size = facts.height_and_width()
    if size is None or size == image.spatial[-_HEIGHT_AND_WIDTH:]:
        return []
    return [("size", f"is {size[0]}x{size[1]}", f"the input {name} is {image}")]


def _label_faults(facts: PreprocessFacts, result: TensorType) -> list[tuple[str, str, str]]:
    if facts.labels is None or len(facts.labels) == result.shape[0]:
        return []
    return [("labels", f"has {counted(len(facts.labels), 'name')}", f"the network gives {result}")]
