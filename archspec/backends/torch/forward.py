"""The `forward` of a generated class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archspec.ir.records import TorchExpression, TorchFunction, TorchModule
from archspec.spec.names import HELPERS, as_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archspec.ir.records import TorchCode
    from archspec.spec.template import GraphTemplate, Ref

# Source that would reach further to the right is put on a line of its own.
NEST_WIDTH = 60
NEST_DEPTH = 4
WIDTH = 88

_BINDS = {"sum": 1, "product": 2, "atom": 3}


@dataclass(frozen=True, slots=True)
class Key:
    """A value inside a class: an input (by name), or a result of the node at a position."""

    position: int | str
    result: str = ""


@dataclass(slots=True)
class Step:
    """What `forward` does for one node.

    Attributes:
        position: the node's position in its graph.
        name: the node's name.
        sources: what it reads.
        template: source with `{0}`, `{1}`, ... for what it reads.
        binds: how tightly that source binds.
        operands: how tightly what is put into it must bind; None if that follows from `binds`.
        results: the names of its results; empty for one.
        unpacks: whether several results come as a tuple.
        condition: an attribute that tells whether it is left out; then `otherwise` passes.
        major: whether it is a main act of the network (a convolution, a block), which begins a statement.
        whole: whether it is a block, group or repeat, whose result only a join may take up at once.
        random: whether it draws random numbers in training.
        training: whether only results that are there in training need it.
    """

    position: int
    name: str
    sources: tuple[Key, ...]
    template: str
    binds: str = "atom"
    results: tuple[str, ...] = ()
    condition: str | None = None
    otherwise: Key | None = None
    joiner: str = ", "
    comment: str = ""
    major: bool = False
    whole: bool = False
    joins: bool = False
    operands: str | None = None
    random: bool = False
    training: bool = False

    @property
    def reads(self) -> tuple[Key, ...]:
        """All values that it reads."""
        return (*self.sources, *(() if self.otherwise is None else (self.otherwise,)))


@dataclass(slots=True)
class Forward:
    """Turns steps into statements, with as few names as a person would use.

    A value that only the next step reads is written inside it. The name of a value that nothing reads any more is taken
    again.
    """

    inputs: dict[str, str]
    steps: list[Step]
    outputs: tuple[Key, ...]
    kept: int = 0  # how many of the results there are outside of training; 0 for all
    attributes: dict[Key, str] = field(default_factory=dict[Key, str])  # values that are attributes, such as parameters
    lines: list[str] = field(default_factory=list[str])
    names: dict[Key, str] = field(default_factory=dict[Key, str])
    taken: set[str] = field(default_factory=set[str])
    _readers: dict[Key, list[int]] = field(default_factory=dict[Key, list[int]])
    _made: dict[int | str, Step] = field(default_factory=dict["int | str", Step])  # the step of each position
    _pending: tuple[Key, str, str, int] | None = None
    _comment: str = ""
    _training: list[tuple[str, str]] = field(default_factory=list["tuple[str, str]"])  # names and their source

    def write(self) -> list[str]:
        """Return the statements."""
        if 0 < self.kept < len(self.outputs):
            self.steps = hoisted(self.steps, self.outputs[: self.kept])
        self._readers = self._table()
        self._made = {step.position: step for step in self.steps}
        self.names |= self.attributes
        for name, variable in self.inputs.items():
            self.names[Key(name)] = variable
            self.taken.add(variable)
        for number, step in enumerate(self.steps):
            self._step(number, step)
        self._finish()
        return self.lines

    # ----------------------------------------------------------------------------------------------- reading

    def _table(self) -> dict[Key, list[int]]:
        """Return the numbers of the steps that read each value, each as often as it does; the end counts as one."""
        readers: dict[Key, list[int]] = {}
        for number, step in enumerate(self.steps):
            for source in step.reads:
                readers.setdefault(source, []).append(number)
        for key in self.outputs:
            readers.setdefault(key, []).append(len(self.steps))
        return readers

    def _text(self, key: Key, binds: str) -> tuple[str, int]:
        """Return source for a value, and how deep it nests."""
        if self._pending is not None and self._pending[0] == key:
            _, text, bound, depth = self._pending
            self._pending = None
            loose = _BINDS[bound] < _BINDS[binds]
            return (f"({text})" if loose else text), depth
        return self.names[key], 0

    # ----------------------------------------------------------------------------------------------- steps

    def _step(self, number: int, step: Step) -> None:
        if self._pending is not None and not self._fits(step):
            self._flush(number)
        parts: list[str] = []
        depth = 0
        for position, source in enumerate(step.sources):
            text, nested = self._text(source, _binding_at(step, position))
            parts.append(text)
            depth = max(depth, nested)
        text = fill(step.template, parts, step.joiner)
        binds = step.binds
        if step.condition is not None and step.otherwise is not None:
            text, binds = f"{text} if {step.condition} else {self.names[step.otherwise]}", "sum"
        self._comment = step.comment
        if step.results:
            self._assign_results(step, text)
            return
        key = Key(step.position)
        self._pending = (key, text, binds, depth + 1)
        readers = self._readers.get(key, [])
        alone = readers == [number + 1] and step.condition is None
        if not alone or len(text) > NEST_WIDTH or depth + 1 >= NEST_DEPTH:
            self._flush(number + 1)

    def _fits(self, step: Step) -> bool:
        """Tell whether the pending value may be written inside a step."""
        assert self._pending is not None
        key = self._pending[0]
        made = self._made[key.position]
        if step.major or (made.whole and not step.joins) or len(step.sources) > 2:  # noqa: PLR2004
            return False
        uses = [index for index, source in enumerate(step.sources) if source == key]
        if len(uses) != 1 or step.condition is not None:
            return False
        mentions = 1 if "{all}" in step.template else step.template.count("{" + str(uses[0]) + "}")
        return mentions == 1 and len(self._pending[1]) + len(step.template) <= NEST_WIDTH + 20

    def _flush(self, number: int) -> None:
        """State the pending value under a name."""
        if self._pending is None:
            return
        key, text, _, _ = self._pending
        self._pending = None
        if number > len(self.steps) - 1 and self.outputs == (key,):
            self._pending = (key, text, "sum", 0)
            return
        name = self._name(key, number)
        self.names[key] = name
        self._assign(name, text, self._made[key.position])

    def _assign(self, name: str, text: str, step: Step) -> None:
        if step.training:
            self._training.append((name, text))
        else:
            self._end_training()
            self._add(f"{name} = {text}")

    def _end_training(self) -> None:
        """State what runs in training only; what is returned of it is None otherwise."""
        if not self._training:
            return
        stated, self._training = self._training, []
        kept = {self.names[key] for key in self.outputs if key in self.names}
        name, text = stated[0]
        line = f"{name} = {text} if self.training else None"
        if len(stated) == 1 and " if " not in text and len(line) + 8 <= WIDTH:
            self.lines.append(line)
            return
        self.lines += [f"{name}: Tensor | None = None" for name, _ in stated if name in kept]
        self.lines.append("if self.training:")
        self.lines += [f"    {name} = {text}" for name, text in stated]

    def _add(self, statement: str) -> None:
        comment = f"  # {self._comment}" if self._comment else ""
        fits = len(statement) + len(comment) + 8 <= WIDTH
        self.lines.append(statement + (comment if fits else ""))

    def _assign_results(self, step: Step, text: str) -> None:
        keys = [Key(step.position, result) for result in step.results]
        variable = self._fresh(step.name)
        self._assign(variable, text, step)
        for index, key in enumerate(keys):
            self.names[key] = f"{variable}[{index}]"
            if step.training and key in self.outputs:
                name = self._fresh(f"{step.name}_{key.result}")
                self._assign(name, self.names[key], step)
                self.names[key] = name

    @property
    def result(self) -> str:
        """The type of what is returned."""
        counts = dict.fromkeys((self.kept or len(self.outputs), len(self.outputs)))
        return " | ".join(_type_of_results(count) for count in counts)

    def _finish(self) -> None:
        if self._pending is not None and len(self.outputs) == 1 and self._pending[0] == self.outputs[0]:
            self.lines.append(f"return {self._pending[1]}")
            return
        self._flush(len(self.steps))
        self._end_training()
        names = [self.names[key] for key in self.outputs]
        if 0 < self.kept < len(names):
            optional = dict.fromkeys(self.names[key] for key in self.outputs if self._is_training(key))
            present = " and ".join(f"{name} is not None" for name in optional)
            self.lines += [f"if {present or 'self.training'}:", f"    return {', '.join(names)}"]
            names = names[: self.kept]
        self.lines.append(f"return {', '.join(names)}")

    # ----------------------------------------------------------------------------------------------- names

    def _name(self, key: Key, number: int) -> str:
        """Return a name for a value that the step before `number` made.

        It takes the name of a value that nobody reads any more; or `out`, if the next step reads it; or the node's own,
        as it always does if it is one of several branches or results, or a block reads it much later.
        """
        step, readers = self._made[key.position], self._readers.get(key, [])
        if step.training:
            return self._name_in_training(key, number)
        if self._stands_out(key, number):
            return self._fresh(step.name)
        # Readers are in order, so the last tells whether anything still reads a value.
        dead = [
            name
            for known, name in self.names.items()
            if name.isidentifier() and not self._is_training(known) and self._readers.get(known, [-1])[-1] < number
        ]
        # What is joined is not called after one of its parts.
        sources = () if step.joins else self._sources_of(number)
        reads = {self.names[source] for source in sources if source in self.names}
        reusable = [name for name in dead if name in reads or name in ("x", "out")]
        for name in ("x", "out", *reusable):
            if name in reusable:
                for known in [known for known, held in self.names.items() if held == name]:
                    del self.names[known]
                return name
        if set(readers) == {number} and "out" not in self.names.values():
            return self._claim("out")
        return self._fresh(step.name)

    def _stands_out(self, key: Key, number: int) -> bool:
        """Tell whether a value is one of several branches or results, or what a block takes up again much later.

        `number` is the step after the one that made it.
        """
        readers = self._readers.get(key, [])
        reading = [self.steps[reader] for reader in readers if reader < len(self.steps)]
        is_branch = any(len(step.sources) > 2 and key in step.sources for step in reading)  # noqa: PLR2004
        is_result = key in self.outputs and len(self.outputs) > 1
        return (
            is_branch
            or is_result
            or any(self.steps[reader].whole for reader in readers if number + 1 < reader < len(self.steps))
        )

    def _name_in_training(self, key: Key, number: int) -> str:
        """Return a name for a value that is there in training only: that of what it is made of, or the node's own."""
        if key not in self.outputs:
            stated = {name for name, _ in self._training}
            for source in self._sources_of(number):
                if self.names.get(source) in stated and self._readers[source][-1] < number:
                    return self.names.pop(source)
        return self._fresh(self._made[key.position].name)

    def _is_training(self, key: Key) -> bool:
        return key.position in self._made and self._made[key.position].training

    def _sources_of(self, number: int) -> Sequence[Key]:
        return self.steps[number - 1].sources if 0 < number <= len(self.steps) else ()

    def _claim(self, name: str) -> str:
        self.taken.add(name)
        return name

    def _fresh(self, wanted: str) -> str:
        base = as_identifier(wanted) if wanted[0].isalpha() else f"x{wanted}"
        name, number = base, 2
        while name in self.taken or name in RESERVED:
            name, number = f"{base}_{number}", number + 1
        return self._claim(name)


def hoisted(steps: Sequence[Step], kept: Iterable[Key]) -> list[Step]:
    """Mark the steps that the results in `kept` do not need, and put each right behind what it reads.

    There it takes up a value that still has a name, and autograd adds up gradients as in networks written by hand.
    Random numbers are drawn in the same order.
    """
    made = {step.position: step for step in steps}
    needed: set[int | str] = set()
    open_ends = [key.position for key in kept]
    while open_ends:
        position = open_ends.pop()
        if position in made and position not in needed:
            needed.add(position)
            open_ends += [key.position for key in made[position].reads]
    ordered: list[Step] = []
    for step in steps:
        step.training = step.position not in needed
        ordered.insert(_place(step, ordered) if step.training else len(ordered), step)
    return ordered


def _place(step: Step, ordered: Sequence[Step]) -> int:
    """Return how early a step may stand: behind what it reads and what belongs to it."""
    sources = {key.position for key in step.reads}
    place = 0
    for number, other in enumerate(ordered):
        follows = number == place and other.training
        if other.position in sources or follows or (step.random and other.random):
            place = number + 1
    return place


RESERVED = frozenset({"self", "torch", "nn", "F", "Tensor"}) | HELPERS


def _type_of_results(count: int) -> str:
    return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"


def _binding_at(step: Step, position: int) -> str:
    """Return how tightly an operand must bind to need no parentheses.

    Any does between those of a call, unless it is indexed or asked for an attribute there. Behind an operator it must
    bind tighter than the operator: `a + (b + c)` and `a + b + c` differ in their last bits.
    """
    if step.operands is not None:
        return step.operands
    if f"{{{position}}}[" in step.template or f"{{{position}}}." in step.template:
        return "atom"
    if step.binds == "atom":
        return "sum"
    if not position:
        return step.binds
    return "atom" if step.binds == "product" else "product"


def fill(template: str, parts: Sequence[str], joiner: str) -> str:
    """Put the inputs' source into a template."""
    if "{all}" in template:
        return template.replace("{all}", joiner.join(parts))
    if template.startswith("({0})") and parts[0].isidentifier():
        template = "{0}" + template.removeprefix("({0})")
    for index, part in enumerate(parts):
        template = template.replace("{" + str(index) + "}", part)
    return template


def sources_of(graph: GraphTemplate, position: int, inputs: Sequence[str]) -> tuple[Key, ...]:
    """Return what the node at a position of a mapping graph reads."""
    template = graph.nodes[position]
    if template.sources is None:
        return (previous(position, inputs),)
    return tuple(key_of(graph, ref, inputs) for ref in template.sources)


def previous(position: int, inputs: Sequence[str]) -> Key:
    """Return the result before a position."""
    return Key(position - 1) if position else Key(inputs[0])


def key_of(graph: GraphTemplate, ref: Ref, inputs: Sequence[str]) -> Key:
    """Return the value that a reference names."""
    if ref.text in inputs:
        return Key(ref.text)
    if ref.text == "input":
        return Key(inputs[0])
    names = [node.name for node in graph.nodes]
    if ref.text in names:
        return Key(names.index(ref.text))
    head, _, result = ref.text.rpartition(".")
    return Key(names.index(head), result)


def expression_of_code(code: TorchCode, args: str, attribute: str) -> TorchExpression:
    """Return the source of a node's step."""
    if isinstance(code, TorchModule):
        return TorchExpression(code.call(attribute))
    if isinstance(code, TorchFunction):
        return TorchExpression(f"{code.call}({{all}}{', ' + args if args else ''})")
    assert isinstance(code, TorchExpression), "a parameter is no step"
    return code
