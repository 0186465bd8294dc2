"""AS1xx: what a spec says outside its graph: keys, names, parameters, versions."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.catalog import spec_files
from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import did_you_mean, printable


@problem_class(frozen=True, kw_only=True)
class UnknownKey(Problem):
    """A key that means nothing here.

    Unknown keys are errors, since a misspelt key would otherwise be ignored in silence.

    Bad:
        archspec: 1
        name: example
        input: {x: [3, 8, 8]}
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS101"
    slug: ClassVar[str] = "unknown-key"

    key: str
    where: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"unknown key {printable(self.key)!r} in {self.where}"

    def help(self) -> str | None:
        listed = f"the keys of {self.where} are: {', '.join(self.known)}"
        return self.suggestion or did_you_mean(self.key, self.known) or listed


@problem_class(frozen=True, kw_only=True)
class MissingKey(Problem):
    """A key that must be there is not.

    Bad:
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS102"
    slug: ClassVar[str] = "missing-key"

    key: str
    where: str
    example: str

    def message(self) -> str:
        return f"{self.where} has no {self.key!r}"

    def help(self) -> str | None:
        return self.suggestion or f"add {self.example}"


@problem_class(frozen=True, kw_only=True)
class WrongKind(Problem):
    """A value is of the wrong kind: a list where a mapping belongs, a number where a name belongs.

    Bad:
        archspec: 1
        name: example
        inputs: [3, 8, 8]
        graph: {relu: relu}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS103"
    slug: ClassVar[str] = "wrong-kind"

    what: str
    wanted: str
    found: str
    instead: str | None = None  # what was meant, as it is written

    def message(self) -> str:
        return f"{self.what} must be {self.wanted}, not {printable(self.found)}"

    def help(self) -> str:
        meant = None if self.instead is None else f"write {printable(self.instead)}"
        return self.suggestion or meant or f"write {self.wanted} here"


@problem_class(frozen=True, kw_only=True)
class BadName(Problem):
    """A name that cannot be used.

    Names of nodes become attributes of PyTorch modules, keys of checkpoints and Python identifiers: letters, digits and
    underscores of ASCII, not starting with a digit, no Python keyword, and nothing that `nn.Module` already has
    (`training`, `type`, `forward`, ...).

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {forward: relu}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS104"
    slug: ClassVar[str] = "bad-name"

    what: str
    name: str
    reason: str

    def message(self) -> str:
        return f"{printable(self.name)!r} cannot be the name of {self.what}: {self.reason}"

    def help(self) -> str:
        return self.suggestion or "choose another, of letters, digits and underscores"


@problem_class(frozen=True, kw_only=True)
class UnsupportedVersion(Problem):
    """The spec is written in a version of the language that this archspec does not know.

    Bad:
        archspec: 99
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS105"
    slug: ClassVar[str] = "unsupported-version"

    version: str

    def message(self) -> str:
        return f"language version {printable(self.version)} is not known; this archspec reads version 1"

    def help(self) -> str | None:
        return "write archspec: 1, or install an archspec that reads the newer version"


@problem_class(frozen=True, kw_only=True)
class EmptyGraph(Problem):
    """A graph without nodes computes nothing.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS106"
    slug: ClassVar[str] = "empty-graph"

    where: str
    left_out: bool = False

    def message(self) -> str:
        if self.left_out:
            return f"the graph of {self.where} has no nodes: all of them are left out"
        return f"the graph of {self.where} has no nodes"

    def help(self) -> str:
        return "add a node, for example relu: relu"


@problem_class(frozen=True, kw_only=True)
class BadParameterDeclaration(Problem):
    """A parameter is declared with a type that does not exist, or with a default that does not suit its type.

    Types are int, float, bool, str, op and list, list[TYPE], or several (int | list[int]); a plain value is a default
    and gives the type.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        blocks:
          unit:
            params: {channels: integer}
            graph: {conv: {op: conv, out_channels: 4, kernel_size: 1}}
        graph: {unit: {op: unit, channels: 4}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        blocks:
          unit:
            params: {channels: int}
            graph: {conv: {op: conv, out_channels: channels, kernel_size: 1}}
        graph: {unit: {op: unit, channels: 4}}
    """

    code: ClassVar[str] = "AS107"
    slug: ClassVar[str] = "bad-parameter-declaration"

    name: str
    reason: str

    def message(self) -> str:
        return f"parameter {printable(self.name)!r}: {self.reason}"

    def help(self) -> str:
        return self.suggestion or "write a type (int), a default (64), or {type: int, default: 64, min: 1}"


@problem_class(frozen=True, kw_only=True)
class UnknownVariant(Problem):
    """A variant was asked for that the spec does not define.

    Bad:
        archspec: 1
        name: example
        extends: base.yaml
        variant: resnet35

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS108"
    slug: ClassVar[str] = "unknown-variant"
    example_files: ClassVar[dict[str, str]] = {
        "base.yaml": "archspec: 1\nname: base\nparams: {depth: 1}\ninputs: {x: [3, 8, 8]}\ngraph: {relu: relu}\n"
        "variants: {resnet34: {depth: 2}}\n"
    }

    variant: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no variant {printable(self.variant)!r}"

    def help(self) -> str | None:
        if not self.known:
            return "the spec defines no variants"
        return did_you_mean(self.variant, self.known) or f"the variants are: {', '.join(self.known)}"


@problem_class(frozen=True, kw_only=True)
class UnknownSpecParameter(Problem):
    """A value was given for a parameter that the spec does not declare.

    Bad:
        archspec: 1
        name: example
        params: {classes: 10}
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
        variants: {large: {classs: 100}}

    Good:
        archspec: 1
        name: example
        params: {classes: 10}
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
        variants: {large: {classes: 100}}
    """

    code: ClassVar[str] = "AS109"
    slug: ClassVar[str] = "unknown-spec-parameter"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"the spec has no parameter {printable(self.name)!r}"

    def help(self) -> str | None:
        if not self.known:
            return "the spec declares no params"
        return did_you_mean(self.name, self.known) or f"the parameters are: {', '.join(self.known)}"


@problem_class(frozen=True, kw_only=True)
class OpenChannels(Problem):
    """The channels of an input are left open, as height and width may be.

    The first layers have weights for each channel, so a network is one for a certain number of channels.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [C, H, W]}
        graph: {relu: relu}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, H, W]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS114"
    slug: ClassVar[str] = "open-channels"

    input: str
    symbol: str

    def message(self) -> str:
        return f"the channels of input {printable(self.input)} must be a number, not {printable(self.symbol)}"

    def help(self) -> str:
        return "only the sizes behind the channels can be left open; channels can be a parameter"


@problem_class(frozen=True, kw_only=True)
class UnknownInput(Problem):
    """A shape was given for an input that the network does not have.

    Bad:
        $ archspec shapes specs/resnet34.yaml --input picture=3x288x288

    Good:
        $ archspec shapes specs/resnet34.yaml --input image=3x288x288
    """

    code: ClassVar[str] = "AS115"
    slug: ClassVar[str] = "unknown-input"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        if not self.name:
            return f"the network has {len(self.known)} inputs, so --input must name one"
        return f"the network has no input {printable(self.name)!r}"

    def help(self) -> str | None:
        return did_you_mean(self.name, self.known) or f"its inputs are: {', '.join(self.known)}"


@problem_class(frozen=True, kw_only=True)
class WrongLevel(Problem):
    """Something is indented too little or too much, so that it stands at another level than where it belongs.

    Such a file is YAML, and says something else than it looks like: keys of a node become nodes, nodes become keys.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv:
            op: conv
            out_channels: 8
          kernel_size: 3
          relu: relu

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv:
            op: conv
            out_channels: 8
            kernel_size: 3
          relu: relu
    """

    code: ClassVar[str] = "AS116"
    slug: ClassVar[str] = "wrong-level"

    key: str
    found: str
    owner: str
    deeper: bool

    def message(self) -> str:
        return f"{printable(self.key)!r} stands in {self.found}, but belongs to {self.owner}"

    def help(self) -> str:
        return f"move it to {self.owner}: indent it {'deeper' if self.deeper else 'less'}"


@problem_class(frozen=True, kw_only=True)
class PreprocessDoesNotFit(Problem):
    """What `preprocess` states does not fit the network.

    `mean` and `std` have one number for each channel of the first input, or are one number; `size` is the height and
    width of that input; `labels` has a name for each class.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        preprocess: {mean: [0.5], std: [0.25]}
        graph: {relu: relu}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        preprocess: {mean: [0.5, 0.5, 0.5], std: 0.25}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS118"
    slug: ClassVar[str] = "preprocess-does-not-fit"

    key: str
    found: str
    wanted: str

    def message(self) -> str:
        return f"preprocess: {self.key} {self.found}, but {self.wanted}"

    def help(self) -> str:
        remedies = {
            "size": "leave size out, or change the shape of the input with it",
            "labels": "one name for each class, in the order of the results",
        }
        return remedies.get(self.key, f"give {self.key} one number for each channel, or a single number for all")


@problem_class(frozen=True, kw_only=True)
class UnknownLint(Problem):
    """`allow` names something that is no lint.

    Lints are the warnings, AS701 and following; they have a code and a name. Errors cannot be allowed.

    Bad:
        archspec: 1
        name: example
        allow: [bias-before-nrom]
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3}
          norm: batch_norm

    Good:
        archspec: 1
        name: example
        allow: [bias-before-norm]
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 8, kernel_size: 3}
          norm: batch_norm
    """

    code: ClassVar[str] = "AS141"
    slug: ClassVar[str] = "unknown-lint"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"{printable(self.name)!r} is no lint, so it cannot be allowed"

    def help(self) -> str | None:
        return did_you_mean(self.name, self.known) or "`archspec explain` lists them: the warnings, AS701 and following"


PROBLEMS: tuple[type[Problem], ...] = (
    *spec_files.PROBLEMS,
    UnknownKey,
    MissingKey,
    WrongKind,
    BadName,
    UnsupportedVersion,
    EmptyGraph,
    BadParameterDeclaration,
    UnknownVariant,
    UnknownSpecParameter,
    OpenChannels,
    UnknownInput,
    WrongLevel,
    PreprocessDoesNotFit,
    UnknownLint,
)
