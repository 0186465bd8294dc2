"""From a spec template to the graph of one network: parameters, variant, inputs, expansion, outputs."""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ParamSpec

from archspec.diagnostics.catalog.expansion import MissingParameter, WrongParameterValue
from archspec.diagnostics.catalog.expressions import UnknownName
from archspec.diagnostics.catalog.graph import SameForAllSamples
from archspec.diagnostics.catalog.spec import (
    EmptyGraph,
    OpenChannels,
    UnknownInput,
    UnknownSpecParameter,
    UnknownVariant,
    WrongKind,
)
from archspec.diagnostics.problem import Collector, ProblemError
from archspec.elaborate import arguments
from archspec.elaborate.environment import ShapeView, value_of
from archspec.elaborate.expand import Expander
from archspec.elaborate.frame import Frame
from archspec.elaborate.imports import Imports
from archspec.elaborate.initialisation import Initialisation
from archspec.elaborate.limits import LimitError, Limits
from archspec.elaborate.open_sizes import ATTEMPTS, OpenSizes, is_symbol, may_be_for_its_size
from archspec.elaborate.preprocessing import Preprocessing
from archspec.elaborate.reuse import Workshop
from archspec.ir.fields import LARGEST_INTEGER
from archspec.ir.graph import Graph, Output, Scope, Value
from archspec.ir.tensor import TensorType
from archspec.source.tree import Scalar, is_nothing
from archspec.spec.expressions import UNKNOWN
from archspec.spec.parameters import example
from archspec.spec.template import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archspec.diagnostics.problem import Problem
    from archspec.elaborate.environment import Environment
    from archspec.elaborate.frame import Results
    from archspec.ir.preprocess import PreprocessFacts
    from archspec.source.span import Span
    from archspec.source.tree import Tree
    from archspec.spec.template import Argument, InputTemplate, Parameter, SpecTemplate, Variant

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen from outside the spec.

    Attributes:
        variant: a variant's name.
        params: values of parameters.
        inputs: shapes per sample by input name; "" stands for a single input. A size that is a name is left open.
        allow_imports: whether classes that the spec names by import path may be imported, which runs their code.
    """

    variant: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict[str, "tuple[int | str, ...]"])
    allow_imports: bool = False


def elaborate(
    spec: SpecTemplate,
    collector: Collector,
    choice: Choice | None = None,
    limits: Limits | None = None,
    workshop: Workshop | None = None,
) -> Graph:
    """Return the network that a spec describes. Problems go to `collector`.

    With errors the graph is what could be made of the spec: nodes that failed, and those that depend on them, are
    missing. Where sizes are left open it is made at the first of some usual sizes that works.

    With a `workshop` it is quicker to make many networks of one spec. It goes with that spec, those limits, and the
    same permission to import.
    """
    workshop = workshop or Workshop()
    made: list[tuple[Graph, Collector]] = []
    for attempt in range(ATTEMPTS):
        sizes, found = OpenSizes(spec, attempt), Collector()
        found.extend(collector.problems)  # of what was read: what failed for them needs no problem of its own
        made.append((_Elaboration(spec, found, choice or Choice(), limits or Limits(), sizes, workshop).run(), found))
        if not may_be_for_its_size(sizes, found.problems):
            break
    # Where no size works, the first says best what is wrong.
    works = not any(problem.severity == "error" for problem in made[-1][1].problems)
    graph, found = made[-1 if works else 0]
    collector.extend(found.problems)
    return graph


class _Elaboration:
    def __init__(
        self,
        spec: SpecTemplate,
        collector: Collector,
        choice: Choice,
        limits: Limits,
        sizes: OpenSizes,
        workshop: Workshop,
    ) -> None:
        self.spec = spec
        self.sizes = sizes
        self.collector = collector
        self.choice = choice
        imports = Imports(allowed=choice.allow_imports)
        self.expander = Expander(spec.blocks, spec.broken_blocks, collector, limits, imports, workshop)

    def run(self) -> Graph:
        env: Environment = ChainMap(self._parameters())
        params = dict(env)
        types = self._inputs(env)
        frame = self._frame(env, types)
        outputs: tuple[Output, ...] = ()
        last: Results = None
        try:
            self.expander.evaluate(self.spec.lets, frame)
            last = self.expander.run(self.spec.graph, frame)
            outputs = tuple(self._outputs(last, frame))
            for block in self.spec.blocks.values():
                self.expander.check_block(block, frame)
        except LimitError as error:
            self.collector.extend(error.problems)
        if self.expander.failed and not self.collector:
            raise RuntimeError(f"a node of {self.spec.name} failed, and nothing was said about it")
        if not self.expander.nodes and not self.collector and not self.spec.is_library:
            self.collector.add(EmptyGraph(span=self.spec.graph.span, where="the spec", left_out=True))
        nodes = self.expander.recovery.guesses.nodes(self.expander.nodes)
        initialisation = Initialisation(
            self.spec, nodes, frame.env, self.collector, whole=not self.expander.failed and bool(outputs)
        )
        if not self.expander.failed and not self.collector.problems:
            self.expander.hand_over()
        return Graph(
            name=self._name(),
            inputs={name: tensor for name, tensor in types.items() if tensor is not None},
            nodes=nodes,
            outputs=outputs,
            root=self.expander.recovery.guesses.scope(self._root(frame, last)),
            params=params,
            init=initialisation.rules(),
            preprocess=self._preprocess(types, outputs, frame.env),
            symbols=self.sizes.numbers,
            symbolic_inputs=self.sizes.marks,
        )

    def _name(self) -> str:
        # A variant chosen from outside is a network of its own, and is called after the variant.
        chosen = self.choice.variant
        return chosen if chosen is not None and chosen in self.spec.variants else self.spec.name

    # ----------------------------------------------------------------------------------------------- parameters

    def _parameters(self) -> dict[str, Any]:
        """Return the values of the spec's parameters: defaults, then the variant, the spec's own, the caller's."""
        given = {argument.name: argument for argument in (*self._variant(), *self.spec.settings)}
        values: dict[str, Any] = {}
        self._check_known(given.values())
        for parameter in self.spec.params:
            values[parameter.name] = self._reported(self._value, parameter, given, values)
        trees = {name: argument.value for name, argument in given.items()}
        self.collector.extend(self.expander.vocabulary.unknown_values(self.spec.params, trees, values))
        for variant in self.spec.variants.values():
            self._check_variant(variant, values)
        return values

    def _reported(self, find: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> Any:
        """Return what is found; UNKNOWN after reporting what is wrong with it."""
        try:
            return find(*args, **kwargs)
        except ProblemError as error:
            self.collector.extend(error.problems)
            return UNKNOWN

    def _value(self, parameter: Parameter, given: Mapping[str, Argument], values: Mapping[str, Any]) -> Any:
        if parameter.name in self.choice.params:
            return arguments.conform("the spec", parameter, self.choice.params[parameter.name], None)
        if parameter.name in given:
            return arguments.typed("the spec", parameter, given[parameter.name].value, values)
        if parameter.default is not None:
            return self._default(parameter, parameter.default, values)
        if parameter.broken:
            return UNKNOWN
        hint = f"give it a default, or a value with --set {parameter.name}={example(parameter)}"
        raise ProblemError(MissingParameter(span=parameter.span, op="the spec", name=parameter.name, suggestion=hint))

    def _default(self, parameter: Parameter, tree: Tree, values: Mapping[str, Any]) -> Any:
        try:
            return arguments.typed("the spec", parameter, tree, values)
        except ProblemError as error:
            below = {other.name for other in self.spec.params} - {parameter.name, *values}
            raise ProblemError(*(arguments.declared_below(problem, below) for problem in error.problems)) from None

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

    def _check_variant(self, variant: Variant, values: Mapping[str, Any]) -> None:
        """Check the values of a variant, whether it is chosen or not."""
        given = {argument.name: argument.value for argument in variant.arguments}
        declared = [parameter for parameter in self.spec.params if parameter.name in given]
        found: dict[str, Any] = {}
        self.collector.extend(arguments.bind("the spec", declared, given, ChainMap(dict(values)), found, variant.span))
        self.collector.extend(self.expander.vocabulary.unknown_values(declared, given, found))

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
        for name, shape in self.choice.inputs.items() if types else ():
            target = next(iter(types)) if not name and len(types) == 1 else name
            if target not in types:
                self.collector.add(UnknownInput(name=name, known=tuple(types)))
                continue
            types[target] = self._given(target, shape)
        return types

    def _given(self, name: str, shape: tuple[int | str, ...]) -> TensorType | None:
        dtype = next(template.dtype for template in self.spec.inputs if template.name == name)
        sizes = [
            self._open(name, place, len(shape), size) if isinstance(size, str) else size
            for place, size in enumerate(shape)
        ]
        known = tuple(size for size in sizes if type(size) is int and 0 < size <= LARGEST_INTEGER)
        if known and len(known) == len(shape):
            return TensorType(known, dtype)
        if None not in sizes:
            wanted = "a list of sizes, each an integer of at least 1, or a name such as H"
            found = "x".join(map(str, shape)) or "empty"
            self.collector.add(WrongKind(what=f"the shape given for input {name!r}", wanted=wanted, found=found))
        return None

    def _open(self, name: str, position: int, rank: int, symbol: str, span: Span | None = None) -> int | None:
        """Return the number at which an open size is made; None after reporting."""
        if not position and rank > 1:
            self.collector.add(OpenChannels(span=span, input=name, symbol=symbol))
            return None
        if not is_symbol(symbol):
            return -1
        self.sizes.mark(name, position, rank, symbol)
        return self.sizes.number(symbol, name, position)

    def _input(self, template: InputTemplate, env: Environment) -> TensorType | None:
        if template.name in self.choice.inputs or ("" in self.choice.inputs and len(self.spec.inputs) == 1):
            return None  # given from outside
        if self.spec.is_library:
            return None
        sizes = [self._size(template, position, env) for position in range(len(template.shape))]
        if not sizes:
            self.collector.add(WrongKind(span=template.span, what="a shape", wanted="a list of sizes", found="empty"))
        known = tuple(size for size in sizes if size is not None)
        return TensorType(known, template.dtype) if known and len(known) == len(sizes) else None

    def _size(self, template: InputTemplate, position: int, env: Environment) -> int | None:
        tree = template.shape[position]
        if isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text not in env and is_symbol(tree.text):
            return self._open(template.name, position, len(template.shape), tree.text, tree.span)
        value = self._reported(_size_of, tree, env)
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
                    suggestion=f"for example {template.name}: [3, 224, 224]",
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
        if not inputs:  # they could not be read, so what the spec calls them is not known
            env["input"] = ShapeView(None)
            return Frame("", env, {"input": None}, names, open=True)
        return Frame("", env, inputs, names, previous=next(iter(inputs.values())))

    def _preprocess(
        self, types: Mapping[str, TensorType | None], outputs: tuple[Output, ...], env: Environment
    ) -> PreprocessFacts | None:
        """Return what is stated of the first input, which is the image."""
        name, image = next(iter(types.items()), ("", None))
        tree = self.spec.preprocess
        if tree is None or is_nothing(tree) or image is None:
            return None
        result = self.expander.types[outputs[0].value] if outputs else None
        changed = self.spec.preprocess_is_inherited or bool(self.choice.inputs)
        return Preprocessing(tree, env, self.collector).facts(name, image, result, changed=changed)

    # ----------------------------------------------------------------------------------------------- results

    def _outputs(self, last: Results, frame: Frame) -> Iterator[Output]:
        if not self.spec.outputs:
            if self.expander.recovery.covers(last):
                return
            name = next(reversed(frame.results), "")
            for result, value in (last or {}).items():
                self._require_batch(value, Ref(name, self.spec.graph.nodes[-1].span))
                yield Output(f"{name}.{result}" if result else name, value)
            return
        for template in self.spec.outputs:
            results = self.expander.lookup(template.ref, frame, "")
            if results and not self.expander.recovery.covers(results):
                value = next(iter(results.values()))
                self._require_batch(value, template.ref)
                yield Output(template.name, value, template.training_only)

    def _require_batch(self, value: Value, ref: Ref) -> None:
        tensor = self.expander.types[value]
        if tensor.batch != "each":
            self.collector.add(
                SameForAllSamples(
                    span=ref.span, what="a result of the network", read=ref.text, has_axis=tensor.batch == "one"
                )
            )

    def _root(self, frame: Frame, last: Results) -> Scope[Any]:
        inputs = {name: next(iter(results.values())) for name, results in frame.inputs.items() if results}
        types = {name: self.expander.types[value] for name, value in inputs.items()}
        children = tuple(frame.children)
        return Scope("", "network", self.spec, None, frame.env, inputs, types, children, last or {})


def _size_of(tree: Tree, env: Environment) -> Any:
    """Return the value of a size of an input. A name that is none here may be meant for a size that is left open.

    Raises:
        ProblemError: there is no such value.
    """
    try:
        return value_of(tree, env)
    except ProblemError as error:
        raise ProblemError(*map(_with_open_size, error.problems)) from None


def _with_open_size(problem: Problem) -> Problem:
    if not isinstance(problem, UnknownName) or "did you mean" in (problem.suggestion or ""):
        return problem
    hint = f"{problem.suggestion}; a size is left open by a name with a capital, such as H"
    return dataclasses.replace(problem, suggestion=hint)
