"""What probably stands in place of what was meant: names, numbers, keys."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog import expansion, expressions, expressions_text, graph, spec
from archspec.diagnostics.catalog import yaml as yaml_problems
from archspec.diagnostics.proposal import Proposal, RemoveKey, Replace, SetKey
from archspec.diagnostics.text import closest, edit_distance, in_ascii, meant_in, stuck_key
from archspec.elaborate.hints import is_inferred
from archspec.ops.catalog import BY_NAME
from archspec.source.span import Span
from archspec.source.tree import Mapping, Scalar, Sequence
from archspec.source.writing import flow, scalar
from archspec.spec.expressions.rewriting import rewritings
from archspec.spec.names import is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archspec.diagnostics.problem import Problem
    from archspec.repair.layout import Layout
    from archspec.repair.trial import State
    from archspec.source.tree import Tree

_MOST_NAMES = 6
_MOST_NUMBERS = 12
_DASHES = re.compile(r"\s*([-\u2010-\u2015\u2022])\s*(?=\w)")
_BRACKETS = re.compile(r"[\[\],]")
_BRACED = re.compile(r"\{+\s*([A-Za-z_][\w.]*)\s*\}+", re.ASCII)


def respelt(problem: Problem, state: State) -> Iterator[Proposal]:
    """Yield what is proposed in place of a word that means nothing, the likeliest first."""
    if problem.span is None:
        return
    text = _text(problem.span, state)
    meant = meant_in(problem.help() or "")
    if meant is not None and not isinstance(problem, expressions_text.ExpressionSyntax):
        yield from _replaced(problem, text, meant)
    if stuck := stuck_key(text):
        yield Proposal("a blank behind the colon", (Replace(problem.span, stuck),), certain=True)
    for kind, make in _SPECIAL:
        if isinstance(problem, kind):
            yield from make(problem, text, state)


def _text(span: Span, state: State) -> str:
    layout = state.layout(span.path)
    return "" if layout is None else layout.lines.of(span)


def _replaced(problem: Problem, text: str, meant: str) -> Iterator[Proposal]:
    """Yield the proposal to write `meant` for the word that the problem is about, where it stands in its text.

    What a number was to name is not certain, however: lines may have been put in since it was counted.
    """
    assert problem.span is not None
    certain = not isinstance(problem, graph.UnknownNode) or closest(problem.name, (meant,)) is not None
    for name in ("attribute", "name", "key", "variant", "tensor"):
        word = getattr(problem, name, None)
        if isinstance(word, str) and word and len(found := list(re.finditer(rf"\b{re.escape(word)}\b", text))) == 1:
            whole = text.strip("\"'") == word
            new = _written(meant) if whole else text[: found[0].start()] + meant + text[found[0].end() :]
            yield Proposal(f"{meant} for {word}", (Replace(problem.span, new),), certain)
            return
    yield Proposal(f"{meant} for {text}", (Replace(problem.span, _written(meant)),), certain)


def _written(word: str) -> str:
    return word if word in ("true", "false") else scalar(word)


def _one(problem: Problem, text: str, new: str) -> Proposal:
    assert problem.span is not None
    return Proposal(f"{new} for {text}" if text else new, (Replace(problem.span, new),))


# ----------------------------------------------------------------------------------------------------- names


def _names(problem: Any, text: str, state: State) -> Iterator[Proposal]:
    """Yield other nodes that can be named in its place, those with similar names first."""
    del state
    head, _, result = problem.name.partition(".")
    others = [name for name in problem.known if name not in (problem.name, head)]
    order = sorted(others, key=lambda name: edit_distance(head, name))
    yield from (_one(problem, text, scalar(name)) for name in order[:_MOST_NAMES])
    if result and head in problem.known:
        yield _one(problem, text, head)


def _results(problem: graph.UnknownResult, text: str, state: State) -> Iterator[Proposal]:
    del state
    order = sorted(problem.known, key=lambda name: edit_distance(problem.result, name))
    yield from (_one(problem, text, f"{problem.name}.{name}") for name in order[:_MOST_NAMES])
    if not problem.known:
        yield _one(problem, text, problem.name)


def _taken(problem: Problem, text: str, state: State) -> Iterator[Proposal]:
    """Yield free names for what has another thing's: one that is read and does not exist, or with a number more."""
    name = str(getattr(problem, "name", None) or getattr(problem, "key", ""))
    layout = state.layout(problem.span.path) if problem.span else None
    missing = [] if layout is None or layout.tree is None else _names_without_node(layout.tree)
    stem, number = re.fullmatch(r"(.*?)(\d*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    counted = [f"{stem}{int(number or 1) + more}" for more in (1, 2, 3)]
    yield from (_one(problem, text, other) for other in dict.fromkeys((*missing, *counted)) if not is_number(name))


def _names_without_node(tree: Tree) -> list[str]:
    """Return the names that nodes read and that stand nowhere as a key."""
    read: dict[str, None] = {}
    keys: set[str] = {"input"}
    level = [tree]
    while level:
        part = level.pop()
        if isinstance(part, Sequence):
            level.extend(part.items)
        elif isinstance(part, Mapping):
            keys.update(part.keys())
            level.extend(entry.value for entry in part.entries)
            source = part.get("from")
            items = source.items if isinstance(source, Sequence) else (source,)
            read.update((item.text.partition(".")[0], None) for item in items if isinstance(item, Scalar))
    return [name for name in read if name not in keys and not is_number(name)]


def _repeated(problem: yaml_problems.DuplicateKey, text: str, state: State) -> Iterator[Proposal]:
    if problem.node is not None and (problem.node.rpartition(".")[2] == problem.key):
        yield from _taken(problem, text, state)
    yield from _without(problem, state)
    yield from _taken(problem, text, state)


def _without(problem: Problem, state: State) -> Iterator[Proposal]:
    """Yield the proposal to take out a key that is there twice; the tree has it only once."""
    span = problem.span
    layout = None if span is None else state.layout(span.path)
    if span is None or layout is None:
        return
    if _holds_a_mapping(layout.source.lines()[span.line - 1 :], span.end_column):
        return
    start = layout.lines.index(span.line, span.column)
    line = layout.source.text[layout.lines.index(span.line, 1) : layout.lines.index(span.line + 1, 1)]
    rest = layout.source.text[start : layout.lines.index(span.line + 1, 1)]
    if not line[: span.column - 1].strip():
        whole = Span(span.path, span.line, 1, span.line + 1, 1)
        yield Proposal(f"without the second {layout.lines.of(span)}", (Replace(whole, ""),))
    entry = re.match(r"[^,{}\[\]]*(?:\[[^\[\]{}]*\])?[^,{}\[\]]*", rest)
    if entry is not None:
        before = re.search(r",\s*$", line[: span.column - 1])
        lead = len(before[0]) if before else 0
        place = Span(span.path, span.line, span.column - lead, span.line, span.column + len(entry[0].rstrip()))
        yield Proposal(f"without the second {layout.lines.of(span)}", (Replace(place, ""),))


def _holds_a_mapping(lines: list[str], column: int) -> bool:
    """Tell whether what stands behind a key is a mapping, or goes on below: too much to be taken out unasked."""
    first = lines[0][column - 1 :].lstrip(" :\"'")
    return first.startswith("{") or not first.partition("#")[0].strip()


def _bad_name(problem: spec.BadName, text: str, state: State) -> Iterator[Proposal]:
    """Yield names that can be used, in place of the bad one and, if it is read elsewhere in the file, there too."""
    layout = state.layout(problem.span.path) if problem.span else None
    letters = unicodedata.normalize("NFKD", in_ascii(problem.name).replace("ß", "ss"))
    plain = re.sub(r"\W", "_", letters.encode("ascii", "ignore").decode(), flags=re.ASCII).strip("_")
    for name in dict.fromkeys((plain, f"{plain}_", f"n{plain}", f"{plain}1")):
        if not name or name == problem.name or problem.span is None:
            continue
        is_word = re.search("[^\\W\\d]", problem.name) is not None and problem.name not in ("true", "false", "null")
        reads = tuple(_reads(problem.name, name, layout)) if layout is not None and is_word else ()
        if reads:
            yield Proposal(f"{name} for {text}, everywhere", (Replace(problem.span, name), *reads))
        yield _one(problem, text, name)


def _reads(old: str, new: str, layout: Layout) -> Iterator[Replace]:
    """Yield the changes of all values in a file in which a name stands."""
    word = re.compile(rf"(?<![\w.-]){re.escape(old)}(?![\w-])")
    open_trees = [] if layout.tree is None else [layout.tree]
    while open_trees:
        part = open_trees.pop()
        if isinstance(part, Scalar):
            text = layout.lines.of(part.span)
            if (changed := word.sub(new, text)) != text:
                yield Replace(part.span, changed)
        elif isinstance(part, Sequence):
            open_trees.extend(part.items)
        else:
            open_trees.extend(entry.value for entry in part.entries if entry.key.text not in ("description", "op"))


# ----------------------------------------------------------------------------------------------------- values


def _value(problem: expansion.WrongParameterValue, text: str, state: State) -> Iterator[Proposal]:
    """Yield a value near the one that is wrong; else what the same parameter has elsewhere in the file."""
    if match := _BRACED.fullmatch(text):
        yield _one(problem, text, match[1])
    if "(from " in problem.found:  # it is calculated: another number would throw that away
        yield from (_one(problem, text, other) for other in _as_integer(text, rounds="round" in (problem.help() or "")))
        return
    word = text.strip("\"'").lower()
    if word != text and word in ("true", "false"):
        yield _one(problem, text, word)
    if text in ("true", "false"):
        yield _one(problem, text, "1" if text == "true" else "0")
    if problem.example and problem.wanted.startswith("a number"):
        yield _one(problem, text, problem.example)
    yield from (_one(problem, text, number) for number in _numbers_near(text.strip("\"'"), problem.wanted))
    yield from (_one(problem, text, value) for value in _values_elsewhere(problem, state))
    if problem.example and not re.search(r"of at least|list", problem.wanted):
        yield _one(problem, text, problem.example)


def _as_integer(text: str, *, rounds: bool) -> Iterator[str]:
    """Yield an expression with an integer as its result, for one with another result."""
    quote = text[0] if text[:1] in ('"', "'") else ""
    plain = text.strip(quote) if quote else text
    rounded = (re.sub(r"(?<!/)/(?!/)", "//", plain), f"round({plain})") if rounds else ()
    for other in (plain.rstrip(", "), *rounded, plain.removeprefix("-")):
        if other != plain:
            yield f'"{other}"' if quote or "," in other else other


def _numbers_near(text: str, wanted: str) -> Iterator[str]:
    """Yield numbers that may be meant by one that is too small, too large, or no integer; and those inside text."""
    try:
        value = float(text)
    except ValueError:
        inside = re.findall(r"\d+", text)
        yield from inside[:1]
        return
    if value < 0:
        yield f"{-value:g}"
    yield from dict.fromkeys((f"{int(value)}", f"{int(value) + 1}") if not value.is_integer() else ())
    bounds = re.findall(r"at (?:least|most) (-?[\d.]+)", wanted)
    yield from sorted(bounds, key=lambda bound: abs(float(bound) - value))
    if re.search(r"less than 1\b", wanted) and value >= 1:
        yield f"{value / 10:g}"


def _values_elsewhere(problem: Any, state: State) -> list[str]:
    return _usual_values(problem.op, problem.name, problem.span, state)


def _usual_values(op_name: str, parameter: str, span: Span | None, state: State) -> list[str]:
    """Return the values that a parameter of an op or block most often has in the file, those of equal nodes first."""
    layout = None if span is None else state.layout(span.path)
    if layout is None or layout.tree is None:
        return []
    found: Counter[str] = Counter()
    faulty = {other.span for other in state.compiled.problems}
    for node in _nodes_in(layout.tree):
        op, value = node.get("op"), node.get(parameter)
        is_same = isinstance(op, Scalar) and op.text == op_name
        if isinstance(value, Scalar | Sequence) and value.span not in faulty:
            found[layout.lines.of(value.span)] += 1000 if is_same else 1
    return [value for value, _ in found.most_common(_MOST_NUMBERS)]


def _nodes_in(tree: Tree) -> Iterator[Mapping]:
    if isinstance(tree, Mapping):
        if tree.get("op") is not None:
            yield tree
        for entry in tree.entries:
            yield from _nodes_in(entry.value)
    elif isinstance(tree, Sequence):
        for item in tree.items:
            yield from _nodes_in(item)


def _missing(problem: expansion.MissingParameter, text: str, state: State) -> Iterator[Proposal]:
    """Yield the values that the parameter has in other nodes of the file."""
    del text
    span = _node_span(problem, state)
    for value in _values_elsewhere(problem, state) if span is not None else ():
        assert span is not None
        yield Proposal(f"{problem.name}: {value}, as elsewhere", (SetKey(span, problem.name, value),))


def _node_span(problem: Problem, state: State) -> Span | None:
    """Return the span of the node whose op stands at the problem's span: that of its name."""
    layout = state.layout(problem.span.path) if problem.span else None
    if layout is None or problem.span is None:
        return None
    return layout.node_around(problem.span)


def _unknown_parameter(problem: expansion.UnknownParameter, text: str, state: State) -> Iterator[Proposal]:
    """Yield the proposal to leave out what is inferred."""
    del text, state
    if problem.span is not None and is_inferred(problem.name):
        yield Proposal(f"without {problem.name}, which is inferred", (RemoveKey(problem.span),))


def _version(problem: spec.UnsupportedVersion, text: str, state: State) -> Iterator[Proposal]:
    del state
    yield _one(problem, text, "1")


def _wrong_kind(problem: spec.WrongKind, text: str, state: State) -> Iterator[Proposal]:
    layout = state.layout(problem.span.path) if problem.span else None
    if problem.span is not None and layout is not None and _DASHES.match(text):
        changes = tuple(_blanks_behind_dashes(problem.span, layout.source.lines()))
        yield Proposal("a blank behind each '-'", changes, certain=True)
    if problem.instead is not None and problem.span is not None:
        yield Proposal(problem.instead, (Replace(problem.span, problem.instead),), certain=True)


def _blanks_behind_dashes(span: Span, lines: list[str]) -> Iterator[Replace]:
    for number in range(span.line, span.end_line + 1):
        if dash := _DASHES.match(lines[number - 1]):
            yield Replace(Span(span.path, number, dash.start(1) + 1, number, dash.end() + 1), "- ")


def _missing_key(problem: spec.MissingKey, text: str, state: State) -> Iterator[Proposal]:
    """Yield a first line with the language's version, or a name after the file's."""
    del text
    source = state.compiled.sources.get(problem.span.path) if problem.span else None
    if source is None or problem.where not in ("the spec", "a file of blocks"):
        return
    stem = re.sub(r"\W", "_", Path(source.path).stem).strip("_") or "network"
    lines = {"archspec": "archspec: 1", "name": f"name: {stem}"}
    if problem.key in lines and problem.span is not None:
        number = problem.span.line + (problem.key == "name")
        place = Span(source.path, number, 1, number, 1)
        yield Proposal(lines[problem.key], (Replace(place, f"{lines[problem.key]}\n"),))


def _else(problem: graph.ElseNeeded, text: str, state: State) -> Iterator[Proposal]:
    """Yield each of the inputs as what passes, the last one first."""
    del text
    layout = state.layout(problem.span.path) if problem.span else None
    node = None if layout is None or problem.span is None else layout.node_around(problem.span)
    for name in reversed(problem.inputs) if node is not None else ():
        assert node is not None
        yield Proposal(f"else: {name}", (SetKey(node, "else", name),))


def _lone_name(problem: expressions.UnknownName, text: str, state: State) -> Iterator[Proposal]:
    """Yield what the parameter has elsewhere, for a name that is all of its value and nothing like another name."""
    layout = state.layout(problem.span.path) if problem.span else None
    place = None if layout is None or problem.span is None else layout.argument_at(problem.span)
    if place is None or text not in (problem.name, f'"{problem.name}"'):
        return
    op, parameter = BY_NAME.get(place[0]), place[1]
    field = None if op is None else op.model_fields.get(parameter)
    if field is not None and not field.is_required() and field.default is not None:
        yield _one(problem, text, flow(field.default))
    yield from (_one(problem, text, value) for value in _usual_values(*place, problem.span, state))


def _index(problem: expressions.IndexOutOfRange, text: str, state: State) -> Iterator[Proposal]:
    """Yield the last index that there is, then those before it."""
    del state
    for index in range(problem.length - 1, max(problem.length - 6, -1), -1):
        new = re.sub(rf"\[\s*{problem.index}\s*\]", f"[{index}]", text)
        yield _one(problem, text, f"{index}" if text.strip() == str(problem.index) else new)


def _count(problem: expansion.BadRepeat, text: str, state: State) -> Iterator[Proposal]:
    """Yield integers near a count that is none, and the counts of other loops."""
    if text in ("true", "false"):
        yield _one(problem, text, "1" if text == "true" else "0")
    yield from (_one(problem, text, value) for value in _usual_values("", "repeat", problem.span, state))
    yield from (_one(problem, text, number) for number in _numbers_near(text.strip("\"'"), "at least 0"))


def _inputs(problem: graph.WrongInputCount, text: str, state: State) -> Iterator[Proposal]:
    """Yield one of the names in place of a list of too many."""
    layout = state.layout(problem.span.path) if problem.span else None
    node = None if layout is None or problem.span is None else layout.node_around(problem.span)
    tree = None if layout is None or node is None else layout.value_at(node)
    source = tree.get("from") if isinstance(tree, Mapping) else None
    del text
    if node is None or layout is None:
        return
    if isinstance(source, Scalar):
        known = layout.names_before(node)
        yield from (
            Proposal(f"from: [{source.text}, {name}]", (Replace(source.span, f"[{source.text}, {name}]"),))
            for name in known[:_MOST_NAMES]
            if name != source.text
        )
    if not isinstance(source, Sequence):
        return
    names = [layout.lines.of(item.span) for item in source.items]
    if problem.wanted.startswith("1 ") and len(names) > 1:
        yield from (Proposal(f"from: {name}", (Replace(source.span, name),)) for name in names)


# ----------------------------------------------------------------------------------------------------- expressions


def _expression(problem: expressions_text.ExpressionSyntax, text: str, state: State) -> Iterator[Proposal]:
    """Yield an expression in Python's words for one in those of C; and one with its brackets closed."""
    layout = state.layout(problem.span.path) if problem.span else None
    scalar_span = None if layout is None or problem.span is None else layout.scalar_around(problem.span)
    del text
    if scalar_span is None or layout is None:
        return
    written = layout.lines.of(scalar_span)
    quote = written[0] if written[:1] in ('"', "'") and written[-1:] == written[:1] else ""
    plain = written.strip(quote) if quote else written
    for other in dict.fromkeys(rewritings(plain)):
        if other != plain:
            # A list in brackets stays one only without quotes, and with them where it is indexed or calculated with.
            is_list = re.fullmatch(r"\[[\d, ]+\]", other) is not None
            marks = "" if is_list else quote or ('"' if _BRACKETS.search(other) else "")
            new = f"{marks}{other}{marks}"
            yield Proposal(f"{other} for {plain}", (Replace(scalar_span, new),))


_SPECIAL: tuple[
    tuple[type[Problem] | tuple[type[Problem], ...], Callable[[Any, str, State], Iterable[Proposal]]], ...
] = (
    ((graph.UnknownNode, graph.ForwardReference), _names),
    (graph.UnknownResult, _results),
    (graph.NameTaken, _taken),
    (yaml_problems.DuplicateKey, _repeated),
    (spec.BadName, _bad_name),
    (expansion.WrongParameterValue, _value),
    (expansion.MissingParameter, _missing),
    (expansion.UnknownParameter, _unknown_parameter),
    (spec.UnsupportedVersion, _version),
    (spec.MissingKey, _missing_key),
    (spec.WrongKind, _wrong_kind),
    (graph.ElseNeeded, _else),
    (expansion.BadRepeat, _count),
    (expressions.UnknownName, _lone_name),
    (expressions.IndexOutOfRange, _index),
    (graph.WrongInputCount, _inputs),
    (expressions_text.ExpressionSyntax, _expression),
)
