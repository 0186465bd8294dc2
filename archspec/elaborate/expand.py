"""Expansion: it walks the spec in order, evaluates expressions, and infers each node's shape as the node is made.

One mistake gives one error, and every independent mistake is found in the same run: what a node that failed would have
given is guessed (`archspec.elaborate.recovery`), and where it cannot be, its results are unknown, which spreads in
silence. What is not expanded (a node that `when` leaves out, the body of a loop without
copies, a block that nothing uses) is checked as far as one can without values.
"""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.expansion import RecursiveBlock, WrongCondition
from archspec.diagnostics.catalog.graph import ElseNeeded, NameTaken, WrongInputCount
from archspec.diagnostics.problem import Note, ProblemError
from archspec.elaborate import arguments
from archspec.elaborate.environment import ShapeView, opened, value_of, without
from archspec.elaborate.frame import FAILED, Frame, Outcome, Site, Source, Surroundings, span_of
from archspec.elaborate.limits import LimitError
from archspec.elaborate.op_maker import OpMaker
from archspec.elaborate.recovery import Recovery
from archspec.elaborate.references import one_result, resolve
from archspec.elaborate.repeats import Copies
from archspec.elaborate.reports import Reports
from archspec.elaborate.reuse import Expansion, Signature, copied, signature, values_of
from archspec.elaborate.sharing import Sharing
from archspec.elaborate.size import Sizer
from archspec.elaborate.vocabulary import Vocabulary
from archspec.ir.graph import Child, Node, Scope, Value
from archspec.ir.op import Arity
from archspec.spec.expressions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from archspec.diagnostics.problem import Collector
    from archspec.elaborate.environment import Environment
    from archspec.elaborate.frame import Results
    from archspec.elaborate.imports import Imports
    from archspec.elaborate.limits import Limits
    from archspec.elaborate.reuse import Workshop
    from archspec.ir.op import Op
    from archspec.ir.tensor import TensorType
    from archspec.source.span import Span
    from archspec.spec.template import (
        BlockTemplate,
        GraphTemplate,
        Let,
        NodeTemplate,
        OutputTemplate,
        Ref,
    )


class Expander:
    """Expands one spec."""

    def __init__(
        self,
        blocks: Mapping[str, BlockTemplate],
        broken: frozenset[str],
        collector: Collector,
        limits: Limits,
        imports: Imports,
        workshop: Workshop,
    ) -> None:
        """Use `blocks` beside the op catalog; report to `collector`. `broken` are blocks that could not be read."""
        self.nodes: dict[str, Node] = {}
        self.types: dict[Value, TensorType] = {}
        self.failed = False
        self.reports = Reports(collector)
        self.vocabulary = Vocabulary(blocks, broken, imports)
        self.sizer = Sizer(blocks)
        self._limits = limits
        self._maker = OpMaker(self.reports, limits, workshop.ops)
        self._sharing = Sharing(self)
        self.recovery = Recovery(self, limits)
        self._steps = 0
        self._seen: set[Span] = set()  # the places of nodes that were expanded or checked
        self._hopeless: set[object] = set()  # uses of blocks that failed: the next such use has nothing new to say
        self._used: set[int] = set()  # blocks, likewise, by their ids
        self._expansions: dict[Signature, Expansion] = {}
        self._workshop = workshop

    # ----------------------------------------------------------------------------------------------- graphs

    def run(self, graph: GraphTemplate, frame: Frame) -> Results:
        """Expand the nodes of a graph into a frame; return the results of the last one.

        Raises:
            LimitError: a limit was passed; the expansion cannot go on.
        """
        self._limits.check_depth(frame.path.count(".") + 1, graph.span, frame.path)
        if graph.has_gaps:
            frame.open, frame.env = True, opened(frame.env)
        for template in graph.nodes:
            if template.repeats:
                Copies(self, template, frame, in_list=graph.is_list).expand()
            else:
                self._place(template, frame, in_list=graph.is_list)
        return frame.previous

    def _place(self, template: NodeTemplate, frame: Frame, *, in_list: bool) -> None:
        """Expand one node and enter it under its name; in a list, one that is left out takes no number."""
        name: str | None = str(frame.numbers.next) if in_list else template.name
        site = self.site(template, frame, frame.join(str(name)))
        outcome = self.conditional(site) if self._fits(site) else FAILED
        if in_list:
            name = self.number(outcome, frame)
            if outcome.results is None and (template.when is not None or template.broken):
                frame.numbers.certain = False
        if outcome.results is None and template.when is not None:
            outcome = self.recovery.there_or_not(site)
        self.enter(template, frame, frame.env, name, outcome)

    def _fits(self, site: Site) -> bool:
        """Tell whether a block or group of the network is small enough; its size is counted without expanding it."""
        if site.frame.path or site.frame.only_checked:
            return True  # part of what was counted
        return self.fits(site)

    def fits(self, site: Site) -> bool:
        """Tell whether a node, with all that is in it, is within the limit; otherwise report."""
        size, culprit = self.sizer.largest(site.template, site.env, self._limits.nodes)
        span = culprit.repeats[0].span if culprit.repeats else span_of(culprit)
        try:
            self._limits.check_nodes(len(self.nodes) + size, span, site.path)
        except LimitError as error:
            self.reports.add_all(error.problems, site.frame, site.path)
            return False
        return True

    def number(self, outcome: Outcome, frame: Frame) -> str | None:
        """Return the number of a node in a list; None if it is left out."""
        if outcome.left_out:
            return None
        frame.numbers.next += 1
        return str(frame.numbers.next - 1)

    def enter(self, template: NodeTemplate, frame: Frame, env: Environment, name: str | None, outcome: Outcome) -> None:
        """Enter what became of a node into its scope. Without a name it is not seen there."""
        if name is not None:
            if name in frame.results:
                problem = NameTaken(span=template.span, name=name, taken_by="another node of this graph")
                self.reports.add(problem, frame, frame.join(name))
            elif name in frame.inputs:
                problem = NameTaken(span=template.span, name=name, taken_by="an input of this graph")
                self.reports.add(problem, frame, frame.join(name))
            frame.results[name] = outcome.results
            # A parameter keeps its meaning in expressions, where a node is called like it.
            if isinstance(frame.env.get(name), ShapeView | None):
                frame.env[name] = self.view(outcome.results)
        self.failed |= not frame.only_checked and (outcome.results is None or self.recovery.covers(outcome.results))
        frame.previous = outcome.results
        child = Child(template, outcome.item, outcome.results or {}, env)
        frame.children.append(child)
        if name is not None:
            frame.made.setdefault(name, child)

    def view(self, results: Results) -> ShapeView:
        """Return the shape of a node's result, as expressions see it."""
        value = None if not results else next(iter(results.values()))
        tensor = None if value is None else self.types.get(value)
        return ShapeView(None) if value is None or tensor is None else self.recovery.guesses.view(value, tensor)

    # ----------------------------------------------------------------------------------------------- references

    def site(self, template: NodeTemplate, frame: Frame, path: str) -> Site:
        """Return the placing of a node in a frame."""
        if template.sources is None:
            sources = [Source("the previous node", self._previous(template, frame, path))]
        else:
            names = template.sources
            sources = [Source(ref.text, self.lookup(ref, frame, path, template.name), ref) for ref in names]
        return Site(template, frame, frame.env, path, tuple(sources))

    def _previous(self, template: NodeTemplate, frame: Frame, path: str) -> Results:
        name = next(reversed(frame.results), "input")
        if self.vocabulary.is_misspelt("from", template) or template.broken:
            return None
        try:
            return one_result(frame.previous, name, span_of(template))
        except ProblemError as error:
            if self.vocabulary.reads_nothing(template):
                return None
            self.reports.add_all(error.problems, frame, path)
            return None

    def lookup(self, ref: Ref, frame: Frame, path: str, reader: str | None = None) -> Results:
        """Return the result that a reference names; None if it is unknown, or after reporting."""
        try:
            return resolve(ref, frame, reader)
        except ProblemError as error:
            self.reports.add_all(error.problems, frame, path)
            return self.recovery.meant(error.problems[0], frame)

    # ----------------------------------------------------------------------------------------------- one node

    def conditional(self, site: Site) -> Outcome:
        """Expand a node, unless its `when` is false: then what it would have read passes."""
        template, frame = site.template, site.frame
        self._steps += 1
        self._limits.check_steps(self._steps, site.span, site.path)
        holds = UNKNOWN if template.broken else self.condition(site)
        passing = site.sources[0].results
        if template.when is not None and template.otherwise is None and len(site.sources) > 1:
            self._else_needed(site)
        if template.otherwise is not None:
            passing = self.lookup(template.otherwise, frame, site.path, template.name)
        if holds is True:
            return self.single(site)
        self.check(site)
        return FAILED if holds is UNKNOWN else Outcome(None, passing)

    def _else_needed(self, site: Site) -> None:
        if site.template.when is not None and not self.vocabulary.is_misspelt("else", site.template):
            names = tuple(source.name for source in site.sources)
            self.reports.add(ElseNeeded(span=site.template.when.span, inputs=names), site.frame, site.path)

    def condition(self, site: Site) -> Any:
        """Return whether a node is there: true, false or UNKNOWN."""
        when = site.template.when
        if when is None:
            return True
        try:
            holds = value_of(when, site.env)
        except ProblemError as error:
            self.reports.add_all(error.problems, site.frame, site.path)
            return UNKNOWN
        if holds is UNKNOWN or isinstance(holds, bool):
            return holds
        self.reports.add(WrongCondition(span=when.span, found=arguments.shown(when, holds)), site.frame, site.path)
        return UNKNOWN

    def check(self, site: Site) -> None:
        """Check a node that is not expanded, as far as one can without values; each node once."""
        if not self.is_seen(site.template):
            self.single(site.only_checked())

    def single(self, site: Site) -> Outcome:
        """Expand a node: an op, a block or an inline group."""
        template = site.template
        self.mark(template)
        if template.share is not None:
            return self._sharing.expand(site)
        if template.graph is not None:
            return self._group(site, template.graph)
        name = None if template.op is None else self._op_name(site)
        if name is None:
            return FAILED
        if name not in self.vocabulary:
            return self.recovery.unknown_op(name, site)
        if self.vocabulary.is_misspelt("repeat", template):
            site = dataclasses.replace(site, env=opened(site.env))
        block = self.vocabulary.blocks.get(name)
        if block is not None:
            return self.block(site, block)
        op_class = self._op_class(name, site)
        return FAILED if op_class is None else self._op(site, op_class)

    def is_seen(self, template: NodeTemplate) -> bool:
        """Tell whether a node has been expanded or checked."""
        return template.span in self._seen

    def mark(self, template: NodeTemplate) -> None:
        """Note that a node has been expanded or checked."""
        self._seen.add(template.span)

    def _op_name(self, site: Site) -> str | None:
        assert site.template.op is not None
        name: Any = site.template.op.text
        if name.startswith("$"):
            try:
                name = value_of(site.template.op, site.env)
            except ProblemError as error:
                self.reports.add_all(error.problems, site.frame, site.path)
                return None
        return None if name is UNKNOWN or str(name) in self.vocabulary.broken else str(name)

    def outputs_of(self, template: NodeTemplate, env: Environment) -> tuple[OutputTemplate, ...]:
        """Return the results that a group, or the block of a node, names; empty if it names none."""
        if template.op is None:
            return template.outputs
        name: Any = template.op.text
        if name.startswith("$"):
            with suppress(ProblemError):
                name = value_of(template.op, env)
        block = self.vocabulary.blocks.get(name) if isinstance(name, str) else None
        return () if block is None else block.outputs

    # ----------------------------------------------------------------------------------------------- ops

    def _op_class(self, name: str, site: Site) -> type[Op] | None:
        """Return the op of a name, which may have to be imported; None after reporting that it cannot be."""
        try:
            return self.vocabulary.op(name)
        except ProblemError as error:
            placed = (dataclasses.replace(problem, span=site.span) for problem in error.problems)
            self.reports.add_all(placed, site.frame, site.path)
            return None

    def _op(self, site: Site, op_class: type[Op]) -> Outcome:
        if op_class.arity.most == 0 and site.template.sources is None:
            site = dataclasses.replace(site, sources=())  # it reads nothing, not even the node before
        op = self._maker.make(op_class, site)
        if not self._count(site, op_class.op, op_class.arity):
            return FAILED
        if op is not None:
            return self.insert(op, site)
        # In a block that nothing uses, neither is known; only after a mistake is there something to go on with.
        return FAILED if self.values_of(site) is None else self.recovery.likely_op(op_class, site)

    def insert(self, op: Op, site: Site) -> Outcome:
        """Add an op that reads the sources of a site, if they are known and suit it."""
        inputs = self.values_of(site)
        if inputs is None:
            return FAILED
        if self.recovery.guesses.covers(inputs):
            return self.recovery.on_guess(op, site, inputs)
        types = self.types_of(inputs)
        outputs = None if self.recovery.explains(op, inputs, types) else self.infer(op, types, site)
        if outputs is None:
            return self.recovery.after_failure(op, site, inputs)
        try:
            owner = self._sharing.owner(site.path, op, types)
        except ProblemError as error:
            self.reports.add_all(error.problems, site.frame, site.path)
            return FAILED
        return self.add(Node(site.path, op, inputs, types, outputs, site.template.span, owner), site.span)

    def infer(
        self, op: Op, inputs: tuple[TensorType, ...], site: Site, guess: Note | None = None
    ) -> tuple[TensorType, ...] | None:
        """Return the types of an op's results; None after reporting. `guess` says what the inputs rest on."""
        around = Surroundings(self.nodes, self.types, site.frame.path, self.recovery.guesses)
        return self._maker.infer(op, inputs, site, around, guess)

    def values_of(self, site: Site) -> tuple[Value, ...] | None:
        """Return what a node reads; None if part of it is unknown."""
        values = tuple(source.value for source in site.sources if source.value is not None)
        return values if len(values) == len(site.sources) else None

    def types_of(self, values: tuple[Value, ...]) -> tuple[TensorType, ...]:
        """Return the types of some values."""
        return tuple(self.types[value] for value in values)

    def add(self, node: Node, span: Span) -> Outcome:
        """Add a node.

        Raises:
            LimitError: there are too many.
            ProblemError: the op names its results after its inputs, which do not suit it.
        """
        self._limits.check_nodes(len(self.nodes) + 1, span, node.path)
        names = node.op.results(node.input_types) or ("",)
        self.nodes[node.path] = node
        results = {name: Value(node.path, index) for index, name in enumerate(names)}
        for value in results.values():
            self.types[value] = node.output_types[value.index]
        return Outcome(node, results)

    def _count(self, site: Site, op: str, arity: Arity) -> bool:
        """Check the number of inputs."""
        found = len(site.sources)
        if found >= arity.least and (arity.most is None or found <= arity.most):
            return True
        if not (site.template.broken or self.vocabulary.is_misspelt("from", site.template)):
            refs = site.template.sources or ()
            too_many = arity.most is not None and found > arity.most
            span = refs[min(found, len(refs)) - 1].span if refs and (too_many or len(refs) == 1) else site.span
            self.reports.add(WrongInputCount(span=span, op=op, wanted=str(arity), found=found), site.frame, site.path)
        return False

    # ----------------------------------------------------------------------------------------------- blocks, groups

    def block(self, site: Site, block: BlockTemplate) -> Outcome:
        """Expand a block at the place of a node that uses it."""
        frame = site.frame
        if any(block is outer for outer in frame.blocks):
            names = [outer.name for outer in frame.blocks]
            chain = (*names[names.index(block.name) :], block.name)
            self.reports.add(RecursiveBlock(span=site.span, chain=chain), frame, site.path)
            return FAILED
        with self._at_home(block):
            return self._expanded(site, block)

    @contextmanager
    def _at_home(self, block: BlockTemplate) -> Generator[None]:
        """Meanwhile, names of blocks are those that a block from another file sees."""
        around = self.vocabulary
        if block.home is not None:
            self.vocabulary = Vocabulary(block.home.blocks, block.home.broken, around.imports)
        try:
            yield
        finally:
            self.vocabulary = around

    def _expanded(self, site: Site, block: BlockTemplate) -> Outcome:
        frame = site.frame
        values = self._bound(site, block)
        inner: Environment = ChainMap(values)
        counted = self._count(site, block.name, Arity(len(block.inputs), len(block.inputs)))
        given: tuple[Results, ...] = tuple(source.results for source in site.sources) if counted else ()
        if (frame.only_checked or not counted) and id(block) in self._used:
            return FAILED
        self._used.add(id(block))
        inputs = dict(zip(block.inputs, given or (None,) * len(block.inputs), strict=True))
        given_guess = any(map(self.recovery.covers, inputs.values()))
        same = None if self._sharing.active or given_guess else signature(site, block, values, inputs, self.types)
        if same is not None and (expansion := self._known_expansion(same)) is not None:
            return self._copied(expansion, site, inputs)
        key = (id(block), repr(sorted(values.items())), tuple(self.view(results) for results in inputs.values()))
        if key in self._hopeless:
            return FAILED
        inner.update((name, self.view(results)) for name, results in inputs.items())
        if len(inputs) == 1:
            inner["input"] = inner[block.inputs[0]]
        made = frame.inner(site.path, inner, inputs, _names(block.graph))
        made.context = (*frame.context, Note(f"in block {block.name}, used by {site.path}", site.span))
        made.blocks = (*frame.blocks, block)
        made.use = site
        steps, said, count = self._steps, self.reports.count, len(self.nodes)
        self.evaluate(block.lets, made)
        last = self.run(block.graph, made)
        outcome = self.scope(made, "block", block, block.name, self.outputs(block.outputs, last, made))
        if outcome.results is None:
            self._hopeless.add(key)
        if same is not None and not self.failed and self.reports.count == said:
            self._expansions[same] = self._expansion(outcome, inputs, count, steps)
        return outcome

    def _known_expansion(self, wanted: Signature) -> Expansion | None:
        """Return what a block was expanded to before, in this network or in another one of the spec."""
        expansion = self._expansions.get(wanted)
        if expansion is None and (expansion := self._workshop.expansions.get(wanted)) is not None:
            self._expansions[wanted] = expansion
            for scope in expansion.scope.walk():
                self._seen.update(child.template.span for child in scope.children)
                if scope.kind == "block":
                    self._used.add(id(scope.template))
        return expansion

    def hand_over(self) -> None:
        """Leave what blocks were expanded to for other networks of the spec.

        Nothing may have been wrong in this one: what is copied is not checked again.
        """
        self._workshop.keep(self._expansions)

    def _expansion(self, outcome: Outcome, inputs: Mapping[str, Results], count: int, steps: int) -> Expansion:
        """Return what a block was expanded to, before which there were `count` nodes and `steps` steps."""
        assert isinstance(outcome.item, Scope)
        nodes = tuple(islice(self.nodes.values(), count, None))
        return Expansion(outcome.item, outcome.results or {}, nodes, values_of(inputs) or (), self._steps - steps)

    def _copied(self, expansion: Expansion, site: Site, inputs: Mapping[str, Results]) -> Outcome:
        """Enter the nodes of a block that was expanded before, under other paths."""
        self._steps += expansion.steps
        self._limits.check_steps(self._steps, site.span, site.path)
        self._limits.check_nodes(len(self.nodes) + len(expansion.nodes), site.span, site.path)
        outcome, nodes = copied(expansion, site.path, values_of(inputs) or ())
        for node in nodes:
            self.nodes[node.path] = node
            self.types.update((Value(node.path, index), tensor) for index, tensor in enumerate(node.output_types))
        return outcome

    def _bound(self, site: Site, block: BlockTemplate) -> dict[str, Any]:
        """Return the values of a block's parameters."""
        values: dict[str, Any] = {}
        known = tuple(parameter.name for parameter in block.params)
        problems = list(arguments.unknown_arguments(block.name, site.template.arguments, known))
        given = {argument.name: argument.value for argument in arguments.respelt(known, site.template.arguments)}
        given |= {argument.name: argument.value for argument in site.template.arguments}
        problems += arguments.bind(block.name, block.params, given, site.env, values, site.span)
        problems += self.vocabulary.unknown_values(block.params, given, values)
        self.reports.add_all(problems, site.frame, site.path)
        return values

    def evaluate(self, lets: Iterable[Let], frame: Frame) -> None:
        """Give the names of `let` their values."""
        lets = tuple(lets)
        for place, let in enumerate(lets):
            try:
                frame.env[let.name] = UNKNOWN if let.broken else value_of(let.value, frame.env)
            except ProblemError as error:
                frame.env[let.name] = UNKNOWN
                below = {other.name for other in lets[place + 1 :]}
                problems = (arguments.declared_below(problem, below) for problem in error.problems)
                self.reports.add_all(problems, frame, frame.path)

    def check_block(self, block: BlockTemplate, frame: Frame) -> None:
        """Check a block that nothing used, as far as one can without values."""
        if id(block) in self._used or block.home is not None:
            return  # what comes from another file is checked there
        self._used.add(id(block))
        inner: Environment = ChainMap({})
        defaults = [parameter for parameter in block.params if parameter.default is not None]
        problems = arguments.bind(block.name, defaults, {}, inner, {}, block.span)
        inner.update((parameter.name, UNKNOWN) for parameter in block.params)
        inner.update((name, ShapeView(None)) for name in block.inputs)
        made = frame.inner(block.name, inner, dict.fromkeys(block.inputs), _names(block.graph))
        made.only_checked = True
        made.context = (Note(f"in block {block.name}, which nothing uses", block.span),)
        made.blocks = (block,)
        self.reports.add_all(problems, made, block.name)
        self.evaluate(block.lets, made)
        self.outputs(block.outputs, self.run(block.graph, made), made)

    def _group(self, site: Site, graph: GraphTemplate) -> Outcome:
        template, frame = site.template, site.frame
        counted = self.group_inputs(site)
        inputs = counted or dict.fromkeys(template.inputs)
        views = {name: self.view(results) for name, results in inputs.items()}
        # The input of the graph around is not the group's, neither in `from` nor in expressions.
        around = site.env if "input" in inputs else without(site.env, "input")
        made = frame.inner(site.path, around.new_child(views), inputs, _names(graph))
        made.around = frozenset((*frame.around, *frame.results, *frame.inputs)) - inputs.keys()
        last = self.run(graph, made)
        outcome = self.scope(made, "group", template, None, self.outputs(template.outputs, last, made))
        return FAILED if counted is None else outcome

    def group_inputs(self, site: Site) -> dict[str, Results] | None:
        """Return what the inputs of a group are bound to; None, after reporting, if there are too many or too few."""
        names = site.template.inputs
        if not self._count(site, "this group", Arity(len(names), len(names))):
            return None
        return dict(zip(names, (source.results for source in site.sources), strict=True))

    def outputs(self, outputs: tuple[OutputTemplate, ...], last: Results, frame: Frame) -> Results:
        """Return the results of a graph by name: its outputs, or those of its last node."""
        if not outputs:
            return last
        found = {output.name: self.lookup(output.ref, frame, frame.path) for output in outputs}
        if any(results is None for results in found.values()):
            return None
        named = {name: next(iter(results.values())) for name, results in found.items() if results}
        return {"": next(iter(named.values()))} if len(named) == 1 else named

    def scope(self, frame: Frame, kind: Any, template: Any, block: str | None, outputs: Results) -> Outcome:
        """Return the scope that a frame has become."""
        inputs = {name: next(iter(results.values())) for name, results in frame.inputs.items() if results}
        types = {name: self.types[value] for name, value in inputs.items()}
        children = tuple(frame.children)
        scope: Scope[Any] = Scope(frame.path, kind, template, block, frame.env, inputs, types, children, outputs or {})
        return Outcome(scope, outputs)


def _names(graph: GraphTemplate) -> frozenset[str]:
    return frozenset(node.name for node in graph.nodes)
