"""AS3xx: ops, blocks and their parameters, found while the spec is expanded."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import did_you_mean, printable, shortened


@problem_class(frozen=True, kw_only=True)
class UnknownOp(Problem):
    """There is neither an op nor a block of this name.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: convv, out_channels: 4, kernel_size: 3}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS301"
    slug: ClassVar[str] = "unknown-op"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no op or block {printable(self.name)!r}"

    def help(self) -> str | None:
        return self.suggestion or did_you_mean(self.name, self.known) or "`archspec ops` lists the ops"


@problem_class(frozen=True, kw_only=True)
class UnknownParameter(Problem):
    """An op or block has no parameter of this name.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel: 3, kernel_size: 3}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS302"
    slug: ClassVar[str] = "unknown-parameter"

    op: str
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"{printable(self.op)} has no parameter {printable(self.name)!r}"

    def help(self) -> str | None:
        if self.suggestion:
            return self.suggestion
        listed = f"its parameters are: {', '.join(self.known)}" if self.known else "it takes no parameters"
        return did_you_mean(self.name, self.known) or listed


@problem_class(frozen=True, kw_only=True)
class MissingParameter(Problem):
    """An op or block was not given a parameter that it needs.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS303"
    slug: ClassVar[str] = "missing-parameter"

    op: str
    name: str
    example: str = "..."

    def message(self) -> str:
        return f"{printable(self.op)} needs the parameter {self.name!r}"

    def help(self) -> str | None:
        return self.suggestion or f"add it, for example {self.name}: {self.example}"


@problem_class(frozen=True, kw_only=True)
class WrongParameterValue(Problem):
    """A parameter's value is of the wrong type, or out of range.

    Nothing is converted: `true` is no number and text is no number. `3.0` is accepted as 3.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 0, kernel_size: 3}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS304"
    slug: ClassVar[str] = "wrong-parameter-value"

    op: str
    name: str
    wanted: str
    found: str
    example: str | None = None

    def message(self) -> str:
        return f"{printable(self.op)}: {self.name} must be {self.wanted}, not {printable(self.found)}"

    def help(self) -> str | None:
        return self.suggestion or (f"for example {self.name}: {self.example}" if self.example else None)


@problem_class(frozen=True, kw_only=True)
class RecursiveBlock(Problem):
    """A block contains itself, directly or through others, so its expansion would never end.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        blocks:
          a: {graph: {b: b}}
          b: {graph: {a: a}}
        graph: {a: a}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        blocks:
          a: {graph: {b: b}}
          b: {graph: {relu: relu}}
        graph: {a: a}
    """

    code: ClassVar[str] = "AS305"
    slug: ClassVar[str] = "recursive-block"

    chain: tuple[str, ...]

    def message(self) -> str:
        return "a block contains itself: " + " -> ".join(map(printable, shortened(self.chain)))

    def help(self) -> str:
        if len(set(self.chain)) == 1:
            return "a block hides an op of its name: if that is meant, call the block something else"
        return "`repeat` makes copies one behind the other; a block cannot stand inside itself"


@problem_class(frozen=True, kw_only=True)
class TooLarge(Problem):
    """The network would be larger than the compiler's limits.

    The size is counted before anything is expanded or allocated.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, repeat: 1000000000}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, repeat: 10}}
    """

    code: ClassVar[str] = "AS306"
    slug: ClassVar[str] = "too-large"

    what: str
    count: int
    limit: int

    def message(self) -> str:
        size = str(self.count) if self.count < 10**18 else "more than 10^18"
        return f"this makes {size} {self.what}; the limit is {self.limit}"

    def help(self) -> str:
        return "check the numbers in it: a repeat count, a size or a number of channels may have a zero too many"


@problem_class(frozen=True, kw_only=True)
class BadRepeat(Problem):
    """A `repeat` that cannot be carried out.

    It is a count, or `{count, index, name}`, or `{each: [...], as: [...]}` with as many names as each entry has values,
    or a list of such loops.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, repeat: -1}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, repeat: 2}}
    """

    code: ClassVar[str] = "AS307"
    slug: ClassVar[str] = "bad-repeat"

    reason: str

    def message(self) -> str:
        return f"repeat: {printable(self.reason, 200)}"

    def help(self) -> str:
        return (
            self.suggestion or 'write repeat: 3, or {count: 3, index: i, name: "unit{i}"}, or {each: [...], as: [...]}'
        )


@problem_class(frozen=True, kw_only=True)
class WrongCondition(Problem):
    """`when` must be true or false.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, when: input.channels}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: {op: relu, when: input.channels > 1}}
    """

    code: ClassVar[str] = "AS308"
    slug: ClassVar[str] = "wrong-condition"

    found: str

    def message(self) -> str:
        return f"when must be true or false, not {printable(self.found)}"

    def help(self) -> str:
        return "compare it with something: input.channels != channels, stride > 1, depth == 2"


@problem_class(frozen=True, kw_only=True)
class ParametersDisagree(Problem):
    """Parameters of an op that do not go together, though each of them is good on its own.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {up: {op: upsample, size: 16, scale_factor: 2}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {up: {op: upsample, scale_factor: 2}}
    """

    code: ClassVar[str] = "AS309"
    slug: ClassVar[str] = "parameters-disagree"

    op: str
    reason: str

    def message(self) -> str:
        return f"{printable(self.op)}: {printable(self.reason, 200)}"

    def help(self) -> str | None:
        return self.suggestion or f"`archspec ops {printable(self.op)}` tells what each parameter means"


@problem_class(frozen=True, kw_only=True)
class UnknownInitialiser(Problem):
    """`init` names an initialiser that does not exist.

    Initialisers are the functions of `torch.nn.init`, without the underscore at the end of their names.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        init: {conv: {weight: he_normal}}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        init: {conv: {weight: kaiming_normal}}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS331"
    slug: ClassVar[str] = "unknown-initialiser"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no initialiser {printable(self.name)!r}"

    def help(self) -> str:
        listed = f"the initialisers are: {', '.join(self.known)}"
        return self.suggestion or did_you_mean(self.name, self.known) or listed


@problem_class(frozen=True, kw_only=True)
class NothingToInitialise(Problem):
    """An entry of `init` stands for no node of the network.

    Its key is the name of an op, or a pattern of node paths in which `*` stands for any text.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        init: {"layer*": {weight: zeros}}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        init: {"conv*": {weight: zeros}}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3}}
    """

    code: ClassVar[str] = "AS332"
    slug: ClassVar[str] = "nothing-to-initialise"

    target: str
    is_op: bool = False

    def message(self) -> str:
        if self.is_op:
            return f"no node of this network is of the op {printable(self.target)!r}"
        return f"{printable(self.target)!r} is no op, and no node of this network is called so"

    def help(self) -> str:
        return self.suggestion or "an entry of init is called after an op, or is a pattern of node paths: 'layer*.bn2'"


@problem_class(frozen=True, kw_only=True)
class NoSuchTensor(Problem):
    """An entry of `init` fills a tensor that the nodes do not have.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        init: {conv: {bias: zeros}}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3, bias: false}}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        init: {conv: {weight: kaiming_normal}}
        graph: {conv1: {op: conv, out_channels: 4, kernel_size: 3, bias: false}}
    """

    code: ClassVar[str] = "AS333"
    slug: ClassVar[str] = "no-such-tensor"

    target: str
    tensor: str
    known: tuple[str, ...]
    is_op: bool = False

    def message(self) -> str:
        where = f"no {self.target} of this network" if self.is_op else f"nothing that {printable(self.target)!r} names"
        return f"{where} has a tensor {printable(self.tensor)!r} to initialise"

    def help(self) -> str:
        if not self.known:
            return self.suggestion or "there is nothing to initialise: leave the entry out"
        listed = f"what can be initialised there: {', '.join(self.known)}"
        return self.suggestion or did_you_mean(self.tensor, self.known) or listed


@problem_class(frozen=True, kw_only=True)
class CannotInitialise(Problem):
    """An initialiser cannot fill a tensor of this shape.

    `xavier_*`, `kaiming_*` and `orthogonal` need at least two axes, `eye` and `sparse` two, `dirac` three to five.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        init: {batch_norm: {weight: xavier_uniform}}
        graph: {bn1: batch_norm}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        init: {batch_norm: {weight: ones}}
        graph: {bn1: batch_norm}
    """

    code: ClassVar[str] = "AS334"
    slug: ClassVar[str] = "cannot-initialise"

    initialiser: str
    tensor: str
    shape: tuple[int, ...]
    needs: str

    def message(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"{self.initialiser} cannot fill {self.tensor}, of shape {shape}: it needs {self.needs}"

    def help(self) -> str:
        return "take zeros, ones, constant, uniform, normal or trunc_normal, which fill every shape"


PROBLEMS: tuple[type[Problem], ...] = (
    UnknownOp,
    UnknownParameter,
    MissingParameter,
    WrongParameterValue,
    RecursiveBlock,
    TooLarge,
    BadRepeat,
    WrongCondition,
    ParametersDisagree,
    UnknownInitialiser,
    NothingToInitialise,
    NoSuchTensor,
    CannotInitialise,
)
