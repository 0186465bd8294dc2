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
from archspec.backends.torch.symbols import Loop, free_names, literal, names_in, rendered
from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.environment import parsed
from archspec.elaborate.loops import entries_of
from archspec.ir.graph import Node, Scope
from archspec.ir.records import TorchFunction, TorchModule
from archspec.source.span import Span
from archspec.spec.expressions import render
from archspec.spec.names import as_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

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
        self._can_state = True
        self._carriers: list[str] = []  # names for the channels that loops carry along
        self._left: list[str] = []  # the name that holds the channels behind the list that was stated last, if one does
        self._live: list[str] = []  # those of them that are in use around the list being stated

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
        return self._repeat_module(template, sites, incoming[0], name, level=0)

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
        lines, indent, live = len(body.lines), body.indent, len(self._live)
        loops, groups, running = len(values.names.loops), len(values.groups), values.running
        can_state, taken, carriers = self._can_state, set(values.names.taken), len(self._carriers)
        try:
            yield
        except NeedsClassError:
            values.names.taken = taken
            del self._carriers[carriers:]
            del body.lines[lines:], values.names.loops[loops:], values.groups[groups:], self._live[live:]
            body.indent, values.running, self._can_state = indent, running, can_state

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
        self.values.groups.append(incoming)
        try:
            if any(_is_multiple(child.item) for expansion in expansions for child in expansion.scope.children):
                return "*" + self._stated(nodes, expansions, incoming, name)
            return self._listed(nodes, expansions, incoming, name)
        finally:
            self.values.groups.pop()

    def _listed(
        self, nodes: Sequence[NodeTemplate], expansions: Sequence[Expansion], incoming: list[str], name: str
    ) -> str:
        """Return the elements of an `nn.Sequential`; state them where a loop has to carry the channels along."""
        start, tables = len(self.body.lines), self.values.tables
        elements = self._elements(nodes, expansions, incoming, name)
        end = len(self.body.lines)
        if self._can_state and self.values.tables > tables:
            with self.attempt():
                local = self._stated(nodes, expansions, incoming, name)
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
                elements.append(self._element(node, column, present, incoming, name))
                incoming = self.values.outgoing(node, column, [incoming])
        return elements

    def _element(
        self, node: NodeTemplate, column: list[Site], present: list[Site], incoming: list[str], name: str
    ) -> str:
        hint = f"{name}_{as_identifier(node.name)}" if not node.name.isdecimal() else name
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
            text = rendered(node.when, self.values.rename)
            candidates = [] if text is None else [text]
        return self.values.resolve(column, values, candidates, f"has_{hint}")

    # ----------------------------------------------------------------------------------------------- repeats

    def _repeat_module(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int
    ) -> str:
        if template.repeats[level].name is not None:
            return self._named_copies(template, sites, incoming, name, level)
        start, tables = len(self.body.lines), self.values.tables
        copies = self._copies(template, sites, incoming, name, level)
        end = len(self.body.lines)
        if self._can_state and self.values.tables > tables:
            with self.attempt():
                local = self._stated_list(
                    lambda local: self._state_loop(template, sites, incoming, local, name, level), name
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
        could, self._can_state = self._can_state, False
        self.values.names.loops.append(Loop.of(repeat))
        try:
            body = self.scope(once(template), inner, incoming, name)
        finally:
            self.values.names.loops.pop()
            self._can_state = could
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
        text = f_string(repeat.name.text, self.values.rename)
        if text is None:
            raise NeedsClassError
        return text

    def _copies(self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int) -> str:
        """Return source for a list of the copies of a loop."""
        inner = [site for outer in sites for site in outer.inner()]
        if all(site.item is None for site in inner):
            return "[]"
        counts = {len(site.scope.children) for site in sites}
        if counts == {1} or not self.are_alike(inner):
            return self._unrolled(template, sites, incoming, name, level)
        loop = Loop.of(template.repeats[level])
        could, self._can_state = self._can_state, False
        self.values.names.loops.append(loop)
        try:
            body = self._copy(template, inner, incoming, name, level)
        finally:
            self.values.names.loops.pop()
            self._can_state = could
        header = self.header(template.repeats[level], sites, body, name)
        return f"[{body} {header}]"

    def _copy(self, template: NodeTemplate, inner: list[Site], incoming: list[str], name: str, level: int) -> str:
        """Return source for one copy, in terms of the loop's names."""
        present = [site for site in inner if site.item is not None]
        if not present:
            raise NeedsClassError
        around = [*incoming, *self.values.outgoing(once(template), present, [incoming])]
        if level + 1 < len(template.repeats):
            if isinstance(present[0].item, Scope) and present[0].scope.kind == "splice":
                raise NeedsClassError
            return self._repeat_module(template, present, around, name, level + 1)
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
                elements.append(self._repeat_module(template, column, incoming, name, level + 1))
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
        text = None if tree is None else rendered(tree, self.values.rename)
        return [] if text is None else [text]

    def _named_copies(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int
    ) -> str:
        """State a Sequential whose modules have names; return its local name."""
        inner = [site for outer in sites for site in outer.inner()]
        if not self._can_state or not self.are_alike(inner) or any(site.item is None for site in inner):
            raise NeedsClassError
        local = self.values.names.fresh(_name_of_copy(template, level) or name)
        tables = self.values.tables
        with self.attempt():
            self._state_named(template, sites, incoming, local, name, level)
            if self.values.tables == tables:
                return local
            raise NeedsClassError  # better to carry the channels along
        outer = self.values.running
        around = [] if outer is None else [outer]
        self._live += around
        running = self._running_name()
        initial = self._initial(sites, incoming, name)
        self.body.add(f"{running} = {initial}")
        self.values.running = running
        self.values.carry(running, inner, map(self._channels_into, inner))
        self._state_named(template, sites, [*incoming, running], local, name, level)
        self.values.running = outer
        del self._live[len(self._live) - len(around) :]
        return local

    def _state_named(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], local: str, name: str, level: int
    ) -> None:
        """State a Sequential and the loop that fills it; channels that are carried along come last in `incoming`."""
        repeat = template.repeats[level]
        assert repeat.name is not None
        inner = [site for outer in sites for site in outer.inner()]
        self.body.add(f"{local} = nn.Sequential()")
        start = len(self.body.lines)
        self.values.names.loops.append(Loop.of(repeat))
        self.body.indent += 1
        body = self._copy(template, inner, incoming, name, level)
        title = self.title(repeat)
        self.body.add(f"{local}.add_module({title}, {body})")
        if self.values.running is not None and self.values.running == incoming[-1]:
            self._update(inner, self.values.outgoing(once(template), inner, [incoming]), incoming[-1], name)
        self.body.indent -= 1
        self.values.names.loops.pop()
        lines = self.body.lines[start:]
        del self.body.lines[start:]
        self.body.add(self.header(repeat, sites, "\n".join(lines), name) + ":")
        self.body.lines.extend(lines)

    # ----------------------------------------------------------------------------------------------- statements

    def _stated(
        self, nodes: Sequence[NodeTemplate], expansions: Sequence[Expansion], incoming: list[str], name: str
    ) -> str:
        """State a list of modules with loops; return its local name."""
        if not self._can_state:
            raise NeedsClassError
        return self._stated_list(lambda local: self._state_nodes(nodes, expansions, incoming, local, name), name)

    def _stated_list(self, state: Callable[[str], list[str]], name: str) -> str:
        """State a list that `state` fills; return its local name."""
        local = self.values.names.fresh(name)
        start = len(self.body.lines)
        outer, self.values.running = self.values.running, None
        if outer is not None:
            self._live.append(outer)
        after = state(local)
        self._left = after if after == [self.values.running] else []
        if outer is not None:
            self._live.pop()
        self.values.running = outer
        self._declare(local, start)
        return local

    def _declare(self, local: str, start: int) -> None:
        """Make the first of some statements, which fill a list, the one that declares it."""
        lines = self.body.lines
        declared = "    " * self.body.indent + f"{local}: list[nn.Module] = "
        first = lines[start].strip() if start < len(lines) else ""
        if first.startswith(f"{local} += "):
            lines[start] = declared + first.removeprefix(f"{local} += ")
        elif first.startswith(f"{local}.append("):
            lines[start] = f"{declared}[{first.removeprefix(f'{local}.append(')[:-1]}]"
        else:
            lines.insert(start, f"{declared}[]")

    def _running_name(self) -> str:
        """Return a name for the channels that a loop carries along; lists that follow each other share it."""
        free = [name for name in self._carriers if name not in self._live]
        if not free:
            is_network = self.values.definition.kind == "network"
            wanted = "in_channels" if is_network and not self._carriers else "width"
            free.append(self.values.names.fresh(wanted))
            self._carriers.append(free[0])
        return free[0]

    def _state_nodes(
        self,
        nodes: Sequence[NodeTemplate],
        expansions: Sequence[Expansion],
        incoming: list[str],
        local: str,
        name: str,
    ) -> list[str]:
        """State what appends the modules of some nodes to a list; return candidates for the channels after them."""
        elements: list[str] = []
        for position, node in enumerate(nodes):
            column = [expansion.site(position) for expansion in expansions]
            present = [site for site in column if site.item is not None]
            if not present:
                continue
            if _is_multiple(present[0].item) or self._needs_table(node, present, incoming, name):
                self._flush(elements, local)
                incoming = self._state_loop(node, present, incoming, local, name, level=0)
                for later in range(position + 1, len(nodes)):
                    after = [expansion.site(later) for expansion in expansions]
                    if self.values.running is not None:
                        self.values.carry(self.values.running, after, map(self._channels_after, column))
                continue
            if len(present) < len(column):
                self._flush(elements, local)
                self._state_conditional(node, column, incoming, local, name)
            else:
                elements.append(self._element(node, column, present, incoming, name))
            incoming = self.values.outgoing(node, column, [incoming])
        self._flush(elements, local)
        return incoming

    def _state_conditional(
        self, node: NodeTemplate, column: list[Site], incoming: list[str], local: str, name: str
    ) -> None:
        """State what appends the module of a node if its `when` is true."""
        present = [site for site in column if site.item is not None]
        element = self._element(node, present, present, incoming, name)
        hint = f"{name}_{as_identifier(node.name)}" if not node.name.isdecimal() else name
        self.body.add(f"if {self.condition(node, column, hint)}:")
        self.body.indent += 1
        self._flush([element], local)
        self.body.indent -= 1

    def _needs_table(self, node: NodeTemplate, present: list[Site], incoming: list[str], name: str) -> bool:
        """Tell whether the copies of a list's loop would look up the channels that enter them by their index."""
        if not (isinstance(present[0].item, Scope) and present[0].scope.kind == "splice"):
            return False
        tables = self.values.tables
        with self.attempt():
            self._copies(node, present, incoming, name, level=0)
            raise NeedsClassError  # it was only tried
        return self.values.tables > tables

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
        if not inner or not self.are_alike(inner):
            raise NeedsClassError
        repeat = template.repeats[level]
        start = len(self.body.lines)
        outer = self.values.running
        starts = outer is None or outer not in incoming  # whether the name does not hold the channels at this point yet
        running = outer or self._running_name()
        initial = self._initial(sites, incoming, name)
        self.values.running = running
        self.values.carry(running, inner, map(self._channels_into, inner))
        self.values.names.loops.append(Loop.of(repeat))
        self.body.indent += 1
        carried = [*(text for text in incoming if text != running), running]
        if level + 1 < len(template.repeats) and sites[0].scope.kind == "splice":
            after = self._state_loop(template, inner, carried, local, name, level + 1)
        elif level + 1 < len(template.repeats):
            self._left = []
            self.body.add(f"{local}.append({self._repeat_module(template, inner, carried, name, level + 1)})")
            for left in self._left:  # where the copies' own loop carried the channels to
                self.values.carry(left, inner, map(self._channels_after, inner))
            after = [*self._left, *self.values.outgoing(template, inner, [carried])]
        else:
            after = self._state_copy(template, inner, carried, local, name)
        self._update(inner, after, running, name)
        self.body.indent -= 1
        self.values.names.loops.pop()
        body = self.body.lines[start:]
        del self.body.lines[start:]
        text = "\n".join(body)
        is_read = not starts or running in names_in(text.replace(f"{running} = ", ""))
        if starts and is_read:
            self.body.add(f"{running} = {initial}")
        elif not is_read:
            body = [line for line in body if not line.strip().startswith(f"{running} = ")]
        self.body.add(self.header(repeat, sites, text, name) + ":")
        self.body.lines.extend(body)
        if is_read:
            return [running]
        self.values.running = outer
        return [text for text in after if text != running and not self._looped(text, repeat)]

    def _state_copy(
        self, template: NodeTemplate, inner: list[Site], incoming: list[str], local: str, name: str
    ) -> list[str]:
        """State one copy of the innermost loop: the nodes of a list group, or a single module."""
        item = inner[0].item
        if isinstance(item, Scope) and item.kind == "splice":
            self.values.groups.append(incoming[-1:])
            nodes = item.template.graph.nodes
            after = self._state_nodes(nodes, [site.expansion for site in inner], incoming, local, name)
            self.values.groups.pop()
            return after
        self.body.add(f"{local}.append({self.module(once(template), inner, [incoming], name)})")
        return self.values.outgoing(once(template), inner, [incoming])

    def _channels_after(self, site: Site) -> int:
        """Return the channels of what leaves an item, or passes where it is left out."""
        return self.values.source.width_of(next(iter(site.child.values.values())))

    def _channels_into(self, site: Site) -> int:
        """Return the channels of what enters an item."""
        return self.values.source.width_of(next(iter(entering(site.item))))

    def _looped(self, text: str, repeat: Repeat) -> bool:
        loop = Loop.of(repeat)
        return bool(names_in(text) & {loop.index, *loop.names})

    def _initial(self, sites: Sequence[Site], incoming: list[str], name: str) -> str:
        """Return source for the channels before a loop."""
        values = [self._channels_into(site) for site in sites]
        return self.values.resolve(sites, values, incoming, f"{name}_width")

    def _update(self, inner: list[Site], after: list[str], running: str, name: str) -> None:
        """State what the channels are after a copy, unless they are what they were."""
        if after == [running]:
            return
        values = [self._channels_after(site) for site in inner]
        text = self.values.resolve(inner, values, after, f"{name}_width")
        if text != running:
            self.body.add(f"{running} = {text}")


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


def entering(item: Node | Scope[Any]) -> Iterable[Any]:
    """Return the values that an item reads."""
    return item.inputs if isinstance(item, Node) else item.inputs.values()


def _is_multiple(item: Any) -> bool:
    """Tell whether an item of a list puts several modules into it for each copy."""
    if not (isinstance(item, Scope) and item.kind == "splice"):
        return False
    return any(isinstance(child.item, Scope) and child.item.kind == "splice" for child in item.children)


def _name_of_copy(template: NodeTemplate, level: int) -> str | None:
    """Return what a copy of the loop around is called, without its number: `block` for `block{i + 1}`."""
    pattern = template.repeats[level - 1].name if level else None
    found = None if pattern is None else re.match(r"[A-Za-z]+", pattern.text)
    return None if found is None else found[0]


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
