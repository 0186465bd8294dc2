"""`share`: the module of another node is used again, on something else."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.graph import CannotShare, ForwardReference, UnknownNode
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.frame import FAILED
from archspec.ir.graph import Node

if TYPE_CHECKING:
    from archspec.elaborate.expand import Expander
    from archspec.elaborate.frame import Outcome, Site
    from archspec.ir.graph import Child
    from archspec.ir.op import Op
    from archspec.ir.tensor import Shape, TensorType
    from archspec.source.span import Span
    from archspec.spec.template import NodeTemplate, Ref


@dataclass(frozen=True, slots=True)
class _Use:
    """Where nodes are put, the path of the modules that they use, and the place in the spec that says so."""

    path: str
    owner: str
    span: Span


class Sharing:
    """Expands nodes that use the modules of others."""

    def __init__(self, expander: Expander) -> None:
        """Use the nodes of `expander`."""
        self._expander = expander
        self._uses: list[_Use] = []  # those that are being expanded, outermost first

    def expand(self, site: Site) -> Outcome:
        """Expand a node that shares the module of another one of its graph."""
        ref, frame = site.template.share, site.frame
        assert ref is not None
        if site.template.broken:
            return FAILED
        try:
            child = _found(ref, site)
        except ProblemError as error:
            self._expander.reports.add_all(error.problems, frame, site.path)
            return FAILED
        if child.item is None or frame.only_checked:
            return FAILED  # it is unknown, or failed
        self._uses.append(_Use(site.path, child.item.path, ref.span))
        try:
            if isinstance(child.item, Node):
                return self._expander.insert(child.item.op, site)
            return self._expander.single(_again(site, child))
        finally:
            self._uses.pop()

    @property
    def active(self) -> bool:
        """Whether nodes are being put in place that use the modules of others."""
        return bool(self._uses)

    def owner(self, path: str, op: Op, inputs: tuple[TensorType, ...]) -> str | None:
        """Return the path of the node whose tensors a new node uses; None if it has tensors of its own.

        Raises:
            ProblemError: the node there is another one, or its tensors do not fit.
        """
        if not self._uses:
            return None
        use = self._uses[-1]
        found = use.owner + path.removeprefix(use.path)
        node = self._expander.nodes.get(found)
        if node is None or type(node.op) is not type(op):
            raise ProblemError(
                CannotShare(span=use.span, name=found, reason="what it consists of depends on its input")
            )
        for own, wanted in zip(node.op.parameters(node.input_types), op.parameters(inputs), strict=True):
            if own.shape != wanted.shape:
                reason = (
                    f"its {own.name or 'tensor'} has {_sizes(own.shape)} elements, not the {_sizes(wanted.shape)} that"
                )
                raise ProblemError(CannotShare(span=use.span, name=found, reason=f"{reason} are needed here"))
        return (node.shares or found) if op.parameters(inputs) else None


def _found(ref: Ref, site: Site) -> Child[NodeTemplate]:
    """Return the node that a reference names.

    Raises:
        ProblemError: no node of that name stands before, or it has no module that can be used again.
    """
    made = site.frame.made
    if ref.text in made:
        child = made[ref.text]
        is_left_out = child.item is None and bool(child.values)
        reason = "its `when` leaves it out" if is_left_out else "it is repeated; a group around it can be shared"
        if is_left_out or child.template.repeats:
            raise ProblemError(CannotShare(span=ref.span, name=ref.text, reason=reason))
        return child
    if ref.text in site.frame.names:
        raise ProblemError(ForwardReference(span=ref.span, name=ref.text, itself=ref.text == site.template.name))
    raise ProblemError(UnknownNode(span=ref.span, name=ref.text, known=tuple(made)))


def _again(site: Site, child: Child[NodeTemplate]) -> Site:
    """Return the placing of a block or group that is expanded once more, with the names that it saw the first time."""
    template = dataclasses.replace(child.template, when=None, otherwise=None)
    env: Any = child.env
    return dataclasses.replace(site, template=template, env=env)


def _sizes(shape: Shape) -> str:
    return " x ".join(map(str, shape))
