"""Declarations of parameters, and whether a value suits one."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.spec import BadParameterDeclaration
from archspec.source.tree import Entry, Mapping, Scalar, Sequence, Tree, plain
from archspec.spec import names
from archspec.spec.models import ParameterLevel
from archspec.spec.template import Parameter

if TYPE_CHECKING:
    from archspec.spec.reader import Reader

_TYPE = re.compile(r"(int|float|bool|str|op|list|list\[.+\])\Z")
_WORDS = {"int": "an integer", "float": "a number", "bool": "true or false", "str": "text", "op": "the name of an op"}


def is_type(text: str) -> bool:
    """Tell whether a text names a parameter type: int, float, bool, str, op, list or list[TYPE]."""
    if not _TYPE.match(text):
        return False
    return not text.startswith("list[") or is_type(text[5:-1])


def describe_type(type_name: str) -> str:
    """Return a parameter type in words."""
    if type_name.startswith("list["):
        return "a list, each entry " + describe_type(type_name[5:-1])
    return _WORDS.get(type_name, "a list")


def takes_words(type_name: str) -> bool:
    """Tell whether texts of a type are words that stand for themselves, and no expressions."""
    return type_name.removeprefix("list[").rstrip("]") in {"str", "op", "list"}


def coerce(value: Any, type_name: str) -> Any:
    """Return `value` as a value of a type: `3.0` is an integer, 3 a number; nothing else is converted.

    Raises:
        ValueError: it is none. The message is empty.
    """
    if type_name == "list" or type_name.startswith("list["):
        if not isinstance(value, list):
            raise ValueError
        return value if type_name == "list" else [coerce(item, type_name[5:-1]) for item in value]
    if type_name == "bool":
        return _require(value, isinstance(value, bool))
    if type_name in {"str", "op"}:
        return _require(value, isinstance(value, str))
    numeric = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    _require(value, numeric)
    if type_name == "int":
        return int(_require(value, float(value).is_integer() and abs(value) < 2**53))
    return float(value)


def _require(value: Any, condition: bool) -> Any:  # noqa: FBT001
    if not condition:
        raise ValueError
    return value


def within(value: Any, parameter: Parameter) -> bool:
    """Tell whether a value keeps to a parameter's least, greatest and listed values."""
    if parameter.choices and value not in parameter.choices:
        return False
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (parameter.least is None or value >= parameter.least) and (
        parameter.most is None or value <= parameter.most
    )


def describe(parameter: Parameter) -> str:
    """Return in words what a parameter takes."""
    if parameter.choices:
        return "one of " + ", ".join(str(choice) for choice in parameter.choices)
    bounds = [f"at least {parameter.least:g}"] if parameter.least is not None else []
    bounds += [f"at most {parameter.most:g}"] if parameter.most is not None else []
    return describe_type(parameter.type) + (" of " + " and ".join(bounds) if bounds else "")


def read_parameters(reader: Reader, tree: Tree | None) -> tuple[Parameter, ...]:
    """Read `params`: a type (then the parameter is required), a default (its type follows), or the long form."""
    found: list[Parameter] = []
    for entry in reader.entries(tree, "params"):
        reader.name(entry.key, "a parameter", names.fault_of_parameter_name)
        parameter = _read_parameter(reader, entry)
        if parameter is not None:
            found.append(parameter)
    return tuple(found)


def _read_parameter(reader: Reader, entry: Entry) -> Parameter | None:
    name, value = entry.key.text, entry.value
    if isinstance(value, Mapping):
        return _read_long(reader, entry, value)
    if isinstance(value, Scalar) and isinstance(value.value, str) and is_type(value.text):
        return Parameter(name, entry.key.span, value.text)
    type_name = type_of(plain(value))
    if type_name is None:
        _bad(reader, value, name, "a default, or a type such as int, is missing")
        return None
    if type_name == "str" and isinstance(value, Scalar) and not value.quoted and _looks_like_type(value.text):
        _bad(reader, value, name, f"there is no type {value.text!r} (int, float, bool, str, op, list, list[int], ...)")
        return None
    return Parameter(name, entry.key.span, type_name, default=value)


def _read_long(reader: Reader, entry: Entry, tree: Mapping) -> Parameter | None:
    reader.level(ParameterLevel, tree)
    name, default, choices = entry.key.text, tree.get("default"), tree.get("choices")
    type_name = _long_type(reader, name, tree)
    if type_name is None:
        return None
    description = tree.get("description")
    return Parameter(
        name,
        entry.key.span,
        type_name,
        default=default,
        least=_bound(reader, tree, "min"),
        most=_bound(reader, tree, "max"),
        choices=tuple(plain(item) for item in choices.items) if isinstance(choices, Sequence) else (),
        description=description.text if isinstance(description, Scalar) else "",
    )


def _long_type(reader: Reader, name: str, tree: Mapping) -> str | None:
    written, default = tree.get("type"), tree.get("default")
    if written is None:
        found = None if default is None else type_of(plain(default))
        if found is None:
            _bad(reader, tree, name, "it needs a type or a default")
        return found
    if isinstance(written, Scalar) and is_type(written.text):
        return written.text
    shown = written.text if isinstance(written, Scalar) else "this"
    _bad(reader, written, name, f"there is no type {shown!r} (int, float, bool, str, op, list, list[int], ...)")
    return None


def _bound(reader: Reader, tree: Mapping, key: str) -> float | None:
    value = tree.get(key)
    if value is None:
        return None
    if isinstance(value, Scalar) and isinstance(value.value, int | float) and not isinstance(value.value, bool):
        return value.value
    reader.wrong(value, key, "a number")
    return None


def type_of(value: Any) -> str | None:
    """Return the type that a default gives its parameter, or None for no usable default."""
    for kind, type_name in ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (list, "list")):
        if isinstance(value, kind):
            return type_name
    return None


def _looks_like_type(text: str) -> bool:
    return text in {"integer", "boolean", "string", "number", "double", "array", "text"} or text.startswith("list[")


def _bad(reader: Reader, tree: Tree, name: str, reason: str) -> None:
    reader.collector.add(BadParameterDeclaration(span=tree.span, name=name, reason=reason))
