"""The submodules of a constructor: chains, groups and repeats as `nn.Sequential`, or as statements that fill one."""

from __future__ import annotations

import ast
import re
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from archspec.backends.torch.definitions import (
    Expansion,
    KindsDifferError,
    NeedsClassError,
    Site,
    code_of,
    is_copy,
    merge_all,
    once,
    signature_of_child,
)
from archspec.backends.torch.dense import dense_module
from archspec.backends.torch.statements import Statements, entering, is_multiple
from archspec.backends.torch.symbols import Loop, free_names, literal, rendered
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.environment import parsed
from archspec.elaborate.loops import entries_of
from archspec.ir.graph import Node, Scope
from archspec.ir.records import TorchFunction, TorchModule
from archspec.source.span import Span
from archspec.spec.expressions import render
from archspec.spec.names import as_identifier

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from archspec.backends.torch.values import Values
    from archspec.ir.graph import Value
    from archspec.source.tree import Tree
    from archspec.spec.template import NodeTemplate, Repeat

_NOWHERE = Span("", 1, 1, 1, 1)


@dataclass(slots=True)
class Block:
    """Statements, indented as they will stand."""

    lines: list[str] = field(default_factory=list[str])
    indent: int = 0

    def add(self, text: str) -> None:
        """Add a statement."""
        self.lines.append("    " * self.indent + text)


class Modules:
    """Writes the submodules of one definition."""

    def __init__(self, values: Values) -> None:
        """Use the names and expressions of `values`."""
        self.values = values
        self.body = Block()
        self.can_state = True
        self.statements = Statements(self)

    def module(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        """Return source that makes the module of a node.

        Raises:
            NeedsClassError: it is, or has in it, what no chain of modules can do.
        """
        if isinstance(sites[0].item, Node):
            return self._op_module(template, sites, incoming, name)
        if any(len(site.scope.inputs) != 1 or len(site.scope.outputs) > 1 for site in sites):
            raise NeedsClassError
        return self.scope(template, sites, incoming, name)

    def scope(
        self,
        template: NodeTemplate,
        sites: Sequence[Site],
        incoming: list[list[str]],
        name: str,
        reads: list[tuple[Value, ...]] | None = None,
    ) -> str:
        """Return source that makes the module of a block, group or repeat.

        `reads` are the values that it is called on at each site, if those are not just its inputs.

        Raises:
            NeedsClassError: its expansions differ in kind.
        """
        if sites[0].scope.kind == "splice":
            raise NeedsClassError  # its nodes belong to the list around it
        with self.attempt():
            return self._scope(template, sites, incoming, name)
        scopes = [site.scope for site in sites]
        reads = reads or [tuple(scope.inputs.values()) for scope in scopes]
        written = self.values.source.flat(f"{self.values.definition.label}_{name}", scopes, reads)
        return f"{written.name}()"

    def _scope(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        scope = sites[0].scope
        if scope.kind == "block":
            return self.values.block_call(template, sites, incoming, name)
        if scope.kind == "group":
            return self._group(template, sites, incoming, name)
        if len(incoming) != 1:
            return self._series(template, sites, incoming, name)
        if scope.kind == "dense":
            return dense_module(self, template, sites, incoming[0], name)
        return self.repeat_module(template, sites, incoming[0], name, level=0)

    def _op_module(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        code = code_of(sites[0].node)
        cls = self.values.class_argument(template, sites)
        if cls is not None:
            inplace = False
        elif isinstance(code, TorchModule) and code.is_plain:
            cls, inplace = code.cls, False
        elif isinstance(code, TorchFunction) and code.module is not None:
            cls, inplace = code.module, self.values.source.is_in_place(sites)
        else:
            raise NeedsClassError
        args = [
            text if arg.positional else f"{arg.name}={text}"
            for arg, text in self.values.call_args(template, sites, incoming, name)
        ]
        return f"{cls}({', '.join([*args, *(['inplace=True'] if inplace else [])])})"

    def _group(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        """Return source for an inline group: a chain of modules, or a class of its own."""
        with self.attempt():
            return self._group_module(sites, incoming, name)
        written = self.values.source.group(self.values.definition, template, [site.scope for site in sites])
        return self.values.class_call(written, template, sites, incoming, name)

    def attempt(self) -> AbstractContextManager[None, bool]:
        """Try to write something; where that needs a class, leave everything as it was before, and go on."""
        # A type checker takes what follows for unreachable, unless `__exit__` may return true.
        return cast("AbstractContextManager[None, bool]", self._attempt())

    @contextmanager
    def _attempt(self) -> Generator[None]:
        values, body = self.values, self.body
        lines, indent, live = len(body.lines), body.indent, len(self.statements.live)
        loops, groups, running = len(values.names.loops), len(values.naming.groups), values.running
        can_state, taken, carriers = self.can_state, set(values.names.taken), len(self.statements.carriers)
        try:
            yield
        except NeedsClassError:
            values.names.taken = taken
            del self.statements.carriers[carriers:]
            del (
                body.lines[lines:],
                values.names.loops[loops:],
                values.naming.groups[groups:],
                self.statements.live[live:],
            )
            body.indent, values.running, self.can_state = indent, running, can_state

    def _group_module(self, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        graph = sites[0].scope.template.graph
        if not graph.is_list or len(incoming) != 1:
            raise NeedsClassError
        arguments = self.chain(graph.nodes, [site.expansion for site in sites], incoming[0], name)
        return f"nn.Sequential({arguments})"

    def chain(
        self, nodes: Sequence[NodeTemplate], expansions: Sequence[Expansion], incoming: list[str], name: str
    ) -> str:
        """Return the arguments of an `nn.Sequential` that does what a list graph does.

        Raises:
            NeedsClassError: a chain cannot do that.
        """
        require_chain(expansions)
        self.values.naming.groups.append(incoming)
        try:
            if any(is_multiple(child.item) for expansion in expansions for child in expansion.scope.children):
                return "*" + self.statements.stated(nodes, expansions, incoming, name)
            return self._listed(nodes, expansions, incoming, name)
        finally:
            self.values.naming.groups.pop()

    def _listed(
        self, nodes: Sequence[NodeTemplate], expansions: Sequence[Expansion], incoming: list[str], name: str
    ) -> str:
        """Return the elements of an `nn.Sequential`; state them where a loop has to carry the channels along."""
        start, tables = len(self.body.lines), self.values.tables
        elements = self._elements(nodes, expansions, incoming, name)
        end = len(self.body.lines)
        if self.can_state and self.values.tables > tables:
            with self.attempt():
                local = self.statements.stated(nodes, expansions, incoming, name)
                del self.body.lines[start:end]
                return f"*{local}"
        return joined(elements)

    def _elements(
        self, nodes: Sequence[NodeTemplate], expansions: Sequence[Expansion], incoming: list[str], name: str
    ) -> list[str]:
        """Return the elements of an `nn.Sequential`."""
        elements: list[str] = []
        for position, node in enumerate(nodes):
            column = [expansion.site(position) for expansion in expansions]
            present = [site for site in column if site.item is not None]
            if present:
                elements.append(self.element(node, column, present, incoming, name))
                incoming = self.values.outgoing(node, column, [incoming])
        return elements

    def element(
        self, node: NodeTemplate, column: list[Site], present: list[Site], incoming: list[str], name: str
    ) -> str:
        """Return an element of a list: the module of a node, its copies, or what depends on its `when`."""
        hint = f"{name}_{as_identifier(node.name)}" if not node.name.isdecimal() else name
        if isinstance(present[0].item, Scope) and present[0].scope.kind == "splice":
            return "*" + self.copies(node, present, incoming, hint, level=0)
        text = self.module(node, present, [incoming], hint)
        if len(present) == len(column):
            return text
        return f"*([{text}] if {self.condition(node, column, hint)} else [])"

    def condition(self, node: NodeTemplate, column: Sequence[Site], hint: str) -> str:
        """Return source for a node's `when`."""
        values = [site.item is not None for site in column]
        candidates: list[str] = []
        if node.when is not None:
            text = rendered(node.when, self.values.naming.rename)
            candidates = [] if text is None else [text]
        return self.values.resolve(column, values, candidates, f"has_{hint}")

    # ----------------------------------------------------------------------------------------------- repeats

    def repeat_module(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int
    ) -> str:
        """Return source that makes the module of the copies of a loop.

        Raises:
            NeedsClassError: it is, or has in it, what no chain of modules can do.
        """
        if template.repeats[level].name is not None:
            return self.statements.named_copies(template, sites, incoming, name, level)
        start, tables = len(self.body.lines), self.values.tables
        copies = self.copies(template, sites, incoming, name, level)
        end = len(self.body.lines)
        if self.can_state and self.values.tables > tables:
            with self.attempt():
                local = self.statements.stated_list(
                    lambda local: self.statements.loop(template, sites, incoming, local, name, level), name
                )
                del self.body.lines[start:end]
                return f"nn.Sequential(*{local})"
        unrolled = isinstance(ast.parse(copies, mode="eval").body, ast.List)
        return f"nn.Sequential({joined(_items(copies))})" if unrolled else f"nn.Sequential(*{copies})"

    def _series(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[list[str]], name: str) -> str:
        """Return source for copies that read several values: a list of modules that calls them one after the other."""
        repeat, *others = template.repeats
        inner = [site for outer in sites for site in outer.inner()]
        are_blocks = all(isinstance(site.item, Scope) and site.scope.kind in ("block", "group") for site in inner)
        if others or repeat.name is not None or not inner or not are_blocks or not self.are_alike(inner):
            raise NeedsClassError
        could, self.can_state = self.can_state, False
        self.values.names.loops.append(Loop.of(repeat))
        try:
            body = self.scope(once(template), inner, incoming, name)
        finally:
            self.values.names.loops.pop()
            self.can_state = could
        if {len(site.scope.children) for site in sites} != {1} or free_names(body) & {repeat.index, *repeat.names}:
            body = f"{body} {self.header(repeat, sites, body, name)}"
        copy = inner[0].scope
        label = f"{self.values.definition.label}_{name}"
        cls = self.values.source.series(label, tuple(copy.inputs), len(copy.outputs))
        return f"{cls}([{body}])"

    @staticmethod
    def are_alike(sites: Sequence[Site]) -> bool:
        """Tell whether what stands at some sites differs in numbers only."""
        try:
            merge_all(signature_of_child(site.child) for site in sites)
        except KindsDifferError:
            return False
        return True

    def title(self, repeat: Repeat) -> str | None:
        """Return the pattern of the copies' names as an f-string; None if there is none.

        Raises:
            NeedsClassError: it cannot be written in terms of the constructor's names.
        """
        if repeat.name is None:
            return None
        text = f_string(repeat.name.text, self.values.naming.rename)
        if text is None:
            raise NeedsClassError
        return text

    def copies(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int) -> str:
        """Return source for a list of the copies of a loop."""
        inner = [site for outer in sites for site in outer.inner()]
        if all(site.item is None for site in inner):
            return "[]"
        counts = {len(site.scope.children) for site in sites}
        if counts == {1} or not self.are_alike(inner):
            return self._unrolled(template, sites, incoming, name, level)
        loop = Loop.of(template.repeats[level])
        could, self.can_state = self.can_state, False
        self.values.names.loops.append(loop)
        try:
            body = self.copy(template, inner, incoming, name, level)
        finally:
            self.values.names.loops.pop()
            self.can_state = could
        header = self.header(template.repeats[level], sites, body, name)
        return f"[{body} {header}]"

    def copy(self, template: NodeTemplate, inner: list[Site], incoming: list[str], name: str, level: int) -> str:
        """Return source for one copy, in terms of the loop's names."""
        present = [site for site in inner if site.item is not None]
        if not present:
            raise NeedsClassError
        around = [*incoming, *self.values.outgoing(once(template), present, [incoming])]
        if level + 1 < len(template.repeats):
            if isinstance(present[0].item, Scope) and present[0].scope.kind == "splice":
                raise NeedsClassError
            return self.repeat_module(template, present, around, name, level + 1)
        if isinstance(present[0].item, Scope) and present[0].scope.kind == "splice":
            raise NeedsClassError
        return self.module(once(template), present, [around], name)

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
                elements.append(self.repeat_module(template, column, incoming, name, level + 1))
            else:
                elements.append(self.module(once(template), column, [incoming], name))
            incoming = self.values.outgoing(once(template), column, [incoming])
        return f"[{', '.join(elements)}]"

    def header(self, repeat: Repeat, sites: Sequence[Site], body: str, name: str) -> str:
        """Return `for i in range(n)`."""
        used = free_names(body)
        loop = Loop.of(repeat)
        if repeat.each is None:
            counts = [sum(is_copy(child) for child in site.scope.children) for site in sites]
            count = self.values.resolve(sites, counts, self._texts(repeat.count), f"{name}_count")
            return f"for {loop.index if loop.index in used else '_'} in range({count})"
        assert repeat.each is not None
        values = [
            self.values.names.as_class(entries_of(repeat, site.child.env, self.values.source.block_names))
            for site in sites
        ]
        entries = self._each(repeat, sites, values, name)
        names = ", ".join(item if item in used else "_" for item in loop.names) or "_"
        if loop.index not in used:
            return f"for {names} in {entries}"
        names = f"({names})" if len(loop.names) > 1 else names
        return f"for {loop.index}, {names} in enumerate({entries})"

    def _each(self, repeat: Repeat, sites: Sequence[Site], values: list[list[Any]], name: str) -> str:
        if all(value == values[0] for value in values):
            texts = self._texts(repeat.each)
            if texts and texts[0].isidentifier():
                return texts[0]
            found = [tuple(item) if isinstance(item, list) else item for item in values[0]]
            return literal(found)
        return self.values.resolve(sites, values, self._texts(repeat.each), f"{name}_values")

    def _texts(self, tree: Tree | None) -> list[str]:
        text = None if tree is None else rendered(tree, self.values.naming.rename)
        return [] if text is None else [text]


def require_chain(expansions: Sequence[Expansion]) -> None:
    """Make sure that each node of a graph reads the one before it, and nothing else.

    Raises:
        NeedsClassError: one does not.
    """
    for expansion in expansions:
        _require_chain(expansion.scope)


def _require_chain(scope: Scope[Any]) -> None:
    value = next(iter(scope.inputs.values()))
    for child in scope.children:
        if child.template.share is not None:
            raise NeedsClassError  # a list would register the module twice
        if child.item is None:
            if list(child.values.values()) != [value]:
                raise NeedsClassError
            continue
        if list(entering(child.item)) != [value] or len(child.values) != 1:
            raise NeedsClassError
        if isinstance(child.item, Scope) and child.item.kind == "splice":
            _require_chain(child.item)  # its nodes stand in the same list
        value = next(iter(child.values.values()))
    if value != next(iter(scope.outputs.values()), None):
        raise NeedsClassError


def _items(listing: str) -> list[str]:
    """Return the source of a list's items."""
    tree = ast.parse(listing, mode="eval").body
    assert isinstance(tree, ast.List)
    return [ast.unparse(item) for item in tree.elts]


def joined(elements: list[str]) -> str:
    """Return arguments, one to a line if there are several."""
    return ", ".join(elements) + ("," if len(elements) > 1 else "")


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
