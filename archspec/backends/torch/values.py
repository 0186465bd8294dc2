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
from archspec.backends.torch.symbols import (
    ClassName,
    CtorParam,
    Namespace,
    annotation_of,
    evaluated,
    first_holding,
    frozen,
    literal,
    names_in,
    rendered,
    same,
    size_of,
    substituted,
)
from archspec.elaborate.arguments import words_of
from archspec.elaborate.environment import ANY_WORD, NO_WORDS, ShapeView
from archspec.ir.graph import Node, Scope
from archspec.ir.records import InputSize
from archspec.ops.join import Concat
from archspec.ops.parts import Chunk, Split
from archspec.ops.pixels import PixelShuffle, PixelUnshuffle
from archspec.ops.windows_merging import PatchMerging
from archspec.source.tree import Scalar
from archspec.spec.expressions import UNKNOWN
from archspec.spec.names import HELPERS
from archspec.spec.parameters import alternatives, takes_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archspec.backends.torch.source import SourceWriter
    from archspec.ir.graph import Child
    from archspec.ir.op import Op
    from archspec.ir.records import Arg, TorchCode
    from archspec.spec.template import NodeTemplate, Parameter

# What generated source calls things; no argument or local may hide them.
TAKEN = frozenset({"self", "torch", "nn", "F", "Tensor", "x", "make_divisible"}) | HELPERS


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
        self.kept = kept
        self.scopes = definition.scopes
        self.names = Namespace(self.scopes, taken=set(TAKEN) | self._declared_names(), words=source.words)
        self.symbols: dict[str, list[str]] = {}
        self.results: dict[int, dict[str, list[str]]] = {}  # of nodes (by id) with classes: candidates for the channels
        self.groups: list[list[str]] = []
        self.running: str | None = None
        self._carried: dict[str, dict[int, int]] = {}  # what running names hold where a child stands
        self.tables = 0  # how often the channels that enter a copy had to be looked up by its index

    # ----------------------------------------------------------------------------------------------- names

    def _declared_names(self) -> set[str]:
        template = self.definition.template
        if self.definition.kind == "group":
            return set()
        return {parameter.name for parameter in template.params} | {let.name for let in template.lets}

    def _parameter(self, name: str) -> Parameter | None:
        if self.definition.kind == "group":
            return None
        return next((item for item in self.definition.template.params if item.name == name), None)

    def rename(self, name: str) -> str | None:
        """Return what a name of the spec is called in the constructor; None if it has no name there."""
        if "." in name:
            head, _, attribute = name.rpartition(".")
            return self._shape(head, attribute)
        if any(name == loop.index or name in loop.names for loop in self.names.loops):
            return name
        if name in self.names.params or name in self.names.lets:
            return name
        return self._let(name) or self._argument(name)

    def _argument(self, name: str) -> str | None:
        """Make a parameter of the spec an argument of the constructor."""
        values = [frozen(self.names.as_class(scope.env.get(name, UNKNOWN))) for scope in self.scopes]
        if any(value is UNKNOWN or isinstance(value, ShapeView) for value in values):
            return None
        if self.definition.kind == "network" and name not in self.kept:
            return literal(values[0]) if isinstance(values[0], int | float) else self._list(name, values)
        if not name.isidentifier() or name in TAKEN:
            return None
        declared = self._parameter(name)
        param = CtorParam(name, annotation_of(values), {id(s): v for s, v in zip(self.scopes, values, strict=True)})
        if self.definition.kind == "group":
            param.captured = name
        if declared is not None:
            param.source = name
            self._give_default(param, declared)
        if self.definition.kind == "network":
            param.default, param.default_value = literal(values[0]), values[0]
        self.names.params[name] = param
        return name

    def _give_default(self, param: CtorParam, declared: Parameter) -> None:
        if declared.type in ("float", "int", "bool", "str") and param.annotation != "type[nn.Module]":
            param.annotation = declared.type
        if declared.default is None:
            return
        text = rendered(declared.default, lambda _: None, ANY_WORD if takes_words(declared.type) else NO_WORDS)
        if text is not None:
            value = self.names.as_class(evaluated(text, {}))
            if value is not UNKNOWN:
                value = frozen(value)
                param.default, param.default_value = literal(value), value
                if isinstance(value, tuple) or len(alternatives(declared.type)) > 1:
                    param.annotation = annotation_of([value, *param.values.values()])

    def _let(self, name: str) -> str | None:
        """Make a `let` of the spec a local name."""
        if self.definition.kind == "group":
            return None
        let = next((item for item in self.definition.template.lets if item.name == name), None)
        if let is None:
            return None
        text = rendered(let.value, self.rename)
        values = [scope.env.get(name, UNKNOWN) for scope in self.scopes]
        envs = [self.names.values(scope, scope.env) for scope in self.scopes]
        if text is None or not names_in(text) & self.names.telling:
            named = rendered(let.value, lambda _: None) is not None  # a constant that the spec gave a name
            if text is None or not named:
                return self._list(name, values)
        if not first_holding([text], values, envs):
            return None
        self.names.lets[name] = text
        return name

    def _list(self, name: str, values: list[Any]) -> str | None:
        """Make a list of numbers that the spec named a local name."""
        first = values[0]
        is_list = isinstance(first, list | tuple) and all(type(item) in (int, float) for item in first)
        if not is_list or any(value != first for value in values):
            return None
        self.names.lets[name] = literal(list(first))
        self.names.lists.add(name)
        return name

    def _shape(self, head: str, attribute: str) -> str | None:
        if head == "input" and self.groups:
            return _size(self.groups[-1], attribute)
        if any(head in scope.inputs for scope in self.scopes) or head == "input":
            return self._input_size(head, attribute)
        return _size(self.symbols.get(head, []), attribute)

    def _input_size(self, head: str, attribute: str) -> str | None:
        """Make a size of the block's input an argument of the constructor."""
        values = [size_of(scope.env.get(head), attribute) for scope in self.scopes]
        if any(value is UNKNOWN for value in values):
            return None
        if self.definition.kind == "network":
            return literal(values[0])
        single = len(self.scopes[0].inputs) == 1
        name = f"in_{attribute}" if single else f"{head}_{attribute}"
        if name not in self.names.params:
            by_scope = {id(scope): value for scope, value in zip(self.scopes, values, strict=True)}
            is_channels = attribute in ("channels", "features")
            param = CtorParam(name, "int", by_scope, rank=0, size_of=head if is_channels else None)
            self.names.params[name] = param
        return name

    def input_symbols(self, name: str) -> list[str]:
        """Return source for the channels of one of the class's inputs, then for its features, if they are others."""
        types = [scope.input_types.get(name) for scope in self.scopes]
        vectors = all(tensor is not None and tensor.rank == 1 for tensor in types)
        texts = [self._input_size(name, attribute) for attribute in ("features", "channels")[: 2 - vectors][::-1]]
        return [text for text in texts if text is not None]

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
        text = rendered(argument.value, self.rename, words)
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
        condition = None if template.when is None else rendered(template.when, self.rename)
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
            return [form.format(_within(text)) for text in _features_first(texts)]
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
                    candidates = _features_first(candidates)
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
            return _features_first(texts) if param.name.endswith("features") else texts
        if param.captured is not None:
            text = self.rename(param.captured)
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
        declared = self._parameter(name)
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


def _features_first(texts: Iterable[str]) -> list[str]:
    """Return candidates for the size of a last axis, those that are made of such a size first."""
    return sorted(texts, key=lambda text: "features" not in text)


def _size(texts: Iterable[str], attribute: str) -> str | None:
    """Return the first candidate for an attribute of a shape; None if it is neither its channels nor its features."""
    if attribute not in ("channels", "features"):
        return None
    return next(iter(_features_first(texts) if attribute == "features" else texts), None)


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
