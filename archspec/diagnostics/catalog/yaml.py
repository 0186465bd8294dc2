"""Problems of YAML, before it means anything: AS001 to AS039. Those of this file begin at AS021."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from archspec.diagnostics.catalog import reading, syntax
from archspec.diagnostics.problem import Note, Problem, problem_class
from archspec.diagnostics.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.source.fault import YamlFault


@problem_class(frozen=True, kw_only=True)
class SeveralDocuments(Problem):
    """A file holds more than one YAML document.

    A spec is a file.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
        ---
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
    """

    code: ClassVar[str] = "AS021"
    slug: ClassVar[str] = "several-documents"

    def message(self) -> str:
        return "a second document starts here; a file holds one spec"

    def help(self) -> str:
        return "put it in a file of its own"


@problem_class(frozen=True, kw_only=True)
class YamlDirective(Problem):
    """A file begins with a directive, such as `%YAML 1.1`.

    Specs are always read by the rules of YAML 1.2, and have no tags.

    Bad:
        %YAML 1.1
        ---
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
    """

    code: ClassVar[str] = "AS022"
    slug: ClassVar[str] = "yaml-directive"

    def message(self) -> str:
        return "directives are not part of specs"

    def help(self) -> str:
        return "delete the line"


@problem_class(frozen=True, kw_only=True)
class YamlTag(Problem):
    """A value has a tag, such as `!!int` or `!python/object`.

    Tags make some YAML loaders run code. What type a value has follows from where it stands.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          conv: {op: conv, out_channels: !!int "8", kernel_size: 3}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3}
    """

    code: ClassVar[str] = "AS023"
    slug: ClassVar[str] = "yaml-tag"

    tag: str

    def message(self) -> str:
        return f"the tag '{printable(self.tag)}' is not allowed"

    def help(self) -> str:
        return "delete it; put text that begins with '!' in quotes, and write 'not' in an expression"


@problem_class(frozen=True, kw_only=True)
class MergeKey(Problem):
    """A mapping uses the merge key `<<`.

    It is no longer part of YAML, and readers cannot see what ends up in the mapping. Blocks with parameters say the
    same with names.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          conv1: &conv {op: conv, out_channels: 8, kernel_size: 3}
          conv2: {<<: *conv, out_channels: 16}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        blocks:
          unit:
            params: {channels: int}
            graph:
              conv: {op: conv, out_channels: channels, kernel_size: 3}
        graph:
          conv1: {op: unit, channels: 8}
          conv2: {op: unit, channels: 16}
    """

    code: ClassVar[str] = "AS024"
    slug: ClassVar[str] = "merge-key"

    def message(self) -> str:
        return "the merge key '<<' is not part of YAML 1.2"

    def help(self) -> str:
        return "make it a block with params, and use that"


@problem_class(frozen=True, kw_only=True)
class DuplicateKey(Problem):
    """A mapping has the same key twice.

    Most YAML readers silently keep the last. `1`, `1.0` and `"1"` are the same key, and so are `true` and `True`.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
          relu: silu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
          silu: silu
    """

    code: ClassVar[str] = "AS025"
    slug: ClassVar[str] = "duplicate-key"

    key: str
    first: str

    def message(self) -> str:
        return _duplicate(self.key, self.first)

    def help(self) -> str:
        return "keep one of the two"


@problem_class(frozen=True, kw_only=True)
class KeyNotScalar(Problem):
    """A key is a list or a mapping.

    Names of nodes and parameters are plain words.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          [relu, silu]: relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
    """

    code: ClassVar[str] = "AS026"
    slug: ClassVar[str] = "key-not-scalar"

    kind: str

    def message(self) -> str:
        return f"a {self.kind} cannot be a key"

    def help(self) -> str:
        return self.suggestion or "use a plain word; put text that begins with a bracket in quotes"


@problem_class(frozen=True, kw_only=True)
class UnknownAlias(Problem):
    """An alias (`*name`) has no anchor (`&name`) before it.

    Text that begins with `*` needs quotes.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          conv: {op: conv, out_channels: *width, kernel_size: 3}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        params: {width: 8}
        graph:
          conv: {op: conv, out_channels: width, kernel_size: 3}
    """

    code: ClassVar[str] = "AS027"
    slug: ClassVar[str] = "unknown-alias"

    name: str

    def message(self) -> str:
        return f"no anchor '&{printable(self.name)}' stands before this alias"

    def help(self) -> str:
        return "write the parameter's name alone; put text that begins with '*' in quotes"


@problem_class(frozen=True, kw_only=True)
class RecursiveAlias(Problem):
    """An alias stands inside the value that it repeats.

    Such a value would have no end.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph: &all
          relu: relu
          again: *all

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          relu: relu
    """

    code: ClassVar[str] = "AS028"
    slug: ClassVar[str] = "recursive-alias"

    name: str

    def message(self) -> str:
        return f"'*{printable(self.name)}' stands inside of its own anchor"

    def help(self) -> str | None:
        return self.suggestion or "write the value out; a value cannot contain itself"


@problem_class(frozen=True, kw_only=True)
class TooManyAnchors(Problem):
    """A file has more anchors than any spec needs.

    Bad:
        $ (for i in $(seq 1001); do echo "- &a$i x"; done) > anchors.yaml; archspec check anchors.yaml

    Good:
        $ archspec check specs/resnet18.yaml
    """

    code: ClassVar[str] = "AS029"
    slug: ClassVar[str] = "too-many-anchors"

    limit: str

    def message(self) -> str:
        return f"there are more than {self.limit} anchors"

    def help(self) -> str | None:
        return self.suggestion or "use a block with parameters for what repeats"


@problem_class(frozen=True, kw_only=True)
class TooDeep(Problem):
    """Lists and mappings are nested too deeply.

    A spec nests ten deep at most; hostile files nest until a parser crashes.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[relu]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph: [relu]
    """

    code: ClassVar[str] = "AS030"
    slug: ClassVar[str] = "too-deep"

    limit: str

    def message(self) -> str:
        return f"lists and mappings are nested more than {self.limit} deep"

    def help(self) -> str | None:
        return self.suggestion or "give the inner parts names as blocks"


@problem_class(frozen=True, kw_only=True)
class TooManyNodes(Problem):
    """A file holds more values than any spec, with what its aliases repeat.

    Ten aliases of ten aliases of ten aliases: a few lines can stand for billions of values.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        params:
          a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
          b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
          c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
          d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
          e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
        graph:
          relu: relu

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        params:
          a: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
        graph:
          relu: relu
    """

    code: ClassVar[str] = "AS031"
    slug: ClassVar[str] = "too-many-nodes"

    limit: str

    def message(self) -> str:
        return f"there are more than {self.limit} values, with what aliases repeat"

    def help(self) -> str:
        return "use repeat: and blocks for what repeats"


@problem_class(frozen=True, kw_only=True)
class NumberTooLong(Problem):
    """A number has more digits than any number of a network.

    Text that looks like a number needs quotes.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          drop: {op: dropout, p: 0.10000000000000000000000000000000000000000}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          drop: {op: dropout, p: 0.1}
    """

    code: ClassVar[str] = "AS032"
    slug: ClassVar[str] = "number-too-long"

    text: str
    digits: str
    limit: str

    def message(self) -> str:
        return f"the number {printable(self.text, 20)} has {self.digits} characters; the limit is {self.limit}"

    def help(self) -> str:
        return "put it in quotes, if it is text"


@problem_class(frozen=True, kw_only=True)
class NumberOverflows(Problem):
    """A number is too large for a floating point number.

    Bad:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          drop: {op: dropout, p: 1e999}

    Good:
        archspec: 1
        name: demo
        inputs: {image: [1, 28, 28]}
        graph:
          drop: {op: dropout, p: 0.1}
    """

    code: ClassVar[str] = "AS033"
    slug: ClassVar[str] = "number-overflows"

    text: str

    def message(self) -> str:
        return f"the number {printable(self.text)} is too large"

    def help(self) -> str:
        return "write .inf, if infinity is meant"


PROBLEMS: tuple[type[Problem], ...] = (
    *reading.PROBLEMS,
    *syntax.PROBLEMS,
    SeveralDocuments,
    YamlDirective,
    YamlTag,
    MergeKey,
    DuplicateKey,
    KeyNotScalar,
    UnknownAlias,
    RecursiveAlias,
    TooManyAnchors,
    TooDeep,
    TooManyNodes,
    NumberTooLong,
    NumberOverflows,
)

_BY_SLUG = {kind.slug: kind for kind in PROBLEMS}
_REMARKS = {"duplicate-key": "the first one is here", "unexpected-in-brackets": "opened here"}


def from_fault(fault: YamlFault) -> Problem:
    """Return the problem that says what a fault found; the fault's details are the problem's fields."""
    notes = () if fault.related is None else (Note(_REMARKS[fault.slug], fault.related),)
    make = cast("Callable[..., Problem]", _BY_SLUG[fault.slug])
    return make(span=fault.span, notes=notes, **fault.detail)


def _duplicate(key: str, first: str) -> str:
    if key == first:
        return f"the key '{printable(key)}' is here twice"
    return f"the key '{printable(key)}' is the same as '{printable(first)}'"
