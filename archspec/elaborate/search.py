"""The search for small changes with which shapes fit, smallest first; each is tried on the graph made so far.

Expressions that depend on shapes keep their values meanwhile, and what comes behind the failing node is not known yet.
So what passes here is likely, and is tried on the whole spec (`archspec.repair`) before it is proposed to anyone.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archspec.diagnostics.proposal import InsertNode, Proposal, Replace, SetKey
from archspec.elaborate.environment import ShapeView
from archspec.elaborate.fitting import inferred
from archspec.ir.graph import Scope, Value
from archspec.source.tree import Scalar
from archspec.source.writing import flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archspec.elaborate.frame import Frame, Site, Surroundings
    from archspec.ir.graph import Node
    from archspec.ir.op import Op
    from archspec.ir.tensor import Shape, TensorType
    from archspec.source.span import Span
    from archspec.spec.template import Argument

    _EditsOf = Callable[[Node, tuple[int, ...]], Iterator[dict[str, Any]]]

_ANCESTORS = 40
_ANCESTORS_OF_THE_ODD_ONE = 12
_NUMBERS = 64  # values of one parameter that are tried on the failing op itself
WIDTHS = ("out_channels", "out_features")
_JOINS = frozenset({"add", "sub", "mul", "max"})
_ONE_AXIS = 2
_TWO = 2


class Search:
    """Looks for changes that make one op fit its inputs."""

    def __init__(
        self, op: Op, inputs: tuple[TensorType, ...], site: Site, around: Surroundings, param: str | None
    ) -> None:
        """Keep what was known when `op` refused its `inputs`: nodes that are made later do not count.

        `param` is the parameter that is said to be at fault.
        """
        self._param = param
        self._steps = 0
        self._op = op
        self._inputs = inputs
        self._site = site
        self._around = around
        self._count = len(around.nodes)
        self._values = tuple(source.value for source in site.sources)

    def proposals(self, steps: int) -> Iterator[Proposal]:
        """Yield changes that passed on the graph, the smallest and likeliest first; look at so many ops at most."""
        self._steps = steps
        nodes = self._ancestors()
        likely = list(self._before(nodes, _likely_edits)) if self._op.arity.most != 1 else []
        yield from likely
        yield from self._own()
        yield from self._before(nodes, _likely_edits)
        yield from self._before(nodes, _other_edits)
        yield from self._uses()
        yield from self._other_inputs()
        yield from self._names()
        yield from self._before(nodes, _likely_edits, of_expressions=True)
        yield from self._before(nodes, _other_edits, of_expressions=True)
        # Where none of these is all, a likely one is a first step: another mistake may lie behind it.
        yield from (dataclasses.replace(proposal, certain=True) for proposal in likely)
        yield from self._insertions()

    # ----------------------------------------------------------------------------------------------- the op itself

    def _own(self) -> Iterator[Proposal]:
        """Yield other values of the op's own parameters."""
        given = self._op.model_dump(include=self._op.model_fields_set)
        sizes = {size for tensor in self._inputs for size in tensor.shape}
        for name, value in sorted(given.items(), key=lambda item: item[0] != self._param):
            fitting = (
                other for other in _values_of(name, value, sizes) if self._fits(_changed(self._op, {name: other}))
            )
            for other in islice(fitting, 3):
                yield self._set(self._site.template.span, self._site.path, {name: other})
        for name in ("padding", "ceil_mode"):
            if name in type(self._op).model_fields and name not in given:
                values = (True,) if name == "ceil_mode" else range(1, 8)
                found = next((value for value in values if self._fits(_changed(self._op, {name: value}))), None)
                if found is not None:
                    yield self._set(self._site.template.span, self._site.path, {name: found})

    def _fits(self, op: Op | None) -> bool:
        self._steps -= 1
        return op is not None and inferred(op, self._inputs) is not None

    def _set(self, span: Span, path: str, change: Mapping[str, Any]) -> Proposal:
        text = {name: flow(value) for name, value in change.items()}
        said = ", ".join(f"{name}: {value}" for name, value in text.items())
        return Proposal(f"{said} in {path}", tuple(SetKey(span, name, value) for name, value in text.items()))

    # ----------------------------------------------------------------------------------------------- nodes before it

    def _before(self, nodes: Iterable[Node], edits_of: _EditsOf, *, of_expressions: bool = False) -> Iterator[Proposal]:
        """Yield changes of nodes that led to the inputs: of values that stand there, or of those that are computed."""
        wanted = self._wanted()
        for node in nodes:
            for change in edits_of(node, wanted):
                if self._is_computed(node, change) == of_expressions and self._works(node, change):
                    yield self._set(node.span, node.path, change)

    def _is_computed(self, node: Node, change: Mapping[str, Any]) -> bool:
        """Tell whether a change puts a number in place of an expression."""
        given = self._written.get(node.span, ())
        return any(argument.name in change and _is_expression(argument) for argument in given)

    @cached_property
    def _written(self) -> dict[Span, tuple[Argument, ...]]:
        """What the nodes around the op say, in the graphs that it stands in."""
        found: dict[Span, tuple[Argument, ...]] = {}
        frame: Frame | None = self._site.frame
        while frame is not None:
            level = list(frame.children)
            while level:
                child = level.pop()
                found[child.template.span] = child.template.arguments
                if isinstance(child.item, Scope):
                    level.extend(child.item.children)
            frame = None if frame.use is None else frame.use.frame
        return found

    def _ancestors(self) -> list[Node]:
        """Return the nodes that led to the inputs, the nearest first, one for each place in the spec."""
        odd = self._nodes_before(self._odd_values(), _ANCESTORS_OF_THE_ODD_ONE)
        places = {node.span for node in odd}
        others = (node for node in self._nodes_before(self._values, _ANCESTORS) if node.span not in places)
        return [*odd, *others]

    def _odd_values(self) -> list[Value | None]:
        """Return those of more than two inputs without which the others fit: the mistake is probably before them."""
        count = len(self._inputs)
        if count <= _TWO:
            return []
        others = ((*self._inputs[:index], *self._inputs[index + 1 :]) for index in range(count))
        return [value for value, rest in zip(self._values, others, strict=True) if inferred(self._op, rest)]

    def _nodes_before(self, values: Iterable[Value | None], most: int) -> list[Node]:
        found: dict[Span, Node] = {}
        seen: set[str] = set()
        level = [value for value in values if value is not None]
        while level and len(found) < most:
            following: list[Value] = []
            for value in level:
                node = self._around.nodes.get(value.node)
                if node is None or value.node in seen:
                    continue
                seen.add(value.node)
                found.setdefault(node.span, node)
                following.extend(node.inputs)
            level = following
        return list(found.values())

    def _wanted(self) -> tuple[int, ...]:
        """Return the channels (or features) that the inputs have, of which one is the right one."""
        found = [size for tensor in self._inputs for size in (tensor.channels, tensor.features) if size]
        return tuple(dict.fromkeys(found))

    def _works(self, node: Node, change: Mapping[str, Any]) -> bool:
        """Tell whether the op fits once a node, and each other one that stands at the same place, is changed."""
        if self._steps <= 0:
            return False
        self._steps -= 1 + self._count // 20  # to pass over a node that is not affected takes little
        types: dict[Value, TensorType] = {}
        made: dict[int, Op | None] = {}
        for other in islice(self._around.nodes.values(), self._count):
            is_changed = other.span == node.span
            if not is_changed and types.keys().isdisjoint(other.inputs):
                continue
            if is_changed and id(other.op) not in made:
                made[id(other.op)] = _changed(other.op, change)
            op = made[id(other.op)] if is_changed else other.op
            self._steps -= 1
            inputs = tuple(
                types.get(value, tensor) for value, tensor in zip(other.inputs, other.input_types, strict=True)
            )
            outputs = None if op is None else inferred(op, inputs)
            if outputs is None:
                return False
            types.update((Value(other.path, index), tensor) for index, tensor in enumerate(outputs))
        if not types:
            return False
        known = zip(self._values, self._inputs, strict=True)
        inputs = tuple(tensor if value is None else types.get(value, tensor) for value, tensor in known)
        return inferred(self._op, inputs) is not None

    def _other_inputs(self) -> Iterator[Proposal]:
        """Yield other nodes that a join may read in place of one of its inputs, the nearest first."""
        refs = self._site.template.sources
        if refs is None or self._op.arity.most == 1 or len(refs) != len(self._inputs):
            return
        frame = self._site.frame
        for name, results in chain(reversed(frame.results.items()), frame.inputs.items()):
            value = next(iter(results.values())) if results and len(results) == 1 else None
            tensor = None if value is None else self._around.types.get(value)
            if value is None or tensor is None or value in self._values or self._around.guesses.covers([value]):
                continue
            for index, ref in enumerate(refs):
                inputs = (*self._inputs[:index], tensor, *self._inputs[index + 1 :])
                if inferred(self._op, inputs) is not None:
                    yield Proposal(f"{name} for {ref.text} in {self._site.path}", (Replace(ref.span, name),))

    # ----------------------------------------------------------------------------------------------- blocks

    def _names(self) -> Iterator[Proposal]:
        """Yield names that stand for the channels that are needed, where a number may suit one use of a block only."""
        if self._site.frame.use is None:
            return
        env = self._site.env
        for wanted in self._wanted():
            named = [name for name, value in env.items() if type(value) is int and value == wanted]
            shapes = [f"{name}.channels" for name, value in env.items() if _channels(value) == wanted]
            for node in self._ancestors()[:8]:
                width = node.op.channels_from()
                for name in (*named[:3], *shapes[:2]) if width is not None else ():
                    yield Proposal(f"{width}: {name} in {node.path}", (SetKey(node.span, str(width), name),))

    def _uses(self) -> Iterator[Proposal]:
        """Yield other numbers where the blocks around the op are used."""
        frame: Frame = self._site.frame
        while frame.use is not None:
            site = frame.use
            for argument in site.template.arguments:
                if not isinstance(argument.value, Scalar) or type(argument.value.value) is not int:
                    continue
                given = argument.value.value
                near = islice(_other_values(given, ()), 8)
                for value in dict.fromkeys((*(size for size in self._wanted() if size != given), *near)):
                    place = Replace(argument.value.span, str(value))
                    yield Proposal(f"{argument.name}: {value} in {site.path}", (place,))
            frame = site.frame

    # ----------------------------------------------------------------------------------------------- new nodes

    def _insertions(self) -> Iterator[Proposal]:
        """Yield nodes that stand between an input and the op."""
        if len(self._inputs) == 1:
            yield from self._flattened()
            return
        if len(self._inputs) != _TWO or self._site.template.sources is None:
            return
        if self._op.op in _JOINS:
            for index in self._projected():
                yield from self._projection(index)
            yield from self._condition()
        for index in (0, 1):
            yield from self._resized(index)

    def _flattened(self) -> Iterator[Proposal]:
        flat = self._inputs[0].with_shape(self._inputs[0].elements)
        if len(self._inputs[0].shape) > 1 and inferred(self._op, (flat,)) is not None:
            yield self._inserted("flatten", "flatten", None)

    def _projected(self) -> Iterable[int]:
        """Return the inputs to project, the shortcut first: the input of the graph around."""
        return sorted((0, 1), key=lambda index: self._site.sources[index].name != "input")

    def _projection(self, index: int) -> Iterator[Proposal]:
        source, target = self._inputs[index].shape, self._inputs[1 - index].shape
        stride = _stride_between(source, target)
        if stride is None or source[0] == target[0]:
            return
        extra = f", stride: {stride}" if stride > 1 else ""
        name = self._site.sources[index].name
        text = f"{{op: conv, from: {name}, out_channels: {target[0]}, kernel_size: 1{extra}}}"
        yield self._inserted("project", text, index)

    def _resized(self, index: int) -> Iterator[Proposal]:
        source, target = self._inputs[index], self._inputs[1 - index]
        if len(source.shape) != len(target.shape) or source.spatial == target.spatial or not source.spatial:
            return
        resized = source.with_shape(source.channels, *target.spatial)
        inputs = (resized, target) if index == 0 else (target, resized)
        if inferred(self._op, inputs) is not None:
            names = [source.name for source in self._site.sources]
            text = f"{{op: resize_like, from: [{names[index]}, {names[1 - index]}]}}"
            yield self._inserted("resized", text, index)

    def _condition(self) -> Iterator[Proposal]:
        """Yield a join that is left out where shapes differ, if one input is that of the graph around."""
        names = [source.name for source in self._site.sources]
        if "input" not in names or self._site.template.when is not None:
            return
        other = names[1 - names.index("input")]
        axes = ("channels", "height") if len(self._inputs[0].spatial) == _ONE_AXIS else ("channels",)
        when = " and ".join(f"input.{axis} == {other}.{axis}" for axis in axes)
        span = self._site.template.span
        changes = (SetKey(span, "when", when), SetKey(span, "else", other))
        yield Proposal(f"when: {when}, else: {other} in {self._site.path}", changes)

    def _inserted(self, kind: str, text: str, index: int | None) -> Proposal:
        """Return the proposal of a node before the op, which reads it in place of an input."""
        taken = self._site.frame.names
        name = kind if index is None else f"{self._site.template.name}_{kind}"
        while name in taken:
            name += "_"
        before = InsertNode(self._site.template.span, name, text)
        refs = self._site.template.sources
        read = () if index is None or refs is None else (Replace(refs[index].span, name),)
        return Proposal(f"{name}: {text} before {self._site.path}", (before, *read))


# ----------------------------------------------------------------------------------------------------- values


def _likely_edits(node: Node, wanted: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """Yield what most often mends a shape: padding that keeps sizes, no stride, the channels of the other input."""
    op: Any = node.op
    fields = type(op).model_fields
    width = op.channels_from()
    if width is not None and getattr(op, width) is not None:
        yield from ({width: channels} for channels in wanted if channels != getattr(op, width))
    if "padding" in fields and "kernel_size" in fields:
        yield from _padding_that_keeps(node)
    stride = getattr(op, "stride", None)
    if stride not in (None, 1) and "kernel_size" in fields:
        yield {"stride": 1}


def _padding_that_keeps(node: Node) -> Iterator[dict[str, Any]]:
    op: Any = node.op
    windows = op.windows(node.input_types)
    extents = [getattr(window, "extent", 0) for window in windows]
    halves = [(extent - 1) // 2 for extent in extents]
    padding = halves[0] if len(set(halves)) == 1 else halves
    if all(extent % 2 for extent in extents) and padding != op.padding:
        yield {"padding": padding}


def _other_edits(node: Node, wanted: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """Yield other values near those that a node has."""
    op: Any = node.op
    fields = type(op).model_fields
    for name in ("kernel_size", "stride", "padding", "output_padding", "dilation", "scale_factor"):
        value = getattr(op, name, None)
        if name in fields and isinstance(value, int | float) and not isinstance(value, bool) and value == int(value):
            value = int(value)
            least = 0 if "padding" in name else 1
            near = [value + step for step in (-1, 1, -2, 2, -3, 3)]
            usual = (1, 3, 5, 7) if name == "kernel_size" else ()
            yield from ({name: other} for other in (*near, *usual) if other >= least)
    if getattr(op, "ceil_mode", None) is not None and "ceil_mode" in fields:
        yield {"ceil_mode": not op.ceil_mode}
    for name in op.model_fields_set:
        value = getattr(op, name)
        if name not in WIDTHS and name not in ("kernel_size", "stride", "padding") and type(value) is int:
            yield from ({name: other} for other in islice(_other_values(value, wanted), 4))
        elif isinstance(value, list):
            yield from ({name: other} for other in islice(_other_values(value, wanted), 12))
    if getattr(op, "stride", None) == 1:
        yield {"stride": 2, **next(_padding_that_keeps(node), {})}


def _values_of(name: str, value: Any, sizes: Iterable[int]) -> Iterator[Any]:
    """Yield other values of a parameter: odd ones first for an odd kernel; for a shape, those with an open size."""
    others = _other_values(value, sizes)
    if name == "kernel_size" and type(value) is int:
        yield from (3, 1, 5, 7, 2)  # what kernels usually are
        yield from sorted(others, key=lambda other: (other - value) % 2)
        return
    if name == "shape" and isinstance(value, list):
        yield from ([*value[:index], -1, *value[index + 1 :]] for index in range(len(value)))
    yield from others


def _other_values(value: Any, sizes: Iterable[int]) -> Iterator[Any]:
    """Yield values like one, the nearest first: other integers; lists of which one entry differs; false for true."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        near = {*range(max(value - _NUMBERS // 2, -8), value + _NUMBERS // 2), *sizes, value * 2, value // 2}
        yield from sorted(near - {value}, key=lambda other: (other < 0 <= value, abs(other - value), -other))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if type(item) is int:
                for other in _other_values(item, sizes):
                    yield [*value[:index], other, *value[index + 1 :]]
        for count in range(len(value) - 1, 0, -1):
            yield value[:count]
        if value and all(item == value[0] for item in value):
            yield value[0]


def _stride_between(source: Shape, target: Shape) -> int | None:
    """Return the stride with which a 1 x 1 convolution leads from one map's size to the other's, if there is one."""
    if len(source) != len(target) or len(source) == 1:
        return None
    strides = {-(-a // b) for a, b in zip(source[1:], target[1:], strict=True)}
    stride = strides.pop()
    fits = not strides and stride >= 1
    return stride if fits and all(-(-a // stride) == b for a, b in zip(source[1:], target[1:], strict=True)) else None


def _is_expression(argument: Argument) -> bool:
    return isinstance(argument.value, Scalar) and isinstance(argument.value.value, str)


def _channels(value: object) -> int | None:
    return value.type.channels if isinstance(value, ShapeView) and value.type is not None else None


def _changed(op: Op, change: Mapping[str, Any]) -> Op | None:
    try:
        return type(op).model_validate({**op.model_dump(exclude_unset=True), **change})
    except ValidationError:
        return None
