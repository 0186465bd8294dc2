"""The JSON schema of specs, made from the models of the language and the op catalog.

It is draft-07, which editors know best. What a schema cannot know it lets pass: names of blocks, and expressions, which
may stand wherever a number or a truth value is expected. `archspec check` finds the rest.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog import lints
from archspec.ir.tensor import ITEM_BYTES
from archspec.ops.catalog import OPS
from archspec.ops.initialisers import INITIALISERS
from archspec.ops.reference import describe_op
from archspec.spec import models

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archspec.ir.op import Op, Parametrised
    from archspec.spec.models import Level

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
SCHEMA_LINE = "# yaml-language-server: $schema="
"""What the first line of a spec begins with; the path of the schema, relative to the spec, follows."""

_EXPRESSION = {"$ref": "#/definitions/expression"}
_NODE = {"$ref": "#/definitions/node"}
_GRAPH = {"$ref": "#/definitions/graph"}
_WORD = {"type": ["string", "number"]}
_WORDS = {"anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1}]}
_NUMBER = {"anyOf": [{"type": "number"}, _EXPRESSION]}
_NUMBERS = {"anyOf": [*_NUMBER["anyOf"], {"type": "array", "items": _NUMBER}]}
_CONDITION = {"anyOf": [{"type": "boolean"}, _EXPRESSION]}
_PARAMETERS = {"type": "object", "additionalProperties": {"$ref": "#/definitions/parameter"}}
_OUTPUTS = {"$ref": "#/definitions/outputs"}
_FILE = {"type": "string", "minLength": 1}


def json_schema() -> Schema:
    """Return the schema of a spec, or a file of blocks."""
    return {
        "$schema": DRAFT,
        "title": "archspec",
        "description": "A neural network, described declaratively.",
        **_level(models.SpecLevel, _spec_keys()),
        "required": ["archspec"],
        "allOf": [_graph_or_edits(), *_what_must_be_there()],
        "definitions": _definitions(),
    }


def _definitions() -> Schema:
    return {
        "expression": {
            "type": "string",
            "description": "An expression, as in Python: of parameters, indices, and shapes (input.channels).",
        },
        "node": {
            "description": "A node: an op or block with its parameters, a group, or the name of an op alone.",
            "anyOf": [{"$ref": "#/definitions/op"}, {"$ref": "#/definitions/nodes"}, {"$ref": "#/definitions/mapping"}],
        },
        "nodes": {"type": "array", "items": _NODE, "minItems": 1},
        "graph": {
            "description": "Nodes in execution order: by name, or as a list.",
            "anyOf": [
                {"type": "object", "additionalProperties": _NODE, "minProperties": 1},
                {"$ref": "#/definitions/nodes"},
            ],
        },
        "op": {"anyOf": [*map(_op_name, OPS), {"type": "string"}]},
        "mapping": _mapping(),
        **{f"op_{op.op}": _op(op) for op in OPS},
        "repeat": _repeat(),
        "loop": _level(models.RepeatLevel, {"count": _NUMBER, "index": _FILE, "name": _FILE, "each": {}, "as": _WORDS}),
        "outputs": _outputs(),
        "parameter": _parameter(),
        "block": _block(),
        "initialiser": _initialiser(),
    }


# ----------------------------------------------------------------------------------------------------- levels


def _level(level: type[Level], values: Mapping[str, Schema]) -> Schema:
    """Return a mapping of the language: its keys with their descriptions, and the values that they take."""
    descriptions = {info.alias or name: info.description for name, info in level.model_fields.items()}
    properties = {key: {"description": descriptions[key], **values.get(key, {})} for key in level.known()}
    required = [key for key, _ in level.required()]
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": required} if required else {})


def _spec_keys() -> dict[str, Schema]:
    shape = {"type": "array", "items": _NUMBER, "minItems": 1}
    dtype = {"enum": list(ITEM_BYTES), "default": "float32"}
    settings = {"type": "object", "additionalProperties": {"type": ["object", "null"]}}
    preprocess = {
        "mean": _NUMBERS,
        "std": _NUMBERS,
        "size": _NUMBERS,
        "labels": {"type": "array", "items": _WORD},
        "probabilities": {"type": "boolean"},
    }
    inputs = {"anyOf": [shape, _level(models.InputLevel, {"shape": shape, "dtype": dtype})]}
    fills = {"type": "object", "additionalProperties": {"$ref": "#/definitions/initialiser"}}
    return {
        "archspec": {"const": 1},
        "name": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 64},
        "description": {"type": "string"},
        "extends": _FILE,
        "variant": _WORD,
        "params": {"type": "object"},
        "let": {"type": "object"},
        "inputs": {"type": "object", "additionalProperties": inputs, "minProperties": 1},
        "import": {"anyOf": [_FILE, {"type": "array", "items": _FILE}]},
        "blocks": {"type": "object", "additionalProperties": {"$ref": "#/definitions/block"}},
        "outputs": _OUTPUTS,
        "variants": settings,
        "init": {"type": "object", "additionalProperties": {"anyOf": [fills, {"type": "null"}]}},
        "preprocess": _level(models.PreprocessLevel, preprocess),
        "allow": _allow(),
    }


def _allow() -> Schema:
    """Return what `allow` takes: lints, of which any case will do, so that these are only proposed; or a mapping."""
    names = sorted(lints.CODES)
    name = {"anyOf": [{"enum": names}, {"type": "string"}]}
    nodes = {"anyOf": [*_WORDS["anyOf"], {"type": "null"}]}
    mapping = {"type": "object", "properties": dict.fromkeys(names, nodes), "additionalProperties": nodes}
    return {"anyOf": [name, {"type": "array", "items": name}, mapping]}


def _graph_or_edits() -> Schema:
    nodes = {"type": "object", "additionalProperties": _NODE}
    inserted = {"type": "object", "additionalProperties": {"anyOf": [_GRAPH, _NODE]}}
    keys = {"replace": nodes, "insert_before": inserted, "insert_after": inserted, "remove": _WORDS}
    edits = {"graph": _level(models.EditLevel, keys)}
    declared = {"params": _PARAMETERS, "graph": _GRAPH}
    return {"if": {"required": ["extends"]}, "then": {"properties": edits}, "else": {"properties": declared}}


def _what_must_be_there() -> Iterator[Schema]:
    """Yield what a network needs and a file of blocks does not."""
    network = {"anyOf": [{"required": [key]} for key in ("extends", "graph", "inputs", "name")]}
    yield {"if": network, "then": {"required": ["name"]}, "else": {"required": ["blocks"]}}
    alone = {"allOf": [network, {"not": {"required": ["extends"]}}]}
    yield {"if": alone, "then": {"required": ["inputs", "graph"]}}


def _outputs() -> Schema:
    long = _level(models.OutputLevel, {"from": _WORD, "when": {"const": "training"}})
    return {"anyOf": [*_WORDS["anyOf"], {"type": "object", "additionalProperties": {"anyOf": [_WORD, long]}}]}


def _parameter() -> Schema:
    number = {"type": "number"}
    long = _level(
        models.ParameterLevel,
        {
            "type": {"type": "string", "examples": ["int", "float", "bool", "str", "op", "list[int]"]},
            "min": number,
            "max": number,
            "choices": {"type": "array", "minItems": 1},
            "description": {"type": "string"},
        },
    )
    return {"anyOf": [{"type": ["string", "number", "boolean", "array"]}, long]}


def _block() -> Schema:
    common = {"description": {"type": "string"}, "outputs": _OUTPUTS}
    plain = _level(
        models.BlockLevel,
        {**common, "params": _PARAMETERS, "inputs": _WORDS, "let": {"type": "object"}, "graph": _GRAPH},
    )
    whole = _level(models.SpecBlockLevel, {**common, "spec": _FILE, "variant": _WORD, "params": {"type": "object"}})
    return {"if": {"required": ["spec"]}, "then": whole, "else": plain}


def _repeat() -> Schema:
    one = [{"type": "number", "minimum": 0}, _EXPRESSION, {"$ref": "#/definitions/loop"}]
    return {"anyOf": [*one, {"type": "array", "items": {"anyOf": one}, "minItems": 1}]}


def _initialiser() -> Schema:
    long = {
        each.op: {"type": "object", "properties": _parameters(each), "additionalProperties": False}
        for each in INITIALISERS
    }
    return {
        "anyOf": [
            {"enum": list(long)},
            {
                "type": "object",
                "properties": long,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }


# ----------------------------------------------------------------------------------------------------- nodes


def _node_keys(*, group: bool) -> Schema:
    """Return the keys of the language in a node: of a group, or of what is none."""
    keys = {
        "op": {"$ref": "#/definitions/op"},
        "graph": _GRAPH,
        "from": _WORDS,
        "when": _CONDITION,
        "else": _WORD,
        "repeat": {"$ref": "#/definitions/repeat"},
        "connect": {"const": "dense"},
        "share": _WORD,
        "inputs": _WORDS,
        "outputs": _OUTPUTS,
    }
    left_out = {"op", "share"} if group else {"graph", "inputs", "outputs", "share"}
    properties: Schema = _level(models.NodeLevel, keys)["properties"]
    return {key: value for key, value in properties.items() if key not in left_out}


def _mapping() -> Schema:
    """Return a node that is a mapping. `op` decides which keys it has; of a name that is no op, they are not known."""
    of_ops = [
        {
            "if": {"properties": {"op": {"const": op.op}}, "required": ["op"]},
            "then": {"$ref": f"#/definitions/op_{op.op}"},
        }
        for op in OPS
    ]
    names = {"enum": [op.op for op in OPS]}
    of_block = {
        "if": {"properties": {"op": {"not": names}}, "required": ["op"]},
        "then": {"properties": _node_keys(group=False)},
    }
    of_group = {
        "if": {"required": ["graph"]},
        "then": {"properties": _node_keys(group=True), "additionalProperties": False},
    }
    shared = {key: value for key, value in _node_keys(group=False).items() if key in ("from", "when", "else")}
    description = models.NodeLevel.model_fields["share"].description
    of_share = {
        "if": {"required": ["share"]},
        "then": {
            "properties": {"share": {**_WORD, "description": description}, **shared},
            "additionalProperties": False,
        },
    }
    one = [{"required": [key]} for key in ("op", "graph", "share")]
    begun = {**_node_keys(group=True), **_node_keys(group=False)}
    of_neither = {"if": {"not": {"anyOf": one}}, "then": {"properties": begun}}
    return {"type": "object", "oneOf": one, "allOf": [*of_ops, of_block, of_group, of_share, of_neither]}


def _op_name(op: type[Op]) -> Schema:
    return {"const": op.op, "description": describe_op(op).summary}


def _op(op: type[Op]) -> Schema:
    """Return the keys of a node of an op."""
    reference = describe_op(op)
    required = op.model_json_schema().get("required", [])
    return {
        "title": op.op,
        "description": "\n\n".join(filter(None, (reference.summary, reference.details, f"Takes {reference.inputs}."))),
        "properties": {**_parameters(op), **_node_keys(group=False), "op": {"const": op.op}},
        "required": ["op", *required],
        "additionalProperties": False,
    }


def _parameters(parametrised: type[Parametrised]) -> Schema:
    properties: Schema = parametrised.model_json_schema().get("properties", {})
    return {name: _value(schema) for name, schema in properties.items()}


def _value(schema: Schema) -> Schema:
    """Return what a parameter takes: its own values, or expressions in place of them."""
    kept = {key: schema[key] for key in ("description", "default") if key in schema}
    kinds = [_with_expressions(kind) for kind in schema.get("anyOf", [schema])]
    return {**kept, "anyOf": [*kinds, _EXPRESSION]}


def _with_expressions(schema: Schema) -> Schema:
    plain = {key: value for key, value in schema.items() if key not in {"title", "description", "default"}}
    if "anyOf" in plain:
        return {"anyOf": [*map(_with_expressions, plain["anyOf"]), _EXPRESSION]}
    if plain.get("type") == "array":
        return {**plain, "items": {"anyOf": [_with_expressions(plain.get("items", {})), _EXPRESSION]}}
    return plain


def schema_text() -> str:
    """Return the schema as JSON, always the same."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
