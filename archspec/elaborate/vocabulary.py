"""The ops and blocks that a spec can use, and what is meant by a name or key that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.expansion import UnknownOp
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.hints import hint_for_op, meant_by
from archspec.ir.op import Arity
from archspec.ops.catalog import BY_NAME
from archspec.spec.expressions import UNKNOWN
from archspec.spec.names import is_import_path
from archspec.spec.parameters import names_an_op

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archspec.elaborate.imports import Imports
    from archspec.ir.op import Op
    from archspec.source.span import Span
    from archspec.source.tree import Tree
    from archspec.spec.template import Argument, BlockTemplate, NodeTemplate, Parameter


class Vocabulary:
    """The blocks of a spec, beside the op catalog. A block hides an op of the same name."""

    def __init__(self, blocks: Mapping[str, BlockTemplate], broken: frozenset[str], imports: Imports) -> None:
        """`broken` are blocks that could not be read: their names are known, and nothing else."""
        self.blocks = blocks
        self.broken = broken
        self.imports = imports

    def __contains__(self, name: object) -> bool:
        is_path = isinstance(name, str) and is_import_path(name)
        return name in self.blocks or name in BY_NAME or name in self.broken or is_path

    def op(self, name: str) -> type[Op]:
        """Return the op of a name: one of the catalog, or a class that is imported.

        Raises:
            ProblemError: it is an import path, and imports are not allowed, or it cannot be imported or used.
        """
        return BY_NAME[name] if name in BY_NAME else self.imports.op(name)

    def unknown(self, name: str, span: Span | None) -> UnknownOp:
        """Return the problem of a name that is neither an op nor a block."""
        known = (*self.blocks, *BY_NAME)
        return UnknownOp(span=span, name=name, known=known, suggestion=hint_for_op(name, known))

    def unknown_values(
        self, parameters: Iterable[Parameter], given: Mapping[str, Tree], values: dict[str, Any]
    ) -> Iterator[UnknownOp]:
        """Yield a problem for each parameter whose value should name an op or block and does not.

        Its value is then unknown, so that its uses are no further mistakes.
        """
        for parameter in parameters:
            value = values.get(parameter.name)
            if names_an_op(parameter.type) and isinstance(value, str) and value not in self:
                tree = given.get(parameter.name, parameter.default)
                yield self.unknown(value, None if tree is None else tree.span)
                values[parameter.name] = UNKNOWN

    def suits(self, name: str, arguments: Iterable[Argument], inputs: int) -> bool:
        """Tell whether an op or block has such parameters, and takes so many inputs."""
        block = self.blocks.get(name)
        if block is None and name not in BY_NAME:
            return False
        arity = BY_NAME[name].arity if block is None else Arity(len(block.inputs), len(block.inputs))
        known = self._parameters(name)
        fits = arity.least <= inputs and (arity.most is None or inputs <= arity.most)
        return fits and all(argument.name in known for argument in arguments)

    def is_misspelt(self, key: str, template: NodeTemplate) -> bool:
        """Tell whether a node has a key that is most likely this one.

        It is reported as a parameter that its op does not have, and what follows from it is no further mistake.
        """
        if not template.arguments:
            return False
        known = self._parameters("" if template.op is None else template.op.text)
        strange = (argument.name for argument in template.arguments if argument.name not in known)
        return any(meant_by(name, known) == key for name in strange)

    def reads_nothing(self, template: NodeTemplate) -> bool:
        """Tell whether a node is an op without inputs."""
        op = None if template.op is None else BY_NAME.get(template.op.text)
        return op is not None and op.arity.most == 0 and op.op not in self.blocks

    def _parameters(self, op: str) -> tuple[str, ...]:
        if op in self.blocks:
            return tuple(parameter.name for parameter in self.blocks[op].params)
        if op not in BY_NAME and not is_import_path(op):
            return ()
        try:
            return tuple(self.op(op).model_fields)
        except ProblemError:
            return ()
