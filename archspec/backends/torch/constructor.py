"""The constructor of a generated class: `__init__`, its arguments and its submodules."""

from __future__ import annotations

import ast
import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archspec.backends.torch.definitions import Definition, KindsDifferError, Site, code_of, merge_all, signature_of
from archspec.backends.torch.symbols import (
    CtorParam,
    Loop,
    Namespace,
    annotation_of,
    evaluated,
    first_holding,
    literal,
    names_in,
    rendered,
    same,
    size_of,
    substituted,
)
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.arguments import words_of
from archspec.elaborate.environment import ANY_WORD, NO_WORDS, ShapeView, parsed, value_of
from archspec.ir.graph import Node, Scope
from archspec.ir.records import InputSize, TorchFunction, TorchModule
from archspec.ops.join import Concat
from archspec.source.span import Span
from archspec.spec.expressions import UNKNOWN, render
from archspec.spec.parameters import takes_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archspec.backends.torch.source import SourceWriter
    from archspec.ir.records import Arg
    from archspec.source.tree import Tree
    from archspec.spec.template import BlockTemplate, NodeTemplate, Parameter, Repeat

_NOWHERE = Span("", 1, 1, 1, 1)

# What generated source calls things; no argument or local may hide them.
TAKEN = frozenset({"self", "torch", "nn", "F", "Tensor", "x", "make_divisible"})


class NeedsClassError(Exception):
    """An inline group cannot be written as a chain of modules; it needs a class of its own."""


@dataclass(slots=True)
class Written:
    """What the caller of a class must know.

    Attributes:
        name: the class's name.
        params: the arguments of its constructor, in order.
        symbols: for each of its results, source for its channels, in terms of what the block declares.
        saved: whether an in-place op after it would be unsafe.
    """

    name: str
    params: tuple[CtorParam, ...]
    symbols: tuple[str, ...] = ()


@dataclass(slots=True)
class Block:
    """Statements, indented as they will stand."""

    lines: list[str] = field(default_factory=list[str])
    indent: int = 0

    def add(self, text: str) -> None:
        """Add a statement."""
        self.lines.append("    " * self.indent + text)


class Constructor:
    """Writes the constructor of one definition."""

    def __init__(self, source: SourceWriter, definition: Definition, kept: frozenset[str]) -> None:
        """Write `definition`; `kept` are the parameters of a network that stay arguments of its constructor."""
        self.source = source
        self.definition = definition
        self.kept = kept
        self.scopes = definition.scopes
        self.names = Namespace(self.scopes, taken=set(TAKEN) | self._declared_names())
        self.body = Block()
        self.symbols: dict[str, list[str]] = {}
        self._groups: list[list[str]] = []
        self._loose = 0
        self._can_state = True

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
        values = [scope.env.get(name, UNKNOWN) for scope in self.scopes]
        if any(value is UNKNOWN or isinstance(value, ShapeView) for value in values):
            return None
        if self.definition.kind == "network" and name not in self.kept:
            return literal(values[0]) if isinstance(values[0], int | float) else None
        if not name.isidentifier() or name in TAKEN:
            return None
        declared = self._parameter(name)
        param = CtorParam(name, annotation_of(values[0]), {id(s): v for s, v in zip(self.scopes, values, strict=True)})
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
        if declared.type in ("float", "int", "bool", "str"):
            param.annotation = declared.type
        if declared.default is None:
            return
        text = rendered(declared.default, lambda _: None, ANY_WORD if takes_words(declared.type) else NO_WORDS)
        if text is not None:
            value = evaluated(text, {})
            if value is not UNKNOWN:
                param.default, param.default_value = literal(value), value

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
        if text is None or not names_in(text) & set(self.names.params) or not first_holding([text], values, envs):
            return None
        self.names.lets[name] = text
        return name

    def _shape(self, head: str, attribute: str) -> str | None:
        if head == "input" and self._groups:
            return next(iter(self._groups[-1]), None) if attribute in ("channels", "features") else None
        if any(head in scope.inputs for scope in self.scopes) or head == "input":
            return self._input_size(head, attribute)
        if attribute in ("channels", "features") and head in self.symbols:
            return next(iter(self.symbols[head]), None)
        return None

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
        """Return source for the channels of one of the class's inputs."""
        types = [scope.input_types.get(name) for scope in self.scopes]
        attribute = "features" if all(tensor is not None and tensor.rank == 1 for tensor in types) else "channels"
        text = self._input_size(name, attribute)
        return [] if text is None else [text]

    # ----------------------------------------------------------------------------------------------- values

    def resolve(
        self, sites: Sequence[Site], values: list[Any], candidates: Iterable[str], hint: str
    ) -> str:
        """Return source that gives `values` at `sites`.

        It is one of the candidates, a literal, a choice by the loop's first copy, or one more argument.
        """
        texts = [str(text) for text in candidates if text is not None]
        envs = [self.names.values(site.owner, site.child.env) for site in sites]
        found = first_holding(texts, values, envs)
        constant = all(same(value, values[0]) for value in values)
        if found is not None and not (constant and not names_in(found) & (set(self.names.params) | set(self.names.lets))):
            return found
        if constant and not (self.running_in(texts)):
            return literal(values[0])
        split = self._split(sites, values, texts)
        if split is not None:
            return split
        if self.running_in(texts):
            return self.running_in(texts) or ""
        if constant:
            return literal(values[0])
        return self._more(sites, values, hint)

    def running_in(self, texts: Iterable[str]) -> str | None:
        """Return the running name among some candidates."""
        return next((text for text in texts if text == self.running), None)

    running: str | None = None

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
        return f"{parts[0]} if {index} == 0 else {parts[1]}"

    def _simple(self, sites: list[Site], values: list[Any], texts: list[str]) -> str | None:
        envs = [self.names.values(site.owner, site.child.env) for site in sites]
        found = first_holding(texts, values, envs)
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
        self.names.params[name] = CtorParam(name, annotation_of(filler), values_by_scope, rank=1)
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
        else:
            found = self._outgoing_chain(first.scope, present, incoming[0])
        return found if len(present) == len(sites) else [*found, *incoming[0]]

    def _outgoing_op(self, template: NodeTemplate, site: Site, incoming: list[list[str]]) -> list[str]:
        op = site.node.op
        source = op.channels_from()
        if source is not None:
            return self.argument_candidates(template, source, site) or [literal(getattr(op, source))]
        if isinstance(op, Concat) and op.axis == 0:
            parts = [str(next(iter(texts), "")) for texts in incoming]
            return [] if "" in parts else [_sum(parts)]
        return incoming[0]

    def _outgoing_block(self, template: NodeTemplate, site: Site, incoming: list[list[str]]) -> list[str]:
        written = self.source.written(site.scope)
        values: dict[str, str] = {}
        for param in written.params:
            texts = self._call_candidates(param, template, site, incoming)
            if texts:
                values[param.name] = f"({texts[0]})" if not str(texts[0]).isalnum() else str(texts[0])
        texts = (substituted(symbol, values) for symbol in written.symbols)
        return [text for text in texts if text is not None]

    def _outgoing_chain(self, scope: Scope[Any], present: Sequence[Site], incoming: list[str]) -> list[str]:
        """Candidates for the result of a group or repeat: those of its last node, without the loops' names."""
        if scope.kind in ("group",) or _holds_nodes(scope):
            symbols = incoming
            nodes = scope.template.graph.nodes
            for position, node in enumerate(nodes):
                sites = [Site(site.scope.children[position], site.owner) for site in present]
                symbols = self.outgoing(node, sites, [symbols])
            return symbols
        inner = [site for outer in present for site in outer.inner()]
        if not inner:
            return incoming
        names = {name for site in inner for name in site.child.env.maps[0]} if hasattr(inner[0].child.env, "maps") else set()
        texts = self.outgoing(inner[0].child.template, inner, [incoming])
        return [text for text in texts if not names_in(str(text)) & (names - set(self.names.params))]

    # ----------------------------------------------------------------------------------------------- calls

    def call_args(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str
    ) -> list[tuple[Arg, str]]:
        """Return the arguments of an op's PyTorch call that differ from PyTorch's defaults, with their source."""
        codes = [code_of(site.node) for site in sites]
        found: list[tuple[Arg, str]] = []
        for position, arg in enumerate(codes[0].args):  # type: ignore[union-attr]
            values = [code.args[position].value for code in codes]  # type: ignore[union-attr]
            if all(same(value, arg.default) for value in values):
                continue
            candidates: list[str] = []
            if isinstance(arg.source, InputSize):
                candidates = incoming[arg.source.index]
            elif arg.source is not None:
                candidates = self.argument_candidates(template, arg.source, sites[0])
            found.append((arg, self.resolve(sites, values, candidates, f"{name}_{arg.name}")))
        return found

    def block_call(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str
    ) -> str:
        """Return the call of a block's constructor."""
        return self.class_call(self.source.written(sites[0].scope), template, sites, incoming, name)

    def class_call(
        self, written: Written, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str
    ) -> str:
        """Return the call of a generated class's constructor."""
        parts: list[str] = []
        for param in written.params:
            values = [param.values[id(site.scope)] for site in sites]
            if param.default is not None and all(same(value, param.default_value) for value in values):
                continue
            candidates = self._call_candidates(param, template, sites[0], incoming)
            text = self.resolve(sites, values, candidates, f"{name}_{param.name}")
            parts.append(text if param.default is None else f"{param.name}={text}")
        return f"{written.name}({', '.join(parts)})"

    def _call_candidates(
        self, param: CtorParam, template: NodeTemplate, site: Site, incoming: list[list[str]]
    ) -> list[str]:
        if param.size_of is not None:
            names = list(site.scope.inputs)
            position = names.index(param.size_of) if param.size_of in names else 0
            return incoming[position] if position < len(incoming) else []
        if param.captured is not None:
            text = self.rename(param.captured)
            return [] if text is None else [text]
        if param.source is None:
            return []
        given = self.argument_candidates(template, param.source, site)
        return given or ([param.default] if param.default is not None else [])

    # ----------------------------------------------------------------------------------------------- modules

    def module(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        """Return source that makes the module of a node.

        Raises:
            NeedsClassError: it is, or has in it, what no chain of modules can do.
        """
        item = sites[0].item
        if isinstance(item, Node):
            return self._op_module(template, sites, incoming, name)
        if item.kind == "block":
            if len(incoming) != 1 or len(item.outputs) > 1:
                raise NeedsClassError
            return self.block_call(template, sites, incoming, name)
        if item.kind == "group":
            return self._group(template, sites, incoming, name)
        return self._repeat_module(template, sites, incoming[0], name, level=0)

    def _op_module(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        code = code_of(sites[0].node)
        if isinstance(code, TorchModule) and code.wrap == "{0}":
            cls, inplace = code.cls, False
        elif isinstance(code, TorchFunction) and code.module is not None:
            cls, inplace = code.module, code.inplace and self._loose > 0
        else:
            raise NeedsClassError
        args = [
            text if arg.positional else f"{arg.name}={text}"
            for arg, text in self.call_args(template, sites, incoming, name)
        ]
        return f"{cls}({', '.join([*args, *(['inplace=True'] if inplace else [])])})"

    def _group(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        """Return source for an inline group: a chain of modules, or a class of its own."""
        lines, running = len(self.body.lines), self.running
        try:
            return self._group_module(template, sites, incoming[0], name)
        except NeedsClassError:
            del self.body.lines[lines:]
            self.running = running
        written = self.source.group(self.definition, template, [site.scope for site in sites])
        return self.class_call(written, template, sites, incoming, name)

    def _group_module(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str) -> str:
        graph = sites[0].scope.template.graph
        require_chain(sites)
        if not graph.is_list:
            raise NeedsClassError
        scopes = [site.scope for site in sites]
        self._groups.append(incoming)
        try:
            if any(_is_multiple(child.item) for scope in scopes for child in scope.children):
                return self._stated_sequential(graph.nodes, sites, incoming, name)
            elements = self._elements(graph.nodes, sites, incoming, name)
        finally:
            self._groups.pop()
        return sequential(elements)

    def _columns(self, sites: Sequence[Site], count: int) -> list[list[Site]]:
        """Return, for each node of a graph, its sites."""
        return [[Site(site.scope.children[position], site.owner) for site in sites] for position in range(count)]

    def _elements(
        self, nodes: Sequence[NodeTemplate], sites: Sequence[Site], incoming: list[str], name: str
    ) -> list[str]:
        """Return the elements of an `nn.Sequential`."""
        elements: list[str] = []
        before: list[Site] | None = None
        for node, column in zip(nodes, self._columns(sites, len(nodes)), strict=True):
            present = [site for site in column if site.item is not None]
            if present:
                self._loose = is_loose(before)
                text = self._element(node, column, present, incoming, name)
                self._loose = 0
                elements.append(text)
                incoming = self.outgoing(node, column, [incoming])
                before = present if len(present) == len(column) else None
        return elements

    def _element(
        self, node: NodeTemplate, column: list[Site], present: list[Site], incoming: list[str], name: str
    ) -> str:
        hint = f"{name}_{node.name}" if not node.name.isdecimal() else name
        if isinstance(present[0].item, Scope) and present[0].scope.kind == "splice":
            return "*" + self._copies(node, present, incoming, hint, level=0)
        text = self.module(node, present, [incoming], hint)
        if len(present) == len(column):
            return text
        return f"*([{text}] if {self.condition(node, column, hint)} else [])"

    def condition(self, node: NodeTemplate, column: Sequence[Site], hint: str) -> str:
        """Return source for a node's `when`."""
        values = [site.item is not None for site in column]
        candidates: list[str] = []
        if node.when is not None:
            text = rendered(node.when, self.rename)
            candidates = [] if text is None else [text]
        return self.resolve(column, values, candidates, f"has_{hint}")

    # ----------------------------------------------------------------------------------------------- repeats

    def _repeat_module(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int
    ) -> str:
        if template.repeats[level].name is not None:
            return self._named_copies(template, sites, incoming, name, level)
        copies = self._copies(template, sites, incoming, name, level)
        unrolled = isinstance(ast.parse(copies, mode="eval").body, ast.List)
        return sequential(_items(copies)) if unrolled else f"nn.Sequential(*{copies})"

    def _copies(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int
    ) -> str:
        """Return source for a list of the copies of a loop."""
        inner = [site for outer in sites for site in outer.inner()]
        if not inner:
            return "[]"
        counts = {len(site.scope.children) for site in sites}
        if counts == {1} or not _alike(inner):
            return self._unrolled(template, sites, incoming, name, level)
        loop = _loop_of(template.repeats[level])
        could, self._can_state = self._can_state, False
        self.names.loops.append(loop)
        try:
            body = self._copy(template, inner, incoming, name, level)
        finally:
            self.names.loops.pop()
            self._can_state = could
        header = self._header(template.repeats[level], sites, body, name)
        return f"[{body} {header}]"

    def _copy(
        self, template: NodeTemplate, inner: list[Site], incoming: list[str], name: str, level: int
    ) -> str:
        """Return source for one copy, in terms of the loop's names."""
        present = [site for site in inner if site.item is not None]
        around = [*incoming, *self.outgoing(_once(template), present, [incoming])]
        if level + 1 < len(template.repeats):
            if isinstance(present[0].item, Scope) and present[0].scope.kind == "splice":
                raise NeedsClassError
            return self._repeat_module(template, present, around, name, level + 1)
        if isinstance(present[0].item, Scope) and present[0].scope.kind == "splice":
            raise NeedsClassError
        return self.module(_once(template), present, [around], name)

    def _unrolled(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int
    ) -> str:
        """Return source for a list of copies written one by one."""
        if len({len(site.scope.children) for site in sites}) > 1:
            raise NeedsClassError
        elements: list[str] = []
        for position in range(len(sites[0].scope.children)):
            column = [Site(site.scope.children[position], site.owner) for site in sites]
            if level + 1 < len(template.repeats):
                elements.append(self._repeat_module(template, column, incoming, name, level + 1))
            else:
                elements.append(self.module(_once(template), column, [incoming], name))
            incoming = self.outgoing(_once(template), column, [incoming])
        return f"[{', '.join(elements)}]"

    def _header(self, repeat: Repeat, sites: Sequence[Site], body: str, name: str) -> str:
        """Return `for i in range(n)`."""
        used = names_in(body)
        loop = _loop_of(repeat)
        if repeat.each is None:
            counts = [len(site.scope.children) for site in sites]
            count = self.resolve(sites, counts, self._texts(repeat.count), f"{name}_count")
            return f"for {loop.index if loop.index in used else '_'} in range({count})"
        assert repeat.each is not None
        values = [value_of(repeat.each, site.child.env) for site in sites]
        entries = self._each(repeat, sites, values, name)
        names = ", ".join(item if item in used else "_" for item in loop.names) or "_"
        if loop.index not in used:
            return f"for {names} in {entries}"
        names = f"({names})" if len(loop.names) > 1 else names
        return f"for {loop.index}, {names} in enumerate({entries})"

    def _each(self, repeat: Repeat, sites: Sequence[Site], values: list[list[Any]], name: str) -> str:
        if all(value == values[0] for value in values):
            found = [tuple(item) if isinstance(item, list) else item for item in values[0]]
            return literal(found)
        return self.resolve(sites, values, self._texts(repeat.each), f"{name}_values")

    def _texts(self, tree: Tree | None) -> list[str]:
        text = None if tree is None else rendered(tree, self.rename)
        return [] if text is None else [text]

    def _named_copies(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int
    ) -> str:
        """State a Sequential whose modules have names; return its local name."""
        inner = [site for outer in sites for site in outer.inner()]
        if not self._can_state or not _alike(inner) or any(site.item is None for site in inner):
            raise NeedsClassError
        loop = _loop_of(template.repeats[level])
        pattern = template.repeats[level].name
        assert pattern is not None
        local = self.names.fresh(name)
        self.names.loops.append(loop)
        try:
            body = self._copy(template, inner, incoming, name, level)
            title = f_string(pattern.text, self.rename)
        finally:
            self.names.loops.pop()
        if title is None:
            raise NeedsClassError
        header = self._header(template.repeats[level], sites, f"{body} {title}", name)
        self.body.add(f"{local} = nn.Sequential()")
        self.body.add(f"{header}:")
        self.body.add(f"    {local}.add_module({title}, {body})")
        return local

    # ----------------------------------------------------------------------------------------------- statements

    def _stated_sequential(
        self, nodes: Sequence[NodeTemplate], sites: Sequence[Site], incoming: list[str], name: str
    ) -> str:
        """State a list of modules with loops; return `nn.Sequential(*name)`."""
        if not self._can_state:
            raise NeedsClassError
        local = self.names.fresh(name)
        self.body.add(f"{local}: list[nn.Module] = []")
        outer = self.running
        self.running = None
        self._state_nodes(nodes, sites, incoming, local, name)
        self.running = outer
        return f"nn.Sequential(*{local})"

    def _state_nodes(
        self, nodes: Sequence[NodeTemplate], sites: Sequence[Site], incoming: list[str], local: str, name: str
    ) -> list[str]:
        """State what appends the modules of some nodes to a list; return candidates for the channels after them."""
        elements: list[str] = []
        before: list[Site] | None = None
        for node, column in zip(nodes, self._columns(sites, len(nodes)), strict=True):
            present = [site for site in column if site.item is not None]
            if not present:
                continue
            if _is_multiple(present[0].item):
                self._flush(elements, local)
                incoming = self._state_loop(node, present, incoming, local, name, level=0)
                before = None
                continue
            self._loose = is_loose(before)
            elements.append(self._element(node, column, present, incoming, name))
            self._loose = 0
            incoming = self.outgoing(node, column, [incoming])
            before = present if len(present) == len(column) else None
        self._flush(elements, local)
        return incoming

    def _flush(self, elements: list[str], local: str) -> None:
        if len(elements) == 1 and not elements[0].startswith("*"):
            self.body.add(f"{local}.append({elements[0]})")
        elif elements:
            self.body.add(f"{local} += [{', '.join(elements)}]")
        elements.clear()

    def _state_loop(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], local: str, name: str, level: int
    ) -> list[str]:
        """State a loop whose copies are several modules each."""
        inner = [site for outer in sites for site in outer.inner() if site.item is not None]
        if not inner or not _alike(inner):
            raise NeedsClassError
        repeat = template.repeats[level]
        start = len(self.body.lines)
        owns = self.running is None
        running = self.running or self.names.fresh("width")
        self.running = running
        initial = self._initial(sites, incoming, name)
        self.names.loops.append(_loop_of(repeat))
        self.body.indent += 1
        carried = [*(text for text in incoming if text != running), running]
        if level + 1 < len(template.repeats):
            after = self._state_loop(template, inner, carried, local, name, level + 1)
        else:
            self._groups.append([running])
            after = self._state_nodes(inner[0].scope.template.graph.nodes, inner, carried, local, name)
            self._groups.pop()
        self._update(inner, after, running, name)
        self.body.indent -= 1
        self.names.loops.pop()
        body = self.body.lines[start:]
        del self.body.lines[start:]
        text = "\n".join(body)
        if owns and running in names_in(text.replace(f"{running} = ", "")):
            self.body.add(f"{running} = {initial}")
        elif owns:
            body = [line for line in body if not line.strip().startswith(f"{running} = ")]
        self.body.add(self._header(repeat, sites, text, name) + ":")
        self.body.lines.extend(body)
        if owns:
            self.running = None
            return [text for text in after if text != running and not self._looped(text, repeat)]
        return [running]

    def _looped(self, text: str, repeat: Repeat) -> bool:
        loop = _loop_of(repeat)
        return bool(names_in(text) & {loop.index, *loop.names})

    def _initial(self, sites: Sequence[Site], incoming: list[str], name: str) -> str:
        """Return source for the channels before a loop."""
        values = [channels_into(site) for site in sites]
        return self.resolve(sites, values, [text for text in incoming if text != self.running], f"{name}_width")

    def _update(self, inner: list[Site], after: list[str], running: str, name: str) -> None:
        """State what the channels are after a copy, unless they are what they were."""
        if after == [running]:
            return
        values = [channels_out_of(site) for site in inner]
        text = self.resolve(inner, values, [text for text in after if text != running], f"{name}_width")
        if text != running:
            self.body.add(f"{running} = {text}")


# ----------------------------------------------------------------------------------------------------- structure


def require_chain(sites: Sequence[Site]) -> None:
    """Make sure that each node of a graph reads the one before it, and nothing else.

    Raises:
        NeedsClassError: one does not.
    """
    for site in sites:
        scope = site.scope
        value = next(iter(scope.inputs.values()))
        for child in scope.children:
            if child.item is None:
                if list(child.values.values()) != [value]:
                    raise NeedsClassError
                continue
            if list(entering(child.item)) != [value] or len(child.values) != 1:
                raise NeedsClassError
            value = next(iter(child.values.values()))
        if value != next(iter(scope.outputs.values()), None):
            raise NeedsClassError


def entering(item: Node | Scope[Any]) -> Iterable[Any]:
    """Return the values that an item reads."""
    return item.inputs if isinstance(item, Node) else item.inputs.values()


def _holds_nodes(scope: Scope[Any]) -> bool:
    graph = getattr(scope.template, "graph", None)
    return graph is not None and scope.kind == "splice" and _matches(scope, graph.nodes)


def _matches(scope: Scope[Any], nodes: Sequence[NodeTemplate]) -> bool:
    return len(nodes) == len(scope.children) and all(
        child.template is node for child, node in zip(scope.children, nodes, strict=True)
    )


def _is_multiple(item: Any) -> bool:
    """Tell whether an item of a list puts several modules into it for each copy."""
    if not (isinstance(item, Scope) and item.kind == "splice"):
        return False
    return any(isinstance(child.item, Scope) and child.item.kind == "splice" for child in item.children)


def _alike(sites: Sequence[Site]) -> bool:
    try:
        merge_all(signature_of(site.item) for site in sites)
    except KindsDifferError:
        return False
    return True


def _once(template: NodeTemplate) -> NodeTemplate:
    return dataclasses.replace(template, repeats=())


def _loop_of(repeat: Repeat) -> Loop:
    return Loop(repeat.index, repeat.names if repeat.each is not None else ())


def _table(sites: list[tuple[Any, Any]], indices: list[str]) -> Any:
    """Return the values at some sites as a nested tuple, by the indices of the loops around them."""
    if not indices:
        return sites[0][1]
    rows: dict[int, list[tuple[Any, Any]]] = {}
    for env, value in sites:
        rows.setdefault(env[indices[0]], []).append((env, value))
    return tuple(_table(rows[index], indices[1:]) for index in sorted(rows))


def _sum(parts: list[str]) -> str:
    """Return source for the sum of some terms; equal ones become a product."""
    counts = {part: parts.count(part) for part in parts}
    if all(part.isdecimal() for part in parts):
        return str(sum(int(part) for part in parts))
    terms = [part if count == 1 else f"{count} * {_within(part)}" for part, count in counts.items()]
    return " + ".join(terms)


def _within(part: str) -> str:
    return part if part.isidentifier() or part.isdecimal() else f"({part})"


def _items(listing: str) -> list[str]:
    """Return the source of a list's items."""
    tree = ast.parse(listing, mode="eval").body
    assert isinstance(tree, ast.List)
    return [ast.unparse(item) for item in tree.elts]


def is_loose(before: list[Site] | None) -> int:
    """Tell whether the result of a node may be overwritten: it is new memory that autograd does not keep."""
    if not before:
        return 0
    if not all(isinstance(site.item, Node) for site in before):
        return 0
    return int(not any(code_of(site.node).output_is_saved for site in before))


def channels_into(site: Site) -> int:
    """Return the channels of what enters a scope."""
    return next(iter(site.scope.input_types.values())).channels


def channels_out_of(site: Site) -> Any:
    """Return the channels of what leaves an item."""
    item = site.item
    if isinstance(item, Node):
        return item.output.channels
    last = next((child for child in reversed(item.children) if child.item is not None), None)
    return channels_into(site) if last is None else channels_out_of(Site(last, site.owner))


def sequential(elements: list[str]) -> str:
    """Return an `nn.Sequential`, one module to a line if there are several."""
    comma = "," if len(elements) > 1 else ""
    return f"nn.Sequential({', '.join(elements)}{comma})"


def f_string(pattern: str, rename: Any) -> str | None:
    """Return the pattern of a copy's name as an f-string."""
    parts: list[str] = []
    position = 0
    for match in re.finditer(r"\{([^{}]*)\}", pattern):
        try:
            text = render(parsed(match[1], _NOWHERE), rename)
        except ProblemError:
            return None
        if text is None:
            return None
        parts += [pattern[position : match.start()], "{", text, "}"]
        position = match.end()
    return f'f"{"".join(parts)}{pattern[position:]}"'
