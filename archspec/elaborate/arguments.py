"""Arguments: what a spec gives to ops and blocks, checked against what they declare."""

from __future__ import annotations

import dataclasses
import types
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

from archspec.diagnostics.catalog.expansion import (
    MissingParameter,
    ParametersDisagree,
    UnknownParameter,
    WrongParameterValue,
)
from archspec.diagnostics.catalog.expressions import UnknownName
from archspec.diagnostics.catalog.expressions_text import ConstructNotAllowed
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import did_you_mean, folded
from archspec.elaborate.environment import ANY_WORD, NO_WORDS, Words, value_of
from archspec.elaborate.hints import TRUTH, hint_for_parameter, meant_by
from archspec.ops.catalog import BY_NAME
from archspec.source.span import Span
from archspec.source.tree import Scalar, Sequence
from archspec.source.writing import flow
from archspec.spec import parameters as declared
from archspec.spec.expressions import UNKNOWN
from archspec.spec.forms import NESTS
from archspec.spec.names import is_import_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pydantic import ValidationError

    from archspec.diagnostics.problem import Problem
    from archspec.diagnostics.proposal import Proposal
    from archspec.elaborate.environment import Environment
    from archspec.ir.op import Parametrised
    from archspec.source.tree import Tree
    from archspec.spec.template import Argument, Parameter

P = TypeVar("P", bound="Parametrised")
_STEP = 2  # columns of an indentation

# What the types of fields say of a value (`archspec.ir.fields`), without what `describe_field` adds.
_PLAIN = frozenset({"expected an integer", "expected a number", "expected true or false"})


def unknown_arguments(op: str, arguments: Iterable[Argument], known: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a problem for each argument that `op` does not take."""
    for argument in arguments:
        if argument.name not in known:
            # What is known of PyTorch's parameters need not hold for a class of one's own.
            hint = None if is_import_path(op) else hint_for_parameter(argument.name, known)
            moved = None if hint else _as_node(argument)
            yield UnknownParameter(
                span=argument.key_span,
                op=op,
                name=argument.name,
                known=known,
                suggestion=f"if {argument.name!r} is a node of its own, indent it less" if moved else hint,
                proposals=None if moved is None else lambda _steps, moved=moved: (moved,),
            )


def _as_node(argument: Argument) -> Proposal | None:
    """Return the proposal to indent less what may be a node: a name of an op, on a line of its own."""
    from archspec.diagnostics.proposal import Proposal, Replace

    tree, column = argument.value, argument.key_span.column
    if not isinstance(tree, Scalar) or tree.text not in BY_NAME or column <= _STEP:
        return None
    start = Span(argument.key_span.path, argument.key_span.line, 1, argument.key_span.line, _STEP + 1)
    return Proposal("a node of its own", (Replace(start, ""),))


# ----------------------------------------------------------------------------------------------------- ops


def op_parameters(op: type[Parametrised]) -> tuple[str, ...]:
    """Return the names of an op's parameters."""
    return tuple(op.model_fields)


@lru_cache(maxsize=512)
def words_of(op: type[Parametrised], name: str) -> Words:
    """Return the words that a parameter of an op takes."""
    info = op.model_fields.get(name)
    return NO_WORDS if info is None else _words(info.annotation)


def _words(annotation: Any) -> Words:
    if annotation is str:
        return ANY_WORD
    if get_origin(annotation) is Literal:
        return Words(frozenset(arg for arg in get_args(annotation) if isinstance(arg, str)))
    inner = [_words(arg) for arg in get_args(annotation)]
    listed = frozenset[str]().union(*(words.listed for words in inner))
    return Words(listed, all=any(words.all for words in inner))


def op_values(
    op: type[Parametrised], arguments: Iterable[Argument], env: Environment
) -> tuple[dict[str, Any], list[Problem]]:
    """Evaluate the arguments of an op; return the values (UNKNOWN where they depend on something unknown)."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for argument in arguments:
        if argument.name not in op.model_fields:
            continue
        try:
            values[argument.name] = value_of(argument.value, env, words_of(op, argument.name))
        except ProblemError as error:
            values[argument.name] = UNKNOWN
            problems += [_as_word(problem, op, argument) for problem in error.problems]
    return values, problems


def respelt(known: tuple[str, ...], arguments: Iterable[Argument]) -> Iterator[Argument]:
    """Yield arguments, those that are no `known` parameters under the names that were most likely meant."""
    for argument in arguments:
        meant = argument.name if argument.name in known else meant_by(argument.name, known)
        yield argument if meant in (None, argument.name) else dataclasses.replace(argument, name=meant)


def _as_word(problem: Problem, op: type[Parametrised], argument: Argument) -> Problem:
    """A lone unknown name where words are expected is a misspelt word."""
    words = words_of(op, argument.name).listed
    tree = argument.value
    if truth := truth_meant(tree, problem, is_bool=op.model_fields[argument.name].annotation is bool):
        return dataclasses.replace(truth, op=op.op, name=argument.name)
    if not (words and isinstance(problem, UnknownName) and isinstance(tree, Scalar) and tree.text.isidentifier()):
        return problem
    return WrongParameterValue(
        span=tree.span,
        op=op.op,
        name=argument.name,
        wanted=describe_field(op, argument.name),
        found=repr(tree.text),
        example=_example(op, argument.name),
        suggestion=did_you_mean(tree.text, sorted(words)),
    )


def truth_meant(tree: Tree, problem: Problem, *, is_bool: bool) -> WrongParameterValue | None:
    """Return the problem of `yes` or `no` where true or false is expected: in YAML 1.2 they are text."""
    meant = TRUTH.get(tree.text.lower()) if isinstance(tree, Scalar) and is_bool else None
    if meant is None or not isinstance(problem, UnknownName | ConstructNotAllowed) or not isinstance(tree, Scalar):
        return None
    return WrongParameterValue(
        span=tree.span,
        op="",
        name="",
        wanted="true or false",
        found=repr(tree.text),
        suggestion=f"did you mean '{meant}'?",
    )


def make_op(op: type[P], values: Mapping[str, Any]) -> P:
    """Return the op with its parameters.

    Raises:
        ValidationError: a value is of the wrong type or out of range, or one is missing.
    """
    return op.model_validate(values)


def faults_of(
    op: type[Parametrised], error: ValidationError, arguments: Iterable[Argument], values: Mapping[str, Any], node: Span
) -> Iterator[Problem]:
    """Yield one problem for each parameter that pydantic refused, wherever in its value the fault lies."""
    by_name = {argument.name: argument for argument in arguments}
    details = error.errors(include_url=False, include_context=False)
    missing = [str(detail["loc"][0]) for detail in details if detail["type"] == "missing"]
    not_missing = _given_otherwise(by_name, op_parameters(op), missing)
    seen: set[str] = set()
    for detail in details:
        name = str(detail["loc"][0]) if detail["loc"] else ""
        if name in seen:
            continue
        seen.add(name)
        if detail["type"] == "missing":
            if name not in not_missing:
                yield MissingParameter(span=node, op=op.op, name=name, example=_example(op, name) or "...")
        elif name in by_name:
            tree = by_name[name].value
            yield WrongParameterValue(
                span=tree.span,
                op=op.op,
                name=name,
                wanted=_wanted(op, name, detail["msg"]),
                found=shown(tree, values.get(name)),
                example=_example(op, name),
                suggestion=_advice(tree, values.get(name), is_bool=op.model_fields[name].annotation is bool),
            )
        elif UNKNOWN not in values.values():
            yield ParametersDisagree(span=node, op=op.op, reason=detail["msg"])


def _truth_in(text: str) -> str | None:
    meant = TRUTH.get(text.lower())
    return None if meant is None else f"did you mean '{meant}'?"


def _advice(tree: Tree, value: Any, *, is_bool: bool) -> str | None:
    """Return what to do about a value that is wrong, where that can be told from the value."""
    if not isinstance(tree, Scalar):
        return None
    if is_bool:
        return _truth_in(tree.text)
    if not isinstance(tree.value, str):
        return None
    name, is_name = tree.text, tree.text.isidentifier()
    advice = {
        "leave the comma out": name.rstrip().endswith(","),
        f"round it: round({name}); // divides without a fraction": isinstance(value, float),
        f"{name} is text: declare it with a number, or as {{type: int, default: ...}}": is_name
        and isinstance(value, str),
        f"{name} is a list: {name}[0] is its first entry": is_name and isinstance(value, list),
    }
    return next((text for text, holds in advice.items() if holds and value != name), None)


def _wanted(op: type[Parametrised], name: str, message: str) -> str:
    # What a rule of the op's own says is more exact than the type of its field.
    if message in _PLAIN or not message.startswith("expected "):
        return describe_field(op, name)
    return message.removeprefix("expected ")


def _example(op: type[Parametrised], name: str) -> str | None:
    """Return a value that the parameter may have, the default or what a sample of the op has; None if none is known."""
    info = op.model_fields[name]
    given = [sample.params[name] for sample in op.samples if sample.fault is None and name in sample.params]
    default = [] if info.is_required() or info.default is None else [info.default]
    return flow([*default, *given][0]) if default or given else None


def _given_otherwise(given: Collection[str], known: tuple[str, ...], missing: Iterable[str]) -> set[str]:
    """Return the missing parameters that are no mistake of their own.

    They have a value that is wrong or unknown, or stand there under a name that does not exist, which is reported.
    """
    strange = [name for name in given if name not in known]
    if any(folded(name) in NESTS for name in strange):
        return set(missing)  # they are within it
    meant = {*given, *(meant_by(name, known) for name in strange)}
    left = [name for name in missing if name not in meant]
    unclear = [name for name in strange if hint_for_parameter(name, known) is None]
    excused = left if len(left) == len(unclear) == 1 else []
    return {*excused, *(name for name in missing if name in meant)}


def shown(tree: Tree, value: Any) -> str:
    """Return a value as a message shows it, beside the expression that gave it."""
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    written = tree.text if isinstance(tree, Scalar) else ""
    if isinstance(tree, Sequence) or not isinstance(tree, Scalar) or not isinstance(tree.value, str):
        return text
    return text if written in (text, value) else f"{text} (from {written!r})"


# ----------------------------------------------------------------------------------------------------- in words


def describe_field(op: type[Parametrised], name: str) -> str:
    """Return in words what a parameter of an op takes: `an integer of at least 1, or a list of them`."""
    info = op.model_fields[name]
    bounds = " and ".join(_bound(item) for item in info.metadata if isinstance(item, Ge | Gt | Le | Lt))
    text = describe_annotation(info.annotation)
    return f"{text} {'of ' if bounds else ''}{bounds}".strip()


def describe_annotation(annotation: Any) -> str:
    """Return a type annotation in words."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        bounds = " and ".join(_bounds(args[1:]))
        return describe_annotation(args[0]) + (f" of {bounds}" if bounds else "")
    if origin in (Union, types.UnionType):
        return ", or ".join(_alternatives([arg for arg in args if arg is not type(None)]))
    if origin is Literal:
        return "one of " + ", ".join(str(arg) for arg in args)
    if origin is list:
        return "a list, each entry " + describe_annotation(args[0])
    return {int: "an integer", float: "a number", bool: "true or false", str: "text"}.get(annotation, "a value")


def _alternatives(annotations: Iterable[Any]) -> Iterator[str]:
    """Yield each in words, where a list of what has been said already is "a list of them"."""
    said: set[Any] = set()
    for annotation in annotations:
        items = get_args(annotation)[0] if get_origin(annotation) is list else None
        parts = get_args(items) if get_origin(items) in (Union, types.UnionType) else (items,)
        known = items is not None and any(part in said for part in parts)
        yield "a list of them" if known else describe_annotation(annotation)
        said.add(annotation)


def _bounds(metadata: Iterable[Any]) -> Iterator[str]:
    for item in metadata:
        for bound in (item, *getattr(item, "metadata", ())):
            if isinstance(bound, Ge | Gt | Le | Lt):
                yield _bound(bound)


def _bound(bound: Ge | Gt | Le | Lt) -> str:
    if isinstance(bound, Ge):
        return f"at least {bound.ge}"
    if isinstance(bound, Gt):
        return f"more than {bound.gt}"
    if isinstance(bound, Le):
        return f"at most {bound.le}"
    return f"less than {bound.lt}"


# ----------------------------------------------------------------------------------------------------- blocks


def bind(
    owner: str,
    parameters: Iterable[Parameter],
    given: Mapping[str, Tree],
    env: Environment,
    inner: dict[str, Any],
    node: Span,
) -> list[Problem]:
    """Give the parameters of a block their values, in `inner`; return what is wrong.

    Arguments are evaluated in `env`, the names around the use; defaults in `inner`, where earlier parameters stand.
    """
    problems: list[Problem] = []
    parameters = tuple(parameters)
    known = tuple(parameter.name for parameter in parameters)
    missing = [parameter.name for parameter in parameters if parameter.default is None and parameter.name not in given]
    not_missing = _given_otherwise(given, known, missing)
    for place, parameter in enumerate(parameters):
        tree = given.get(parameter.name)
        scope: Mapping[str, Any] = env
        if tree is None:
            tree, scope = parameter.default, inner
        if tree is None:
            inner[parameter.name] = UNKNOWN
            if not parameter.broken and parameter.name not in not_missing:
                example = declared.example(parameter)
                problems.append(MissingParameter(span=node, op=owner, name=parameter.name, example=example))
            continue
        try:
            inner[parameter.name] = typed(owner, parameter, tree, scope)
        except ProblemError as error:
            inner[parameter.name] = UNKNOWN
            below = known[place + 1 :] if scope is inner else ()
            problems.extend(declared_below(problem, below) for problem in error.problems)
    return problems


def declared_below(problem: Problem, below: Collection[str]) -> Problem:
    """Say of a name that is not there yet that it is declared below what uses it: `below` are the names there."""
    if not isinstance(problem, UnknownName) or problem.name not in below:
        return problem
    hint = f"{problem.name} is declared below: put it above what uses it"
    return dataclasses.replace(problem, suggestion=hint)


def typed(owner: str, parameter: Parameter, tree: Tree, env: Mapping[str, Any]) -> Any:
    """Return the value of a block's or spec's parameter.

    Raises:
        ProblemError: it is of the wrong type or out of range.
    """
    if parameter.broken:
        return UNKNOWN
    words = ANY_WORD if declared.takes_words(parameter.type) else NO_WORDS
    try:
        value = value_of(tree, env, words)
    except ProblemError as error:
        is_bool = declared.alternatives(parameter.type) == ("bool",)
        found = [truth_meant(tree, problem, is_bool=is_bool) for problem in error.problems]
        named = [dataclasses.replace(truth, op=owner, name=parameter.name) for truth in found if truth is not None]
        raise ProblemError(*(named or error.problems)) from None
    return conform(owner, parameter, value, tree)


def conform(owner: str, parameter: Parameter, value: Any, tree: Tree | None) -> Any:
    """Return `value` as a value of the parameter's type.

    Raises:
        ProblemError: it is of the wrong type or out of range.
    """
    if value is UNKNOWN or parameter.broken:
        return UNKNOWN
    if declared.suits(value, parameter):
        return declared.coerce(value, parameter.type)
    raise ProblemError(
        WrongParameterValue(
            span=tree.span if tree is not None else None,
            op=owner,
            name=parameter.name,
            wanted=declared.describe(parameter),
            found=shown(tree, value) if tree is not None else repr(value),
            example=declared.example(parameter),
        )
    )
