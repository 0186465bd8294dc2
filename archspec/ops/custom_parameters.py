"""What a spec can give to the constructor of a module class of the user's own."""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from archspec.ir.fields import Bool, Int, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def _plain(value: Any) -> Any:
    if not is_plain(value):
        raise PydanticCustomError("plain", "expected a number, true or false, text, or a list of these")
    return value


Plain: TypeAlias = Annotated[Any, BeforeValidator(_plain)]

_SCALARS: dict[Any, Any] = {bool: Bool, int: Int, float: Number, str: str, type(None): None}
_ANYTHING = (inspect.Parameter.empty, Any, object)
_SEQUENCES = (list, tuple, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_NOT_GIVEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class NoFieldError(Exception):
    """A required parameter takes what no spec can give. Its text says which."""


def is_plain(value: Any) -> bool:
    """Tell whether a value is one that a spec can write."""
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def defaults_of(cls: type) -> dict[str, Any]:
    """Return the defaults of a constructor's parameters, by name."""
    found = ((parameter.name, parameter.default) for parameter in _parameters(cls))
    return {name: default for name, default in found if default is not inspect.Parameter.empty}


def fields_of(cls: type, reserved: Callable[[str], bool]) -> dict[str, tuple[Any, Any]]:
    """Return the type and the default (`...`: none) of each parameter of a constructor that a spec can give.

    Left out are those with a default that take something else (a class, a function), or are called like one of the
    `reserved` names.

    Raises:
        NoFieldError: a parameter is required, and a spec cannot give it.
    """
    hints = _hints(cls)
    fields: dict[str, tuple[Any, Any]] = {}
    for parameter in _parameters(cls):
        name, default = parameter.name, parameter.default
        required = default is inspect.Parameter.empty
        settable, field = _field(hints.get(name, parameter.annotation), default)
        if settable and not reserved(name) and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY:
            fields[name] = (field, ... if required else _listed(default) if is_plain(default) else None)
        elif required:
            raise NoFieldError(f"its constructor requires {name!r}, which a spec cannot give")
    return fields


def _parameters(cls: type) -> Iterator[inspect.Parameter]:
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):  # it is written in C, and tells nothing
        return
    yield from (parameter for parameter in signature.parameters.values() if parameter.kind not in _NOT_GIVEN)


def _hints(cls: Any) -> dict[str, Any]:
    """Return the annotations of a constructor; none, where one of them cannot be resolved."""
    try:
        return typing.get_type_hints(cls.__init__)
    except Exception:  # noqa: BLE001  (evaluating annotations can raise anything)
        return dict.fromkeys((parameter.name for parameter in _parameters(cls)), Any)


def _field(annotation: Any, default: Any) -> tuple[bool, Any]:
    """Return whether a spec can give a parameter, and the type of what it gives."""
    if annotation in _ANYTHING:
        return default is inspect.Parameter.empty or is_plain(default), _of_default(default)
    return _type(annotation)


def _of_default(default: Any) -> Any:
    if isinstance(default, int | float) and not isinstance(default, bool):
        return Int | Number
    return _SCALARS.get(type(default), Plain) if default is not None else Plain


def _type(annotation: Any) -> tuple[bool, Any]:
    """Return whether a spec can give what is annotated so, and its type."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(args[0])
    if annotation in _ANYTHING or annotation in _SCALARS:
        return True, _SCALARS.get(annotation, Plain)
    if origin is Literal:
        return all(map(is_plain, args)), annotation
    if origin in (Union, types.UnionType):
        found = [field for settable, field in map(_type, args) if settable]
        return any(field is not None for field in found), _either(found)
    if annotation in _SEQUENCES or origin in _SEQUENCES:
        return _sequence(origin, args)
    return False, None


def _sequence(origin: Any, args: tuple[Any, ...]) -> tuple[bool, Any]:
    items = [_type(arg) for arg in args if arg is not Ellipsis]
    if not all(settable for settable, _ in items):
        return False, None
    kinds = tuple(dict.fromkeys(field for _, field in items)) or (Plain,)
    field = list[_either(kinds)]  # type: ignore[misc]
    if origin is tuple and Ellipsis not in args:
        return True, Annotated[field, Field(min_length=len(items), max_length=len(items))]
    return True, field


def _either(kinds: Sequence[Any]) -> Any:
    return Union[tuple(kinds)] if kinds else Plain  # noqa: UP007  (they are known at run time only)


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
