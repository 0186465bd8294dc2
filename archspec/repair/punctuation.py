"""What probably makes YAML of text that is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog import syntax
from archspec.diagnostics.catalog import yaml as yaml_problems
from archspec.diagnostics.proposal import Proposal, Replace
from archspec.diagnostics.text import in_ascii
from archspec.source.span import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archspec.diagnostics.problem import Problem
    from archspec.repair.trial import State

_BRACKETS = {"[": "]", "{": "}"}
_NEAR = 30  # lines above whose indentation may be meant
_COMMENT = re.compile(r"(?:^|\s)#")
_MOST_PLACES = 24
_TOP_KEY = re.compile(r"^([\w-]+):", re.MULTILINE)
_TERNARY = re.compile(r"(?<=: )([^,{}?#]+?)\s*\?\s*([^,{}:#]+?)\s*:\s*([^,{}#]+?)(?=\s*(?:[,}#]|$))")


def punctuated(problem: Problem, state: State) -> Iterator[Proposal]:
    """Yield edits of the text around a place where it is no YAML, the likeliest first."""
    source = None if problem.span is None else state.compiled.sources.get(problem.span.path)
    if source is None or problem.span is None:
        return
    for kind, make in _BY_KIND:
        if isinstance(problem, kind):
            yield from _in_ascii(_Text(source.lines(), problem.span))
            yield from make(_Text(source.lines(), problem.span), problem)


class _Text:
    """The lines of a file, and the place of a fault in them."""

    def __init__(self, lines: list[str], span: Span) -> None:
        self.lines = lines
        self.span = span

    @property
    def line(self) -> str:
        return self.at(self.span.line)

    def at(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def here(self) -> str:
        """Return the marked text, if it is on one line."""
        return (
            self.line[self.span.column - 1 : self.span.end_column - 1] if self.span.line == self.span.end_line else ""
        )

    def edit(self, said: str, new: str, start: int, end: int | None = None, line: int | None = None) -> Proposal:
        """Return the proposal to write text in place of columns (from 1, the end not included) of a line."""
        number = line or self.span.line
        return Proposal(said, (Replace(Span(self.span.path, number, start, number, end or start), new),))

    def indent(self, number: int) -> int:
        return len(self.at(number)) - len(self.at(number).lstrip(" "))

    def indents_above(self, number: int) -> list[int]:
        """Return the indentations of the lines above, the nearest first."""
        above = range(number - 1, max(number - _NEAR, 0), -1)
        return list(dict.fromkeys(self.indent(other) for other in above if self.at(other).strip()))

    def content_end(self, number: int) -> int:
        """Return the column behind the last character of a line that is no comment, space or comma."""
        line = self.at(number)
        comment = _COMMENT.search(line)
        return len((line[: comment.start()] if comment else line).rstrip().rstrip(",").rstrip()) + 1


# ----------------------------------------------------------------------------------------------------- faults


def _in_ascii(text: _Text) -> Iterator[Proposal]:
    """Yield characters of ASCII in place of those that look like them: near the fault, then in the whole file."""
    here = range(max(text.span.line - 1, 1), text.span.line + 1)
    for lines in (here, range(1, len(text.lines) + 1)):
        strange = [(number, line[: _content(line)]) for number in lines if not (line := text.at(number)).isascii()]
        changes = tuple(
            Replace(Span(text.span.path, number, 1, number, len(line) + 1), in_ascii(line))
            for number, line in strange
            if in_ascii(line) != line
        )
        if changes:
            yield Proposal("characters of ASCII", changes, certain=True)


def _content(line: str) -> int:
    comment = _COMMENT.search(line)
    return comment.start() if comment else len(line)


def _ternary(text: _Text) -> Iterator[Proposal]:
    """Yield `a if c else b` for `c ? a : b`."""
    for number in (text.span.line, text.span.line - 1):
        if found := _TERNARY.search(text.at(number)):
            new = f"{found[2]} if {found[1]} else {found[3]}"
            yield text.edit(new, new, found.start() + 1, found.end() + 1, line=number)


def _quoted(text: _Text, problem: syntax.NeedsQuotes) -> Iterator[Proposal]:
    shown = text.here() or problem.text
    if (items := syntax.tuple_items(shown)) is not None:
        yield text.edit(items, items, text.span.column, text.span.end_column)
    start = text.span.column
    for end in dict.fromkeys((start + len(shown), text.content_end(text.span.line))):
        content = text.line[start - 1 : end - 1]
        plain = content[1:] if content.startswith("*") and len(content) > 1 else content
        quoted = '"' + content.replace("\\", "\\\\").replace('"', '\\"') + '"'
        yield text.edit(f"{content} in quotes", quoted, start, end)
        bare = re.fullmatch(r"\$\{(.+)\}|@(\w+)|\*(\w+)|%(\w+)|`(.+)`", content)
        if bare:
            yield text.edit(f"{plain} as a name", next(part for part in bare.groups() if part), start, end)


def _tabs(text: _Text, problem: Problem) -> Iterator[Proposal]:
    del problem
    tabbed = [number for number in range(1, len(text.lines) + 1) if re.match(r" *\t", text.at(number))]
    for width in (2, 4, 8):
        changes = tuple(_spaces(text, number, width) for number in tabbed)
        if len(changes) > 1:
            yield Proposal(f"{width} spaces for each tab", changes)
    number = text.span.line
    wide = len(text.at(number)) - len(text.at(number).lstrip(" \t"))
    above = text.indents_above(number)
    for indent in dict.fromkeys((*above[:1], above[0] + 2 if above else 2, *above, 4, 8)):
        yield text.edit(f"{indent} spaces", " " * indent, 1, wide + 1)
    yield text.edit("a space for the tab", " ", text.span.column, text.span.column + 1)


def _spaces(text: _Text, number: int, width: int) -> Replace:
    line = text.at(number)
    lead = line[: len(line) - len(line.lstrip(" \t"))]
    return Replace(Span(text.span.path, number, 1, number, len(lead) + 1), lead.replace("\t", " " * width))


def _unclosed(text: _Text, problem: syntax.UnclosedBracket) -> Iterator[Proposal]:
    """Yield the closing bracket at the end of the line that opens it, then of those below, and within the line."""
    first = text.span.line
    said = f"{problem.closing} behind {problem.bracket}"
    for number in range(first, min(first + 12, len(text.lines)) + 1):
        if text.at(number).strip():
            yield text.edit(said, problem.closing, text.content_end(number), line=number)
    yield from _within(text, problem.closing, text.span.column, said)
    yield text.edit(f"without {problem.bracket}", "", text.span.column, text.span.column + 1)


def _within(text: _Text, closing: str, start: int, said: str) -> Iterator[Proposal]:
    """Yield a bracket before each comma, bracket and colon of the line behind a column, the first one first."""
    line = text.line
    places = [index for index in range(start, len(line)) if line[index] in ",]}:"]
    yield from (text.edit(said, closing, index + 1) for index in places[:_MOST_PLACES])


def _in_brackets(text: _Text, problem: syntax.UnexpectedInBrackets) -> Iterator[Proposal]:
    """Yield a bracket that closes, a comma, another bracket for the one found, and the line without it."""
    column, found = text.span.column, problem.found
    if found == ";":
        line = text.line
        yield text.edit("commas for semicolons", line.replace(";", ","), 1, len(line) + 1)
    yield from _ternary(text)
    if found in "]}":
        yield text.edit(f"{problem.closing} before {found}", problem.closing, column)
        yield text.edit(f"{problem.closing} for {found}", problem.closing, column, column + 1)
        yield text.edit(f"without {found}", "", column, column + 1)
    words = re.search(r"\S(\s+)[\w.-]+\s*$", text.line[: column - 1])
    if words is not None and found == ":":
        yield text.edit("a comma", ", ", words.start(1) + 1, words.end(1) + 1)
    before = text.line[: column - 1]
    gap = len(before) - len(before.rstrip())
    if before.strip():
        yield text.edit("a comma", ", ", column - gap, column)
    for number in range(text.span.line - 1, max(text.span.line - 8, 0), -1):
        if text.at(number).strip():
            yield text.edit(
                f"{problem.closing} at the end of the line", problem.closing, text.content_end(number), line=number
            )
            yield text.edit("a comma", ",", text.content_end(number), line=number)
            break
    opened = [index for index in range(column - 1) if text.line[index] in "[{"]
    if opened:
        yield from _within(text, problem.closing, opened[-1] + 1, f"{problem.closing} behind {text.line[opened[-1]]}")
    if found in ",:":
        yield text.edit(f"without {found}", "", column, column + 1)
    yield from _space_behind_colons(text, text.span.line)


def _unclosed_quote(text: _Text, problem: syntax.UnclosedQuote) -> Iterator[Proposal]:
    start, line = text.span.column, text.line
    said = f"{problem.quote} behind the text"
    places = [index + 1 for index in range(start, len(line)) if line[index] in ",]}"]
    end = text.content_end(text.span.line)
    yield from (text.edit(said, problem.quote, column) for column in (*places[:_MOST_PLACES], end))
    yield text.edit(f"without {problem.quote}", "", start, start + 1)


def _escape(text: _Text, problem: Problem) -> Iterator[Proposal]:
    del problem
    for column in dict.fromkeys((text.span.column, text.span.column - 1)):
        if text.line[column - 1 : column] == "\\":
            yield text.edit("a second backslash", "\\", column)


def _colon(text: _Text, problem: Problem) -> Iterator[Proposal]:
    """Yield quotes around what stands behind the line's first colon; and the line's value on a line of its own."""
    del problem
    yield from _ternary(text)
    line = text.line
    colon = re.search(r":\s+", line)
    if colon is not None:
        end = text.content_end(text.span.line)
        value = line[colon.end() : end - 1]
        quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        yield text.edit("quotes around the text", quoted, colon.end() + 1, end)
    yield from _indented(text, text.span.line)
    yield from _missing_colon_in(text, text.span.line)
    if text.span.line > 1:
        yield from _missing_colon_in(text, text.span.line - 1)
        above = text.span.line - 1
        yield from _indented(text, above)


def _missing_colon(text: _Text, problem: Problem) -> Iterator[Proposal]:
    del problem
    for number in (text.span.line, text.span.line - 1, text.span.line + 1):
        if number > 0:
            yield from _missing_colon_in(text, number)
    yield from _indented(text, text.span.line)


def _missing_colon_in(text: _Text, number: int) -> Iterator[Proposal]:
    """Yield a colon behind the first word of a line, or a space behind a colon or a dash."""
    if equals := re.match(r"\s*(?:- )?[\w.-]+(\s*=\s*)(?=[^=\s])", text.at(number)):
        yield text.edit("a colon for =", ": ", equals.start(1) + 1, equals.end(1) + 1, line=number)
    if dash := re.match(r"\s*-(?=\w)", text.at(number)):
        yield text.edit("a blank behind -", " ", dash.end() + 1, line=number)
    yield from _space_behind_colons(text, number)
    word = re.match(r"\s*(?:- )?([\w.-]+)(?=\s|$)", text.at(number))
    if word is not None:
        yield text.edit(f"a colon behind {word[1]}", ":", word.end() + 1, line=number)


def _space_behind_colons(text: _Text, number: int) -> Iterator[Proposal]:
    for colon in re.finditer(r"(?<=\w):(?=[^\s])", text.at(number)):
        yield text.edit("a space behind the colon", " ", colon.end() + 1, line=number)


def _indentation(text: _Text, problem: Problem) -> Iterator[Proposal]:
    """Yield other indentations of the line, and of the one above, as lines near it have them."""
    del problem
    stray = text.line[text.span.column - 1 : text.span.column]
    if stray in ("]", "}", ","):
        yield text.edit(f"without {stray}", "", text.span.column, text.span.column + 1)
    yield from _indented(text, text.span.line)
    above = next((number for number in range(text.span.line - 1, 0, -1) if text.at(number).strip()), None)
    if above is not None:
        yield from _missing_colon_in(text, above)
        yield from _indented(text, above)
    yield from _missing_colon_in(text, text.span.line)


def _indented(text: _Text, number: int) -> Iterator[Proposal]:
    now = text.indent(number)
    below = [text.indent(other) for other in range(number + 1, number + 4) if text.at(other).strip()]
    others = dict.fromkeys((*below[:1], *text.indents_above(number)))
    near = sorted((indent for indent in others if indent != now), key=lambda indent: abs(indent - now))
    for indent in dict.fromkeys((*near[:6], now + 2, max(now - 2, 0))):
        if indent != now:
            yield text.edit(f"an indentation of {indent}", " " * indent, 1, now + 1, line=number)


def _tag(text: _Text, problem: Problem) -> Iterator[Proposal]:
    del problem
    negated = re.match(r"!(\w+(?:\.\w+)*)(?=[\s,}\]]|$)", text.line[text.span.column - 1 :])
    if negated is not None:
        yield text.edit(f"not {negated[1]}", f"not {negated[1]}", text.span.column, text.span.column + negated.end())
    tag = re.match(r"!\S*\s*", text.line[text.span.column - 1 :])
    if tag is not None:
        yield text.edit("without the tag", "", text.span.column, text.span.column + tag.end())
    yield text.edit("quotes", '"', text.span.column)


def _alias(text: _Text, problem: yaml_problems.UnknownAlias) -> Iterator[Proposal]:
    yield text.edit(f"{problem.name} as a name", problem.name, text.span.column, text.span.end_column)


def _documents(text: _Text, problem: Problem) -> Iterator[Proposal]:
    del problem
    keys = [_TOP_KEY.findall("\n".join(part)) for part in (text.lines[: text.span.line], text.lines[text.span.line :])]
    if not set(keys[0]) & set(keys[1]):  # otherwise these are two specs
        yield text.edit("without the line", "", 1, len(text.line) + 1)


def _braces(text: _Text, problem: Problem) -> Iterator[Proposal]:
    """Yield the name in `{{ name }}`, as templates write it."""
    del problem
    if found := re.search(r"\{\{\s*([\w.]+)\s*\}\}", text.line):
        yield text.edit(f"{found[1]} as a name", found[1], found.start() + 1, found.end() + 1)


_BY_KIND: tuple[tuple[type[Problem], Callable[[_Text, Any], Iterable[Proposal]]], ...] = (
    (syntax.NeedsQuotes, _quoted),
    (syntax.TabIndentation, _tabs),
    (syntax.UnclosedBracket, _unclosed),
    (syntax.UnexpectedInBrackets, _in_brackets),
    (syntax.UnclosedQuote, _unclosed_quote),
    (syntax.BadEscape, _escape),
    (syntax.UnexpectedColon, _colon),
    (syntax.MissingColon, _missing_colon),
    (syntax.UnexpectedDash, _indentation),
    (syntax.BadIndentation, _indentation),
    (syntax.YamlSyntax, _indentation),
    (yaml_problems.YamlTag, _tag),
    (yaml_problems.UnknownAlias, _alias),
    (yaml_problems.SeveralDocuments, _documents),
    (yaml_problems.KeyNotScalar, _braces),
)
