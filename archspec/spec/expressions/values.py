"""What expressions calculate with."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, Protocol, TypeAlias, runtime_checkable

Number: TypeAlias = "int | float"
Value: TypeAlias = "int | float | bool | str | list[Value]"


class _Unknown(Enum):
    """The type of the one value `UNKNOWN`; an enum, so that type checkers narrow `is UNKNOWN`."""

    UNKNOWN = "UNKNOWN"

    def __repr__(self) -> str:
        return "UNKNOWN"


Unknown: TypeAlias = Literal[_Unknown.UNKNOWN]
UNKNOWN: Final = _Unknown.UNKNOWN
"""What a failed node's shape is: it spreads silently, so that one mistake is reported once."""


@runtime_checkable
class HasAttributes(Protocol):
    """Something in scope whose properties can be asked for: `input.channels`."""

    def attribute(self, name: str) -> Value | Unknown:
        """Return the property `name`.

        Raises:
            KeyError: there is none; its arguments are the names that there are.
        """
        ...


def kind(value: object) -> str:
    """Return what a value is, in words."""
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, (list, tuple)):
        return "a list"
    if value is None:
        return "null"
    return "a tensor" if isinstance(value, HasAttributes) else "a thing"
