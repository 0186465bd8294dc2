"""What a plain scalar means, by the core schema of YAML 1.2.

PyYAML's own resolver follows YAML 1.1, in which `no` is false, `010` is 8, `1e-3` is text and `12:30` is 750.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from archspec.source.fault import YamlFault

if TYPE_CHECKING:
    from archspec.source.span import Span
    from archspec.source.tree import Scalar, ScalarValue

MAX_DIGITS = 40
"""More digits than any number of a network has; Python's time to read a number grows with the square of them."""

_NUMBER_START = frozenset("-+.0123456789")
_INTEGER = re.compile("[-+]?[0-9]+")
_OCTAL = re.compile("0o([0-7]+)")
_HEXADECIMAL = re.compile("0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, ScalarValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}


def resolve(text: str, span: Span) -> ScalarValue:
    """Return the value of a plain scalar.

    Raises:
        YamlFault: `number-too-long`, `number-overflows`.
    """
    if text in _WORDS:
        return _WORDS[text]
    return _number(text, span) if text[0] in _NUMBER_START else text


def identities(key: Scalar) -> tuple[tuple[str, ScalarValue], ...]:
    """Return what no other key of the mapping may be equal to: the key's text, and what it means.

    `1`, `1.0` and `"1"` are the same key, and so are `true` and `True`; but `true` is not `1`, as it is in Python.
    """
    value = key.value
    if isinstance(value, str):
        return (("text", key.text),)
    if isinstance(value, float) and math.isnan(value):  # NaN is not equal to itself
        return (("text", key.text), ("nan", None))
    kind = "bool" if isinstance(value, bool) else "null" if value is None else "number"
    return (("text", key.text), (kind, value))


def _number(text: str, span: Span) -> ScalarValue:
    if _INTEGER.fullmatch(text):
        return int(_bounded(text, span))
    if match := _OCTAL.fullmatch(text):
        return int(_bounded(match[1], span), 8)
    if match := _HEXADECIMAL.fullmatch(text):
        return int(_bounded(match[1], span), 16)
    return _float(text, span) if _FLOAT.fullmatch(text) else text


def _float(text: str, span: Span) -> float:
    value = float(_bounded(text, span))
    if math.isinf(value):
        raise YamlFault("number-overflows", span, text=text)
    return value


def _bounded(text: str, span: Span) -> str:
    if len(text) > MAX_DIGITS:
        raise YamlFault("number-too-long", span, text=text[:MAX_DIGITS], digits=str(len(text)), limit=str(MAX_DIGITS))
    return text
