"""From the graph to an ONNX program: inference mode, one step for each record of an op."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from archspec.backends.onnx.program import Names, Program, Step, ValueType
from archspec.backends.onnx.schema import input_name
from archspec.diagnostics.problem import ProblemError
from archspec.ir.graph import Value
from archspec.ir.records import Absent, Constant, Operand, Temporary, Weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archspec.backends.onnx.program import Array
    from archspec.ir.graph import Graph, Node, Output
    from archspec.ir.records import OnnxInput, OnnxNode


def exported_outputs(graph: Graph) -> tuple[Output, ...]:
    """Return the outputs that exist in inference."""
    return tuple(output for output in graph.outputs if not output.training_only)


def exported_nodes(graph: Graph) -> tuple[Node, ...]:
    """Return the nodes that the outputs of inference depend on, in execution order."""
    wanted = {output.value.node for output in exported_outputs(graph)}
    for node in reversed(tuple(graph.nodes.values())):
        if node.path in wanted:
            wanted.update(value.node for value in node.inputs)
    return tuple(node for node in graph.nodes.values() if node.path in wanted)


def lower(graph: Graph, weights: Mapping[str, Array]) -> Program:
    """Return the ONNX program of a graph, with the weights as they are (not copied).

    Nodes that do nothing in inference (identity, dropout) are left out.
    """
    return _Lowering(graph, weights).run()


class _Lowering:
    def __init__(self, graph: Graph, weights: Mapping[str, Array]) -> None:
        self._graph = graph
        self._weights = weights
        self._value_names = Names()
        self._step_names = Names()
        # What each value of the graph, and each weight, is called in ONNX.
        self._called: dict[Value, str] = {}
        self._weights_called: dict[str, str] = {}
        self._steps: list[Step] = []
        self._tensors: dict[str, Array] = {}
        self._types: dict[str, ValueType] = {}

    def run(self) -> Program:
        records = [(node, _records(node)) for node in exported_nodes(self._graph)]
        aliases = _aliases(records)
        inputs = [self._name_value(Value(name), name) for name in self._graph.inputs]
        outputs, copies = self._name_outputs(aliases)
        for node, steps in records:
            result = Value(node.path)
            if result in aliases:
                self._called[result] = self._called[aliases[result]]
            else:
                self._add(node, steps)
        for name, value in copies.items():
            self._copy(name, value)
        steps, tensors, types = tuple(self._steps), self._tensors, self._types
        return Program(self._graph.name, tuple(inputs), tuple(outputs), steps, tensors, types)

    def _name_value(self, value: Value, wanted: str) -> str:
        name = self._value_names.claim(wanted)
        self._types[name] = ValueType.of(self._graph.type_of(value))
        self._called.setdefault(value, name)
        return name

    def _name_outputs(self, aliases: Mapping[Value, Value]) -> tuple[list[str], dict[str, Value]]:
        """Let each output's value bear its name; return the names, and those whose value already has another one."""
        copies: dict[str, Value] = {}
        names: list[str] = []
        for output in exported_outputs(self._graph):
            names.append(self._name_value(aliases.get(output.value, output.value), output.name))
            if self._called[aliases.get(output.value, output.value)] != names[-1]:
                copies[names[-1]] = output.value
        return names, copies

    def _copy(self, name: str, value: Value) -> None:
        """Write an output whose value is an input, or another output: only a step can give it a second name."""
        elided = value.node in self._graph.nodes and value.node not in {step.name for step in self._steps}
        step_name = self._step_names.claim(value.node if elided else f"{name}/Identity")
        self._steps.append(Step(step_name, "Identity", (self._called[value],), (name,)))

    def _add(self, node: Node, records: tuple[OnnxNode, ...]) -> None:
        temporaries: dict[str, str] = {}
        last = self._step_names.claim(node.path)
        for record in records[:-1]:
            named = {name: self._value_names.claim(f"{node.path}/{name}") for name in record.outputs}
            step = self._step_names.claim(f"{node.path}/{record.op_type}")
            self._append(node, record, step, tuple(named.values()), temporaries)
            temporaries |= named
        self._append(node, records[-1], last, self._results(node), temporaries)

    def _append(
        self, node: Node, record: OnnxNode, name: str, outputs: tuple[str, ...], temporaries: Mapping[str, str]
    ) -> None:
        inputs = [
            self._input(node, source, f"{node.path}/{input_name(record.op_type, position)}", temporaries)
            for position, source in enumerate(record.inputs)
        ]
        while inputs and not inputs[-1]:
            inputs.pop()  # ONNX leaves out absent inputs at the end, instead of naming them ""
        self._steps.append(Step(name, record.op_type, tuple(inputs), outputs, record.attributes))

    def _results(self, node: Node) -> tuple[str, ...]:
        """Name the results of a node, where no output has named them already."""
        names = node.op.results(node.input_types)
        for index in range(len(node.output_types)):
            value = Value(node.path, index)
            if value not in self._called:
                self._name_value(value, f"{node.path}.{names[index]}" if names else node.path)
        return tuple(self._called[Value(node.path, index)] for index in range(len(node.output_types)))

    def _input(self, node: Node, source: OnnxInput, constant: str, temporaries: Mapping[str, str]) -> str:
        match source:
            case Operand(index):
                return self._called[node.inputs[index]]
            case Weight(name):
                return self._weight(node.key_of(name))
            case Temporary(name):
                return temporaries[name]
            case Constant(value, dtype):
                name = self._value_names.claim(constant)
                self._tensors[name] = np.asarray(value, dtype=dtype)
                return name
            case Absent():
                return ""

    def _weight(self, key: str) -> str:
        if key not in self._weights_called:
            self._weights_called[key] = self._value_names.claim(key)
            self._tensors[self._weights_called[key]] = self._weights[key]
        return self._weights_called[key]


def _records(node: Node) -> tuple[OnnxNode, ...]:
    """Return the records of a node.

    Raises:
        ProblemError: there are none for its op.
    """
    try:
        return node.op.onnx(node.input_types)
    except ProblemError as error:
        placed = [dataclasses.replace(problem, span=node.span, node=node.path) for problem in error.problems]
        raise ProblemError(*placed) from None


def _aliases(records: Iterable[tuple[Node, tuple[OnnxNode, ...]]]) -> dict[Value, Value]:
    """Return, for the results of nodes that do nothing, the values that they pass on."""
    aliases: dict[Value, Value] = {}
    for node, steps in records:
        if not steps or (len(steps) == 1 and steps[0].op_type == "Identity" and steps[0].inputs == (Operand(0),)):
            source = node.inputs[0]
            aliases[Value(node.path)] = aliases.get(source, source)
    return aliases
