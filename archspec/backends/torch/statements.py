"""The submodules of a constructor as statements: lists that loops fill, and the channels that those carry along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archspec.backends.torch.definitions import NeedsClassError, once
from archspec.backends.torch.symbols import Loop, names_in
from archspec.ir.graph import Node, Scope
from archspec.spec.names import as_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archspec.backends.torch.definitions import Expansion, Site
    from archspec.backends.torch.modules import Modules
    from archspec.spec.template import NodeTemplate, Repeat


class Statements:
    """Writes what no expression can: a loop that needs to know the channels which its last copy left.

    Attributes:
        carriers: names for the channels that loops carry along.
        left: the name that holds the channels behind the list that was stated last, if one does.
        live: the carriers that are in use around the list being stated.
    """

    def __init__(self, modules: Modules) -> None:
        """Write into the body of `modules`, which makes the modules themselves."""
        self.modules = modules
        self.values, self.body = modules.values, modules.body
        self.carriers: list[str] = []
        self.left: list[str] = []
        self.live: list[str] = []

    def named_copies(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], name: str, level: int
    ) -> str:
        """State a Sequential whose modules have names; return its local name."""
        inner = [site for outer in sites for site in outer.inner()]
        if not self.modules.can_state or not self.modules.are_alike(inner) or any(site.item is None for site in inner):
            raise NeedsClassError
        local = self.values.names.fresh(_name_of_copy(template, level) or name)
        tables = self.values.tables
        with self.modules.attempt():
            self._named(template, sites, incoming, local, name, level)
            if self.values.tables == tables:
                return local
            raise NeedsClassError  # better to carry the channels along
        outer = self.values.running
        around = [] if outer is None else [outer]
        self.live += around
        running = self._running_name()
        initial = self._initial(sites, incoming, name)
        self.body.add(f"{running} = {initial}")
        self.values.running = running
        self.values.carry(running, inner, map(self._channels_into, inner))
        self._named(template, sites, [*incoming, running], local, name, level)
        self.values.running = outer
        del self.live[len(self.live) - len(around) :]
        return local

    def _named(
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
        body = self.modules.copy(template, inner, incoming, name, level)
        title = self.modules.title(repeat)
        self.body.add(f"{local}.add_module({title}, {body})")
        if self.values.running is not None and self.values.running == incoming[-1]:
            self._update(inner, self.values.outgoing(once(template), inner, [incoming]), incoming[-1], name)
        self.body.indent -= 1
        self.values.names.loops.pop()
        lines = self.body.lines[start:]
        del self.body.lines[start:]
        self.body.add(self.modules.header(repeat, sites, "\n".join(lines), name) + ":")
        self.body.lines.extend(lines)

    def stated(
        self, nodes: Sequence[NodeTemplate], expansions: Sequence[Expansion], incoming: list[str], name: str
    ) -> str:
        """State a list of modules with loops; return its local name."""
        if not self.modules.can_state:
            raise NeedsClassError
        return self.stated_list(lambda local: self._nodes(nodes, expansions, incoming, local, name), name)

    def stated_list(self, state: Callable[[str], list[str]], name: str) -> str:
        """State a list that `state` fills; return its local name."""
        local = self.values.names.fresh(name)
        start = len(self.body.lines)
        outer, self.values.running = self.values.running, None
        if outer is not None:
            self.live.append(outer)
        after = state(local)
        self.left = after if after == [self.values.running] else []
        if outer is not None:
            self.live.pop()
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
        free = [name for name in self.carriers if name not in self.live]
        if not free:
            is_network = self.values.definition.kind == "network"
            wanted = "in_channels" if is_network and not self.carriers else "width"
            free.append(self.values.names.fresh(wanted))
            self.carriers.append(free[0])
        return free[0]

    def _nodes(
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
            if is_multiple(present[0].item) or self._needs_table(node, present, incoming, name):
                self._flush(elements, local)
                incoming = self.loop(node, present, incoming, local, name, level=0)
                for later in range(position + 1, len(nodes)):
                    after = [expansion.site(later) for expansion in expansions]
                    if self.values.running is not None:
                        self.values.carry(self.values.running, after, map(self._channels_after, column))
                continue
            if len(present) < len(column):
                self._flush(elements, local)
                self._conditional(node, column, incoming, local, name)
            else:
                elements.append(self.modules.element(node, column, present, incoming, name))
            incoming = self.values.outgoing(node, column, [incoming])
        self._flush(elements, local)
        return incoming

    def _conditional(self, node: NodeTemplate, column: list[Site], incoming: list[str], local: str, name: str) -> None:
        """State what appends the module of a node if its `when` is true."""
        present = [site for site in column if site.item is not None]
        element = self.modules.element(node, present, present, incoming, name)
        hint = f"{name}_{as_identifier(node.name)}" if not node.name.isdecimal() else name
        self.body.add(f"if {self.modules.condition(node, column, hint)}:")
        self.body.indent += 1
        self._flush([element], local)
        self.body.indent -= 1

    def _needs_table(self, node: NodeTemplate, present: list[Site], incoming: list[str], name: str) -> bool:
        """Tell whether the copies of a list's loop would look up the channels that enter them by their index."""
        if not (isinstance(present[0].item, Scope) and present[0].scope.kind == "splice"):
            return False
        tables = self.values.tables
        with self.modules.attempt():
            self.modules.copies(node, present, incoming, name, level=0)
            raise NeedsClassError  # it was only tried
        return self.values.tables > tables

    def _flush(self, elements: list[str], local: str) -> None:
        if len(elements) == 1 and not elements[0].startswith("*"):
            self.body.add(f"{local}.append({elements[0]})")
        elif elements:
            self.body.add(f"{local} += [{', '.join(elements)}]")
        elements.clear()

    def loop(
        self, template: NodeTemplate, sites: Sequence[Site], incoming: list[str], local: str, name: str, level: int
    ) -> list[str]:
        """State a loop whose copies are several modules each."""
        inner = [site for outer in sites for site in outer.inner() if site.item is not None]
        if not inner or not self.modules.are_alike(inner):
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
            after = self.loop(template, inner, carried, local, name, level + 1)
        elif level + 1 < len(template.repeats):
            self.left = []
            self.body.add(f"{local}.append({self.modules.repeat_module(template, inner, carried, name, level + 1)})")
            for left in self.left:  # where the copies' own loop carried the channels to
                self.values.carry(left, inner, map(self._channels_after, inner))
            after = [*self.left, *self.values.outgoing(template, inner, [carried])]
        else:
            after = self._copy(template, inner, carried, local, name)
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
        self.body.add(self.modules.header(repeat, sites, text, name) + ":")
        self.body.lines.extend(body)
        if is_read:
            return [running]
        self.values.running = outer
        return [text for text in after if text != running and not self._looped(text, repeat)]

    def _copy(self, template: NodeTemplate, inner: list[Site], incoming: list[str], local: str, name: str) -> list[str]:
        """State one copy of the innermost loop: the nodes of a list group, or a single module."""
        item = inner[0].item
        if isinstance(item, Scope) and item.kind == "splice":
            self.values.naming.groups.append(incoming[-1:])
            nodes = item.template.graph.nodes
            after = self._nodes(nodes, [site.expansion for site in inner], incoming, local, name)
            self.values.naming.groups.pop()
            return after
        self.body.add(f"{local}.append({self.modules.module(once(template), inner, [incoming], name)})")
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


def entering(item: Node | Scope[Any]) -> Iterable[Any]:
    """Return the values that an item reads."""
    return item.inputs if isinstance(item, Node) else item.inputs.values()


def is_multiple(item: Any) -> bool:
    """Tell whether an item of a list puts several modules into it for each copy."""
    if not (isinstance(item, Scope) and item.kind == "splice"):
        return False
    return any(isinstance(child.item, Scope) and child.item.kind == "splice" for child in item.children)


def _name_of_copy(template: NodeTemplate, level: int) -> str | None:
    """Return what a copy of the loop around is called, without its number: `block` for `block{i + 1}`."""
    pattern = template.repeats[level - 1].name if level else None
    found = None if pattern is None else re.match(r"[A-Za-z]+", pattern.text)
    return None if found is None else found[0]
