"""What an op was most likely meant to be, of which not all that is said can be understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archspec.elaborate import arguments
from archspec.elaborate.search import WIDTHS
from archspec.spec.expressions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archspec.elaborate.frame import Site
    from archspec.ir.op import Op

_MOST_WRONG = 4


def likely_ops(op_class: type[Op], site: Site, width: int) -> tuple[Op | None, ...]:
    """Return the op that a node most likely describes, then other ones that it may be.

    A parameter that is misspelt has the value that stands there. For one whose value is wrong or unknown there are two
    usual values, for channels `width` and twice that: what both ops give alike does not depend on it. None stands for
    ops that are not known. Empty if not even one op can be made.
    """
    written = list(arguments.respelt(arguments.op_parameters(op_class), site.template.arguments))
    values, _ = arguments.op_values(op_class, written, site.env)
    given = {name: value for name, value in values.items() if value is not UNKNOWN}
    unknown = {name for name, value in values.items() if value is UNKNOWN}
    for _ in range(_MOST_WRONG):
        op, faulty = _made(op_class, given)
        if op is not None:
            others = _others(op, unknown, width)
            return (op, *others) if len(values) == len(written) else (op, *others, None)
        if not faulty:
            return ()
        unknown.update(faulty)
        for name, kind in faulty.items():
            if kind == "missing":
                given[name] = width if name in WIDTHS else 1
            else:
                del given[name]
    return ()


def _made(op_class: type[Op], given: Mapping[str, Any]) -> tuple[Op | None, dict[str, str]]:
    """Return the op, or the parameters that are wrong, each with what pydantic calls the fault."""
    try:
        return op_class.model_validate(given), {}
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        return None, {str(detail["loc"][0]): detail["type"] for detail in details if detail["loc"]}


def _others(op: Op, unknown: set[str], width: int) -> list[Op | None]:
    """Return ops like one in which parameters have other values: all of them, and each alone.

    Together they may make up for each other: a larger padding for a larger dilation.
    """
    return [_other(op, names, width) for names in (unknown, *({name} for name in sorted(unknown))) if names]


def _other(op: Op, unknown: Iterable[str], width: int) -> Op | None:
    """Return an op like one, with other values of some parameters; None if it is not clear which."""
    given = op.model_dump(exclude_unset=True)
    for name in unknown:
        value = getattr(op, name)
        if type(value) is int:
            given[name] = 2 * width if name in WIDTHS else value + 2
        elif type(value) is bool:
            given[name] = not value
        else:
            return None
    return _made(type(op), given)[0]
