"""Problems of specs that build on others: AS110 to AS113. `archspec.diagnostics.catalog.spec` lists them."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import did_you_mean, printable, shortened


@problem_class(frozen=True, kw_only=True)
class CannotReadSpec(Problem):
    """A spec that another one extends or imports cannot be read.

    Bad:
        archspec: 1
        name: example
        extends: families/nothing.yaml

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS110"
    slug: ClassVar[str] = "cannot-read-spec"

    file: str
    reason: str

    def message(self) -> str:
        return f"cannot read {printable(self.file)!r}: {self.reason}"

    def help(self) -> str:
        return (
            self.suggestion
            or "the path is relative to this file; `archspec zoo` lists the specs that come with archspec"
        )


@problem_class(frozen=True, kw_only=True)
class OutsideRoot(Problem):
    """A spec may only bring in files below its spec root.

    The root is the folder named `specs` around the spec, if there is one, else the spec's own folder. Addresses,
    absolute paths, `~` and links that lead out of it are refused without being read.

    Bad:
        archspec: 1
        name: example
        extends: /etc/passwd

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS111"
    slug: ClassVar[str] = "outside-root"

    file: str

    def message(self) -> str:
        return f"{printable(self.file)!r} lies outside the spec's root, so it is not read"

    def help(self) -> str:
        return "put the file beside the spec, or below a folder called specs around both"


@problem_class(frozen=True, kw_only=True)
class ExtendsLoop(Problem):
    """Specs extend one another in a circle, or in too long a chain.

    Bad:
        archspec: 1
        name: example
        extends: base.yaml

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS112"
    slug: ClassVar[str] = "extends-loop"
    example_files: ClassVar[dict[str, str]] = {"base.yaml": "archspec: 1\nname: base\nextends: base.yaml\n"}

    chain: tuple[str, ...]
    circular: bool = True

    def message(self) -> str:
        how = "in a circle" if self.circular else "in too long a chain"
        return f"specs extend one another {how}: " + " -> ".join(map(printable, shortened(self.chain)))

    def help(self) -> str:
        return "the last of them must be a spec with a graph of its own"


@problem_class(frozen=True, kw_only=True)
class BadGraphEdit(Problem):
    """An edit of an extended graph names a node that is not there, or says something else than the edits know.

    A spec that extends another edits its graph by name: `replace: {fc: ...}`, `insert_after: {bn1: {drop: ...}}`,
    `insert_before`, `remove: [fc]`.

    Bad:
        archspec: 1
        name: example
        extends: base.yaml
        graph: {remove: [rulu]}

    Good:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {relu: relu}
    """

    code: ClassVar[str] = "AS113"
    slug: ClassVar[str] = "bad-graph-edit"
    example_files: ClassVar[dict[str, str]] = {
        "base.yaml": "archspec: 1\nname: base\ninputs: {x: [3, 8, 8]}\ngraph: {relu: relu, tanh: tanh}\n"
    }

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"the extended graph has no node {printable(self.name)!r}"

    def help(self) -> str | None:
        return self.suggestion or did_you_mean(self.name, self.known) or f"its nodes are: {', '.join(self.known)}"


PROBLEMS: tuple[type[Problem], ...] = (
    CannotReadSpec,
    OutsideRoot,
    ExtendsLoop,
    BadGraphEdit,
)
