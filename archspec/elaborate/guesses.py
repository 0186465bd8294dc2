"""What is known of values that were guessed, and of what is made of them.

Each size in which a guess may err is a symbol (`archspec.ir.sizes`), and the shape rules run on those: two branches of
a block, of which one loses a border, differ by 2 whatever came in; whether what came in can be added to a tensor from
elsewhere depends on the guess.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archspec.diagnostics.problem import Note, ProblemError
from archspec.elaborate.environment import ShapeView
from archspec.elaborate.fitting import USUAL_SIZES, inferred, may_fit, number
from archspec.ir.graph import Node, Scope, Value
from archspec.ir.op import Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archspec.ir.graph import Child
    from archspec.ir.sizes import Path
    from archspec.ir.tensor import TensorType
    from archspec.source.span import Span

    Types = tuple[TensorType, ...]
    Guess = tuple[Types, Types]  # the types that results most likely have, and what is known of them


class UncertainError(Exception):
    """An op does not suit what was guessed, and may suit what will stand there instead."""


class Guesses:
    """What was guessed, and what was made of it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._open: dict[Value, TensorType] = {}  # what is known of the values: sizes that are not are symbols
        self._origins: dict[Value, Note] = {}
        self._paths: set[str] = set()
        self._blamed: set[Span] = set()
        self._symbols = 0

    def covers(self, values: Iterable[Value]) -> bool:
        """Tell whether one of some values is a guess, or was made of one."""
        return bool(self._open) and any(value in self._open for value in values)

    def view(self, value: Value, tensor: TensorType) -> ShapeView:
        """Return the shape of a value, as expressions see it: a size in which a guess may err is unknown."""
        known = self._open.get(value)
        if known is None:
            return ShapeView(tensor)
        return ShapeView(tensor, tuple(axis for axis, size in enumerate(known.shape) if type(size) is not int))

    def origin(self, values: Iterable[Value]) -> Note | None:
        """Return which guess some values rest on, in words: the first one, if there are several."""
        return next((self._origins[value] for value in values if value in self._origins), None)

    def enter(self, node: Node, known: Types) -> None:
        """Keep what is known of the results of a node that was made of guesses, or is one."""
        origin = self.origin(node.inputs) or _taken(node.path, node.output_types[0])
        for index, tensor in enumerate(known):
            self._enter(Value(node.path, index), tensor, origin)

    def doubt(self, value: Value, tensor: TensorType, name: str) -> None:
        """Keep that nothing is certain of a value but how many axes it has; `name` is what the spec calls it."""
        self._enter(value, self._doubtful(tensor), _taken(name, tensor))

    def _enter(self, value: Value, known: TensorType, origin: Note) -> None:
        self._paths.add(value.node)
        self._open[value] = known
        self._origins[value] = origin

    def blame(self, span: Span) -> None:
        """Keep that something was said of the node that stands at a place, of which there may be many copies."""
        self._blamed.add(span)

    def known(self, values: Sequence[Value], types: Types) -> Types:
        """Return what is known of some values, whose types are those that they would have."""
        return tuple(self._open.get(value, tensor) for value, tensor in zip(values, types, strict=True))

    # ----------------------------------------------------------------------------------------------- ops

    def infer(self, op: Op, known: Types, span: Span) -> Types:
        """Return what is known of the results of an op, given what is known of its inputs.

        Raises:
            ProblemError: it does not suit them, whatever they will be; not raised for a node that is to blame already.
            UncertainError: it does not suit what was guessed.
        """
        from archspec.ir.sizes import NotFollowedError

        conditions = self._path.conditions
        conditions.clear()
        try:
            results = op.infer(known)
        except NotFollowedError:
            raise UncertainError from None
        except ProblemError:
            if span in self._blamed or (conditions and may_fit(op, known)):
                raise UncertainError from None
            raise
        if conditions and _names_results(op):  # how many there are may depend on what was guessed
            raise UncertainError
        if any(condition.relation == "==" and condition.holds for condition in conditions):
            return tuple(map(self._unless_one, results))  # a size that was guessed to be 1 was stretched
        return results

    def results(self, op: Op, known: Types) -> Guess | None:
        """Return the types that an op most likely gives where it does not suit its inputs, and what is known of them.

        Each way to make it fit gives an answer, the likeliest first; in what they differ nothing is known. None if
        there is no way.
        """
        ways = () if _names_results(op) else _ways(op, known)
        answers = next((found for found in map(_answers, ways) if found), [])
        if not answers or any(not _alike(each, answers[0]) for each in answers):
            return None
        certain = len(known) > 1 and len(answers) > 1
        return self._joined(answers) if certain else self._doubtful_all(answers[0])

    def results_of_likely(self, ops: Sequence[Op | None], known: Types) -> Guess | None:
        """Return the same for an op that may be any of some; None stands for others.

        It is None if they change how many axes there are, which may be due to what is not known of them.
        """
        answers = [None if op is None else inferred(op, known) for op in ops]
        likeliest = answers[0] if answers else None
        if likeliest is None:
            return None
        if len(answers) == 1:
            return plain(likeliest), likeliest
        if any(tensor.rank != known[0].rank for tensor in likeliest) or (ops[0] and _names_results(ops[0])):
            return None
        certain = [answer for answer in answers if answer is not None and _alike(answer, likeliest)]
        return self._joined(certain) if len(certain) == len(answers) else self._doubtful_all(likeliest)

    def _joined(self, answers: Sequence[Types]) -> Guess:
        """Return the first of some answers, of which nothing is known where they differ."""
        known = (
            tensor.with_shape(*map(self._merged, zip(*(answer[index].shape for answer in answers), strict=True)))
            for index, tensor in enumerate(answers[0])
        )
        return plain(answers[0]), tuple(known)

    def _doubtful_all(self, types: Types) -> Guess:
        return plain(types), tuple(map(self._doubtful, types))

    # ----------------------------------------------------------------------------------------------- symbols

    @cached_property
    def _path(self) -> Path:
        """What notes the comparisons with symbols."""
        from archspec.ir.sizes import Path

        return Path()

    def _doubtful(self, tensor: TensorType) -> TensorType:
        return tensor.with_shape(*map(self._symbol, tensor.shape))

    def _unless_one(self, tensor: TensorType) -> TensorType:
        return tensor.with_shape(
            *(self._symbol(size) if type(size) is int and size == 1 else size for size in tensor.shape)
        )

    def _merged(self, sizes: Sequence[int]) -> int:
        from archspec.ir.sizes import formula_of

        formulas = {formula_of(size) for size in sizes}
        return sizes[0] if len(formulas) == 1 else self._symbol(sizes[0])

    def _symbol(self, size: int) -> int:
        from archspec.ir.sizes import Size, symbol

        self._symbols += 1
        return Size(number(size), symbol(f"size{self._symbols}"), self._path)

    # ----------------------------------------------------------------------------------------------- at the end

    def nodes(self, nodes: Mapping[str, Node]) -> dict[str, Node]:
        """Return the nodes that do not rest on guesses."""
        return {path: node for path, node in nodes.items() if path not in self._paths}

    def scope(self, scope: Scope[Any]) -> Scope[Any]:
        """Return a scope without what rests on guesses."""
        outputs = {} if self.covers(scope.outputs.values()) else scope.outputs
        return dataclasses.replace(scope, children=tuple(map(self._child, scope.children)), outputs=outputs)

    def _child(self, child: Child[Any]) -> Child[Any]:
        item = child.item
        values = {} if self.covers(child.values.values()) else child.values
        if isinstance(item, Scope):
            item = None if self.covers(item.inputs.values()) else self.scope(item)
        elif item is not None and item.path in self._paths:
            item = None
        return dataclasses.replace(child, item=item, values=values)


# ----------------------------------------------------------------------------------------------------- guesses


def _taken(name: str, tensor: TensorType) -> Note:
    return Note(f"{name} is taken to give {tensor}")


def _ways(op: Op, known: Types) -> Iterator[list[tuple[Op, Types]]]:
    """Yield ops and inputs that are like some which do not go together, and may; those of one kind are one list."""
    if len(known) > 1:
        likely = _likeliest_first(known)
        yield [(op, tuple(tensor.with_spatial(*like.spatial) for tensor in known)) for like in likely if like.shape]
        yield [(op, (like,) * len(known)) for like in likely]
        return
    for value in (None, 1):
        others = (_with(op, name, value) for name in op.model_fields_set)
        yield [(other, known) for other in others if other is not None]
    for tensor in known:
        yield [(op, (tensor.with_spatial(*(size for _ in tensor.spatial)),)) for size in USUAL_SIZES]
        yield [(op, (tensor.with_channels(size),)) for size in _sizes_in(op)]


def _sizes_in(op: Op) -> Iterator[int]:
    """Yield sizes that suit the parameters of an op: the numbers among them, and the products of lists of them."""
    for value in op.model_dump(exclude_unset=True).values():
        numbers = value if isinstance(value, list) else [value]
        if all(type(number) is int and number > 0 for number in numbers):
            yield math.prod(numbers)


def _likeliest_first(known: Types) -> list[TensorType]:
    """Return the inputs, each shape once: those that most inputs have come first, then the larger ones.

    Borders get lost more often than they appear.
    """
    distinct = {_with_numbers(tensor).shape: tensor for tensor in reversed(known)}
    counts = Counter(_with_numbers(tensor).shape for tensor in known)
    return [distinct[shape] for shape in sorted(distinct, key=lambda shape: (counts[shape], shape[::-1]), reverse=True)]


def _with(op: Op, name: str, value: int | None) -> Op | None:
    """Return an op with another value of a parameter, None for its default; None if it may not have that."""
    values = {key: own for key, own in op.model_dump(exclude_unset=True).items() if key != name}
    try:
        return type(op).model_validate(values if value is None else {**values, name: value})
    except ValidationError:
        return None


def _answers(ways: list[tuple[Op, Types]]) -> list[Types]:
    """Return what comes of the ops that suit their inputs."""
    return [found for found in (inferred(op, inputs) for op, inputs in ways) if found is not None]


def _names_results(op: Op) -> bool:
    """Tell whether an op has named results, of which it depends on the op and its input how many there are."""
    return type(op).results is not Op.results


def _alike(left: Types, right: Types) -> bool:
    return [tensor.rank for tensor in left] == [tensor.rank for tensor in right]


def plain(types: Types) -> Types:
    """Return types with numbers for sizes: those that were guessed, where they are symbols."""
    return tuple(map(_with_numbers, types))


def _with_numbers(tensor: TensorType) -> TensorType:
    if all(type(size) is int for size in tensor.shape):
        return tensor
    return tensor.with_shape(*map(number, tensor.shape))
