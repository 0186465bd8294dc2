"""A spec as it was written: typed, located, and not yet expanded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.source.span import SourceFile, Span
    from archspec.source.tree import Scalar, Tree


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a node, an input or one of a node's results, as `from` writes it."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Repeat:
    """One loop of a `repeat`: over a count, or over values that `names` are bound to."""

    span: Span
    count: Tree | None = None
    each: Tree | None = None
    names: tuple[str, ...] = ()
    index: str = "i"
    name: Scalar | None = None


GAP = "(again)"
"""What the names of nodes begin with that stand for those whose name was there already."""


@dataclass(frozen=True, slots=True)
class GraphTemplate:
    """A graph: its nodes in order; a list graph names them by index."""

    span: Span
    nodes: tuple[NodeTemplate, ...]
    is_list: bool

    @property
    def has_gaps(self) -> bool:
        """Whether it has nodes of which neither the name nor the content is known."""
        return any(node.name.startswith(GAP) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter given to an op or a block."""

    name: str
    key_span: Span
    value: Tree


@dataclass(frozen=True, slots=True)
class NodeTemplate:
    """A node: an op (or block) with arguments, or an inline group.

    Attributes:
        name: the key in a mapping; in a list, where numbers are given only when `when` and `repeat` are resolved, the
            position.
        sources: what `from` names; None where it is left out.
        otherwise: what `else` names.
        inputs: the names of a group's inputs.
        outputs: the results of a group; without any, those of its last node.
        share: the node whose module this one uses again.
        dense: each copy reads the concatenation of the input and of all results before, and all of them are the result.
        broken: part of it could not be read, which has been reported. Its results are unknown.
    """

    name: str
    span: Span
    op: Scalar | None = None
    arguments: tuple[Argument, ...] = ()
    sources: tuple[Ref, ...] | None = None
    when: Scalar | None = None
    otherwise: Ref | None = None
    repeats: tuple[Repeat, ...] = ()
    share: Ref | None = None
    dense: bool = False
    graph: GraphTemplate | None = None
    inputs: tuple[str, ...] = ("input",)
    outputs: tuple[OutputTemplate, ...] = ()
    broken: bool = False


@dataclass(frozen=True, slots=True)
class OutputTemplate:
    """A named result of a graph. `training_only` marks an auxiliary head."""

    name: str
    ref: Ref
    training_only: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter of a block or a spec. Without a default it is required.

    One that is `broken` could not be read, which has been reported; its value is unknown.
    """

    name: str
    span: Span
    type: str
    default: Tree | None = None
    least: float | None = None
    most: float | None = None
    choices: tuple[Any, ...] = ()
    description: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Let:
    """A name given once to a value.

    One that is `broken` could not be read, which has been reported; its value is unknown.
    """

    name: str
    span: Span
    value: Tree
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Library:
    """The blocks of one file, which see one another. `broken` are the names of those that could not be read."""

    blocks: Mapping[str, BlockTemplate]
    broken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BlockTemplate:
    """A reusable graph.

    Attributes:
        home: the blocks that it can use, where it comes from another file than the spec; None for those of the spec.
    """

    name: str
    span: Span
    graph: GraphTemplate
    params: tuple[Parameter, ...] = ()
    inputs: tuple[str, ...] = ("input",)
    lets: tuple[Let, ...] = ()
    outputs: tuple[OutputTemplate, ...] = ()
    description: str = ""
    home: Library | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InputTemplate:
    """An input of the network: sizes per sample, and a dtype."""

    name: str
    span: Span
    shape: tuple[Tree, ...]
    dtype: str = "float32"


@dataclass(frozen=True, slots=True)
class Variant:
    """A named set of parameter values."""

    name: str
    span: Span
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class InitTemplate:
    """One entry of `init`: an op or a pattern of paths, and what fills the tensors of such nodes."""

    target: str
    span: Span
    fills: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Allowance:
    """One lint that a spec allows.

    Attributes:
        code: the code of the lint.
        name: what the spec calls it: its code or its slug.
        patterns: of the paths of nodes at which it is allowed; "*" where the spec says nothing of nodes.
        files: the files in which findings are allowed: those that a spec consists of that this one extends, imports or
            uses as a block. None, for what a spec says of itself, is everywhere.
    """

    code: str
    name: str
    patterns: tuple[Ref, ...]
    files: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class SpecTemplate:
    """A whole spec, with what it extends already merged in.

    Attributes:
        files: all files that were read for it, by path.
        inputs: empty where they could not be read.
        broken_blocks: the names of blocks that could not be read.
        variant: the variant that the spec itself chooses.
        settings: parameter values that the spec itself gives to what it extends.
        is_library: it is a file of blocks for others to import, and describes no network.
        preprocess_is_inherited: it is that of a spec that this one extends.
        allowances: the lints that it allows, and those that the other files allow for themselves.
    """

    name: str
    span: Span
    files: Mapping[str, SourceFile]
    inputs: tuple[InputTemplate, ...]
    graph: GraphTemplate
    description: str = ""
    params: tuple[Parameter, ...] = ()
    lets: tuple[Let, ...] = ()
    blocks: Mapping[str, BlockTemplate] = field(default_factory=dict[str, BlockTemplate])
    broken_blocks: frozenset[str] = frozenset()
    outputs: tuple[OutputTemplate, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict[str, Variant])
    variant: Scalar | None = None
    settings: tuple[Argument, ...] = ()
    is_library: bool = False
    preprocess: Tree | None = None
    preprocess_is_inherited: bool = False
    init: tuple[InitTemplate, ...] = ()
    allowances: tuple[Allowance, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        """Return the declaration of a parameter, or None."""
        return next((parameter for parameter in self.params if parameter.name == name), None)
