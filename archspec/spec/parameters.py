"""Declarations of parameters, and whether a value suits one."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.spec import BadParameterDeclaration
from archspec.diagnostics.text import printable
from archspec.source.tree import Entry, Mapping, Scalar, Sequence, Tree, plain
from archspec.spec import names
from archspec.spec.forms import words_in
from archspec.spec.models import ParameterLevel
from archspec.spec.template import Parameter

if TYPE_CHECKING:
    from archspec.spec.reader import Reader

LARGEST = 2**53
"""Beyond it, an integer may change when arithmetic makes a float of it."""

TYPES = "int, float, bool, str, op, list, list[int], int | list[int], ..."
LONGEST_TYPE = 80
"""Characters that a type may have: it is read by recursion."""

_MEANT_TYPES = {
    **dict.fromkeys(("integer", "long", "int32", "int64", "uint"), "int"),
    **dict.fromkeys(("number", "double", "real", "float32", "float64", "decimal", "numeric"), "float"),
    **dict.fromkeys(("boolean", "truth", "flag", "binary"), "bool"),
    **dict.fromkeys(("string", "text", "char"), "str"),
    **dict.fromkeys(("array", "tuple", "sequence", "vector"), "list"),
    **dict.fromkeys(("layer", "operator", "callable"), "op"),
}
_ELSEWHERE = frozenset({"integer", "boolean", "string", "number", "double", "array", "text", "tuple", "dict", "any"})
_ONE_TYPE = r"(?:int|float|bool|str|integer|boolean|string|number|list|tuple|sequence|array|optional|union)"
_TYPE_ELSEWHERE = re.compile(rf"\s*\(?{_ONE_TYPE}\s*(?:[\[(=?].*|\)|,\s*[-+\d.]+)$", re.IGNORECASE)
_WITH_DEFAULT = re.compile(rf"({_ONE_TYPE}(?:\[.*?\])?)\s*(?:=\s*|,\s*|\()([-+\w.]+)\)?", re.IGNORECASE)
_WORDS = {"int": "an integer", "float": "a number", "bool": "true or false", "str": "text", "op": "the name of an op"}


# ----------------------------------------------------------------------------------------------------- types, values


@lru_cache(maxsize=256)
def alternatives(type_name: str) -> tuple[str, ...]:
    """Return the types between which a type leaves the choice (`int | list[int]`), in order; a single one is itself."""
    parts, depth = [""], 0
    for character in type_name:
        depth += (character == "[") - (character == "]")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return tuple(part.strip() for part in parts)


def is_type(text: str) -> bool:
    """Tell whether a text names a parameter type: int, float, bool, str, op, list, list[TYPE] or TYPE | TYPE."""
    return len(text) <= LONGEST_TYPE and all(map(_is_one_type, alternatives(text)))


def _is_one_type(text: str) -> bool:
    return text in _WORDS or text == "list" or (text[:5] + text[-1:] == "list[]" and is_type(text[5:-1]))


def normal_type(text: str) -> str:
    """Return a type as it is written here: with a space on each side of a bar, and no others."""
    return " | ".join(
        f"list[{normal_type(part[5:-1])}]" if part.startswith("list[") else part for part in alternatives(text)
    )


def describe_type(type_name: str, bounds: str = "") -> str:
    """Return a parameter type in words; `bounds` is what is said of its numbers."""
    lists_last = sorted(alternatives(type_name), key=lambda part: part.startswith("list["))
    *others, last = (_describe_one(part, bounds) for part in lists_last)
    return f"{', '.join(others)} or {last}" if others else last


def _describe_one(type_name: str, bounds: str) -> str:
    if type_name.startswith("list["):
        return "a list, each entry " + describe_type(type_name[5:-1], bounds)
    return _WORDS.get(type_name, "a list") + (bounds if type_name in {"int", "float"} else "")


def takes_words(type_name: str) -> bool:
    """Tell whether texts of a type are words that stand for themselves, and no expressions."""
    return any(
        takes_words(part[5:-1]) if part.startswith("list[") else part in {"str", "op", "list"}
        for part in alternatives(type_name)
    )


def is_word(type_name: str) -> bool:
    """Tell whether a word alone can be a value of a type."""
    return not {"str", "op"}.isdisjoint(alternatives(type_name))


def names_an_op(type_name: str) -> bool:
    """Tell whether a word of a type must be the name of an op."""
    known = alternatives(type_name)
    return "op" in known and "str" not in known


def coerce(value: Any, type_name: str) -> Any:
    """Return `value` as a value of a type: `3.0` is an integer, 3 a number; nothing else is converted.

    Of several types, the first that it suits is taken.

    Raises:
        ValueError: it is none. The message is empty.
    """
    for one in alternatives(type_name):
        with suppress(ValueError):
            return _coerce_to_one(value, one)
    raise ValueError


def _coerce_to_one(value: Any, type_name: str) -> Any:
    if type_name == "list" or type_name.startswith("list["):
        _require(condition=isinstance(value, list))
        return value if type_name == "list" else [coerce(item, type_name[5:-1]) for item in value]
    if type_name in {"str", "op", "bool"}:
        _require(condition=isinstance(value, bool if type_name == "bool" else str))
        return value
    _require(condition=isinstance(value, int | float) and not isinstance(value, bool))
    _require(condition=abs(value) < LARGEST if isinstance(value, int) else math.isfinite(value))
    if type_name == "float":
        return float(value)
    _require(condition=abs(value) < LARGEST and float(value).is_integer())
    return int(value)


def _require(*, condition: bool) -> None:
    if not condition:
        raise ValueError


def suits(value: Any, parameter: Parameter) -> bool:
    """Tell whether a value is of a parameter's type and keeps to its least, greatest and listed values."""
    try:
        value = coerce(value, parameter.type)
    except ValueError:
        return False
    if parameter.choices and not any(_same(value, choice) for choice in parameter.choices):
        return False
    return _within(value, parameter)


def _within(value: Any, parameter: Parameter) -> bool:
    """Tell whether a number, or every number in a list, is neither too small nor too large."""
    if isinstance(value, list):
        return all(_within(item, parameter) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (parameter.least is None or value >= parameter.least) and (parameter.most is None or value <= parameter.most)


def _same(left: Any, right: Any) -> bool:
    """Tell whether two values are equal, where `true` is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def describe(parameter: Parameter) -> str:
    """Return in words what a parameter takes."""
    if parameter.choices:
        return "one of " + ", ".join(str(choice) for choice in parameter.choices)
    bounds = [f"at least {parameter.least:g}"] if parameter.least is not None else []
    bounds += [f"at most {parameter.most:g}"] if parameter.most is not None else []
    return describe_type(parameter.type, " of " + " and ".join(bounds) if bounds else "")


_EXAMPLES = {"int": "64", "float": "0.5", "bool": "true", "str": "relu", "op": "relu", "list": "[64, 128]"}


def example(parameter: Parameter) -> str:
    """Return a value that a parameter may have."""
    if parameter.choices:
        return str(parameter.choices[0])
    first, *_ = alternatives(parameter.type)
    least = parameter.least if first in {"int", "float"} else None
    return f"{least:g}" if least is not None else _EXAMPLES.get(first.partition("[")[0], "...")


# ----------------------------------------------------------------------------------------------------- declarations


def read_parameters(reader: Reader, tree: Tree | None) -> tuple[Parameter, ...]:
    """Read `params`: a type (then the parameter is required), a default (its type follows), or the long form.

    One whose declaration is wrong comes back marked as broken, so that its uses are no mistakes.
    """
    read = tuple(_Declaration(reader, entry).read() for entry in reader.entries(tree, "params"))
    return read or tuple(Parameter(word, item.span, "str", broken=True) for word, item in words_in(tree))


class _Declaration:
    """Reads one declaration."""

    def __init__(self, reader: Reader, entry: Entry) -> None:
        self.reader = reader
        self.key = entry.key
        self.value = entry.value
        self.name = entry.key.text

    def read(self) -> Parameter:
        self.reader.name(self.key, "a parameter", names.fault_of_parameter_name)
        read = self._long if isinstance(self.value, Mapping) else self._short
        return read() or Parameter(self.name, self.key.span, "str", broken=True)

    def _short(self) -> Parameter | None:
        value = self.value
        if isinstance(value, Scalar) and isinstance(value.value, str):
            text = value.text
            # Within {}, YAML wants quotes around the type of a list, so they do not make it a text.
            if is_type(text) and not (value.quoted and {"[", "|"}.isdisjoint(text)):
                return Parameter(self.name, self.key.span, normal_type(text))
            if not value.quoted and (_TYPE_ELSEWHERE.match(text) or any(map(_seems_a_type, alternatives(text)))):
                return self._no_type(value)
        type_name = type_of(plain(value))
        if type_name is None:
            return self._bad(value, "a default, or a type such as int, is missing")
        return Parameter(self.name, self.key.span, type_name, default=value)

    def _long(self) -> Parameter | None:
        tree = self.value
        assert isinstance(tree, Mapping)
        reader = self.reader
        known = reader.level(ParameterLevel, tree)
        if reader.has_unknown_keys(ParameterLevel, known):
            return None
        tree, default = known, known.get("default")
        type_name = self._type(tree)
        if type_name is None:
            return None
        least, most = self._bound(tree, "min"), self._bound(tree, "max")
        parameter = Parameter(
            self.name,
            self.key.span,
            type_name,
            default=default,
            least=least,
            most=most,
            choices=self._choices(tree.get("choices"), type_name),
            description=reader.text(tree.get("description"), "description"),
        )
        if least is not None and most is not None and least > most:
            return self._bad(tree, f"min {least:g} is more than max {most:g}")
        return self._with_default(parameter, default)

    def _with_default(self, parameter: Parameter, default: Tree | None) -> Parameter | None:
        """Check a default that is no expression; one that is, is checked where it is used."""
        if (
            default is None
            or (_has_text(default) and not takes_words(parameter.type))
            or suits(plain(default), parameter)
        ):
            return parameter
        shown = "nothing" if plain(default) is None else printable(str(plain(default)))
        return self._bad(default, f"its default must be {describe(parameter)}, not {shown}")

    def _type(self, tree: Mapping) -> str | None:
        written, default = tree.get("type"), tree.get("default")
        if written is None:
            found = None if default is None else type_of(plain(default))
            if found is None:
                self._bad(tree, "it needs a type or a default")
            return found
        if isinstance(written, Scalar) and is_type(written.text):
            return normal_type(written.text)
        self._no_type(written)
        return None

    def _bound(self, tree: Mapping, key: str) -> float | None:
        value = tree.get(key)
        if value is None:
            return None
        if isinstance(value, Scalar) and isinstance(value.value, int | float) and not isinstance(value.value, bool):
            return value.value
        self.reader.wrong(value, key, "a number")
        return None

    def _choices(self, tree: Tree | None, type_name: str) -> tuple[Any, ...]:
        if tree is None:
            return ()
        if not isinstance(tree, Sequence) or not tree.items:
            self.reader.wrong(tree, "choices", "a list of values")
            return ()
        anything = Parameter(self.name, self.key.span, type_name)
        for item in tree.items:
            if not suits(plain(item), anything):
                self._bad(item, f"each choice must be {describe(anything)}, not {printable(str(plain(item)))}")
        return tuple(plain(item) for item in tree.items)

    def _no_type(self, tree: Tree) -> None:
        from archspec.diagnostics.proposal import Proposal, Replace

        shown = repr(printable(tree.text)) if isinstance(tree, Scalar) else "like this"
        meant = _meant_declaration(tree.text) if isinstance(tree, Scalar) else None
        hint = None
        if meant is not None:
            hint = f"did you mean '{meant}'?" if meant.isidentifier() else f"write {_in_flow(meant)}"
        proposal = (
            None
            if meant is None
            else Proposal(f"{meant} for a type that is none", (Replace(tree.span, _in_flow(meant)),), certain=True)
        )
        self.reader.report(
            BadParameterDeclaration(
                span=tree.span,
                name=self.name,
                reason=f"there is no type {shown} ({TYPES})",
                suggestion=hint,
                proposals=None if proposal is None else lambda _steps: (proposal,),
            )
        )

    def _bad(self, tree: Tree, reason: str) -> None:
        self.reader.report(BadParameterDeclaration(span=tree.span, name=self.name, reason=reason))


def _meant_declaration(text: str) -> str | None:
    """Return what was meant by a type, maybe with a default, in another language's words, as it is written here."""
    found = _WITH_DEFAULT.fullmatch(text.strip())
    if found is None or _is_list(found[1]):
        return _meant_type(text)
    meant = _meant_type(found[1])
    return None if meant is None else f"{{type: {_in_flow(meant)}, default: {found[2]}}}"


def _meant_type(text: str) -> str | None:
    """Return `list[int]` for `List[int]` or `Sequence[integer]`, `int` for `Optional[int]`; None if it is unclear."""
    if len(text) > LONGEST_TYPE:
        return None
    text = text.strip().removesuffix("?")
    text = text[1:-1].strip() if text[:1] + text[-1:] == "()" else text
    inner = re.fullmatch(r"(\w+)\s*[\[(](.*)[\])]", text)
    if inner is None:
        word = text.lower()
        return word if word in _WORDS or word == "list" else _MEANT_TYPES.get(word)
    parts = [_meant_type(part) for part in re.split(r"[,|]", inner[2].replace("...", "")) if part.strip()]
    if not parts or None in parts:
        return None
    meant = " | ".join(dict.fromkeys(part for part in parts if part is not None))
    return meant if inner[1].lower() in ("optional", "union") else f"list[{meant}]" if _is_list(inner[1]) else None


def _is_list(word: str) -> bool:
    return _MEANT_TYPES.get(word.lower(), word.lower()) == "list"


def _in_flow(text: str) -> str:
    """Return a type as it may stand in braces too."""
    return f'"{text}"' if "[" in text and not text.startswith("{") else text


def _seems_a_type(text: str) -> bool:
    return text.lower() in _ELSEWHERE or text.lower() in _WORDS or text.startswith("list[")


def _has_text(tree: Tree) -> bool:
    if isinstance(tree, Scalar):
        return isinstance(tree.value, str)
    return isinstance(tree, Sequence) and any(map(_has_text, tree.items))


def type_of(value: Any) -> str | None:
    """Return the type that a default gives its parameter, or None for no usable default."""
    for kind, type_name in ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (list, "list")):
        if isinstance(value, kind):
            return type_name
    return None
