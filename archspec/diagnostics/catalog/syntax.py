"""Problems of text that is not YAML: AS010 to AS020. `archspec.diagnostics.catalog.yaml` lists them with its own."""

from __future__ import annotations

import re
from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import printable

# A name as other languages mark it: ${x}, @x, %x, `x`.
_TUPLE = re.compile(r"\(([^()\[\]{}]*,[^()\[\]{}]*)\)")
_MARKED_NAME = re.compile(r"\$\{\s*(\w+)\s*\}|[@%](\w+)|`(\w+)`", re.ASCII)


def tuple_items(text: str) -> str | None:
    """Return the list that is meant by a tuple: `[3, 3]` for `(3, 3)`."""
    found = _TUPLE.fullmatch(text)
    return None if found is None else f"[{found[1].rstrip(', ')}]"


@problem_class(frozen=True, kw_only=True)
class NeedsQuotes(Problem):
    """A value cannot be read as YAML without quotes.

    Inside braces and brackets, `[`, `{` and `,` belong to YAML, and some characters cannot begin a value anywhere.
    Quotes change nothing else: "depths[0]" is still an expression.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        params: {depths: [2, 3]}
        graph:
          body: {op: relu, repeat: depths[0]}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        params: {depths: [2, 3]}
        graph:
          body: {op: relu, repeat: "depths[0]"}
    """

    code: ClassVar[str] = "AS010"
    slug: ClassVar[str] = "needs-quotes"

    text: str
    character: str

    def message(self) -> str:
        if tuple_items(self.text) is not None:
            return f"a list stands in brackets, not in parentheses: {printable(self.text)}"
        return f"this value needs quotes: YAML gives '{printable(self.character)}' in it a meaning of its own"

    def help(self) -> str:
        if self.suggestion is not None:
            return self.suggestion
        if (items := tuple_items(self.text)) is not None:
            return f"write {printable(items)}"
        name = _MARKED_NAME.fullmatch(self.text)
        if name is not None:
            return f"write the name alone: {next(part for part in name.groups() if part)}"
        return f"write {_quoted(self.text)}"


@problem_class(frozen=True, kw_only=True)
class TabIndentation(Problem):
    r"""A line is indented with a tab.

    How wide a tab is depends on the editor, so YAML allows only spaces there.

    Bad:
        $ printf 'archspec: 1\ngraph:\n\trelu: relu\n' > tab.yaml; archspec check tab.yaml

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
    """

    code: ClassVar[str] = "AS011"
    slug: ClassVar[str] = "tab-indentation"

    def message(self) -> str:
        return "a tab cannot indent a line in YAML"

    def help(self) -> str:
        return "use spaces"


@problem_class(frozen=True, kw_only=True)
class UnclosedBracket(Problem):
    """A bracket or brace is not closed before the file ends.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph: {relu: relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS012"
    slug: ClassVar[str] = "unclosed-bracket"

    bracket: str
    closing: str

    def message(self) -> str:
        return f"this '{self.bracket}' is never closed"

    def help(self) -> str:
        return f"put the '{self.closing}' where its contents end"


@problem_class(frozen=True, kw_only=True)
class UnexpectedInBrackets(Problem):
    """Brackets or braces hold something that does not fit: a comma is missing, or the wrong bracket closes them.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          conv: {op: conv, out_channels: 8 kernel_size: 3}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3}
    """

    code: ClassVar[str] = "AS013"
    slug: ClassVar[str] = "unexpected-in-brackets"

    found: str
    closing: str

    def message(self) -> str:
        return f"expected ',' or '{self.closing}' before '{printable(self.found)}'"

    def help(self) -> str | None:
        return self.suggestion or "put a comma between the entries, or close with the bracket that was opened"


@problem_class(frozen=True, kw_only=True)
class UnclosedQuote(Problem):
    """A quote is not closed before the file ends.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        description: "a demo
        graph:
          relu: relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        description: "a demo"
        graph:
          relu: relu
    """

    code: ClassVar[str] = "AS014"
    slug: ClassVar[str] = "unclosed-quote"

    quote: str

    def message(self) -> str:
        return f"this {self.quote} is never closed"

    def help(self) -> str | None:
        return self.suggestion or f"add the closing {self.quote}"


@problem_class(frozen=True, kw_only=True)
class BadEscape(Problem):
    r"""A backslash in double quotes is followed by something that is no escape.

    In single quotes a backslash is a backslash.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        description: "C:\data"
        graph:
          relu: relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        description: 'C:\data'
        graph:
          relu: relu
    """

    code: ClassVar[str] = "AS015"
    slug: ClassVar[str] = "bad-escape"

    def message(self) -> str:
        return "this backslash begins no escape that YAML knows"

    def help(self) -> str:
        return "write it twice, or use single quotes"


@problem_class(frozen=True, kw_only=True)
class UnexpectedColon(Problem):
    """A colon stands where no key can be.

    A value on the same line as its key cannot be a mapping itself, and text with a colon and a space in it needs
    quotes.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: op: relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: {op: relu}
    """

    code: ClassVar[str] = "AS016"
    slug: ClassVar[str] = "unexpected-colon"

    def message(self) -> str:
        return "a key cannot stand here: its line, or the one before, already has a value"

    def help(self) -> str:
        return "put the mapping in braces or on lines of its own, deeper indented; put text with ': ' in it in quotes"


@problem_class(frozen=True, kw_only=True)
class MissingColon(Problem):
    """A line of a mapping has no colon.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3}
          relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3}
          relu: relu
    """

    code: ClassVar[str] = "AS017"
    slug: ClassVar[str] = "missing-colon"

    text: str

    def message(self) -> str:
        return f"expected ':' after '{printable(self.text)}'"

    def help(self) -> str | None:
        return self.suggestion or "write key: value, with a blank behind the colon"


@problem_class(frozen=True, kw_only=True)
class UnexpectedDash(Problem):
    """A dash stands where no item of a list can be.

    A list starts on a line of its own, or is written in brackets.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph: - relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          - relu
    """

    code: ClassVar[str] = "AS018"
    slug: ClassVar[str] = "unexpected-dash"

    def message(self) -> str:
        return "a list cannot start on this line"

    def help(self) -> str:
        return "start it on the next line, or write it in brackets; put a value that begins with '- ' in quotes"


@problem_class(frozen=True, kw_only=True)
class BadIndentation(Problem):
    """A line fits no mapping or list around it.

    Keys of one mapping, and dashes of one list, stand in the same column.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
            relu: relu
          drop: dropout

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
          drop: dropout
    """

    code: ClassVar[str] = "AS019"
    slug: ClassVar[str] = "bad-indentation"

    def message(self) -> str:
        return "this line fits none of the mappings and lists before it"

    def help(self) -> str:
        return "indent it like its siblings"


@problem_class(frozen=True, kw_only=True)
class YamlSyntax(Problem):
    """A file is not YAML.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph: ]

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph: [relu]
    """

    code: ClassVar[str] = "AS020"
    slug: ClassVar[str] = "yaml-syntax"

    reason: str

    def message(self) -> str:
        return f"this is not YAML: {printable(self.reason, 200)}"

    def help(self) -> str | None:
        return self.suggestion or "put quotes around special characters, and check the indentation of this line"


PROBLEMS: tuple[type[Problem], ...] = (
    NeedsQuotes,
    TabIndentation,
    UnclosedBracket,
    UnexpectedInBrackets,
    UnclosedQuote,
    BadEscape,
    UnexpectedColon,
    MissingColon,
    UnexpectedDash,
    BadIndentation,
    YamlSyntax,
)


def _quoted(text: str) -> str:
    """Return the text as YAML in quotes, or the advice to put it there where it has quotes of both kinds."""
    shown = printable(text)
    if '"' not in shown and "\\" not in shown:
        return f'"{shown}"'
    return f"'{shown}'" if "'" not in shown else "the value in quotes, those within it doubled"
