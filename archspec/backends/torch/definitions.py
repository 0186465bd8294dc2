"""Which classes a network needs: one for each block definition.

Uses of a block share its class when they differ in numbers only. Where they differ in kind (another activation, another
rank of convolution) each kind gets a class of its own.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from archspec.backends.torch.symbols import same
from archspec.ir.graph import Node, Scope
from archspec.ir.records import TorchExpression, TorchFunction, TorchModule, TorchParameter
from archspec.spec.parameters import is_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.ir.graph import Child
    from archspec.ir.records import Arg, TorchCode
    from archspec.spec.template import GraphTemplate, NodeTemplate

Signature: TypeAlias = "tuple[Any, ...] | None"


class KindsDifferError(Exception):
    """Two expansions of a graph differ in more than numbers."""


class NeedsClassError(Exception):
    """A graph cannot be written as it was about to be: it needs a class of its own, or one that states every node."""


@dataclass(eq=False, slots=True)
class Definition:
    """A class to write: a graph in the spec and its expansions.

    Attributes:
        kind: what it was in the spec.
        label: the name that the class is called after.
        template: the spec, block or node that has the graph.
        graph: the graph.
        scopes: its expansions, all alike in kind.
        signature: what they have in common.
    """

    kind: Literal["network", "block", "group"]
    label: str
    template: Any
    graph: GraphTemplate
    scopes: list[Scope[Any]] = field(default_factory=list[Scope[Any]])
    signature: Signature = None


def once(template: NodeTemplate) -> NodeTemplate:
    """Return a repeated node as one copy of it."""
    return dataclasses.replace(template, repeats=(), dense=False)


def code_of(node: Node) -> TorchCode:
    """Return what the PyTorch backend writes for a node."""
    return node.op.torch(node.input_types)


def signature_of(scope: Scope[Any]) -> Signature:
    """Return the kind of an expansion of a block or group: all but its numbers."""
    return _signature_of_scope(scope, frozenset())


def signature_of_child(child: Child[Any], ops: frozenset[str] = frozenset()) -> Signature:
    """Return the kind of what became of a node. None (left out by `when`) agrees with any kind.

    `ops` are the words (`$activation`) for ops that the block is given: each becomes an argument of the class.
    """
    item = child.item
    if item is None:
        # A bare tensor is either there or not; no module takes its place.
        return ("absent",) if child.template.op is not None and child.template.op.text == "parameter" else None
    if isinstance(item, Scope):
        return _signature_of_scope(item, ops)
    code = code_of(item)
    if child.template.op is not None and child.template.op.text in ops and (parts := class_and_args(code)):
        return ("argument", child.template.op.text, *(arg.name for arg in parts[1]))
    return _signature_of_code(code)


def class_and_args(code: TorchCode) -> tuple[str, tuple[Arg, ...]] | None:
    """Return the class of a node's module and the arguments that differ from its defaults; None if it has no module."""
    if isinstance(code, TorchExpression | TorchParameter) or (isinstance(code, TorchModule) and not code.is_plain):
        return None
    cls = code.cls if isinstance(code, TorchModule) else code.module
    if cls is None:
        return None
    return cls, tuple(arg for arg in code.args if not same(arg.value, arg.default))


def _signature_of_scope(scope: Scope[Any], ops: frozenset[str]) -> Signature:
    inner = ops if scope.kind != "block" else frozenset[str]()
    if scope.kind == "block":
        declared = getattr(scope.template, "params", ())
        inner = frozenset(f"${parameter.name}" for parameter in declared if is_word(parameter.type))
    children = tuple(signature_of_child(child, inner) for child in scope.children if is_copy(child))
    if scope.kind not in ("repeat", "splice", "dense") or holds_nodes(scope):
        return (scope.kind, scope.block, *children)
    try:
        return (scope.kind, merge_all(children))
    except KindsDifferError:
        return (scope.kind, *children)


def is_copy(child: Child[Any]) -> bool:
    """Tell whether a child stands in the spec: not the join of what a densely connected copy reads."""
    return child.template.op is not None or child.template.graph is not None


def holds_nodes(scope: Scope[Any]) -> bool:
    """Tell whether a splice holds the nodes of a list group, and not the copies of a loop."""
    graph = getattr(scope.template, "graph", None)
    nodes = () if graph is None else graph.nodes
    return (
        scope.kind == "splice"
        and bool(nodes)
        and len(nodes) == len(scope.children)
        and all(child.template is node for child, node in zip(scope.children, nodes, strict=True))
    )


def _signature_of_code(code: TorchCode) -> Signature:
    if isinstance(code, TorchModule):
        return ("module", code.cls, code.origin, code.wrap, code.after, code.results, *(arg.name for arg in code.args))
    if isinstance(code, TorchFunction):
        return ("function", code.call, code.module or "", *(arg.name for arg in code.args))
    if isinstance(code, TorchParameter):
        return ("parameter", code.batch)
    return ("expression", code.template, code.joiner, *(arg.name for arg in code.args))


def merge_all(signatures: Iterable[Signature]) -> Signature:
    """Return the kind that all have in common.

    Raises:
        KindsDifferError: there is none.
    """
    merged: Signature = None
    for signature in signatures:
        merged = merge(merged, signature)
    return merged


def merge(left: Signature, right: Signature) -> Signature:
    """Return the kind that two have in common.

    Raises:
        KindsDifferError: there is none.
    """
    if left is None or right is None:
        return left if right is None else right
    if len(left) != len(right):
        raise KindsDifferError
    return tuple(_merge_parts(a, b) for a, b in zip(left, right, strict=True))


def _merge_parts(left: Any, right: Any) -> Any:
    if isinstance(left, tuple | None) and isinstance(right, tuple | None):
        return merge(left, right)
    if left != right:
        raise KindsDifferError
    return left


class Definitions:
    """Finds the definition of each scope that becomes a class."""

    def __init__(self, root: Scope[Any]) -> None:
        """Sort the uses of blocks in a network by kind."""
        self._blocks: dict[int, list[Definition]] = {}  # by the id of the block
        self._of: dict[int, Definition] = {}
        for scope in root.walk():
            if scope.kind == "block" and scope.block is not None:
                self._enter(scope, self._blocks.setdefault(id(scope.template), []))

    def _enter(self, scope: Scope[Any], known: list[Definition]) -> None:
        signature = signature_of(scope)
        for definition in known:
            try:
                definition.signature = merge(definition.signature, signature)
            except KindsDifferError:
                continue
            break
        else:
            template = scope.template
            definition = Definition("block", template.name, template, template.graph, [], signature)
            known.append(definition)
        definition.scopes.append(scope)
        self._of[id(scope)] = definition

    def of_block(self, scope: Scope[Any]) -> Definition:
        """Return the definition that a use of a block belongs to."""
        return self._of[id(scope)]


@dataclass(frozen=True, slots=True)
class Expansion:
    """One expansion of a graph, inside one expansion (`owner`) of the class being written."""

    scope: Scope[Any]
    owner: Scope[Any]

    def site(self, position: int) -> Site:
        """Return the site of a node of the graph."""
        return Site(self.scope.children[position], self.owner)


@dataclass(frozen=True, slots=True)
class Site:
    """One place where a node of the spec was expanded, inside one expansion (`owner`) of the class being written."""

    child: Child[Any]
    owner: Scope[Any]

    @property
    def item(self) -> Any:
        """The node or scope, or None."""
        return self.child.item

    @property
    def node(self) -> Node:
        """The item, which is a node."""
        assert isinstance(self.child.item, Node)
        return self.child.item

    @property
    def scope(self) -> Scope[Any]:
        """The item, which is a scope."""
        assert isinstance(self.child.item, Scope)
        return self.child.item

    @property
    def expansion(self) -> Expansion:
        """The item, as an expansion of its graph."""
        return Expansion(self.scope, self.owner)

    def inner(self) -> tuple[Site, ...]:
        """Return the sites of the item's children."""
        return tuple(Site(child, self.owner) for child in self.scope.children)
