"""What is wrong with text that is not YAML.

libyaml says "did not find expected ',' or '}'" to whoever writes `{repeat: depths[0]}`. The text around the place of
the error tells what the author meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yaml.error import MarkedYAMLError

from archspec.source.fault import YamlFault
from archspec.source.span import extent

if TYPE_CHECKING:
    from yaml.error import YAMLError

    from archspec.source.span import SourceFile, Span

_MAX_SNIPPET = 100
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_INDENTATION = re.compile("[ \t]*")

# Of the scanner's messages, those that say enough by themselves.
_BY_MESSAGE = (
    ("unknown escape character", "bad-escape"),
    ("Unicode character escape", "bad-escape"),
    ("hexdecimal number", "bad-escape"),  # libyaml's spelling
    ("mapping values are not allowed", "unexpected-colon"),
    ("could not find expected ':'", "missing-colon"),
    ("block sequence entries are not allowed", "unexpected-dash"),
    ("did not find expected key", "bad-indentation"),
    ("did not find expected '-' indicator", "bad-indentation"),
    ("directive", "yaml-directive"),
    ("incompatible YAML document", "yaml-directive"),
    (" tag", "yaml-tag"),
)

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'", re.DOTALL)
_STUCK_KEY = re.compile(r"[ \t]*(?:- +)*([\w.-]+)(?::| +)(?=[{\[])")
_NO_KEY = re.compile(r"[ \t]*(?:- +)*([\w.-]+)(?:[ \t]+[^:#\n]*)?(?:#[^\n]*)?\r?")
_NEXT_KEY = re.compile(r"[\w.-]+:[ \t]")
_IN_BRACKETS = ("did not find expected ','", "did not find expected node")
_AFTER_VALUE = tuple(f"did not find expected {what}" for what in ("',' or", "key", "<document start>"))


@dataclass(frozen=True, slots=True)
class Context:
    """What had been read when the error came up, as indices into the text.

    Attributes:
        bracket: where the innermost open `[` or `{` stands.
        value: where the last value starts whose end has been seen, if it is of a kind that text can follow by mistake:
            a plain or quoted scalar, or a list or mapping in brackets.
    """

    bracket: int | None
    value: int | None


def unquoted(source: SourceFile, start: int, character: str) -> YamlFault:
    """Return the fault of a value at `start` that YAML cannot read without quotes, because of `character`."""
    snippet = _snippet(source.text, start)
    return YamlFault("needs-quotes", source.span_at(start, start + len(snippet)), text=snippet, character=character)


def explain(source: SourceFile, error: YAMLError, context: Context) -> YamlFault:
    """Return the fault that fits an error of the YAML scanner or parser."""
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return YamlFault("yaml-syntax", source.span(), reason=str(error))
    return _Explainer(source, error, context).fault()


class _Explainer:
    """Looks at the text around one error."""

    def __init__(self, source: SourceFile, error: MarkedYAMLError, context: Context) -> None:
        self.source = source
        self.text = source.text
        self.problem = error.problem or ""
        self.index = min(error.problem_mark.index if error.problem_mark else 0, len(self.text))
        self.started = self.index if error.context_mark is None else min(error.context_mark.index, len(self.text))
        self.about = error.context or ""
        self.context = context

    def fault(self) -> YamlFault:
        return (
            self.tab()
            or self.unclosed()
            or self.reserved_character()
            or self.unclosed_earlier()
            or self.text_after_value()
            or self.closes_nothing()
            or self.between_items()
            or self.other()
        )

    def here(self) -> Span:
        return self.source.span_at(self.index, min(self.index + 1, len(self.text)))

    def tab(self) -> YamlFault | None:
        """A tab where spaces belong: at the place itself, or in the indentation before it."""
        if self.context.bracket is None:
            line_start = self.index - self.here().column + 1
            indentation = _INDENTATION.match(self.text, line_start)
            tab = self.text.find("\t", line_start, indentation.end() if indentation else line_start)
            if tab >= 0:
                return YamlFault("tab-indentation", self.source.span_at(tab, tab + 1))
        if self.text[self.index : self.index + 1] == "\t":
            return YamlFault("tab-indentation", self.here())
        return None

    def unclosed(self) -> YamlFault | None:
        if "quoted scalar" in self.about and ("end of stream" in self.problem or "document" in self.problem):
            return YamlFault(
                "unclosed-quote", self.source.span_at(self.started, self.started + 1), quote=self.text[self.started]
            )
        bracket = self.context.bracket
        if bracket is None or self.text[self.index :].strip():
            return None
        opened = self.text[bracket]
        return YamlFault(
            "unclosed-bracket", self.source.span_at(bracket, bracket + 1), bracket=opened, closing=_PAIRS[opened]
        )

    def unclosed_earlier(self) -> YamlFault | None:
        """A quote or a bracket that was left open: what reads on is a line of the mapping around it."""
        start, bracket = self.context.value, self.context.bracket
        if start is not None and (quoted := _QUOTED.match(self.text, start)):
            reads_on = extent(quoted[0])[0] > 0 and quoted.end() == self.index
            if reads_on and self.text[self.index : self.index + 1] not in ",:]}":
                return YamlFault("unclosed-quote", self.source.span_at(start, start + 1), quote=self.text[start])
        if bracket is None or not self.problem.startswith(_IN_BRACKETS):
            return None
        opening, here = (self._indent(self._line_start(index)) for index in (bracket, self.index))
        if self._line_start(bracket) == self._line_start(self.index) or here > opening:
            return None
        opened = self.text[bracket]
        return YamlFault(
            "unclosed-bracket", self.source.span_at(bracket, bracket + 1), bracket=opened, closing=_PAIRS[opened]
        )

    def _line_start(self, index: int) -> int:
        return index - extent(self.text[:index])[1]

    def _indent(self, line_start: int) -> int:
        indentation = _INDENTATION.match(self.text, line_start)
        return 0 if indentation is None else indentation.end() - line_start

    def stuck_key(self) -> YamlFault | None:
        """A key without a colon, or without a blank behind it: here before braces (`conv {op: conv}`), or above."""
        start = self._line_start(self.index)
        key = _STUCK_KEY.match(self.text, start)
        if key is None and start:
            above = _NO_KEY.fullmatch(self.text, self._line_start(start - 1), start - 1)
            key = above if above and self._indent(above.start()) == self._indent(start) else None
        if key is None:
            return None
        return YamlFault("missing-colon", self.source.span_at(key.start(1), key.end(1)), text=key[1])

    def closes_nothing(self) -> YamlFault | None:
        """A bracket too many."""
        character = self.text[self.index : self.index + 1]
        if self.context.bracket is not None or character not in ("]", "}") or "tag" in self.about:
            return None
        return YamlFault("yaml-syntax", self.here(), reason=f"this '{character}' closes no bracket")

    def reserved_character(self) -> YamlFault | None:
        """A value that starts with a character to which YAML gives a meaning: `@x`, `%x`, a backtick, `* 2`, `> 3`."""
        start = self.started if any(what in self.about for what in ("alias", "anchor", "block scalar")) else None
        if "cannot start any token" in self.problem or "mapping keys are not allowed" in self.problem:
            start = self.index
        elif "node content" in self.problem and self.text[self.index : self.index + 1] == ",":
            start = self.index if self.context.bracket is None else None
        return None if start is None else unquoted(self.source, start, self.text[start])

    def text_after_value(self) -> YamlFault | None:
        """Text right after a finished value: `depths[0]` in braces, `"a" + b`, `[1, 2][i]`."""
        start, character = self.context.value, self.text[self.index : self.index + 1]
        if start is None or character in ("", ":", "]", "}") or not self.problem.startswith(_AFTER_VALUE):
            return None
        if character == "," and self.context.bracket is None and self.text[start] in "[{\"'":
            reason, advice = "a comma stands between entries in brackets only", "leave the comma out"
            return YamlFault("yaml-syntax", self.here(), reason=reason, suggestion=advice)
        if self.context.bracket is not None and character not in "[{" and self.text[start] not in "[{\"'":
            return None
        if self.context.bracket is not None and _NEXT_KEY.match(self.text, self.index):
            return None  # a comma is missing
        return None if self.started_on_an_earlier_line(start) else unquoted(self.source, start, character)

    def started_on_an_earlier_line(self, start: int) -> bool:
        return self.source.span_at(start).line != self.source.span_at(self.index).line

    def between_items(self) -> YamlFault | None:
        bracket = self.context.bracket
        if bracket is None or not self.problem.startswith(_IN_BRACKETS):
            return None
        opened = self.text[bracket]
        semicolon = self.text.find(";", max(bracket, self._line_start(self.index)), self.index)
        if semicolon >= 0:
            self.index = semicolon
        return YamlFault(
            "unexpected-in-brackets",
            self.here(),
            self.source.span_at(bracket, bracket + 1),
            found=self.text[self.index],
            closing=_PAIRS[opened],
        )

    def other(self) -> YamlFault:
        message = f"{self.about} {self.problem}".strip()
        slug = next((slug for words, slug in _BY_MESSAGE if words in message), "yaml-syntax")
        if slug == "unexpected-colon" and (stuck := self.stuck_key()):
            return stuck
        if slug == "yaml-syntax":
            return YamlFault(slug, self.here(), reason=message)
        if slug == "yaml-tag":
            return YamlFault(slug, self.source.span_at(self.started), tag=_snippet(self.text, self.started))
        if slug == "missing-colon":
            snippet = _snippet(self.text, self.started)
            return YamlFault(slug, self.source.span_at(self.started, self.started + len(snippet)), text=snippet)
        return YamlFault(slug, self.here())


def _snippet(text: str, start: int) -> str:
    """Return the value that someone meant to write at `start`: up to a comma, or a closing bracket, of the outside."""
    closing: list[str] = []
    end = start
    while end < min(len(text), start + _MAX_SNIPPET) and text[end] not in "\n\r\x85\u2028\u2029":
        character = text[end]
        if character in _PAIRS:
            closing.append(_PAIRS[character])
        elif closing and character == closing[-1]:
            closing.pop()
        elif not closing and end > start and (character in ",]}" or text.startswith(" #", end)):
            break
        end += 1
    return text[start:end].rstrip()
