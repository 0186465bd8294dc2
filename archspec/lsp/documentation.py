"""What there is to read of ops, blocks and parameters, as Markdown."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from archspec.ops.catalog import BY_NAME
from archspec.ops.reference import describe_op, yaml_text
from archspec.source.tree import plain
from archspec.spec.parameters import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.ops.reference import OpReference, ParameterReference
    from archspec.spec.template import BlockTemplate, Parameter


@lru_cache(maxsize=256)
def op(name: str) -> OpReference | None:
    """Return the reference of an op; None for a name that is none."""
    return describe_op(BY_NAME[name]) if name in BY_NAME else None


def op_page(reference: OpReference) -> Iterator[str]:
    """Yield the lines of all there is to say of an op."""
    yield f"`{reference.name}` takes {reference.inputs}. {reference.summary}"
    if reference.details:
        yield from ("", reference.details)
    if reference.parameters:
        yield ""
    for each in reference.parameters:
        yield f"- {op_parameter(each)}"


def op_parameter(parameter: ParameterReference) -> str:
    """Return a parameter of an op in one line."""
    default = "required" if parameter.default is None else f"default `{parameter.default}`"
    description = f": {parameter.description}" if parameter.description else ""
    return f"`{parameter.name}` ({parameter.type}; {default}){description}"


def block_page(block: BlockTemplate) -> Iterator[str]:
    """Yield the lines of all there is to say of a block."""
    inputs = "" if block.inputs == ("input",) else f", reads {', '.join(block.inputs)}"
    yield f"block `{block.name}`{inputs}. {block.description}".rstrip()
    if block.params:
        yield ""
    for each in block.params:
        yield f"- {declared_parameter(each)}"


def declared_parameter(parameter: Parameter) -> str:
    """Return a parameter of a block or a spec in one line."""
    given = parameter.default
    default = "required" if given is None else f"default `{yaml_text(plain(given))}`"
    description = f": {parameter.description}" if parameter.description else ""
    return f"`{parameter.name}` ({describe(parameter)}; {default}){description}"
