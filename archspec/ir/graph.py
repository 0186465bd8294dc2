"""The graph of a network, in both views: the flat DAG and the tree of blocks that it came from.

Nodes are generic: an id, an op, inputs. The tree keeps what the flat view forgets (which block, which repeat, which
line of the spec), and the PyTorch backend writes its classes from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import networkx as nx

    from archspec.ir.initialisation import InitRule
    from archspec.ir.op import Op
    from archspec.ir.preprocess import PreprocessFacts
    from archspec.ir.records import ParameterSpec
    from archspec.ir.tensor import TensorType
    from archspec.source.span import Span

# What a scope was expanded from; the language's own type, which this layer need not know.
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value:
    """One result of a node, or an input of the graph (whose `node` is the input's name)."""

    node: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of the network.

    Attributes:
        path: its dotted path: its name in reports and ONNX, and its prefix in the `state_dict`.
        op: the operation with its parameters.
        inputs: where its inputs come from, in order.
        input_types: their types.
        output_types: the types of its results.
        span: where the spec defines it.
        shares: the path of the node whose tensors it uses; None if it has its own.
    """

    path: str
    op: Op
    inputs: tuple[Value, ...]
    input_types: tuple[TensorType, ...]
    output_types: tuple[TensorType, ...]
    span: Span
    shares: str | None = None

    @property
    def output(self) -> TensorType:
        """The type of the first result."""
        return self.output_types[0]

    def parameters(self) -> tuple[ParameterSpec, ...]:
        """Return the tensors that the node owns; those that it shares belong to another."""
        return () if self.shares is not None else self.op.parameters(self.input_types)

    def key_of(self, tensor: str) -> str:
        """Return what a tensor of the node is called in the `state_dict`; a bare parameter is called as its node.

        The tensors of a node that shares those of another are called after that one.
        """
        path = self.shares or self.path
        return f"{path}.{tensor}" if tensor else path


@dataclass(frozen=True, slots=True)
class Child(Generic[T]):
    """What became of one node of a graph in the spec.

    `item` is None where `when` was false. `values` are its results under their names: "" is the result itself, others
    are read as `node.result`.
    """

    template: T
    item: Node | Scope[Any] | None
    values: Mapping[str, Value]
    env: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scope(Generic[T]):
    """One expansion of a graph: the whole network, a use of a block, an inline group, or the copies of a repeat.

    Attributes:
        path: the dotted path of the scope; empty for the whole network.
        kind: "repeat" holds copies (their `env` has the index); "splice" is a repeat in a list graph, whose copies
            take their numbers from the list around them; "dense" holds densely connected copies, and between them the
            nodes that join what each reads (their templates have neither op nor graph).
        template: the graph in the spec, of which `children` are the nodes, in order.
        block: the name of the block definition, for a block.
        env: the names that expressions see: parameters, `let`, indices; shapes of inputs and nodes.
        inputs: what the scope's inputs are bound to, by name.
        input_types: their types.
        children: what became of the graph's nodes, in order.
        outputs: the scope's results by name; "" is the single or first one.
    """

    path: str
    kind: Literal["network", "block", "group", "repeat", "splice", "dense"]
    template: Any
    block: str | None
    env: Mapping[str, Any]
    inputs: Mapping[str, Value]
    input_types: Mapping[str, TensorType]
    children: tuple[Child[T], ...]
    outputs: Mapping[str, Value]

    def walk(self) -> Iterator[Scope[T]]:
        """Yield this scope and all scopes in it, in order."""
        yield self
        for child in self.children:
            if isinstance(child.item, Scope):
                yield from child.item.walk()


@dataclass(frozen=True, slots=True)
class Output:
    """A result of the network. `training_only` marks an auxiliary head: absent in eval mode and in ONNX."""

    name: str
    value: Value
    training_only: bool = False


@dataclass(frozen=True)
class Graph:
    """A network.

    Attributes:
        name: the spec's name, an identifier.
        inputs: the types of the graph's inputs, by name.
        nodes: the nodes by path, in execution order.
        outputs: the results, in order.
        root: the tree of blocks.
        params: the values of the spec's parameters.
        init: how parameters get their first values, where that is not PyTorch's default.
        preprocess: how images become the first input, if that is stated.
        symbols: the sizes that the spec leaves open, each with the number that the network is made at.
        symbolic_inputs: for the inputs with such sizes, the symbol of each axis; None for an axis of a given size.
    """

    name: str
    inputs: Mapping[str, TensorType]
    nodes: Mapping[str, Node]
    outputs: tuple[Output, ...]
    root: Scope[Any]
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    init: tuple[InitRule, ...] = ()
    preprocess: PreprocessFacts | None = None
    symbols: Mapping[str, int] = field(default_factory=dict[str, int])
    symbolic_inputs: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict[str, "tuple[str | None, ...]"])

    def type_of(self, value: Value) -> TensorType:
        """Return the type of a value."""
        if value.node in self.inputs:
            return self.inputs[value.node]
        return self.nodes[value.node].output_types[value.index]

    @cached_property
    def dag(self) -> nx.DiGraph[str]:
        """The flat graph: inputs and nodes by name; an edge for each use of a value, from producer to consumer."""
        import networkx as nx

        dag: nx.DiGraph[str] = nx.DiGraph(name=self.name)
        dag.add_nodes_from(self.inputs)
        for node in self.nodes.values():
            dag.add_node(node.path, node=node)
            dag.add_edges_from((value.node, node.path) for value in node.inputs)
        return dag

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """The nodes that read each node's (or input's) results, in execution order."""
        readers: dict[str, list[Node]] = {name: [] for name in (*self.inputs, *self.nodes)}
        for node in self.nodes.values():
            for producer in dict.fromkeys(value.node for value in node.inputs):
                readers[producer].append(node)
        return {name: tuple(found) for name, found in readers.items()}
