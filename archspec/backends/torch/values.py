"""Values in a constructor as source: arguments, local names, expressions, literals."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archspec.backends.torch.definitions import (
    Definition,
    Expansion,
    NeedsClassError,
    Site,
    class_and_args,
    code_of,
    holds_nodes,
)
from archspec.backends.torch.dense import channels_behind
from archspec.backends.torch.naming import Naming, features_first
from archspec.backends.torch.symbols import (
    ClassName,
    CtorParam,
    annotation_of,
    first_holding,
    literal,
    names_in,
    rendered,
    same,
    substituted,
)
from archspec.elaborate.arguments import words_of
from archspec.elaborate.environment import ANY_WORD, NO_WORDS
from archspec.ir.graph import Node, Scope
from archspec.ir.records import InputSize
from archspec.ops.join import Concat
from archspec.ops.parts import Chunk, Split
from archspec.ops.pixels import PixelShuffle, PixelUnshuffle
from archspec.ops.windows_merging import PatchMerging
from archspec.source.tree import Scalar
from archspec.spec.parameters import takes_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archspec.backends.torch.source import SourceWriter
    from archspec.ir.graph import Child
    from archspec.ir.op import Op
    from archspec.ir.records import Arg, TorchCode
    from archspec.spec.template import NodeTemplate, Parameter


@dataclass(slots=True)
class Written:
    """What the caller of a class must know.

    Attributes:
        name: the class's name.
        params: the arguments of its constructor, in order.
        symbols: candidates for the channels of its first result, in terms of its arguments.
        results: the same for each of several results, by name.
    """

    name: str
    params: tuple[CtorParam, ...]
    symbols: tuple[str, ...] = ()
    results: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])


class Values:
    """Turns the values in one definition into source: arguments, local names, expressions, literals."""

    def __init__(self, source: SourceWriter, definition: Definition, kept: frozenset[str]) -> None:
        """Write `definition`; `kept` are the parameters of a network that stay arguments of its constructor."""
        self.source = source
        self.definition = definition
        self.scopes = definition.scopes
        self.naming = Naming(definition, kept, source.words)
        self.names = self.naming.names
        self.results: dict[int, dict[str, list[str]]] = {}  # of nodes (by id) with classes: candidates for the channels
        self.running: str | None = None
        self._carried: dict[str, dict[int, int]] = {}  # what running names hold where a child stands
        self.tables = 0  # how often the channels that enter a copy had to be looked up by its index

    # ----------------------------------------------------------------------------------------------- values

    def resolve(self, sites: Sequence[Site], values: list[Any], candidates: Iterable[str], hint: str) -> str:
        """Return source that gives `values` at `sites`.

        It is one of the candidates, a literal, a choice by the loop's first copy, or one more argument.
        """
        texts = list(candidates)
        found = first_holding(texts, values, [self._env(site) for site in sites])
        constant = all(same(value, values[0]) for value in values)
        telling = {*self.names.telling, *self._carried}
        if found is not None and not (constant and not names_in(found) & telling):
            return found
        if constant:
            return literal(values[0])
        return self._split(sites, values, texts) or self._more(sites, values, hint)

    def _env(self, site: Site) -> Mapping[str, Any]:
        """Return what the names of the code being written stand for at a site."""
        here = id(site.child)
        running: dict[str, Any] = {name: held[here] for name, held in self._carried.items() if here in held}
        return ChainMap(running, self.names.values(site.owner, site.child.env))  # type: ignore[arg-type]

    def carry(self, name: str, sites: Iterable[Site], channels: Iterable[int]) -> None:
        """Note what a running name holds at some sites, and at all that is in them."""
        held = self._carried.setdefault(name, {})
        for site, value in zip(sites, channels, strict=True):
            held.update((id(child), value) for child in _all_in(site.child))

    def _split(self, sites: Sequence[Site], values: list[Any], texts: list[str]) -> str | None:
        """Return `first if i == 0 else rest`."""
        if not self.names.loops:
            return None
        index = self.names.loops[-1].index
        parts: list[str] = []
        for is_first in (True, False):
            chosen = [
                (site, value)
                for site, value in zip(sites, values, strict=True)
                if (site.child.env.get(index) == 0) == is_first
            ]
            if not chosen:
                return None
            part = self._simple([site for site, _ in chosen], [value for _, value in chosen], texts)
            if part is None:
                return None
            parts.append(part)
        if parts[0] == parts[1]:
            return parts[0]
        return f"{parts[0]} if {index} == 0 else {parts[1]}"

    def _simple(self, sites: list[Site], values: list[Any], texts: list[str]) -> str | None:
        found = first_holding(texts, values, [self._env(site) for site in sites])
        if found is not None and names_in(found):
            return found
        return literal(values[0]) if all(same(value, values[0]) for value in values) else found

    def _more(self, sites: Sequence[Site], values: list[Any], hint: str) -> str:
        """Return an argument of the constructor that is made for this value alone."""
        indices = [loop.index for loop in self.names.loops]
        tables: dict[int, Any] = {}
        for scope in self.scopes:
            own = [(s.child.env, v) for s, v in zip(sites, values, strict=True) if s.owner is scope]
            tables[id(scope)] = _table(own, indices) if own else None
        known = [table for table in tables.values() if table is not None]
        suffix = "".join(f"[{index}]" for index in indices)
        if all(table == known[0] for table in known):
            return literal(known[0]) + suffix
        if self.definition.kind == "network":
            raise NeedsClassError
        filler = known[0]
        name = self.names.fresh(hint)
        values_by_scope = {key: filler if table is None else table for key, table in tables.items()}
        self.names.params[name] = CtorParam(name, annotation_of(values_by_scope.values()), values_by_scope, rank=1)
        return name + suffix

    # ----------------------------------------------------------------------------------------------- symbols

    def argument_candidates(self, template: NodeTemplate, name: str, site: Site) -> list[str]:
        """Return the spec's own source for an argument of a node's op or block."""
        argument = next((item for item in template.arguments if item.name == name), None)
        if argument is None:
            return []
        words = NO_WORDS
        if isinstance(site.item, Node):
            words = words_of(type(site.item.op), name)
        elif isinstance(site.item, Scope) and site.item.block is not None:
            declared = next((item for item in site.item.template.params if item.name == name), None)
            words = ANY_WORD if declared is not None and takes_words(declared.type) else NO_WORDS
        text = rendered(argument.value, self.naming.rename, words)
        return [] if text is None else [text]

    def outgoing(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]]) -> list[str]:
        """Return candidates for the channels of a node's result."""
        present = [site for site in sites if site.item is not None]
        if not present:
            return incoming[0]
        first = present[0]
        if isinstance(first.item, Node):
            found = self._outgoing_op(template, first, incoming)
        elif first.scope.kind == "block":
            found = self._outgoing_block(template, first, incoming)
        elif first.scope.kind == "dense":
            found = channels_behind(self, first.scope.template, present, incoming[0])
        else:
            found = self._outgoing_scope(present, incoming[0])
        return found if len(present) == len(sites) else [*found, *incoming[0]]

    def choice(self, template: NodeTemplate, held: list[str], passing: list[str]) -> str | None:
        """Return source that chooses by a node's `when` between what it gives and what passes in its place."""
        condition = None if template.when is None else rendered(template.when, self.naming.rename)
        return f"{held[0]} if {condition} else {passing[0]}" if condition and held and passing else None

    def _outgoing_op(self, template: NodeTemplate, site: Site, incoming: list[list[str]]) -> list[str]:
        op = site.node.op
        source = op.channels_from()
        if source is not None:
            return self.argument_candidates(template, source, site) or [literal(getattr(op, source))]
        texts = list(dict.fromkeys(text for texts in incoming for text in texts))
        if self.source.turns(site.node):
            return [text for text in texts if "features" not in text]
        if (form := _form_of(op)) is not None:
            return [form.format(_within(text)) for text in features_first(texts)]
        if isinstance(op, Concat) and op.axis == 0:
            parts = [str(next(iter(texts), "")) for texts in incoming]
            return [] if "" in parts else [_sum(parts)]
        if isinstance(op, Split) and op.axis == 0 and isinstance(op.split_size, int):
            return self.argument_candidates(template, "split_size", site)
        return texts

    def _outgoing_block(self, template: NodeTemplate, site: Site, incoming: list[list[str]]) -> list[str]:
        written = self.source.written(site.scope)
        return self._outside(written, written.symbols, template, site, incoming)

    def _outside(
        self,
        written: Written,
        symbols: Iterable[str],
        template: NodeTemplate,
        site: Site,
        incoming: list[list[str]],
    ) -> list[str]:
        """Return symbols in terms of a class's arguments as what they are where the class is used."""
        candidates = {param.name: self._call_candidates(param, template, site, incoming) for param in written.params}
        texts: list[str | None] = []
        for choice in range(max((len(each) for each in candidates.values()), default=1)):
            values = {name: _closed(each[min(choice, len(each) - 1)]) for name, each in candidates.items() if each}
            texts += [substituted(symbol, values) for symbol in symbols]
        return list(dict.fromkeys(text for text in texts if text is not None))

    def _outgoing_scope(self, present: Sequence[Site], incoming: list[str]) -> list[str]:
        """Candidates for the result of a group or repeat: those of its last node, without the loops' names."""
        scope = present[0].scope
        if known := self.results.get(id(present[0].child.template), {}).get(""):
            return known
        if scope.kind == "group" or holds_nodes(scope):
            nodes = scope.template.graph.nodes
            return self.outgoing_chain(nodes, [site.expansion for site in present], incoming)
        inner = [site for outer in present for site in outer.inner()]
        if not inner:
            return incoming
        looped = {name for site in inner for name in own_names(site.child.env)}
        texts = self.outgoing(inner[0].child.template, inner, [incoming])
        return [text for text in texts if not names_in(text) & (looped - set(self.names.params))]

    def outgoing_chain(
        self, nodes: Sequence[NodeTemplate], expansions: Sequence[Expansion], incoming: list[str]
    ) -> list[str]:
        """Return candidates for the channels of what leaves a chain of nodes."""
        for position, node in enumerate(nodes):
            incoming = self.outgoing(node, [expansion.site(position) for expansion in expansions], [incoming])
        return incoming

    # ----------------------------------------------------------------------------------------------- calls

    def call_args(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str
    ) -> list[tuple[Arg, str]]:
        """Return the arguments of an op's PyTorch call that differ from PyTorch's defaults, with their source."""
        codes = [code_of(site.node) for site in sites]
        found: list[tuple[Arg, str]] = []
        for arg in codes[0].args:  # type: ignore[union-attr]
            values = [_value_given(code, arg) for code in codes]
            candidates: list[str] = []
            if isinstance(arg.source, InputSize):
                candidates = incoming[arg.source.index]
                if arg.source.axis == -1:
                    candidates = features_first(candidates)
            elif arg.source is not None:
                texts = self.argument_candidates(template, arg.source, sites[0])
                candidates = [arg.form.replace("{}", text) for text in texts]
            if all(same(value, arg.default) for value in values) and not self.varies(candidates):
                continue
            text = self.resolve(sites, values, candidates, f"{name}_{arg.name}")
            self._note_table(text, is_channels=isinstance(arg.source, InputSize))
            found.append((arg, text))
        return found

    def _note_table(self, text: str, *, is_channels: bool) -> None:
        indices = tuple(f"[{loop.index}]" for loop in self.names.loops)
        looked_up = text.endswith(indices) and " if " not in text and text.partition("[")[0] not in self.names.lists
        self.tables += is_channels and looked_up

    def varies(self, candidates: Iterable[str]) -> bool:
        """Tell whether some source depends on an argument of the constructor, or on a loop."""
        looped = {name for loop in self.names.loops for name in (loop.index, *loop.names)}
        known = self.names.telling | looped
        return any(names_in(text) & known for text in candidates)

    def block_call(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        """Return the call of a block's constructor."""
        return self.class_call(self.source.written(sites[0].scope), template, sites, incoming, name)

    def class_call(
        self, written: Written, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str
    ) -> str:
        """Return the call of a generated class's constructor."""
        parts: list[str] = []
        for param in written.params:
            values = [param.values[id(site.scope)] for site in sites]
            candidates = self._call_candidates(param, template, sites[0], incoming)
            usual = param.default is not None and all(same(value, param.default_value) for value in values)
            if usual and not self.varies(candidates):
                continue
            text = self.resolve(sites, values, candidates, f"{name}_{param.name}")
            self._note_table(text, is_channels=param.size_of is not None)
            parts.append(text if param.default is None else f"{param.name}={text}")
        self.results[id(template)] = {
            result: self._outside(written, symbols, template, sites[0], incoming)
            for result, symbols in (written.results or {"": written.symbols}).items()
        }
        return f"{written.name}({', '.join(parts)})"

    def _call_candidates(
        self, param: CtorParam, template: NodeTemplate, site: Site, incoming: list[list[str]]
    ) -> list[str]:
        if param.size_of is not None:
            names = list(site.scope.inputs)
            position = names.index(param.size_of) if param.size_of in names else 0
            texts = incoming[position] if position < len(incoming) else []
            return features_first(texts) if param.name.endswith("features") else texts
        if param.captured is not None:
            text = self.naming.rename(param.captured)
            return [] if text is None else [text]
        if param.source is None:
            return []
        given = self.argument_candidates(template, param.source, site)
        return given or ([param.default] if param.default is not None else [])

    def class_argument(self, template: NodeTemplate, sites: Sequence[Site]) -> str | None:
        """Return the argument that a block's `$activation` is in the constructor, where its uses differ."""
        if template.op is None or not template.op.text.startswith("$") or self.definition.kind != "block":
            return None
        name = template.op.text[1:]
        declared = self.naming.parameter(name)
        parts = [class_and_args(code_of(site.node)) for site in sites]
        classes = {part[0] for part in parts if part}
        if (
            declared is None
            or any(part is None for part in parts)
            or (len(classes) == 1 and name not in self.names.params)
        ):
            return None
        if name not in self.names.params:
            values = {id(site.owner): ClassName(part[0]) for site, part in zip(sites, parts, strict=True) if part}
            self.source.words.update(
                (word, ClassName(part[0]))
                for site, part in zip(sites, parts, strict=True)
                if part and isinstance(word := site.owner.env.get(name), str)
            )
            param = CtorParam(name, "type[nn.Module]", values, source=name)
            self._give_default_class(param, declared)
            self.names.params[name] = param
        return name

    def _give_default_class(self, param: CtorParam, declared: Parameter) -> None:
        """Find the class of the op that is the default: some use of the block takes it, or it stays required."""
        if not isinstance(declared.default, Scalar):
            return
        for scope in self.scopes:
            if scope.env.get(param.name) == declared.default.text:
                param.default_value = param.values[id(scope)]
                param.default = literal(param.default_value)
                return


def _all_in(child: Child[Any]) -> Iterator[Child[Any]]:
    yield child
    if isinstance(child.item, Scope):
        for inner in child.item.children:
            yield from _all_in(inner)


def _value_given(code: TorchCode, arg: Arg) -> Any:
    """Return the value of an argument in another use, which may be of another class with fewer arguments."""
    return next((other.value for other in code.args if other.name == arg.name), arg.default)


def _form_of(op: Op) -> str | None:
    """Return the channels of an op's result in terms of those of its input, if they are others."""
    if isinstance(op, Chunk) and op.axis == 0:
        return f"{{}} // {op.chunks}"
    if isinstance(op, PixelShuffle):
        return f"{{}} // {op.upscale_factor**2}"
    if isinstance(op, PixelUnshuffle):
        return f"{{}} * {op.downscale_factor**2}"
    return "2 * {}" if isinstance(op, PatchMerging) else None


def _table(sites: list[tuple[Any, Any]], indices: list[str]) -> Any:
    """Return the values at some sites as a nested tuple, by the indices of the loops around them."""
    if not indices:
        return sites[0][1]
    rows: dict[int, list[tuple[Any, Any]]] = {}
    for env, value in sites:
        rows.setdefault(env[indices[0]], []).append((env, value))
    # Where there is no site at an index (`when` is false there), anything may stand.
    held = [rows.get(index, rows[min(rows)]) for index in range(max(rows) + 1)]
    return tuple(_table(row, indices[1:]) for row in held)


def own_names(env: Mapping[str, Any]) -> Iterable[str]:
    """Return the names that a copy has of its own: those of its loop."""
    return env.maps[0] if isinstance(env, ChainMap) else ()


def _sum(parts: list[str]) -> str:
    """Return source for the sum of some terms; equal ones become a product."""
    counts = {part: parts.count(part) for part in parts}
    if all(part.isdecimal() for part in parts):
        return str(sum(int(part) for part in parts))
    terms = [_term(part) if count == 1 else f"{count} * {_within(part)}" for part, count in counts.items()]
    return " + ".join(terms)


def _term(part: str) -> str:
    return f"({part})" if " if " in part else part


def _closed(text: str) -> str:
    return text if text.isalnum() else f"({text})"


def _within(part: str) -> str:
    return part if part.isidentifier() or part.isdecimal() else f"({part})"
