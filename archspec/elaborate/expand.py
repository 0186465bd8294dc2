"""Expansion: it walks the spec in order, evaluates expressions, and infers each node's shape as the node is made.

A node that failed has unknown results, which spread in silence: one mistake gives one error, and every independent
mistake is found in the same run.
"""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from archspec.diagnostics.catalog.expansion import MissingParameter, RecursiveBlock, TooLarge, UnknownOp, WrongCondition
from archspec.diagnostics.catalog.graph import (
    ElseNeeded,
    ForwardReference,
    NameTaken,
    UnknownNode,
    UnknownResult,
    WrongInputCount,
)
from archspec.diagnostics.problem import Note, Problem, ProblemError
from archspec.elaborate import arguments
from archspec.elaborate.environment import ShapeView, value_of
from archspec.elaborate.loops import copies_of, least_size
from archspec.ir.graph import Child, Node, Scope, Value
from archspec.ir.op import Arity
from archspec.ops.catalog import BY_NAME
from archspec.spec.expressions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.diagnostics.problem import Collector
    from archspec.elaborate.environment import Environment
    from archspec.elaborate.limits import Limits
    from archspec.ir.op import Op
    from archspec.ir.tensor import TensorType
    from archspec.source.span import Span
    from archspec.spec.template import BlockTemplate, GraphTemplate, NodeTemplate, OutputTemplate, Ref, Repeat

# The results of a node by name ("" for a single one); None while they are unknown.
Results: TypeAlias = "Mapping[str, Value] | None"


@dataclass(slots=True)
class Numbers:
    """The next free number of a list graph."""

    next: int = 0


@dataclass(slots=True)
class Frame:
    """A scope in the making.

    Attributes:
        path: its dotted path.
        env: what its expressions see.
        inputs: the results that its inputs are bound to, by name.
        results: the results of its nodes so far, by name.
        previous: the results of the node before.
        names: the names of all its nodes, to tell a forward reference from a misspelling.
        context: the uses and copies that led here, for problems.
        blocks: the names of the blocks that this is in, outermost first.
    """

    path: str
    env: Environment
    inputs: Mapping[str, Results]
    names: frozenset[str]
    context: tuple[Note, ...] = ()
    blocks: tuple[str, ...] = ()
    results: dict[str, Results] = field(default_factory=dict[str, "Results"])
    previous: Results = None
    children: list[Child[NodeTemplate]] = field(default_factory=list[Child["NodeTemplate"]])
    numbers: Numbers = field(default_factory=Numbers)

    def sharing(self, env: Environment, first: Results) -> Frame:
        """Return a frame for nodes that are put into this list graph: it shares its path, numbers and results."""
        inputs = {"input": first}
        return Frame(
            self.path, env, inputs, self.names, self.context, self.blocks, self.results, first, [], self.numbers
        )

    def join(self, name: str) -> str:
        """Return the path of a node of this scope."""
        return f"{self.path}.{name}" if self.path else name


class Expander:
    """Expands one spec."""

    def __init__(self, blocks: Mapping[str, BlockTemplate], collector: Collector, limits: Limits) -> None:
        """Use `blocks` beside the op catalog; report to `collector`."""
        self.blocks = blocks
        self.collector = collector
        self.limits = limits
        self.nodes: dict[str, Node] = {}
        self.types: dict[Value, TensorType] = {}
        self.visited: set[int] = set()
        self._ops: dict[tuple[type[Op], str], Op] = {}
        self._reported: set[tuple[str, Span | None, object]] = set()

    # ----------------------------------------------------------------------------------------------- problems

    def report(self, problem: Problem, frame: Frame, path: str) -> None:
        """Add a problem, once for each place in the spec: a block used often is expanded often."""
        key = (problem.code, problem.span, getattr(problem, "name", None))
        if key not in self._reported:
            self._reported.add(key)
            notes = (*problem.notes, *reversed(frame.context))
            self.collector.add(dataclasses.replace(problem, node=problem.node or path, notes=notes))

    # ----------------------------------------------------------------------------------------------- scopes

    def run(self, graph: GraphTemplate, frame: Frame) -> Results:
        """Expand the nodes of a graph into a frame; return the results of the last one."""
        frame.previous = next(iter(frame.inputs.values()))
        self.limits.check_depth(frame.path.count(".") + 1, graph.span, frame.path)
        for template in graph.nodes:
            self.visited.add(id(template))
            if template.repeats:
                self._repeat(template, frame, in_list=graph.is_list)
            else:
                self._place(template, frame, in_list=graph.is_list)
        return frame.previous

    def _place(self, template: NodeTemplate, frame: Frame, *, in_list: bool) -> None:
        """Expand one node and enter it under its name; in a list, one that is left out takes no number."""
        name: str | None = str(frame.numbers.next) if in_list else template.name
        sources = self._sources(template, frame, frame.previous)
        outcome = self._conditional(template, frame, frame.env, frame.join(str(name)), sources)
        left_out = outcome.item is None and outcome.results is not None
        if in_list and left_out:
            name = None
        elif in_list:
            frame.numbers.next += 1
        self._enter(template, frame, frame.env, name, outcome)

    def _enter(
        self, template: NodeTemplate, frame: Frame, env: Environment, name: str | None, outcome: _Outcome
    ) -> None:
        if name is not None:
            if name in frame.results:
                problem = NameTaken(span=template.span, name=name, taken_by="another node of this graph")
                self.report(problem, frame, frame.join(name))
            elif name in frame.inputs or name == "input":
                problem = NameTaken(span=template.span, name=name, taken_by="an input of this graph")
                self.report(problem, frame, frame.join(name))
            frame.results[name] = outcome.results
            frame.env[name] = self._view(outcome.results)
        frame.previous = outcome.results
        frame.children.append(Child(template, outcome.item, outcome.results or {}, env))

    def _view(self, results: Results) -> ShapeView:
        value = None if not results else next(iter(results.values()))
        return ShapeView(None if value is None else self.types.get(value))

    # ----------------------------------------------------------------------------------------------- references

    def _sources(self, template: NodeTemplate, frame: Frame, previous: Results) -> tuple[_Source, ...]:
        """Return what a node reads, in order."""
        if template.sources is None:
            return (self._single(_Source("the previous node", previous), template, frame),)
        found = tuple(_Source(ref.text, self.lookup(ref, template, frame), ref) for ref in template.sources)
        return tuple(self._single(source, template, frame) for source in found)

    def _single(self, source: _Source, template: NodeTemplate, frame: Frame) -> _Source:
        """Make sure that one result is meant, where a node has several."""
        results = source.results
        if results is None or len(results) == 1 or "" in results:
            return source
        span = source.ref.span if source.ref else _op_span(template)
        name = source.ref.text if source.ref else source.name
        problem = UnknownResult(span=span, name=name, result="", known=tuple(results))
        self.report(problem, frame, frame.join(template.name))
        return dataclasses.replace(source, results=None)

    def lookup(self, ref: Ref, template: NodeTemplate | None, frame: Frame) -> Results:
        """Return the results that a reference names; None if they are unknown, or after reporting."""
        text = ref.text
        if text == "input" and len(frame.inputs) == 1:
            return next(iter(frame.inputs.values()))
        for table in (frame.results, frame.inputs):
            if text in table:
                return table[text]
        head, _, result = text.rpartition(".")
        for table in (frame.results, frame.inputs):
            if head in table:
                return self._result(ref, head, result, table[head], template, frame)
        self._unknown(ref, template, frame)
        return None

    def _result(
        self, ref: Ref, head: str, result: str, results: Results, template: NodeTemplate | None, frame: Frame
    ) -> Results:
        if results is None:
            return None
        if result in results:
            return {"": results[result]}
        known = tuple(name for name in results if name)
        problem = UnknownResult(span=ref.span, name=head, result=result, known=known)
        self.report(problem, frame, frame.join(template.name) if template else frame.path)
        return None

    def _unknown(self, ref: Ref, template: NodeTemplate | None, frame: Frame) -> None:
        path = frame.join(template.name) if template else frame.path
        if ref.text in frame.names:
            itself = template is not None and ref.text == template.name
            self.report(ForwardReference(span=ref.span, name=ref.text, itself=itself), frame, path)
            return
        single = len(frame.inputs) == 1
        known = (*(("input",) if single else frame.inputs), *frame.results)
        self.report(UnknownNode(span=ref.span, name=ref.text, known=known), frame, path)

    # ----------------------------------------------------------------------------------------------- one node

    def _conditional(
        self, template: NodeTemplate, frame: Frame, env: Environment, path: str, sources: tuple[_Source, ...]
    ) -> _Outcome:
        """Expand a node, unless its `when` is false: then what it would have read passes."""
        holds = self._condition(template, frame, env, path)
        if holds is UNKNOWN:
            return _Outcome(None, None)
        if template.when is not None and template.otherwise is None and len(sources) > 1:
            names = tuple(source.name for source in sources)
            self.report(ElseNeeded(span=template.when.span, inputs=names), frame, path)
        if holds:
            return self.single(template, frame, env, path, sources)
        passing = sources[0].results
        if template.otherwise is not None:
            passing = self.lookup(template.otherwise, template, frame)
        return _Outcome(None, passing)

    def _condition(self, template: NodeTemplate, frame: Frame, env: Environment, path: str) -> Any:
        if template.when is None:
            return True
        try:
            holds = value_of(template.when, env)
        except ProblemError as error:
            for problem in error.problems:
                self.report(problem, frame, path)
            return UNKNOWN
        if holds is UNKNOWN or isinstance(holds, bool):
            return holds
        found = arguments.shown(template.when, holds)
        self.report(WrongCondition(span=template.when.span, found=found), frame, path)
        return UNKNOWN

    def single(
        self, template: NodeTemplate, frame: Frame, env: Environment, path: str, sources: tuple[_Source, ...]
    ) -> _Outcome:
        """Expand a node: an op, a block or an inline group."""
        if template.graph is not None:
            return self._group(template, template.graph, frame, env, path, sources)
        if template.op is None:
            return _Outcome(None, None)
        name = self._op_name(template, frame, env, path)
        if name is None:
            return _Outcome(None, None)
        if name in self.blocks:
            return self._block(template, self.blocks[name], frame, env, path, sources)
        return self._op(template, BY_NAME[name], frame, env, path, sources)

    def _op_name(self, template: NodeTemplate, frame: Frame, env: Environment, path: str) -> str | None:
        assert template.op is not None
        name: Any = template.op.text
        if name.startswith("$"):
            try:
                name = value_of(template.op, env)
            except ProblemError as error:
                for problem in error.problems:
                    self.report(problem, frame, path)
                return None
        if name is UNKNOWN:
            return None
        if isinstance(name, str) and (name in self.blocks or name in BY_NAME):
            return name
        known = (*self.blocks, *BY_NAME)
        self.report(UnknownOp(span=template.op.span, name=str(name), known=known), frame, path)
        return None

    # ----------------------------------------------------------------------------------------------- ops

    def _op(
        self,
        template: NodeTemplate,
        op_class: type[Op],
        frame: Frame,
        env: Environment,
        path: str,
        sources: tuple[_Source, ...],
    ) -> _Outcome:
        op = self._make_op(template, op_class, frame, env, path)
        fits = self._count(template, op_class.op, op_class.arity, sources, frame, path)
        values = tuple(source.value for source in sources)
        types = tuple(self.types.get(value) if value else None for value in values)
        if op is None or not fits or None in types:
            return _Outcome(None, None)
        known = tuple(tensor for tensor in types if tensor is not None)
        try:
            outputs = op.infer(known)
            self.limits.check_tensors(op, known, outputs)
        except ProblemError as error:
            for problem in error.problems:
                self._report_shape(problem, template, frame, path, sources)
            return _Outcome(None, None)
        inputs = tuple(value for value in values if value is not None)
        return self._add(Node(path, op, inputs, known, outputs, template.span), template)

    def _add(self, node: Node, template: NodeTemplate) -> _Outcome:
        self.limits.check_nodes(len(self.nodes) + 1, _op_span(template), node.path)
        self.nodes[node.path] = node
        names = node.op.results(node.input_types) or ("",)
        results = {name: Value(node.path, index) for index, name in enumerate(names)}
        for value in results.values():
            self.types[value] = node.output_types[value.index]
        return _Outcome(node, results)

    def _make_op(
        self, template: NodeTemplate, op_class: type[Op], frame: Frame, env: Environment, path: str
    ) -> Op | None:
        known = arguments.op_parameters(op_class)
        problems = list(arguments.unknown_arguments(op_class.op, template.arguments, known))
        values, wrong = arguments.op_values(op_class, template.arguments, env)
        problems += wrong
        op = None
        certain = {name: value for name, value in values.items() if value is not UNKNOWN}
        key = (op_class, repr(sorted(certain.items())))
        if len(certain) == len(values) and key in self._ops:
            op = self._ops[key]
        else:
            try:
                op = arguments.make_op(op_class, certain)
            except ValidationError as error:
                faults = arguments.faults_of(op_class, error, template.arguments, values, _op_span(template))
                # What is given but unknown is not missing.
                problems += [
                    fault for fault in faults if not (isinstance(fault, MissingParameter) and fault.name in values)
                ]
        for problem in problems:
            self.report(problem, frame, path)
        if op is None or problems or len(certain) != len(values):
            return None
        self._ops[key] = op
        return op

    def _report_shape(
        self, problem: Problem, template: NodeTemplate, frame: Frame, path: str, sources: tuple[_Source, ...]
    ) -> None:
        """Put the place and the names of the inputs into a problem that an op found."""
        given = next((item.value.span for item in template.arguments if item.name == problem.param), None)
        operands = tuple(source.name for source in sources)
        placed = dataclasses.replace(problem, span=given or _op_span(template), operands=operands)
        self.report(placed, frame, path)

    def _count(
        self, template: NodeTemplate, op: str, arity: Arity, sources: tuple[_Source, ...], frame: Frame, path: str
    ) -> bool:
        found = len(sources)
        if found >= arity.least and (arity.most is None or found <= arity.most):
            return True
        span = template.sources[0].span if template.sources else _op_span(template)
        self.report(WrongInputCount(span=span, op=op, wanted=str(arity), found=found), frame, path)
        return False

    # ----------------------------------------------------------------------------------------------- blocks, groups

    def _block(
        self,
        template: NodeTemplate,
        block: BlockTemplate,
        frame: Frame,
        env: Environment,
        path: str,
        sources: tuple[_Source, ...],
    ) -> _Outcome:
        span = _op_span(template)
        if block.name in frame.blocks:
            chain = (*frame.blocks[frame.blocks.index(block.name) :], block.name)
            self.report(RecursiveBlock(span=span, chain=chain), frame, path)
            return _Outcome(None, None)
        arity = Arity(len(block.inputs), len(block.inputs))
        if not self._count(template, block.name, arity, sources, frame, path):
            return _Outcome(None, None)
        note = Note(f"in block {block.name}, used by {path}", span)
        inner: Environment = ChainMap({})
        inputs = dict(zip(block.inputs, (source.results for source in sources), strict=True))
        for name, results in inputs.items():
            inner[name] = self._view(results)
        self._bind(template, block, frame, env, path, inner)
        names = frozenset(node.name for node in block.graph.nodes)
        made = Frame(path, inner, inputs, names, (*frame.context, note), (*frame.blocks, block.name))
        self._lets(block, made)
        last = self.run(block.graph, made)
        return self._scope(made, "block", block, block.name, self._outputs(block.outputs, last, made))

    def _bind(
        self,
        template: NodeTemplate,
        block: BlockTemplate,
        frame: Frame,
        env: Environment,
        path: str,
        inner: Environment,
    ) -> None:
        known = tuple(parameter.name for parameter in block.params)
        problems = list(arguments.unknown_arguments(block.name, template.arguments, known))
        given = {argument.name: argument.value for argument in template.arguments}
        values = dict[str, Any]()
        problems += arguments.bind(block.name, block.params, given, env, values, _op_span(template))
        inner.update(values)
        for problem in problems:
            self.report(problem, frame, path)

    def _lets(self, block: BlockTemplate, frame: Frame) -> None:
        for let in block.lets:
            try:
                frame.env[let.name] = value_of(let.value, frame.env)
            except ProblemError as error:
                frame.env[let.name] = UNKNOWN
                for problem in error.problems:
                    self.report(problem, frame, frame.path)

    def _group(
        self,
        template: NodeTemplate,
        graph: GraphTemplate,
        frame: Frame,
        env: Environment,
        path: str,
        sources: tuple[_Source, ...],
    ) -> _Outcome:
        if not self._count(template, "an inline group", Arity(1, 1), sources, frame, path):
            return _Outcome(None, None)
        results = sources[0].results
        inner = env.new_child({"input": self._view(results)})
        names = frozenset(node.name for node in graph.nodes)
        made = Frame(path, inner, {"input": results}, names, frame.context, frame.blocks)
        last = self.run(graph, made)
        return self._scope(made, "group", template, None, self._outputs(template.outputs, last, made))

    def _outputs(self, outputs: tuple[OutputTemplate, ...], last: Results, frame: Frame) -> Results:
        if not outputs:
            return last
        found = {output.name: self.lookup(output.ref, None, frame) for output in outputs}
        if any(results is None for results in found.values()):
            return None
        named = {name: next(iter(results.values())) for name, results in found.items() if results}
        return {"": next(iter(named.values()))} if len(named) == 1 else named

    def _scope(self, frame: Frame, kind: Any, template: Any, block: str | None, outputs: Results) -> _Outcome:
        inputs = {name: next(iter(results.values())) for name, results in frame.inputs.items() if results}
        types = {name: self.types[value] for name, value in inputs.items()}
        children = tuple(frame.children)
        scope = Scope(frame.path, kind, template, block, frame.env, inputs, types, children, outputs or {})
        return _Outcome(scope, outputs)

    # ----------------------------------------------------------------------------------------------- repeats

    def _repeat(self, template: NodeTemplate, frame: Frame, *, in_list: bool) -> None:
        """Expand a repeated node: in a mapping into a scope of its own, in a list into the list itself."""
        path = frame.path if in_list else frame.join(template.name)
        first, *rest = self._sources(template, frame, frame.previous)
        loop = _Loop(dataclasses.replace(template, repeats=()), frame, tuple(rest), spliced=in_list)
        try:
            size = len(self.nodes) + least_size(template, frame.env)
            self.limits.check_nodes(size, template.repeats[0].span, path)
            outcome = self._copies(loop, template.repeats, frame, frame.env, path, first.results)
        except ProblemError as error:
            if any(isinstance(problem, TooLarge) for problem in error.problems):
                raise
            for problem in error.problems:
                self.report(problem, frame, path)
            outcome = _Outcome(None, None)
        self._enter(template, frame, frame.env, None if in_list else template.name, outcome)

    def _copies(
        self, loop: _Loop, repeats: tuple[Repeat, ...], around: Frame, env: Environment, path: str, first: Results
    ) -> _Outcome:
        """Expand the copies of the outermost of some loops, each reading the one before."""
        made = around.sharing(env, first) if loop.spliced else Frame(path, env.new_child({}), {"input": first}, frozenset())
        made.context, made.blocks, made.previous = around.context, around.blocks, first
        for number, copy in enumerate(copies_of(repeats[0], env)):
            inner = env.new_child(dict(copy.names))
            if number:
                note = Note(f"in copy {number + 1} of {loop.frame.join(loop.body.name)}", loop.body.span)
                made.context = (*around.context, note)
            if repeats[1:]:
                name = None if loop.spliced else copy.name or str(number)
                path_inside = path if name is None else made.join(name)
                outcome = self._copies(loop, repeats[1:], made, inner, path_inside, made.previous)
                self._enter(loop.body, made, inner, name, outcome)
            elif loop.spliced and loop.body.graph is not None and loop.body.graph.is_list:
                self._enter(loop.body, made, inner, None, self._spliced_group(loop, made, inner))
            else:
                sources = (_Source("the copy before", made.previous), *loop.rest)
                self._place_copy(loop, made, inner, copy.name, sources)
        return self._scope(made, "splice" if loop.spliced else "repeat", loop.body, None, made.previous)

    def _place_copy(
        self, loop: _Loop, made: Frame, env: Environment, name: str | None, sources: tuple[_Source, ...]
    ) -> None:
        """Expand one copy; one that its `when` leaves out takes no number."""
        name = str(made.numbers.next) if name is None else name
        seen = dataclasses.replace(loop.frame, context=made.context)
        outcome = self._conditional(loop.body, seen, env, made.join(name), sources)
        left_out = outcome.item is None and outcome.results is not None
        made.numbers.next += not left_out
        self._enter(loop.body, made, env, None if left_out else name, outcome)

    def _spliced_group(self, loop: _Loop, made: Frame, env: Environment) -> _Outcome:
        """Expand one copy of a list group inside a list: its nodes take the list's numbers."""
        assert loop.body.graph is not None
        holds = self._condition(loop.body, made, env, made.path)
        if holds is not True:
            return _Outcome(None, None if holds is UNKNOWN else made.previous)
        inner = made.sharing(env.new_child({"input": self._view(made.previous)}), made.previous)
        last = self.run(loop.body.graph, inner)
        return self._scope(inner, "splice", loop.body, None, last)


@dataclass(frozen=True, slots=True)
class _Loop:
    """A repeated node: its body, the frame that it stands in, and what every copy reads beside the one before."""

    body: NodeTemplate
    frame: Frame
    rest: tuple[_Source, ...]
    spliced: bool


@dataclass(frozen=True, slots=True)
class _Source:
    """One input of a node: what the spec calls it, and the results that it names."""

    name: str
    results: Results
    ref: Ref | None = None

    @property
    def value(self) -> Value | None:
        return next(iter(self.results.values())) if self.results else None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a node: an item (None if it was left out or failed) and its results (None if unknown)."""

    item: Node | Scope[Any] | None
    results: Results


def _op_span(template: NodeTemplate) -> Span:
    return template.op.span if template.op is not None else template.span
