"""What a problem is.

A kind of problem is a small frozen dataclass: a stable code, a slug, a docstring with a bad and a good example (both
are executed as tests, shown by `archspec explain CODE`, and make the reference page), typed fields, a message and
a help line. The kinds are listed in `archspec.diagnostics.catalog`.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from dataclasses import dataclass as problem_class

    from archspec.diagnostics.proposal import Proposal
    from archspec.source.editing import Edit
    from archspec.source.span import Span

Severity = Literal["error", "warning"]

if not TYPE_CHECKING:

    def problem_class(**_: Any) -> Callable[[type], type]:
        """Make a kind of problem a frozen dataclass, as `dataclass(frozen=True, kw_only=True)` would.

        Only the fields are collected: `Problem` has the methods that work on them. There are some two hundred kinds,
        and each command starts with most of them; to write and compile six methods for each takes a tenth of a second.
        """
        return dataclass(init=False, repr=False, eq=False, kw_only=True)


@cache
def _fields_of(kind: type[Problem]) -> tuple[Field[Any], ...]:
    return fields(kind)


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that has to do with a problem. Without a span it is a plain remark."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that together cure a problem: they were made in memory, and the spec was checked again.

    Attributes:
        description: what they do, in a few words: "padding: 2 in branch5x5.1".
        edits: one or more, which do not overlap; each lies in one file.
    """

    description: str
    edits: tuple[Edit, ...]


@problem_class(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong, or doubtful, in a spec.

    Attributes:
        span: where it is; None for a problem of no file (a command line argument).
        node: the full dotted path of the node, if it has to do with one.
        param: the parameter of the node that is at fault, where an op found it; elaboration then puts the span there.
        operands: what the spec calls the node's inputs, filled in by elaboration; ops know their inputs by position.
        label: a few words put beside the marked source.
        notes: other places, and the expansion (block, repeat) in which it happened.
        on_guess: the figures in it rest on a guess at what a node before, in which something is wrong, gives.
        fix: edits that were tried and found to work; `archspec.repair` puts them in, since trying takes time.
        proposals: finds changes that may cure it, the likeliest first, which have not been tried on the whole spec; it
            is called only where someone wants a fix, with the number of ops that the search may look at.
        suggestion: the help line, where it depends on the place (a did-you-mean).
    """

    code: ClassVar[str]
    slug: ClassVar[str]
    severity: ClassVar[Severity] = "error"
    exit_code: ClassVar[int] = 1
    """What a command exits with: 1 problems found, 2 wrong usage, 3 cannot read or write, 4 busy."""
    example_files: ClassVar[dict[str, str]] = {}
    """Files that stand beside the examples when they are tested, by name."""
    example_args: ClassVar[dict[str, Any]] = {}
    """What the bad example is checked with (`variant`, `params`, `inputs`), where the fault is in that."""

    span: Span | None = None
    node: str | None = None
    param: str | None = None
    operands: tuple[str, ...] = ()
    label: str | None = None
    notes: tuple[Note, ...] = ()
    on_guess: bool = False
    fix: Fix | None = field(default=None, compare=False)
    proposals: Callable[[int], Iterable[Proposal]] | None = field(default=None, compare=False, repr=False)
    suggestion: str | None = None

    if not TYPE_CHECKING:  # to whoever reads types, this is a dataclass as any other

        def __init__(self, **given: Any) -> None:
            """Take values for the fields, by name; the others have their defaults."""
            for each in _fields_of(type(self)):
                value = given.pop(each.name, each.default)
                if value is MISSING:
                    raise TypeError(f"{type(self).__name__} needs {each.name}")
                self.__dict__[each.name] = value
            if given:
                raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")

        def __eq__(self, other: object) -> bool:
            return self._compared() == other._compared() if type(other) is type(self) else NotImplemented

        def __hash__(self) -> int:
            return hash(self._compared())

        def _compared(self) -> tuple[Any, ...]:
            return tuple(self.__dict__[each.name] for each in _fields_of(type(self)) if each.compare)

        def __repr__(self) -> str:
            shown = (each.name for each in _fields_of(type(self)) if each.repr)
            return f"{type(self).__name__}({', '.join(f'{name}={self.__dict__[name]!r}' for name in shown)})"

        def __setattr__(self, name: str, value: object) -> None:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> None:
            raise FrozenInstanceError(f"cannot delete field {name!r}")

    def message(self) -> str:
        """Return the fault in one sentence, without a full stop."""
        raise NotImplementedError

    def help(self) -> str | None:
        """Return what to do about it."""
        return self.suggestion

    def operand(self, index: int) -> str:
        """Return what the spec calls an input, or its position where the name is not known."""
        return self.operands[index] if index < len(self.operands) else f"input {index + 1}"


class ProblemError(Exception):
    """Raised by work that cannot go on; it carries what was found."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems, in the order in which they were found."""
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(f"{problem.code}: {problem.message()}" for problem in self.problems)


class Collector:
    """Gathers problems, each once."""

    def __init__(self) -> None:
        """Start with none."""
        self._problems: dict[tuple[object, ...], Problem] = {}

    def add(self, problem: Problem) -> None:
        """Keep a problem, unless the same fault was already found at the same place.

        A block that is used twice is expanded twice; what is wrong in it is reported for its first use.
        """
        self._problems.setdefault((problem.code, problem.span, problem.message()), problem)

    def extend(self, problems: Iterable[Problem]) -> None:
        """Keep several."""
        for problem in problems:
            self.add(problem)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything found, in the order of the source."""
        return tuple(sorted(self._problems.values(), key=_place))

    def __bool__(self) -> bool:
        """Whether there is any error (warnings do not count)."""
        return any(problem.severity == "error" for problem in self._problems.values())


def _place(problem: Problem) -> tuple[bool, str, int, int, str]:
    span = problem.span
    if span is None:
        return (False, "", 0, 0, problem.code)
    return (True, span.path, span.line, span.column, problem.code)
