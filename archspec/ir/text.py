"""The flat graph as text, a line for each node: what tests compare, and what one reads when something is off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.ir.graph import Graph, Node, Value
    from archspec.ir.initialisation import InitRule
    from archspec.ir.op import Parametrised


def graph_text(graph: Graph) -> str:
    """Return the network, its inputs, its nodes in execution order, its results, and how parameters start.

    A node reads `path = op(inputs, parameters): shapes`; parameters that have their default are left out.
    """
    lines = [f"network {graph.name}"]
    lines += [f"input {name}: {tensor}{_dtype(tensor.dtype)}" for name, tensor in graph.inputs.items()]
    lines += [_node(graph, node) for node in graph.nodes.values()]
    for output in graph.outputs:
        only = " (training only)" if output.training_only else ""
        lines.append(f"output {output.name} = {_value(graph, output.value)}{only}")
    lines += [line for rule in graph.init for line in _rule(rule)]
    return "\n".join(lines) + "\n"


def stated(op: Parametrised) -> dict[str, object]:
    """Return the parameters of an op or initialiser that differ from their defaults, or have none."""
    values = {name: (getattr(op, name), info) for name, info in type(op).model_fields.items()}
    return {name: value for name, (value, info) in values.items() if info.is_required() or value != info.default}


def _node(graph: Graph, node: Node) -> str:
    inputs = [_value(graph, value) for value in node.inputs]
    parameters = [_stated(node.op)] if stated(node.op) else []
    shapes = ", ".join(f"{tensor}{_dtype(tensor.dtype)}" for tensor in node.output_types)
    shared = "" if node.shares is None else f" with the tensors of {node.shares}"
    return f"{node.path} = {node.op.op}({', '.join([*inputs, *parameters])}){shared}: {shapes}"


def _rule(rule: InitRule) -> list[str]:
    return [
        f"init {rule.target} {fill.tensor} = {fill.initialiser.op}({_stated(fill.initialiser)})" for fill in rule.fills
    ]


def _stated(item: Parametrised) -> str:
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in stated(item).items())


def _value(graph: Graph, value: Value) -> str:
    if value.node in graph.inputs:
        return value.node
    node = graph.nodes[value.node]
    names = node.op.results(node.input_types)
    return f"{value.node}.{names[value.index]}" if names else value.node


def _dtype(dtype: str) -> str:
    return "" if dtype == "float32" else f" {dtype}"
