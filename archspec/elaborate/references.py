"""References: what `from`, `else` and `outputs` name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog.graph import ForwardReference, UnknownNode, UnknownResult
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import in_ascii
from archspec.spec.names import is_number

_INDEX = re.compile(r"-?[0-9]{1,6}")
_BEFORE = frozenset({"previous", "prev", "last", "before", "above"})

if TYPE_CHECKING:
    from archspec.elaborate.frame import Frame, Results
    from archspec.source.span import Span
    from archspec.spec.template import Ref


def resolve(ref: Ref, frame: Frame, reader: str | None = None) -> Results:
    """Return the one result that a reference names, as `{"": value}`; None if it is unknown.

    `reader` is the name of the node that reads it, None for an output of the graph.

    Raises:
        ProblemError: there is no such node or result, or several, of which one must be named.
    """
    found = one_result(_named(ref, frame, reader), ref.text, ref.span)
    return None if found is None else {"": next(iter(found.values()))}


def one_result(results: Results, name: str, span: Span) -> Results:
    """Return the results of a node if it has a single one.

    Raises:
        ProblemError: it has several.
    """
    if results is None or len(results) == 1 or "" in results:
        return results
    raise ProblemError(UnknownResult(span=span, name=name, result="", known=tuple(results)))


def _named(ref: Ref, frame: Frame, reader: str | None) -> Results:
    text = ref.text
    if text == "input" and len(frame.inputs) == 1:
        return next(iter(frame.inputs.values()))
    head, _, result = text.partition(".")
    for table in (frame.results, frame.inputs):
        if text in table:
            return table[text]
        if head in table:
            return _result(ref, head, result, table[head])
    for name, results in frame.results.items():  # one whose name only looks like this one was reported for that
        if not name.isascii() and in_ascii(name).strip() == text:
            return results
    if frame.open or (is_number(head) and not frame.numbers.certain):
        return None
    raise ProblemError(_nothing(ref, frame, reader))


def _result(ref: Ref, head: str, result: str, results: Results) -> Results:
    if results is None:
        return None
    if result in results:
        return {"": results[result]}
    raise ProblemError(
        UnknownResult(span=ref.span, name=head, result=result, known=tuple(name for name in results if name))
    )


def _nothing(ref: Ref, frame: Frame, reader: str | None) -> ForwardReference | UnknownNode:
    head = ref.text.partition(".")[0]
    inputs = ("input", *frame.inputs) if len(frame.inputs) == 1 else tuple(frame.inputs)
    known = tuple(dict.fromkeys((*inputs, *frame.results)))
    if head in frame.names and reader is not None:
        return ForwardReference(span=ref.span, name=head, itself=head == reader, known=known)
    hint = None
    if head in frame.around:
        hint = f"{head} stands in the graph around this one: give it to the group with from: [..., {head}] and inputs:"
    elif meant := _meant(ref.text, known, frame):
        hint = f"nodes are read by their names: did you mean '{meant}'?"
    return UnknownNode(span=ref.span, name=ref.text, known=known, is_output=reader is None, suggestion=hint)


def _meant(text: str, known: tuple[str, ...], frame: Frame) -> str | None:
    """Return the node that other systems read as -1 (the one before), as 6 (the seventh), or as `previous`."""
    index = -1 if text.lower() in _BEFORE else int(text) if _INDEX.fullmatch(text) else None
    if index is None:
        return next((name for name in frame.inputs if name.lower() == text.lower()), None)
    named = known if index < 0 else tuple(frame.results)
    if not -len(named) <= index < len(named):
        return None
    results = frame.results.get(named[index]) or {"": None}
    return named[index] if "" in results or len(results) == 1 else f"{named[index]}.{next(iter(results))}"
