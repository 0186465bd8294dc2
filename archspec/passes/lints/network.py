"""What lints look at: a network, and what several of them ask of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.problem import Note
from archspec.ir.graph import Node, Scope, Value
from archspec.ops.activation import Activation
from archspec.ops.blur import BlurPool
from archspec.ops.convolution import Conv
from archspec.ops.convolution_transposed import ConvTranspose
from archspec.ops.dropout import Dropout, Identity
from archspec.ops.linear import Linear
from archspec.ops.norm import Norm
from archspec.ops.norm_batch import BatchNorm
from archspec.ops.norm_local import LocalResponseNorm
from archspec.ops.norm_rms import RmsNorm
from archspec.ops.pool_adaptive import AdaptivePool, GlobalPool
from archspec.ops.sliding import SlidingPool
from archspec.passes.receptive_field import itself, receptive_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archspec.ir.graph import Graph
    from archspec.ir.op import Op
    from archspec.ir.tensor import TensorType
    from archspec.ir.window import AxisMap
    from archspec.passes.receptive_field import ReceptiveField
    from archspec.source.span import Span
    from archspec.spec.template import SpecTemplate

# Ops that hand on what they get, but for noise in training.
PASSING: tuple[type[Op], ...] = (Identity, Dropout)
NORMS: tuple[type[Op], ...] = (Norm, BatchNorm, LocalResponseNorm, RmsNorm)
ACTIVATIONS: tuple[type[Op], ...] = (Activation,)
POOLS: tuple[type[Op], ...] = (SlidingPool, AdaptivePool, GlobalPool, BlurPool)
WEIGHTED: tuple[type[Op], ...] = (Conv, ConvTranspose, Linear)


class Network:
    """A network without errors, and the spec that it comes from."""

    def __init__(self, spec: SpecTemplate, graph: Graph, fields: Mapping[str, ReceptiveField] | None = None) -> None:
        """Look at `graph`, which `spec` describes; `fields` are its receptive fields, if they are known already."""
        self.spec = spec
        self.graph = graph
        self._fields = fields
        self._windows: dict[tuple[int, tuple[TensorType, ...]], tuple[AxisMap, ...]] = {}

    @cached_property
    def fields(self) -> Mapping[str, ReceptiveField]:
        """The receptive field of each node, by path."""
        return receptive_fields(self.graph) if self._fields is None else self._fields

    @cached_property
    def readers(self) -> Mapping[Value, tuple[Node, ...]]:
        """The nodes that read each value that is read, in execution order."""
        found: dict[Value, dict[str, Node]] = {}
        for node in self.graph.nodes.values():
            for value in node.inputs:
                found.setdefault(value, {})[node.path] = node
        return {value: tuple(nodes.values()) for value, nodes in found.items()}

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Where each node stands in the execution order."""
        return {path: place for place, path in enumerate(self.graph.nodes)}

    @cached_property
    def results(self) -> frozenset[Value]:
        """The results of the network, auxiliary ones among them."""
        return frozenset(output.value for output in self.graph.outputs)

    @cached_property
    def needed(self) -> frozenset[str]:
        """The nodes and inputs that some result depends on."""
        return self._behind(value.node for value in self.results)

    @cached_property
    def lasting(self) -> frozenset[str]:
        """The nodes and inputs that some result depends on which is there outside training too."""
        return self._behind(output.value.node for output in self.graph.outputs if not output.training_only)

    def _behind(self, ends: Iterable[str]) -> frozenset[str]:
        needed = set(ends)
        for path, node in reversed(list(self.graph.nodes.items())):
            if path in needed:
                needed.update(value.node for value in node.inputs)
        return frozenset(needed)

    def maker(self, value: Value) -> Node | None:
        """Return the node that a value is a result of; None for an input of the network."""
        return self.graph.nodes.get(value.node)

    def field_of(self, value: Value) -> ReceptiveField:
        """Return the receptive field of a value; that of an input of the network is itself."""
        if value.node in self.fields:
            return self.fields[value.node]
        return itself(value.node, self.graph.inputs[value.node])

    def windows(self, node: Node) -> tuple[AxisMap, ...]:
        """Return how each spatial axis of a node reads its first input; copies of one op are asked once."""
        key = (id(node.op), node.input_types)
        if key not in self._windows:
            self._windows[key] = node.op.windows(node.input_types)
        return self._windows[key]

    def before(self, value: Value, passed: tuple[type[Op], ...]) -> Node | None:
        """Return the node that a value comes from, leaving out ops of some kinds; None for an input."""
        node = self.maker(value)
        while node is not None and isinstance(node.op, passed):
            node = self.maker(node.inputs[0])
        return node

    def is_own(self, span: Span) -> bool:
        """Tell whether a place is in the file of the spec itself, and not in one that it extends or imports."""
        return span.path == self.spec.span.path

    @cached_property
    def uses(self) -> Mapping[str, tuple[Note, ...]]:
        """By path of a node: the uses of blocks that it stands in, innermost first."""
        found: dict[str, tuple[Note, ...]] = {}
        waiting: list[tuple[Scope[Any], tuple[Note, ...]]] = [(self.graph.root, ())]
        while waiting:
            scope, around = waiting.pop()
            for child in scope.children:
                item = child.item
                if isinstance(item, Node):
                    found[item.path] = around
                elif item is not None:
                    waiting.append((item, (*_use(item, child.template), *around)))
        return found


def _use(scope: Scope[Any], template: Any) -> tuple[Note, ...]:
    if scope.kind != "block":
        return ()
    span = template.span if template.op is None else template.op.span
    return (Note(f"in block {scope.block}, used by {scope.path}", span),)
