"""`init`: which nodes its entries stand for, and what they fill the tensors of these with."""

from __future__ import annotations

import dataclasses
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archspec.diagnostics.catalog.expansion import (
    CannotInitialise,
    NoSuchTensor,
    NothingToInitialise,
    ParametersDisagree,
    UnknownInitialiser,
    UnknownParameter,
)
from archspec.diagnostics.catalog.spec import WrongKind
from archspec.diagnostics.problem import ProblemError
from archspec.diagnostics.text import closest
from archspec.elaborate import arguments
from archspec.elaborate.environment import ANY_WORD, value_of
from archspec.elaborate.hints import hint_for_op
from archspec.ir.initialisation import Fill, InitRule
from archspec.ops.catalog import BY_NAME
from archspec.ops.initialisers import INITIALISER_BY_NAME
from archspec.source.tree import Mapping, Scalar, is_nothing
from archspec.spec.expressions import UNKNOWN
from archspec.spec.names import is_import_path
from archspec.spec.reader import kind_of
from archspec.spec.template import Argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.diagnostics.problem import Collector
    from archspec.elaborate.environment import Environment
    from archspec.ir.graph import Node
    from archspec.ir.initialisation import Initialiser
    from archspec.ir.records import ParameterSpec
    from archspec.source.tree import Tree
    from archspec.spec.template import GraphTemplate, InitTemplate, SpecTemplate

# Names of initialisers in other systems.
_ELSEWHERE = {
    "constant_fill": "constant",
    "glorot_normal": "xavier_normal",
    "glorot_uniform": "xavier_uniform",
    "he_normal": "kaiming_normal",
    "he_uniform": "kaiming_uniform",
    "identity": "eye",
    "msra": "kaiming_normal",
    "one": "ones",
    "random_normal": "normal",
    "random_uniform": "uniform",
    "truncated_normal": "trunc_normal",
    "xavier": "xavier_uniform",
    "kaiming": "kaiming_normal",
    "zero": "zeros",
}
_WANTED = "an initialiser such as zeros, or {normal: {std: 0.01}}"


class Initialisation:
    """Makes the rules of a network from the entries of `init`."""

    def __init__(
        self, spec: SpecTemplate, nodes: dict[str, Node], env: Environment, collector: Collector, *, whole: bool
    ) -> None:
        """Read the entries of `spec`, with the names of `env`. `nodes` are all of the network's if it is `whole`."""
        self._spec = spec
        self._nodes = nodes
        self._env = env
        self._collector = collector
        self._whole = whole
        self._owned = {path: _learnt(node) for path, node in nodes.items()} if spec.init else {}

    def rules(self) -> tuple[InitRule, ...]:
        """Return the rules that apply to some node, in order; problems go to the collector."""
        found = [self._rule(template) for template in self._spec.init]
        return tuple(rule for rule in found if rule.nodes and rule.fills)

    def _rule(self, template: InitTemplate) -> InitRule:
        target = template.target
        is_op = target in BY_NAME or is_import_path(target)
        nodes = tuple(path for path, node in self._nodes.items() if _is_meant(target, path, node, is_op=is_op))
        fills = [(argument, self._initialiser(argument.value)) for argument in template.fills]
        if self._whole and not nodes and not (is_op and target in _ops_of(self._spec)):
            hint = self._hint(target)
            problem = NothingToInitialise(span=template.span, target=target, is_op=is_op, suggestion=hint)
            self._collector.add(problem)
        elif self._whole and nodes:
            for argument, initialiser in fills:
                self._check(template, argument, initialiser, nodes, is_op=is_op)
        known = tuple(Fill(argument.name, made) for argument, made in fills if made is not None)
        return InitRule(target, is_op, known, nodes)

    def _hint(self, target: str) -> str | None:
        """Return what was probably meant by a key that stands for no node."""
        used = dict.fromkeys(node.op.op for path, node in self._nodes.items() if self._owned[path])
        if target in BY_NAME:
            return f"the ops here with something to initialise: {', '.join(used)}" if used else None
        if any(path.startswith(f"{target}.") for path in self._nodes):
            return f"'{target}' has nodes in it; '{target}.*' stands for all of them"
        if target in self._spec.blocks:
            return f"'{target}' is a block; name the nodes that are made of it, by their paths"
        filled = [path for path, owned in self._owned.items() if owned]
        around, dot, last = target.rpartition(".")
        meant = closest(target, [*used, *filled])
        if meant is None and (name := closest(last, dict.fromkeys(path.rpartition(".")[2] for path in filled))):
            meant = f"{around}{dot}{name}"
        return f"did you mean '{meant}'?" if meant else hint_for_op(target, BY_NAME)

    # ----------------------------------------------------------------------------------------------- nodes

    def _check(
        self,
        template: InitTemplate,
        argument: Argument,
        initialiser: Initialiser | None,
        nodes: tuple[str, ...],
        *,
        is_op: bool,
    ) -> None:
        """Report a tensor that none of the nodes owns, or that the initialiser cannot fill."""
        tensor = argument.name
        owners = [path for path in nodes if tensor in self._owned[path]]
        if not owners:
            known = tuple(dict.fromkeys(name for path in nodes for name in self._owned[path]))
            problem = NoSuchTensor(
                span=argument.key_span, target=template.target, tensor=tensor, known=known, is_op=is_op
            )
            self._collector.add(problem)
        for path in owners if initialiser is not None else ():
            shape = self._owned[path][tensor].shape
            if initialiser is not None and not initialiser.accepts(shape):
                refused = CannotInitialise(
                    span=argument.value.span,
                    node=path,
                    initialiser=initialiser.op,
                    tensor=f"{path}.{tensor}",
                    shape=shape,
                    needs=initialiser.needs,
                )
                self._collector.add(refused)
                return  # one of them is enough

    # ----------------------------------------------------------------------------------------------- initialisers

    def _initialiser(self, tree: Tree) -> Initialiser | None:
        """Return what a value of `init` stands for; None after reporting."""
        name, given = tree, ()
        if isinstance(tree, Mapping) and len(tree.entries) == 1:
            name, arguments_tree = tree.entries[0].key, tree.entries[0].value
            if isinstance(arguments_tree, Mapping):
                given = tuple(Argument(each.key.text, each.key.span, each.value) for each in arguments_tree.entries)
            elif not is_nothing(arguments_tree):
                wanted = "a mapping of its parameters, such as {std: 0.01}"
                what = f"what stands behind {name.text!r}"
                self._collector.add(_wrong(arguments_tree, what, wanted))
                return None
        if not isinstance(name, Scalar) or not isinstance(name.value, str):
            self._collector.add(_wrong(tree, "the value of a tensor in init", _WANTED))
            return None
        try:
            kind = self._kind(name)
            return None if kind is None else self._made(kind, name, given)
        except ProblemError as error:
            self._collector.extend(error.problems)
            return None

    def _kind(self, name: Scalar) -> type[Initialiser] | None:
        """Return an initialiser by its name.

        Raises:
            ProblemError: there is none.
        """
        text: Any = value_of(name, self._env, ANY_WORD)
        if text is UNKNOWN:
            return None
        if text in INITIALISER_BY_NAME:
            return INITIALISER_BY_NAME[text]
        known = tuple(INITIALISER_BY_NAME)
        plain = re.sub(r"^(torch\.)?(nn\.)?(init\.)?|_$", "", str(text).lower())
        meant = plain if plain in known else _ELSEWHERE.get(plain) or closest(plain, known)
        hint = None if meant is None else f"did you mean '{meant}'?"
        raise ProblemError(UnknownInitialiser(span=name.span, name=str(text), known=known, suggestion=hint))

    def _made(self, kind: type[Initialiser], name: Scalar, given: tuple[Argument, ...]) -> Initialiser | None:
        """Return an initialiser with its parameters; None if one of them is unknown.

        Raises:
            ProblemError: a parameter is wrong, missing, or does not exist.
        """
        known = arguments.op_parameters(kind)
        strange = [
            UnknownParameter(span=each.key_span, op=kind.op, name=each.name, known=known)
            for each in given
            if each.name not in known
        ]
        values, problems = arguments.op_values(kind, given, self._env)
        problems = [*strange, *problems]
        certain = {each: value for each, value in values.items() if value is not UNKNOWN}
        try:
            made = arguments.make_op(kind, certain)
        except ValidationError as error:
            faults = arguments.faults_of(kind, error, given, values, name.span)
            raise ProblemError(*problems, *(_with_help(fault) for fault in faults)) from None
        if problems:
            raise ProblemError(*problems)
        return made if len(certain) == len(values) else None


def _with_help(problem: Any) -> Any:
    if isinstance(problem, ParametersDisagree):
        return dataclasses.replace(problem, suggestion="the least value comes first: {a: -0.1, b: 0.1}")
    return problem


def _wrong(tree: Tree, what: str, wanted: str) -> WrongKind:
    return WrongKind(span=tree.span, what=what, wanted=wanted, found=kind_of(tree))


def _learnt(node: Node) -> dict[str, ParameterSpec]:
    """Return the tensors of a node that training changes, by name."""
    return {spec.name: spec for spec in node.parameters() if not spec.buffer}


def _is_meant(target: str, path: str, node: Node, *, is_op: bool) -> bool:
    return node.op.op == target if is_op else fnmatchcase(path, target)


def _ops_of(spec: SpecTemplate) -> frozenset[str]:
    """Return the words in a spec that may name an op; what a variant leaves out, another may use."""
    words = {node.op.text for graph in _graphs(spec) for node in graph.nodes if node.op is not None}
    values = [argument.value for variant in spec.variants.values() for argument in variant.arguments]
    values += [argument.value for argument in spec.settings]
    values += [parameter.default for parameter in spec.params if parameter.default is not None]
    return frozenset(words | {value.text for value in values if isinstance(value, Scalar)})


def _graphs(spec: SpecTemplate) -> Iterator[GraphTemplate]:
    """Yield all graphs of a spec, one in another too."""
    waiting = [spec.graph, *(block.graph for block in spec.blocks.values())]
    while waiting:
        graph = waiting.pop()
        yield graph
        waiting += [node.graph for node in graph.nodes if node.graph is not None]
