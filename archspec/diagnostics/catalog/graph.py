"""AS4xx: how nodes are connected."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import did_you_mean, printable, shortened


@problem_class(frozen=True, kw_only=True)
class UnknownNode(Problem):
    """`from`, `else` or `outputs` names a node that is not in the graph.

    A graph sees its own nodes and its own input, not those of the graph around it.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv1: {op: conv, out_channels: 3, kernel_size: 3, padding: 1}
          add: {op: add, from: [input, conv2]}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv1: {op: conv, out_channels: 3, kernel_size: 3, padding: 1}
          add: {op: add, from: [input, conv1]}
    """

    code: ClassVar[str] = "AS401"
    slug: ClassVar[str] = "unknown-node"

    name: str
    known: tuple[str, ...]
    is_output: bool = False

    def message(self) -> str:
        place = "in the graph" if self.is_output else "before this one in the graph"
        return f"there is no node {printable(self.name)!r} {place}"

    def help(self) -> str | None:
        if self.suggestion:
            return self.suggestion
        return did_you_mean(self.name, self.known) or f"what can be named here: {', '.join(shortened(self.known))}"


@problem_class(frozen=True, kw_only=True)
class ForwardReference(Problem):
    """A node refers to one that stands after it.

    Nodes are listed in execution order, so a cycle cannot be written.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          add: {op: add, from: [input, conv]}
          conv: {op: conv, out_channels: 3, kernel_size: 3, padding: 1}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 3, kernel_size: 3, padding: 1}
          add: {op: add, from: [input, conv]}
    """

    code: ClassVar[str] = "AS402"
    slug: ClassVar[str] = "forward-reference"

    name: str
    itself: bool = False
    known: tuple[str, ...] = ()

    def message(self) -> str:
        if self.itself:
            return f"{printable(self.name)!r} reads its own result"
        return f"{printable(self.name)!r} stands after this node"

    def help(self) -> str | None:
        return "a node can read only what stands before it: move it up"


@problem_class(frozen=True, kw_only=True)
class WrongInputCount(Problem):
    """An op or block is given more or fewer inputs than it takes.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          relu: relu
          add: {op: add, from: relu}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          relu: relu
          add: {op: add, from: [relu, input]}
    """

    code: ClassVar[str] = "AS403"
    slug: ClassVar[str] = "wrong-input-count"

    op: str
    wanted: str
    found: int

    def message(self) -> str:
        return f"{printable(self.op)} takes {self.wanted}, not {self.found}"

    def help(self) -> str | None:
        if self.found == 1:
            return "name the inputs: from: [first, second]"
        return "`from` lists what it reads, in order"


@problem_class(frozen=True, kw_only=True)
class UnknownResult(Problem):
    """A node has no result of this name, or has several and the reference does not say which.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [4, 8, 8]}
        graph:
          halves: {op: split, split_size: 2}
          relu: {op: relu, from: halves.2}

    Good:
        archspec: 1
        name: example
        inputs: {x: [4, 8, 8]}
        graph:
          halves: {op: split, split_size: 2}
          relu: {op: relu, from: halves.1}
    """

    code: ClassVar[str] = "AS404"
    slug: ClassVar[str] = "unknown-result"

    name: str
    result: str
    known: tuple[str, ...]

    def message(self) -> str:
        if not self.result:
            return f"{printable(self.name)!r} has several results, and one must be named"
        return f"{printable(self.name)!r} has no result {printable(self.result)!r}"

    def help(self) -> str | None:
        if not self.known:
            return f"it has one result: write {printable(self.name)}"
        return "its results are: " + ", ".join(f"{self.name}.{result}" for result in self.known[:8])


@problem_class(frozen=True, kw_only=True)
class ElseNeeded(Problem):
    """A conditional node with several inputs must say which of them passes when it is left out.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 1}
          add: {op: add, from: [input, conv], when: input.channels == conv.channels}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv: {op: conv, out_channels: 4, kernel_size: 1}
          add: {op: add, from: [input, conv], when: input.channels == conv.channels, else: conv}
    """

    code: ClassVar[str] = "AS405"
    slug: ClassVar[str] = "else-needed"

    inputs: tuple[str, ...]

    def message(self) -> str:
        return "a node with `when` and several inputs needs `else`: the input that passes when it is left out"

    def help(self) -> str | None:
        return "for example " + " or ".join(f"else: {name}" for name in dict.fromkeys(self.inputs[:2]))


@problem_class(frozen=True, kw_only=True)
class NameTaken(Problem):
    """Two things in one graph have the same name.

    A node cannot be called like one of the graph's inputs, nor `input`, since `from` could not tell them apart.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 8, 8]}
        graph: {image: relu}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS406"
    slug: ClassVar[str] = "name-taken"

    name: str
    taken_by: str

    def message(self) -> str:
        return f"the name {printable(self.name)!r} is taken by {self.taken_by}"

    def help(self) -> str:
        return "rename one of them"


@problem_class(frozen=True, kw_only=True)
class SameForAllSamples(Problem):
    """An op reads a tensor that is the same for all samples where it needs one of each sample.

    A parameter is there once, not for each sample. `add`, `mul`, `sub` and `max` stretch it over the batch, and
    `concat` repeats it, if it has an axis for the batch; other ops that read several tensors do not.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [4, 8, 8]}
        graph:
          scale: {op: parameter, shape: [4, 1, 1], batch: false}
          concat: {op: concat, from: [input, scale], axis: 1}

    Good:
        archspec: 1
        name: example
        inputs: {x: [4, 8, 8]}
        graph:
          scale: {op: parameter, shape: [4, 1, 1], batch: false}
          scaled: {op: mul, from: [input, scale]}
    """

    code: ClassVar[str] = "AS407"
    slug: ClassVar[str] = "same-for-all-samples"

    what: str
    read: str
    has_axis: bool

    def message(self) -> str:
        why = "is the same for all samples" if self.has_axis else "has no axis for the batch"
        return f"{self.what} cannot take {printable(self.read)!r}, which {why}"

    def help(self) -> str:
        if not self.has_axis:
            return "leave out its batch: false; or read it with add, mul, sub or max, which stretch it"
        return (
            "join it first with what differs from sample to sample: add, mul, sub and max stretch it, concat repeats it"
        )


@problem_class(frozen=True, kw_only=True)
class CannotShare(Problem):
    """`share` names a node whose module cannot be used here.

    Its tensors must fit what it is used on; a node that is left out, or that is repeated, has no module to share.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv1: {op: conv, out_channels: 4, kernel_size: 3}
          conv2: {share: conv1}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph:
          conv1: {op: conv, out_channels: 3, kernel_size: 3}
          conv2: {share: conv1}
    """

    code: ClassVar[str] = "AS408"
    slug: ClassVar[str] = "cannot-share"

    name: str
    reason: str

    def message(self) -> str:
        return f"the module of {printable(self.name)!r} cannot be shared: {self.reason}"

    def help(self) -> str:
        return "give this node a module of its own: op, in place of share"


PROBLEMS: tuple[type[Problem], ...] = (
    UnknownNode,
    ForwardReference,
    WrongInputCount,
    UnknownResult,
    ElseNeeded,
    NameTaken,
    SameForAllSamples,
    CannotShare,
)
