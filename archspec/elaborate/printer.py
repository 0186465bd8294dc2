"""The resolved spec of a network: what `archspec expand` prints.

There is nothing left to resolve in it: no parameters, blocks, repeats, conditions or expressions. Blocks and copies
have become inline groups, so that every node keeps its dotted path. Read again, it gives the same flat graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from archspec.ir.graph import Node, Value
from archspec.ir.text import stated
from archspec.source.writing import block, flow, scalar, sentence
from archspec.spec import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archspec.ir.graph import Graph, Output
    from archspec.ir.initialisation import Initialiser, InitRule
    from archspec.source.writing import Document
    from archspec.spec.template import SpecTemplate


@dataclass(slots=True)
class _Group:
    """The nodes under one prefix of paths; the one without a prefix is the network.

    Attributes:
        items: what is in it, by name, in execution order.
        reads: the values from outside that are used in it, in the order of their first use.
        gives: its values that are used outside.
    """

    items: dict[str, Node | _Group] = field(default_factory=dict[str, "Node | _Group"])
    reads: dict[Value, None] = field(default_factory=dict[Value, None])
    gives: dict[Value, None] = field(default_factory=dict[Value, None])


# What a scope calls a value: `conv1`, `halves.0`, `input`.
_Names: TypeAlias = "dict[Value, str]"


def print_spec(graph: Graph, spec: SpecTemplate) -> str:
    """Return a spec that gives the same flat graph, with nothing left to resolve."""
    return "".join(f"{line}\n" for line in block(dict(_entries(graph, spec))))


def _entries(graph: Graph, spec: SpecTemplate) -> Iterator[tuple[str, Document]]:
    network = _grouped(graph)
    body, known = _body(network, {Value(name): name for name in graph.inputs})
    yield "archspec", "1"
    yield "name", graph.name
    if spec.description:
        yield "description", sentence(spec.description)
    yield "inputs", flow({name: _input(graph, name) for name in graph.inputs})
    if graph.preprocess is not None:
        yield "preprocess", flow(graph.preprocess.stated())
    if graph.init:
        yield "init", {scalar(rule.target): _fills(rule) for rule in graph.init}
    yield "graph", body
    outputs = {output.name: _output(output, known[output.value]) for output in graph.outputs}
    if outputs != _default_outputs(network):
        yield "outputs", outputs


def _input(graph: Graph, name: str) -> object:
    tensor = graph.inputs[name]
    marks = graph.symbolic_inputs.get(name, (None,) * tensor.rank)
    shape = tuple(mark or size for mark, size in zip(marks, tensor.shape, strict=True))
    return shape if tensor.dtype == "float32" else {"shape": shape, "dtype": tensor.dtype}


def _fills(rule: InitRule) -> str:
    return flow({fill.tensor: _initialiser(fill.initialiser) for fill in rule.fills})


def _initialiser(initialiser: Initialiser) -> object:
    given = stated(initialiser)
    return {initialiser.op: given} if given else initialiser.op


def _output(output: Output, name: str) -> str:
    return flow({"from": name, "when": "training"}) if output.training_only else scalar(name)


def _default_outputs(network: _Group) -> Mapping[str, str]:
    """Return what the network gives where `outputs` is silent: the last node."""
    last = next(reversed(network.items))
    return {name: name for name in _results_by_name(last, network.items[last])}


# ----------------------------------------------------------------------------------------------------- grouping


def _grouped(graph: Graph) -> _Group:
    """Return the nodes of a graph, grouped by their paths."""
    network = _Group()
    for node in graph.nodes.values():
        groups = _open(network, node.path)
        groups[-1].items[node.path.rpartition(".")[2]] = node
        for value in node.inputs:
            producers = [] if value.node in graph.inputs else _open(network, value.node)
            shared = sum(left is right for left, right in zip(groups, producers, strict=False)) or 1
            for group in groups[shared:]:
                group.reads.setdefault(value)
            for group in producers[shared:]:
                group.gives.setdefault(value)
    for output in graph.outputs:
        for group in _open(network, output.value.node)[1:]:
            group.gives.setdefault(output.value)
    return network


def _open(network: _Group, path: str) -> list[_Group]:
    """Return the groups that a node stands in, the network first."""
    groups = [network]
    for name in path.split(".")[:-1]:
        group = groups[-1].items.setdefault(name, _Group())
        assert isinstance(group, _Group), "a node has no nodes in it"
        groups.append(group)
    return groups


def _results(item: Node | _Group) -> dict[str, Value]:
    """Return the results of a node or group, by the names under which `node.result` reads them."""
    if isinstance(item, Node):
        result_names = item.op.results(item.input_types) or ("",)
        return {name: Value(item.path, index) for index, name in enumerate(result_names)}
    last = _results(next(reversed(item.items.values())))
    if set(item.gives) <= set(last.values()):
        return last
    if len(item.gives) == 1:
        return {"": next(iter(item.gives))}
    named = _distinct([_last_name(value) for value in item.gives], frozenset())
    return dict(zip(named, item.gives, strict=True))


def _results_by_name(name: str, item: Node | _Group) -> dict[str, Value]:
    return {f"{name}.{result}" if result else name: value for result, value in _results(item).items()}


# ----------------------------------------------------------------------------------------------------- printing


def _body(group: _Group, inputs: _Names) -> tuple[Document, _Names]:
    """Return the graph of a group, and what its own scope calls the values in it."""
    known: _Names = dict(inputs)
    previous = list(inputs)[:1]
    printed: dict[str, Document] = {}
    for name, item in group.items.items():
        read = list(item.inputs if isinstance(item, Node) else item.reads)
        sources = [] if read == previous and len(read) == 1 else [known[value] for value in read]
        shared = _owner(item)
        if shared is not None and shared in printed:
            printed[name] = flow({"share": shared, **_from(sources)})
        else:
            printed[name] = _node(item, sources) if isinstance(item, Node) else _group(item, sources)
        results = _results_by_name(name, item)
        known.update({value: text for text, value in results.items() if value not in known})
        previous = list(results.values())
    numbered = list(printed) == [str(index) for index in range(len(printed))]
    return list(printed.values()) if numbered else printed, known


def _owner(item: Node | _Group, depth: int = 1) -> str | None:
    """Return the name of the node or group, `depth` names from the end of paths, whose tensors an item uses."""
    if isinstance(item, Node):
        return None if item.shares is None else item.shares.split(".")[-depth]
    found = (_owner(inner, depth + 1) for inner in item.items.values())
    return next((name for name in found if name is not None), None)


def _node(node: Node, sources: Sequence[str]) -> str:
    given = stated(node.op)
    if not sources and not given:
        return node.op.op
    return flow({"op": node.op.op, **_from(sources), **given})


def _group(group: _Group, sources: Sequence[str]) -> Document:
    inputs = _input_names(group, sources)
    body, known = _body(group, dict(zip(group.reads, inputs, strict=True)))
    head = {key: flow(value) for key, value in _from(sources).items()}
    if len(inputs) > 1:
        head["inputs"] = flow(inputs)
    results = _results(group)
    if results != _results(next(reversed(group.items.values()))):
        named = {name: known[value] for name, value in results.items()}
        head["outputs"] = flow(named.get("", named))
    return body if isinstance(body, list) and not head else {**head, "graph": body}


def _from(sources: Sequence[str]) -> dict[str, object]:
    return {"from": sources[0] if len(sources) == 1 else sources} if sources else {}


def _input_names(group: _Group, sources: Sequence[str]) -> list[str]:
    """Return what a group calls its inputs: `input`, or what they are called around it."""
    if len(group.reads) == 1:
        return ["input"]
    return _distinct([source.rpartition(".")[2] for source in sources], frozenset(group.items))


def _last_name(value: Value) -> str:
    return value.node.rpartition(".")[2]


def _distinct(wanted: Sequence[str], taken: frozenset[str]) -> list[str]:
    """Return usable names, as close to those wanted as possible."""
    found: list[str] = []
    for text in map(names.as_identifier, wanted):
        name = text if names.fault_of_parameter_name(text) is None else f"x{text}" if text.isdecimal() else f"{text}_"
        while name in taken or name in found:
            name += "_"
        found.append(name)
    return found
