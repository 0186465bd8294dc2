"""What there is to say about an op, read off its class: for `archspec ops` and the reference page."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec.ir.op import Op, Sample

_MOST_EXAMPLES = 3
_BOUNDS = {
    ">=": ("ge", "minimum"),
    ">": ("gt", "exclusiveMinimum"),
    "<=": ("le", "maximum"),
    "<": ("lt", "exclusiveMaximum"),
}
_PLURALS = {"true or false": "booleans", "text": "texts"}
_WORDS = {"integer": "integer", "number": "number", "boolean": "true or false", "string": "text", "null": "null"}


@dataclass(frozen=True, slots=True)
class ParameterReference:
    """One parameter of an op; the default is as YAML writes it, None if the parameter is required."""

    name: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class OpReference:
    """One op.

    Attributes:
        name: its name in specs.
        family: what its relatives are called: the first word of the name of their file.
        summary: the first sentence.
        details: the paragraphs after it; may be empty.
        inputs: how many inputs it takes.
        parameters: in the order of PyTorch's own.
        examples: uses of it in a graph, each with the shapes that go in and come out.
    """

    name: str
    family: str
    summary: str
    details: str
    inputs: str
    parameters: tuple[ParameterReference, ...]
    examples: tuple[str, ...]


def describe_op(op: type[Op]) -> OpReference:
    """Return the reference of an op."""
    summary, _, details = inspect.cleandoc(op.__doc__ or "").partition("\n\n")
    schema = op.model_json_schema()
    required = schema.get("required", [])
    return OpReference(
        name=op.op,
        family=op.__module__.rpartition(".")[2].split("_")[0],
        summary=" ".join(summary.split()),
        details=details,
        inputs=str(op.arity),
        parameters=tuple(_parameter(name, field, name in required) for name, field in schema["properties"].items())
        if "properties" in schema
        else (),
        examples=_examples(op),
    )


def type_text(schema: dict[str, Any]) -> str:
    """Return a JSON schema in words: `integer >= 1, or list of integers >= 1`."""
    if "anyOf" in schema:
        return ", or ".join(type_text(choice) for choice in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(yaml_text(choice) for choice in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_plural(schema.get('items', {}))}"
    return _WORDS.get(schema.get("type", ""), "anything") + _bounds(schema)


def yaml_text(value: object) -> str:
    """Return a value as YAML writes it on one line."""
    if isinstance(value, str):
        return value if value.isidentifier() else json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {yaml_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(yaml_text(item) for item in value) + "]"
    return json.dumps(value)


def _parameter(name: str, schema: dict[str, Any], required: bool) -> ParameterReference:  # noqa: FBT001
    default = None if required else yaml_text(schema.get("default"))
    return ParameterReference(name, type_text(schema), default, schema.get("description", ""))


def _plural(items: dict[str, Any]) -> str:
    if "anyOf" in items:
        return " or ".join(_plural(choice) for choice in items["anyOf"])
    if items.get("type") == "array":
        return f"lists of {_plural(items.get('items', {}))}"
    if "enum" in items:
        return type_text(items)
    word = _WORDS.get(items.get("type", ""), "anything")
    return _PLURALS.get(word, f"{word}s") + _bounds(items)


def _bounds(schema: dict[str, Any]) -> str:
    found = ((sign, schema[key]) for sign, keys in _BOUNDS.items() for key in keys if key in schema)
    return "".join(f" {sign} {bound}" for sign, bound in found)


def _examples(op: type[Op]) -> tuple[str, ...]:
    """Return the first samples that are written differently."""
    found: dict[str, str] = {}
    for sample in op.samples:
        if sample.fault is None and len(found) < _MOST_EXAMPLES:
            use, shapes = _example(op, sample)
            found.setdefault(use, shapes)
    return tuple(f"{use}  # {shapes}" for use, shapes in found.items())


def _example(op: type[Op], sample: Sample) -> tuple[str, str]:
    """Return how a sample is written in a spec, and the shapes that go in and come out."""
    inputs = sample.types()
    results = op(**sample.params).infer(inputs)
    names = {"from": ["a", "b", "c", "d", "e", "f"][: len(inputs)]} if len(inputs) > 1 else {}
    use = yaml_text({"op": op.op, **names, **sample.params}) if names or sample.params else op.op
    return f"{op.op}: {use}", f"{', '.join(map(str, inputs))} -> {', '.join(map(str, results))}"
