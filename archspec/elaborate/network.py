"""From a spec template to the graph of one network: parameters, variant, inputs, expansion, outputs."""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.expansion import MissingParameter, UnknownOp, WrongParameterValue
from archspec.diagnostics.catalog.spec import NotSupported, UnknownInput, UnknownSpecParameter, UnknownVariant, WrongKind
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate import arguments
from archspec.elaborate.environment import ShapeView, value_of
from archspec.elaborate.expand import Expander, Frame
from archspec.elaborate.limits import Limits
from archspec.ir.fields import LARGEST_INTEGER
from archspec.ir.graph import Graph, Output, Scope, Value
from archspec.ir.tensor import TensorType
from archspec.ops.catalog import BY_NAME
from archspec.source.tree import Scalar
from archspec.spec.expressions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archspec.diagnostics.problem import Collector
    from archspec.elaborate.environment import Environment
    from archspec.elaborate.expand import Results
    from archspec.spec.template import Argument, GraphTemplate, InputTemplate, NodeTemplate, Parameter, SpecTemplate


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen from outside the spec.

    Attributes:
        variant: a variant's name.
        params: values of parameters.
        inputs: shapes per sample by input name; "" stands for a single input.
    """

    variant: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, "tuple[int, ...]"])


def elaborate(
    spec: SpecTemplate, collector: Collector, choice: Choice | None = None, limits: Limits | None = None
) -> Graph:
    """Return the network that a spec describes. Problems go to `collector`.

    With errors the graph is what could be made of the spec: nodes that failed, and those that depend on them, are
    missing.
    """
    return _Elaboration(spec, collector, choice or Choice(), limits or Limits()).run()


class _Elaboration:
    def __init__(self, spec: SpecTemplate, collector: Collector, choice: Choice, limits: Limits) -> None:
        self.spec = spec
        self.collector = collector
        self.choice = choice
        self.expander = Expander(spec.blocks, collector, limits)

    def run(self) -> Graph:
        env: Environment = ChainMap(self._parameters())
        params = dict(env)
        types = self._inputs(env)
        frame = self._frame(env, types)
        last = self._expand(frame)
        self._check_unused()
        return Graph(
            name=self._name(),
            inputs={name: tensor for name, tensor in types.items() if tensor is not None},
            nodes=self.expander.nodes,
            outputs=tuple(self._outputs(last, frame)),
            root=self._root(frame, last),
            params=params,
        )

    def _name(self) -> str:
        # A variant chosen from outside is a network of its own, and is called after the variant.
        return self.choice.variant if self.choice.variant in self.spec.variants else self.spec.name

    def _expand(self, frame: Frame) -> Results:
        try:
            self._lets(frame)
            return self.expander.run(self.spec.graph, frame)
        except ProblemError as error:
            # A limit was passed: there is no use in going on.
            self.collector.extend(error.problems)
            return None

    def _lets(self, frame: Frame) -> None:
        for let in self.spec.lets:
            try:
                frame.env[let.name] = value_of(let.value, frame.env)
            except ProblemError as error:
                frame.env[let.name] = UNKNOWN
                self.collector.extend(error.problems)

    # ----------------------------------------------------------------------------------------------- parameters

    def _parameters(self) -> dict[str, Any]:
        """Return the values of the spec's parameters: defaults, then the variant, the spec's own, the caller's."""
        given = {argument.name: argument for argument in (*self._variant(), *self.spec.settings)}
        values: dict[str, Any] = {}
        self._check_known(given.values())
        for parameter in self.spec.params:
            try:
                values[parameter.name] = self._value(parameter, given, values)
            except ProblemError as error:
                values[parameter.name] = UNKNOWN
                self.collector.extend(error.problems)
        return values

    def _value(self, parameter: Parameter, given: Mapping[str, Argument], values: Mapping[str, Any]) -> Any:
        if parameter.name in self.choice.params:
            return arguments.conform("the spec", parameter, self.choice.params[parameter.name], None)
        tree = given[parameter.name].value if parameter.name in given else parameter.default
        if tree is None:
            raise ProblemError(
                MissingParameter(
                    span=parameter.span,
                    op="the spec",
                    name=parameter.name,
                    suggestion=f"give it a default, or a value with --set {parameter.name}=...",
                )
            )
        return arguments.typed("the spec", parameter, tree, values)

    def _variant(self) -> tuple[Argument, ...]:
        """Return the arguments of the chosen variant; one chosen from outside takes the place of the spec's own."""
        chosen, span = self.choice.variant, None
        if chosen is None and self.spec.variant is not None:
            chosen, span = self.spec.variant.text, self.spec.variant.span
        if chosen is None:
            return ()
        if chosen in self.spec.variants:
            return self.spec.variants[chosen].arguments
        self.collector.add(UnknownVariant(span=span, variant=chosen, known=tuple(self.spec.variants)))
        return ()

    def _check_known(self, settings: Iterable[Argument]) -> None:
        known = tuple(parameter.name for parameter in self.spec.params)
        variants = (argument for variant in self.spec.variants.values() for argument in variant.arguments)
        for argument in (*settings, *variants):
            if argument.name not in known:
                self.collector.add(UnknownSpecParameter(span=argument.key_span, name=argument.name, known=known))
        for name in self.choice.params:
            if name not in known:
                self.collector.add(UnknownSpecParameter(name=name, known=known))

    # ----------------------------------------------------------------------------------------------- inputs

    def _inputs(self, env: Environment) -> dict[str, TensorType | None]:
        """Return the inputs' types; None for one that is wrong."""
        types = {template.name: self._input(template, env) for template in self.spec.inputs}
        for name, shape in self.choice.inputs.items():
            target = next(iter(types)) if not name and len(types) == 1 else name
            if target not in types:
                self.collector.add(UnknownInput(name=name, known=tuple(types)))
                continue
            dtype = next(template.dtype for template in self.spec.inputs if template.name == target)
            types[target] = TensorType(shape, dtype)
        return types

    def _input(self, template: InputTemplate, env: Environment) -> TensorType | None:
        if template.name in self.choice.inputs or ("" in self.choice.inputs and len(self.spec.inputs) == 1):
            return None  # given from outside
        sizes = [self._size(template, position, env) for position in range(len(template.shape))]
        if not sizes:
            self.collector.add(WrongKind(span=template.span, what="a shape", wanted="a list of sizes", found="empty"))
        known = tuple(size for size in sizes if size is not None)
        return TensorType(known, template.dtype) if known and len(known) == len(sizes) else None

    def _size(self, template: InputTemplate, position: int, env: Environment) -> int | None:
        tree = template.shape[position]
        symbolic = isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text not in env
        if symbolic and isinstance(tree, Scalar) and tree.text.isidentifier() and tree.text[0].isupper():
            feature = f"the symbolic size {tree.text!r}"
            hint = f"write a number, or give the shape with --input {template.name}=3x224x224"
            self.collector.add(NotSupported(span=tree.span, feature=feature, suggestion=hint))
            return None
        try:
            value = value_of(tree, env)
        except ProblemError as error:
            self.collector.extend(error.problems)
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_INTEGER:
            return value
        if value is not UNKNOWN:
            self.collector.add(
                WrongParameterValue(
                    span=tree.span,
                    op=f"input {template.name}",
                    name=f"size {position + 1}",
                    wanted="an integer of at least 1",
                    found=arguments.shown(tree, value),
                )
            )
        return None

    def _frame(self, env: Environment, types: Mapping[str, TensorType | None]) -> Frame:
        inputs: dict[str, Results] = {}
        for name, tensor in types.items():
            value = Value(name)
            inputs[name] = None if tensor is None else {"": value}
            env[name] = ShapeView(tensor)
            if tensor is not None:
                self.expander.types[value] = tensor
        if len(types) == 1:
            env["input"] = next(env[name] for name in types)
        names = frozenset(node.name for node in self.spec.graph.nodes)
        return Frame("", env, inputs, names)

    # ----------------------------------------------------------------------------------------------- results

    def _outputs(self, last: Results, frame: Frame) -> Iterator[Output]:
        if not self.spec.outputs:
            name = str(self.spec.graph.nodes[-1].name)
            for result, value in (last or {}).items():
                yield Output(f"{name}.{result}" if result else name, value)
            return
        for template in self.spec.outputs:
            results = self.expander.lookup(template.ref, None, frame)
            if results:
                yield Output(template.name, next(iter(results.values())), template.training_only)

    def _root(self, frame: Frame, last: Results) -> Scope[Any]:
        inputs = {name: next(iter(results.values())) for name, results in frame.inputs.items() if results}
        types = {name: self.expander.types[value] for name, value in inputs.items()}
        children = tuple(frame.children)
        return Scope("", "network", self.spec, None, frame.env, inputs, types, children, last or {})

    # ----------------------------------------------------------------------------------------------- what is not used

    def _check_unused(self) -> None:
        """Check the names in blocks that nothing used: expansion never came to them."""
        for graph in (block.graph for block in self.spec.blocks.values()):
            for node in _all_nodes(graph):
                if id(node) not in self.expander.visited:
                    self._check_names(node)

    def _check_names(self, node: NodeTemplate) -> None:
        if node.op is None or node.op.text.startswith("$"):
            return
        name = node.op.text
        if name in self.spec.blocks:
            known = tuple(parameter.name for parameter in self.spec.blocks[name].params)
        elif name in BY_NAME:
            known = arguments.op_parameters(BY_NAME[name])
        else:
            names = (*self.spec.blocks, *BY_NAME)
            self.collector.add(UnknownOp(span=node.op.span, node=node.name, name=name, known=names))
            return
        for problem in arguments.unknown_arguments(name, node.arguments, known):
            self.collector.add(dataclasses.replace(problem, node=node.name))


def _all_nodes(graph: GraphTemplate) -> Iterator[NodeTemplate]:
    for node in graph.nodes:
        yield node
        if node.graph is not None:
            yield from _all_nodes(node.graph)
