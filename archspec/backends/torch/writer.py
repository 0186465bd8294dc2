"""One generated class: its constructor and its `forward`."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from archspec.backends.torch.constructor import Constructor, NeedsClassError, Written, require_chain
from archspec.backends.torch.definitions import Definition, Site, code_of
from archspec.backends.torch.forward import Forward, Key, Step, expression_of_code, key_of, previous, sources_of
from archspec.backends.torch.formatting import LINE_LENGTH
from archspec.backends.torch.symbols import literal, names_in, same
from archspec.diagnostics.text import printable
from archspec.ir.graph import Node, Scope
from archspec.ir.records import TorchExpression, TorchFunction, TorchModule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.backends.torch.source import SourceWriter
    from archspec.backends.torch.symbols import CtorParam
    from archspec.spec.template import NodeTemplate


class ClassWriter:
    """Writes the class of one definition."""

    def __init__(self, source: SourceWriter, definition: Definition, name: str, kept: frozenset[str]) -> None:
        """Write `definition` as class `name`."""
        self.source = source
        self.definition = definition
        self.name = name
        self.graph = definition.graph
        self.scopes = definition.scopes
        self.inputs = tuple(self.scopes[0].inputs)
        self.constructor = Constructor(source, definition, kept)
        self.steps: list[Step] = []
        self.symbols: dict[Key, list[str]] = {Key(name): self.constructor.input_symbols(name) for name in self.inputs}
        self.aliases: dict[Key, Key] = {}
        self.lines: list[str] = []

    def write(self) -> Written:
        """Write the class into `lines`; return what its callers must know."""
        if self.graph.is_list:
            outgoing = self._write_sequential()
            symbols = tuple(str(text) for text in outgoing)
        else:
            symbols = self._write_graph()
        return Written(self.name, self._params(), tuple(self._declared(text) for text in symbols[:1]))

    def _declared(self, text: str) -> str:
        """Return a symbol in terms of the constructor's arguments, without local names."""
        lets = self.constructor.names.lets
        for _ in range(len(lets)):
            text = re.sub(r"[A-Za-z_]\w*", lambda match: f"({lets[match[0]]})" if match[0] in lets else match[0], text)
        return text

    def _params(self) -> tuple[CtorParam, ...]:
        """Return the arguments that the constructor uses: inferred sizes, then required ones, then those with defaults."""
        used = names_in("\n".join(self.constructor.body.lines))
        for name in reversed(self.constructor.names.lets):
            if name in used:
                used |= names_in(self.constructor.names.lets[name])
        params = [param for param in self.constructor.names.params.values() if param.name in used]
        declared = [item.name for item in getattr(self.definition.template, "params", ())]
        order = {name: number for number, name in enumerate(declared)}
        return tuple(
            sorted(params, key=lambda param: (param.default is not None, param.rank, order.get(param.name, len(order))))
        )

    # ----------------------------------------------------------------------------------------------- list graphs

    def _write_sequential(self) -> list[str]:
        """Write a list graph: a chain becomes a subclass of `nn.Sequential`."""
        template = _Whole(self.graph)
        sites = [Site(_WholeChild(template, scope), scope) for scope in self.scopes]  # type: ignore[arg-type]
        require_chain(sites)
        incoming = self.symbols[Key(self.inputs[0])]
        text = self.constructor._group_module(template, sites, incoming, "layers")  # noqa: SLF001
        inside = text.removeprefix("nn.Sequential(").removesuffix(")")
        self.constructor.body.add(f"super().__init__({inside})")
        self.lines = self._assembled("nn.Sequential", None)
        return self.constructor._outgoing_chain(sites[0].scope, sites, incoming)  # noqa: SLF001

    # ----------------------------------------------------------------------------------------------- mapping graphs

    def _write_graph(self) -> tuple[str, ...]:
        for position in range(len(self.graph.nodes)):
            self._node(position)
        outputs = self._outputs()
        variables = {name: "x" if len(self.inputs) == 1 else name for name in self.inputs}
        steps = [self._resolved(step) for step in self.steps]
        forward = Forward(variables, steps, tuple(self._followed(key) for key in outputs))
        self.lines = self._assembled("nn.Module", (list(variables.values()), forward.write(), len(outputs)))
        return tuple(str(text) for text in self.symbols.get(self._followed(outputs[0]), [])[:1])

    def _node(self, position: int) -> None:
        template = self.graph.nodes[position]
        column = [Site(scope.children[position], scope) for scope in self.scopes]
        present = [site for site in column if site.item is not None]
        sources = sources_of(self.graph, position, self.inputs)
        passing = self._passing(template, sources)
        if not present:
            self.aliases[Key(position)] = passing
            return
        incoming = [self.symbols.get(self._followed(key), []) for key in sources]
        conditional = len(present) < len(column)
        if isinstance(present[0].item, Node) and not isinstance(code_of(present[0].node), TorchModule):
            stateless = self._stateless(template, position, column, present, incoming, sources, passing)
        else:
            stateless = False
        if not stateless:
            self._module(template, position, column, present, incoming, sources)
        symbols = self.constructor.outgoing(template, present, incoming)
        if conditional:
            symbols = [*symbols, *self.symbols.get(self._followed(passing), [])]
        self.symbols[Key(position)] = symbols
        self.constructor.symbols[template.name] = symbols

    def _passing(self, template: NodeTemplate, sources: Sequence[Key]) -> Key:
        if template.otherwise is None:
            return sources[0]
        return key_of(self.graph, template.otherwise, self.inputs)

    def _module(
        self,
        template: NodeTemplate,
        position: int,
        column: list[Site],
        present: list[Site],
        incoming: list[list[str]],
        sources: tuple[Key, ...],
    ) -> None:
        """Write a node as a submodule under its name."""
        name = template.name
        body = self.constructor.body
        conditional = len(present) < len(column)
        if conditional:
            condition = self.constructor.condition(template, column, name)
            body.add(f"if {condition}:")
            body.indent += 1
        text = self._made(template, present, incoming)
        if text != f"self.{name}":
            body.add(f"self.{name} = {text}")
        if conditional:
            body.indent -= 1
            body.add("else:")
            body.add(f"    self.{name} = nn.Identity()")
        item = present[0].item
        call = f"self.{name}({{all}})"
        results: tuple[str, ...] = ()
        if isinstance(item, Node):
            call, _, _ = expression_of_code(code_of(item), "", f"self.{name}")
        elif len(item.outputs) > 1:
            results = tuple(item.outputs)
        self._add_step(Step(position, name, sources, call, results=results), present)

    def _made(self, template: NodeTemplate, present: list[Site], incoming: list[list[str]]) -> str:
        item = present[0].item
        if isinstance(item, Scope) and item.kind == "block":
            return self.constructor.block_call(template, present, incoming, template.name)
        if isinstance(item, Node) and isinstance(code := code_of(item), TorchModule):
            args = self.constructor.call_args(template, present, incoming, template.name)
            written = [text if arg.positional else f"{arg.name}={text}" for arg, text in args]
            return f"{code.cls}({', '.join(written)})"
        return self.constructor.module(template, present, incoming, template.name)

    def _stateless(
        self,
        template: NodeTemplate,
        position: int,
        column: list[Site],
        present: list[Site],
        incoming: list[list[str]],
        sources: tuple[Key, ...],
        passing: Key,
    ) -> bool:
        """Write a node without state straight into `forward`; return whether that was possible."""
        code = code_of(present[0].node)
        args = ""
        if isinstance(code, TorchFunction):
            found = self._constant_args([site.node for site in present])
            if found is None or (len(present) < len(column) and code.module is not None):
                return code.module is None and self._impossible(template)
            if code.inplace and self._is_loose(position, sources):
                found.append("inplace=True")
            args = ", ".join(found)
        assert not isinstance(code, TorchModule)
        call, binds, joiner = expression_of_code(code, args, "")
        step = Step(position, template.name, sources, call, binds, joiner=joiner)
        if len(present) < len(column):
            step.condition = f"self.use_{template.name}"
            step.otherwise = passing
            condition = self.constructor.condition(template, column, template.name)
            self.constructor.body.add(f"{step.condition} = {condition}")
        step.results = present[0].node.op.results(present[0].node.input_types)
        self._add_step(step, present)
        return True

    def _impossible(self, template: NodeTemplate) -> bool:
        message = f"{template.name} cannot be written as a module"
        raise NeedsClassError(message)

    def _constant_args(self, nodes: list[Node]) -> list[str] | None:
        """Return the arguments of a function call, if they are the same everywhere."""
        codes = [code for node in nodes if isinstance(code := code_of(node), TorchFunction)]
        written: list[str] = []
        for position, arg in enumerate(codes[0].args):
            values = [code.args[position].value for code in codes]
            if not all(same(value, values[0]) for value in values):
                return None
            if not same(arg.value, arg.default):
                written.append(literal(arg.value) if arg.positional else f"{arg.name}={literal(arg.value)}")
        return written

    def _is_loose(self, position: int, sources: tuple[Key, ...]) -> bool:
        """Tell whether an op may overwrite what it reads: new memory that nothing else reads or keeps."""
        key = sources[0]
        if not isinstance(key.position, int) or key.result:
            return False
        producers = [scope.children[key.position].item for scope in self.scopes]
        if not all(isinstance(item, Node) and not code_of(item).output_is_saved for item in producers):
            return False
        outputs = self._outputs()
        readers = [
            number
            for number in range(len(self.graph.nodes))
            for source in (*sources_of(self.graph, number, self.inputs), *self._otherwise(number))
            if source == key
        ]
        return readers == [position] and key not in outputs

    def _otherwise(self, position: int) -> tuple[Key, ...]:
        ref = self.graph.nodes[position].otherwise
        return () if ref is None else (key_of(self.graph, ref, self.inputs),)

    def _add_step(self, step: Step, present: list[Site]) -> None:
        if self.definition.kind == "network" and self.source.comments and present[0].child.values:
            item = present[0].item
            node = item if isinstance(item, Node) else None
            shape = node.output.shape if node else self.source.shape_of(next(iter(present[0].child.values.values())))
            step.comment = " x ".join(str(size) for size in shape)
        item = present[0].item
        step.whole = isinstance(item, Scope)
        step.major = step.whole or (isinstance(item, Node) and item.op.macs(item.input_types) > 0)
        step.joins = isinstance(item, Node) and len(item.inputs) > 1
        self.steps.append(step)

    # ----------------------------------------------------------------------------------------------- results

    def _outputs(self) -> tuple[Key, ...]:
        template = self.definition.template
        outputs = getattr(template, "outputs", ())
        if not outputs:
            return (previous(len(self.graph.nodes), self.inputs),)
        return tuple(key_of(self.graph, output.ref, self.inputs) for output in outputs)

    def _followed(self, key: Key) -> Key:
        while key in self.aliases:
            key = self.aliases[key]
        return key

    def _resolved(self, step: Step) -> Step:
        step.sources = tuple(self._followed(key) for key in step.sources)
        if step.otherwise is not None:
            step.otherwise = self._followed(step.otherwise)
        return step

    # ----------------------------------------------------------------------------------------------- text

    def _assembled(self, base: str, forward: tuple[list[str], list[str], int] | None) -> list[str]:
        params = self._params()
        signature = ", ".join(["self", *(param.signature for param in params)])
        lines = [f"class {self.name}({base}):"]
        lines += [f"    {line}" for line in self._docstring()]
        body = self.constructor.body.lines
        lets = self._lets(body)
        if body or forward is None:
            lines += ["", f"    def __init__({signature}) -> None:"]
            lines += ["        super().__init__()"] if forward is not None else []
            lines += [f"        {line}" for statement in (*lets, *body) for line in statement.split("\n")]
        if forward is not None:
            variables, statements, count = forward
            arguments = ", ".join(["self", *(f"{name}: Tensor" for name in variables)])
            result = "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
            lines += ["", f"    def forward({arguments}) -> {result}:"]
            lines += [f"        {statement}" for statement in statements]
        return lines

    def _lets(self, body: list[str]) -> list[str]:
        used = names_in("\n".join(body))
        lets = self.constructor.names.lets
        for name in reversed(lets):
            if name in used:
                used |= names_in(lets[name])
        return [f"{name} = {text}" for name, text in lets.items() if name in used]

    def _docstring(self) -> list[str]:
        text = getattr(self.definition.template, "description", "")
        if not text:
            return []
        safe = printable(" ".join(text.split()), 400).replace("\\", "\\\\").replace('"', '\\"')
        sentence = safe if safe.endswith((".", "!", "?")) else f"{safe}."
        if len(sentence) + len('    """"""') <= LINE_LENGTH:
            return [f'"""{sentence}"""']
        return [*textwrap.wrap(f'"""{sentence}', LINE_LENGTH - 4, break_on_hyphens=False), '"""']


class _Whole:
    """Stands for the node of which a whole list graph would be the group."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.name = "layers"
        self.repeats = ()


class _WholeChild:
    """The child that a whole list graph would be."""

    def __init__(self, template: _Whole, scope: Scope[Any]) -> None:
        self.template = template
        self.item = _Renamed(template, scope)
        self.env = scope.env
        self.values = scope.outputs


def _Renamed(template: _Whole, scope: Scope[Any]) -> Scope[Any]:  # noqa: N802
    import dataclasses

    return dataclasses.replace(scope, template=template)
