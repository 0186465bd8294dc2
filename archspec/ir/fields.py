"""The types of op parameters.

YAML has already told numbers from text, so nothing is coerced: `true` and `"3"` are no integers. `3.0` is one, since
arithmetic such as `channels * 0.5` gives floats.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

# No size, count or stride of a real network comes near; beyond it, arithmetic on shapes stops being exact anywhere.
LARGEST_INTEGER = 2**31 - 1


def _integer(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("integer", "expected an integer")
    if abs(value) > LARGEST_INTEGER:
        raise PydanticCustomError("integer", "expected an integer of at most {limit}", {"limit": LARGEST_INTEGER})
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "expected a number")
    if not math.isfinite(value):
        raise PydanticCustomError("number", "expected a finite number")
    return float(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise PydanticCustomError("boolean", "expected true or false")
    return value


Int: TypeAlias = Annotated[int, BeforeValidator(_integer)]
PositiveInt: TypeAlias = Annotated[int, BeforeValidator(_integer), Field(ge=1)]
NonNegativeInt: TypeAlias = Annotated[int, BeforeValidator(_integer), Field(ge=0)]
Number: TypeAlias = Annotated[float, BeforeValidator(_number)]
NonNegativeNumber: TypeAlias = Annotated[float, BeforeValidator(_number), Field(ge=0)]
PositiveNumber: TypeAlias = Annotated[float, BeforeValidator(_number), Field(gt=0)]
Probability: TypeAlias = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]
Bool: TypeAlias = Annotated[bool, BeforeValidator(_boolean)]

# One number for every spatial axis, or a list with one for each.
PerAxis: TypeAlias = PositiveInt | list[PositiveInt]
NonNegativePerAxis: TypeAlias = NonNegativeInt | list[NonNegativeInt]

# `padding`: a number, one per axis, a pair [low, high] per axis, or a word.
PaddingPair: TypeAlias = Annotated[list[NonNegativeInt], Field(min_length=2, max_length=2)]
PaddingWord: TypeAlias = Literal["valid", "same", "full"]
Padding: TypeAlias = PaddingWord | NonNegativeInt | list[NonNegativeInt | PaddingPair]
