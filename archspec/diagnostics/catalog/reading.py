"""Problems of a file as a whole: AS001 to AS009. `archspec.diagnostics.catalog.yaml` lists them with its own."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import printable


@problem_class(frozen=True, kw_only=True)
class NotARegularFile(Problem):
    """A directory, a pipe or a device stands where a file should be.

    Pipes and devices may have no end, and may wait for ever; a spec is read whole or not at all. Standard input is
    read by the name `-`.

    Bad:
        $ archspec check specs

    Good:
        $ archspec check specs/resnet18.yaml
    """

    code: ClassVar[str] = "AS001"
    slug: ClassVar[str] = "not-a-regular-file"
    exit_code: ClassVar[int] = 3

    path: str
    kind: str

    def message(self) -> str:
        return f"cannot read '{printable(self.path, 200)}': it is {self.kind}, not a file"

    def help(self) -> str | None:
        return self.suggestion or "name a file"


@problem_class(frozen=True, kw_only=True)
class FileTooLarge(Problem):
    """A file is far larger than any spec.

    The largest networks take a few hundred lines. A file of megabytes is something else: weights, or a log.

    Bad:
        $ archspec check resnet50.pth

    Good:
        $ archspec check specs/resnet50.yaml
    """

    code: ClassVar[str] = "AS002"
    slug: ClassVar[str] = "file-too-large"

    size: str
    limit: str

    def message(self) -> str:
        return f"the file has {self.size} bytes; the limit is {self.limit}"

    def help(self) -> str | None:
        return self.suggestion or "a spec is text written by hand; give the file that you meant"


@problem_class(frozen=True, kw_only=True)
class WideEncoding(Problem):
    """A file is in UTF-16 or UTF-32, not in UTF-8.

    Some editors and shells on Windows save so: PowerShell's `>` does. Save the file as UTF-8 (with or without a byte
    order mark).

    Bad:
        $ iconv -t UTF-16 specs/resnet18.yaml > wide.yaml; archspec check wide.yaml

    Good:
        $ archspec check specs/resnet18.yaml
    """

    code: ClassVar[str] = "AS003"
    slug: ClassVar[str] = "utf-16"

    def message(self) -> str:
        return "the file is in UTF-16 or UTF-32; specs are UTF-8"

    def help(self) -> str:
        return "save it as UTF-8"


@problem_class(frozen=True, kw_only=True)
class NotUtf8(Problem):
    """A file holds bytes that are not UTF-8.

    It is binary, damaged, or in an old encoding such as Latin-1.

    Bad:
        $ iconv -t LATIN1 notes.yaml > old.yaml; archspec check old.yaml

    Good:
        $ iconv -f LATIN1 -t UTF-8 old.yaml > new.yaml; archspec check new.yaml
    """

    code: ClassVar[str] = "AS004"
    slug: ClassVar[str] = "not-utf-8"

    byte: str

    def message(self) -> str:
        return f"the byte {self.byte} is not UTF-8"

    def help(self) -> str:
        return "save the file as UTF-8"


@problem_class(frozen=True, kw_only=True)
class ControlCharacter(Problem):
    r"""A file holds a character that YAML does not allow, such as NUL or an escape.

    Invisible characters come along when text is copied from terminals and web pages. Inside double quotes, YAML can
    write any character visibly, as an escape.

    Bad:
        $ printf 'archspec: 1\0' > nul.yaml; archspec check nul.yaml

    Good:
        archspec: 1
        name: demo
        description: "an escape: \x1b"
        inputs: {image: [1, 28, 28]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS005"
    slug: ClassVar[str] = "control-character"

    character: str

    def message(self) -> str:
        return f"the character {self.character} is not allowed in YAML"

    def help(self) -> str:
        return "delete it"


PROBLEMS: tuple[type[Problem], ...] = (NotARegularFile, FileTooLarge, WideEncoding, NotUtf8, ControlCharacter)
