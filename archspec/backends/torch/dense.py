"""Densely connected copies: a container that joins what each of them reads."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from archspec.backends.torch.definitions import NeedsClassError, Site, is_copy, once
from archspec.backends.torch.symbols import Loop, rendered
from archspec.ir.records import TorchHelper

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archspec.backends.torch.modules import Modules
    from archspec.backends.torch.values import Values
    from archspec.spec.template import NodeTemplate

DENSE = TorchHelper(
    "DenselyConnected",
    '''class DenselyConnected(nn.ModuleDict):
    """Modules that each read the input and all results before them; it gives all of these."""

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for module in self.values():
            features.append(module(torch.cat(features, dim=1)))
        return torch.cat(features, dim=1)
''',
)


def dense_module(
    modules: Modules, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str
) -> str:
    """Return source that makes the container of densely connected copies.

    Raises:
        NeedsClassError: the copies are not alike, or some are left out.
    """
    copies = copies_of(sites)
    values, repeat = modules.values, template.repeats[0]
    if not copies or not modules.are_alike(copies) or any(site.item is None for site in copies):
        raise NeedsClassError
    copy = once(template)
    values.names.loops.append(Loop.of(repeat))
    try:
        reads = [f"{text} + {repeat.index} * {growth}" for text, growth in _steps(values, copy, sites, incoming)]
        body = modules.module(copy, copies, [reads], name)
        title = modules.title(repeat) or f"str({repeat.index})"
    finally:
        values.names.loops.pop()
    header = modules.header(repeat, sites, f"[{title}, {body}]", name)
    return f"{DENSE.name}({{{title}: {body} {header}}})"


def channels_behind(values: Values, template: NodeTemplate, sites: Sequence[Site], incoming: list[str]) -> list[str]:
    """Return candidates for the channels of all that densely connected copies give."""
    copies, repeat = copies_of(sites), template.repeats[0]
    if not copies:
        return incoming
    copy = once(template)
    counts = [sum(is_copy(child) for child in site.scope.children) for site in sites]
    text = None if repeat.count is None else rendered(repeat.count, values.naming.rename)
    count = values.resolve(sites, counts, [] if text is None else [text], "count")
    return [f"{text} + {_factor(count)} * {growth}" for text, growth in _steps(values, copy, sites, incoming)]


def copies_of(sites: Iterable[Site]) -> list[Site]:
    """Return the copies at some sites, without the nodes that join what they read."""
    return [site for outer in sites for site in outer.inner() if is_copy(site.child)]


def _steps(values: Values, copy: NodeTemplate, sites: Sequence[Site], incoming: list[str]) -> Iterable[tuple[str, str]]:
    """Yield candidates for the channels before the copies, each with one for the channels that a copy adds."""
    before = {next(iter(site.scope.input_types.values())).channels for site in sites}
    numbers = [str(before.pop())] if len(before) == 1 else []
    for growth in values.outgoing(copy, copies_of(sites), [incoming]):
        for text in (*incoming, *numbers):
            yield text, _factor(growth)


def _factor(text: str) -> str:
    loose = ast.BinOp | ast.UnaryOp | ast.IfExp | ast.BoolOp | ast.Compare
    return f"({text})" if isinstance(ast.parse(text, mode="eval").body, loose) else text
