"""One generated class: its constructor and its `forward`."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.backends.torch.branches import merged
from archspec.backends.torch.definitions import Definition, Expansion, NeedsClassError, Site, code_of
from archspec.backends.torch.formatting import LINE_LENGTH
from archspec.backends.torch.forward import Forward, Key, Step, expression_of_code, key_of, previous, sources_of
from archspec.backends.torch.initialisation import initialisation
from archspec.backends.torch.modules import Modules
from archspec.backends.torch.symbols import first_holding, folded, literal, names_in, names_read, same, tensor_text
from archspec.backends.torch.values import Values, Written
from archspec.diagnostics.text import printable
from archspec.ir.graph import Node, Scope
from archspec.ir.records import TorchExpression, TorchFunction, TorchModule, TorchParameter
from archspec.spec.names import as_identifier

if TYPE_CHECKING:
    from archspec.backends.torch.source import SourceWriter
    from archspec.backends.torch.symbols import CtorParam
    from archspec.ir.graph import Value
    from archspec.spec.template import NodeTemplate, OutputTemplate, Ref


@dataclass(frozen=True, slots=True)
class _Place:
    """One node of the class's graph, with what became of it in each expansion.

    Attributes:
        column: its sites; `present` are those where it was not left out.
        sources: what it reads; `incoming` are candidates for the channels of that.
        passing: what passes where it is left out.
    """

    template: NodeTemplate
    position: int
    column: list[Site]
    present: list[Site]
    sources: tuple[Key, ...]
    incoming: list[list[str]]
    passing: Key

    @property
    def is_conditional(self) -> bool:
        """Whether it is left out in some expansions only."""
        return len(self.present) < len(self.column)


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
        self.values = Values(source, definition, kept)
        self.modules = Modules(self.values)
        self.steps: list[Step] = []
        self.symbols: dict[Key, list[str]] = {Key(name): self.values.naming.input_symbols(name) for name in self.inputs}
        self.aliases: dict[Key, Key] = {}
        self.attributes: dict[Key, str] = {}
        self.registered: dict[int, str] = {}  # the attributes of submodules, by the positions of their nodes
        self.lines: list[str] = []
        self._is_module_list = False

    def write(self) -> Written:
        """Write the class into `lines`; return what its callers must know."""
        symbols = self._write_list() if self.graph.is_list else self._write_graph()
        first = next(iter(self.scopes[0].outputs))
        results = {output.name: self._holding(output.name, self._symbols(key)) for output, key in self._several()}
        return Written(self.name, self._params(), self._holding(first, symbols), results)

    def _several(self) -> list[tuple[OutputTemplate, Key]]:
        """Return the results of a block or group that has several, with their keys."""
        outputs = self._declared_outputs() if self.definition.kind != "network" else ()
        return list(zip(outputs, self._outputs(), strict=True)) if len(outputs) > 1 else []

    def _holding(self, result: str, symbols: list[str]) -> tuple[str, ...]:
        """Return the candidates that give the channels of one of the class's results in each expansion."""
        texts = [self._declared(text) for text in symbols]
        values = [self.source.width_of(scope.outputs[result]) for scope in self.scopes]
        envs = [self.values.names.values(scope, scope.env) for scope in self.scopes]
        if not (texts and texts[0].isidentifier()):
            # `channels` says more than `2 * (channels // 2)`.
            texts = [*(param.name for param in self.values.names.params.values() if param.source), *texts]
        return tuple(text for text in texts if first_holding([text], values, envs) is not None)

    def _declared(self, text: str) -> str:
        """Return a symbol in terms of the constructor's arguments, without local names."""
        lets = self.values.names.lets
        for _ in range(len(lets)):
            text = re.sub(r"[A-Za-z_]\w*", lambda match: f"({lets[match[0]]})" if match[0] in lets else match[0], text)
        return folded(text)

    def _params(self) -> tuple[CtorParam, ...]:
        """Return the arguments that the constructor uses: inferred sizes, required ones, those with defaults."""
        used = self._used()
        params = [param for param in self.values.names.params.values() if param.name in used]
        declared = [item.name for item in getattr(self.definition.template, "params", ())]
        order = {name: number for number, name in enumerate(declared)}
        return tuple(
            sorted(params, key=lambda param: (param.default is not None, param.rank, order.get(param.name, len(order))))
        )

    # ----------------------------------------------------------------------------------------------- list graphs

    def _write_list(self) -> list[str]:
        """Write a list graph: a chain becomes a subclass of `nn.Sequential`."""
        if len(self.inputs) == 1:
            with self.modules.attempt():
                return self._write_sequential()
        return self._write_graph()

    def _write_sequential(self) -> list[str]:
        expansions = [Expansion(scope, scope) for scope in self.scopes]
        incoming = self.symbols[Key(self.inputs[0])]
        inside = self.modules.chain(self.graph.nodes, expansions, incoming, "layers")
        self.modules.body.add(f"super().__init__({inside})")
        self.lines = self._assembled("nn.Sequential", None)
        return self.values.outgoing_chain(self.graph.nodes, expansions, incoming)

    # ----------------------------------------------------------------------------------------------- mapping graphs

    def _write_graph(self) -> list[str]:
        self._is_module_list = self._counts_modules()
        for position in range(len(self.graph.nodes)):
            self._node(position)
        outputs = self._outputs()
        variables = {name: "x" if len(self.inputs) == 1 else name for name in self.inputs}
        steps = [self._resolved(step) for step in self.steps]
        results = tuple(self._followed(key) for key in outputs)
        kept = len([output for output in self._declared_outputs() if not output.training_only]) or len(results)
        forward = Forward(variables, steps, results, kept, attributes=self.attributes)
        base = "nn.ModuleList" if self._is_module_list else "nn.Module"
        self.lines = self._assembled(base, (list(variables.values()), forward.write(), forward.result))
        return self.symbols.get(self._followed(outputs[0]), [])

    def _name_of(self, position: int) -> str:
        """Return the name of a node; in a list graph that is the number that it has in the checkpoint."""
        template = self.graph.nodes[position]
        if not self.graph.is_list:
            return template.name
        items = (scope.children[position].item for scope in self.scopes)
        names = {item.path.rpartition(".")[2] for item in items if item is not None}
        if len(names) != 1:
            raise NeedsClassError
        return names.pop()

    def _node(self, position: int) -> None:
        template = self.graph.nodes[position]
        column = [Site(scope.children[position], scope) for scope in self.scopes]
        first = next((site.item for site in column if site.item is not None), None)
        reads_nothing = isinstance(first, Node) and not first.inputs
        sources = () if reads_nothing else sources_of(self.graph, position, self.inputs)
        place = _Place(
            template,
            position,
            column,
            [site for site in column if site.item is not None],
            sources,
            [self._symbols(key) for key in sources],
            self._passing(template, sources),
        )
        if not place.present:
            self.aliases[Key(position)] = place.passing
            return
        item = place.present[0].item
        if template.share is not None:
            template = self._shared(place, template.share)
        elif isinstance(item, Node) and isinstance(code := code_of(item), TorchParameter):
            self._parameter(place, code)
        elif not self._stateless(place):
            self._module(place)
        self._note_symbols(place, template)

    def _note_symbols(self, place: _Place, template: NodeTemplate) -> None:
        """Note candidates for the channels of a node's results; `template` is what says how they come about."""
        symbols = self.values.outgoing(template, place.present, place.incoming)
        if place.is_conditional:
            symbols = self._either(place, symbols, self._symbols(place.passing))
        first = place.present[0]
        if isinstance(first.item, Scope) and first.item.kind == "dense":
            symbols = self._named_channels(place, symbols)
        for result in first.child.values:
            self.symbols[Key(place.position, result)] = symbols
        self.values.naming.symbols[place.template.name] = symbols
        for result, texts in self.values.results.get(id(template), {}).items():
            if result:
                self.symbols[Key(place.position, result)] = texts

    def _either(self, place: _Place, held: list[str], passing: list[str]) -> list[str]:
        """Return candidates for the channels of what a node gives or lets pass: a choice, if no other one holds."""
        channels = [self.source.width_of(next(iter(site.child.values.values()))) for site in place.column]
        envs = [self.values.names.values(site.owner, site.child.env) for site in place.column]
        known = [*held, *passing]
        if first_holding(known, channels, envs) is not None:
            return known
        choice = self.values.choice(place.template, held, passing)
        # What is longer than a line is better an argument, and would grow with each node that reads it.
        return [*known, choice] if choice is not None and len(choice) < LINE_LENGTH else known

    def _named_channels(self, place: _Place, symbols: list[str]) -> list[str]:
        """Give a local name to the channels that have grown from copy to copy, which would be spelt out at each use."""
        names = self.values.names
        if place.is_conditional or not symbols or not names_in(symbols[0]) & names.telling:
            return symbols
        channels = [self.source.width_of(site.child.values[""]) for site in place.present]
        envs = [names.values(site.owner, site.child.env) for site in place.present]
        if first_holding(symbols[:1], channels, envs) is None:
            return symbols
        local = names.fresh(f"{place.template.name}_channels")
        names.lets[local] = symbols[0]
        names.held[local] = {id(site.owner): value for site, value in zip(place.present, channels, strict=True)}
        return [local]

    def _passing(self, template: NodeTemplate, sources: tuple[Key, ...]) -> Key:
        """Return what passes where a node is left out."""
        if template.otherwise is not None:
            return key_of(self.graph, template.otherwise, self.inputs)
        return sources[0] if sources else Key("")

    def _symbols(self, key: Key) -> list[str]:
        """Return candidates for the channels of a value."""
        return self.symbols.get(self._followed(key), [])

    def _module(self, place: _Place) -> None:
        """Write a node as a submodule under its name."""
        name = self._name_of(place.position)
        numbered = not name.isidentifier()
        body = self.modules.body
        passes_input = place.sources == (place.passing,)
        if place.is_conditional and not passes_input and (numbered or _has_several_results(place)):
            raise NeedsClassError
        if place.is_conditional:
            body.add(f"if {self.modules.condition(place.template, place.column, as_identifier(name))}:")
            body.indent += 1
        body.add(self._registered(name, self._made(place)))
        if place.is_conditional:
            body.indent -= 1
            body.add("else:")
            body.add("    " + self._registered(name, "nn.Identity()" if passes_input else "None"))
        attribute = self._attribute(name)
        self.registered[place.position] = attribute
        step = Step(place.position, name, place.sources, *_call(place.present[0].item, attribute))
        if place.is_conditional and not passes_input:
            step.condition, step.otherwise = f"{attribute} is not None", place.passing
        self._add_step(step, place)

    def _shared(self, place: _Place, ref: Ref) -> NodeTemplate:
        """Write a node that uses the module of another one again; return what the spec says of that one."""
        position = key_of(self.graph, ref, self.inputs).position
        assert isinstance(position, int)
        template = self.graph.nodes[position]
        attribute = self.registered.get(position)
        if attribute is None:
            if not self._stateless(dataclasses.replace(place, template=template)):
                raise NeedsClassError
            return template
        step = Step(place.position, place.template.name, place.sources, *_call(place.present[0].item, attribute))
        self._make_conditional(step, place)
        self._add_step(step, place)
        return template

    def _make_conditional(self, step: Step, place: _Place) -> None:
        """Let an attribute tell whether a step is taken, where that differs from expansion to expansion."""
        if not place.is_conditional:
            return
        name = place.template.name
        if "-" in name:
            raise NeedsClassError  # what `use_a_b` means must be clear
        step.condition, step.otherwise = f"self.use_{name}", place.passing
        self.modules.body.add(f"{step.condition} = {self.modules.condition(place.template, place.column, name)}")

    def _parameter(self, place: _Place, code: TorchParameter) -> None:
        """Register a bare tensor under its name; what reads it names the attribute."""
        name = self._name_of(place.position)
        if place.is_conditional:
            raise NeedsClassError
        args = self.values.call_args(place.template, place.present, [], name)
        text = tensor_text({arg.name: text for arg, text in args}, batch=code.batch)
        is_number = not name.isidentifier()
        registered = f'self.register_parameter("{name}", {text})' if is_number else f"self.{name} = {text}"
        self.modules.body.add(registered)
        self.attributes[Key(place.position)] = f'getattr(self, "{name}")' if is_number else f"self.{name}"

    def _registered(self, name: str, text: str) -> str:
        """Return the statement that registers a submodule; a number or `block1-0` is no attribute's name."""
        if name.isidentifier():
            return f"self.{name} = {text}"
        is_next = self._is_module_list and name.isdecimal()
        return f"self.append({text})" if is_next else f'self.add_module("{name}", {text})'

    def _attribute(self, name: str) -> str:
        """Return source that gets a submodule."""
        if name.isidentifier():
            return f"self.{name}"
        return f"self[{name}]" if self._is_module_list and name.isdecimal() else f'getattr(self, "{name}")'

    def _counts_modules(self) -> bool:
        """Tell whether the nodes with numbers are modules, numbered from 0, and so make an `nn.ModuleList`."""
        numbers: list[str] = []
        for position in range(len(self.graph.nodes)):
            items = [item for scope in self.scopes if (item := scope.children[position].item) is not None]
            name = self._name_of(position) if items else ""
            if not name.isdecimal():
                continue
            if isinstance(items[0], Node) and not isinstance(code_of(items[0]), TorchModule):
                return False
            numbers.append(name)
        return bool(numbers) and numbers == [str(number) for number in range(len(numbers))]

    def _made(self, place: _Place) -> str:
        """Return source that makes the submodule of a node."""
        template, present, incoming, hint = place.template, place.present, place.incoming, _hint(place.template)
        item = present[0].item
        if isinstance(item, Scope):
            reads = [tuple(self._value(site, key) for key in place.sources) for site in present]
            return self.modules.scope(template, present, incoming, hint, reads)
        # A module that a block is given may be of another class in another use.
        is_given = self.values.class_argument(template, present) is not None
        if isinstance(item, Node) and isinstance(code := code_of(item), TorchModule) and not is_given:
            args = self.values.call_args(template, present, incoming, hint)
            written = [text if arg.positional else f"{arg.name}={text}" for arg, text in args]
            return f"{code.cls}({', '.join(written)})"
        return self.modules.module(template, present, incoming, hint)

    def _value(self, site: Site, key: Key) -> Value:
        """Return the value that a key stands for in one expansion."""
        if isinstance(key.position, str):
            return site.owner.inputs[key.position]
        return site.owner.children[key.position].values[key.result]

    def _stateless(self, place: _Place) -> bool:
        """Write a node without state straight into `forward`; return whether that was possible."""
        item = place.present[0].item
        if not isinstance(item, Node) or isinstance(code := code_of(item), TorchModule):
            return False
        if self.values.class_argument(place.template, place.present) is not None:
            return False
        args: list[str] | None = []
        if isinstance(code, TorchFunction):
            args = self._constant_args(place)
            if code.module is not None and (args is None or place.is_conditional):
                return False
            args = self._attribute_args(place) if args is None else args
            if self.source.is_in_place(place.present):
                args.append("inplace=True")
        text = expression_of_code(code, ", ".join(args), "")
        call = text.filled(self._expression_args(place, text))
        step = Step(place.position, place.template.name, place.sources, call, text.binds, joiner=text.joiner)
        step.operands = text.operands
        self._make_conditional(step, place)
        step.results = item.op.results(item.input_types)
        self._add_step(step, place)
        return True

    def _expression_args(self, place: _Place, code: TorchExpression) -> dict[str, str]:
        """Return source for the arguments of an expression; one that varies is kept on `self`."""
        codes = [other for site in place.present if isinstance(other := code_of(site.node), TorchExpression)]
        written: dict[str, str] = {}
        for position, arg in enumerate(code.args):
            values = [other.args[position].value for other in codes]
            texts: list[str] = []
            if isinstance(arg.source, str):
                texts = self.values.argument_candidates(place.template, arg.source, place.present[0])
            hint = _hint(place.template) + (f"_{arg.name}" if len(code.args) > 1 else "")
            text = self.values.resolve(place.present, values, texts, hint)
            if names_in(text) and not isinstance(arg.value, str):
                self.modules.body.add(f"self.{hint} = {text}")
                text = f"self.{hint}"
            written[arg.name] = text
        return written

    def _constant_args(self, place: _Place) -> list[str] | None:
        """Return the arguments of a function call, if they are the same everywhere and depend on no argument."""
        codes = [code for site in place.present if isinstance(code := code_of(site.node), TorchFunction)]
        written: list[str] = []
        for position, arg in enumerate(codes[0].args):
            values = [code.args[position].value for code in codes]
            texts: list[str] = []
            if isinstance(arg.source, str):
                texts = self.values.argument_candidates(place.template, arg.source, place.present[0])
            varies = codes[0].module is not None and self.values.varies(texts)
            if varies or not all(same(value, values[0]) for value in values):
                return None
            if not same(arg.value, arg.default):
                written.append(literal(arg.value) if arg.positional else f"{arg.name}={literal(arg.value)}")
        return written

    def _attribute_args(self, place: _Place) -> list[str]:
        """Return the arguments of a function call; what depends on the constructor's arguments becomes an attribute."""
        name = place.template.name
        taken = {node.name for node in self.graph.nodes}
        written: list[str] = []
        for arg, given in self.values.call_args(place.template, place.present, place.incoming, _hint(place.template)):
            text = given
            if self.values.varies([given]):
                attribute = f"{name}_{arg.source if isinstance(arg.source, str) else arg.name}"
                if not attribute.isidentifier() or attribute in taken:
                    raise NeedsClassError
                self.modules.body.add(f"self.{attribute} = {given}")
                text = f"self.{attribute}"
            written.append(text if arg.positional else f"{arg.name}={text}")
        return written

    def _add_step(self, step: Step, place: _Place) -> None:
        first = place.present[0]
        item = first.item
        if self.definition.kind == "network" and self.source.comments and first.child.values:
            shape = self.source.shape_of(next(iter(first.child.values.values())))
            step.comment = " x ".join(str(size) for size in shape)
        step.whole = isinstance(item, Scope)
        step.major = step.whole or (isinstance(item, Node) and item.op.macs(item.input_types) > 0)
        step.joins = isinstance(item, Node) and len(item.inputs) > 1
        step.random = _is_random(item)
        self.steps.append(step)

    # ----------------------------------------------------------------------------------------------- results

    def _outputs(self) -> tuple[Key, ...]:
        outputs = self._declared_outputs()
        if not outputs:
            last = previous(len(self.graph.nodes), self.inputs)
            if not isinstance(last.position, int):
                return (last,)
            return tuple(Key(last.position, result) for result in self.scopes[0].children[last.position].values)
        return tuple(key_of(self.graph, output.ref, self.inputs) for output in outputs)

    def _declared_outputs(self) -> tuple[OutputTemplate, ...]:
        """Return the results that the spec names; those of training only come last."""
        outputs = getattr(self.definition.template, "outputs", ())
        return tuple(sorted(outputs, key=lambda output: output.training_only))

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

    def _assembled(self, base: str, forward: tuple[list[str], list[str], str] | None) -> list[str]:
        params = self._params()
        signature = ", ".join(["self", *(param.signature for param in params)])
        lines = [f"class {self.name}({base}):"]
        lines += docstring(getattr(self.definition.template, "description", ""))
        body = self.modules.body.lines
        lets = self._lets()
        if body or forward is None:
            lines += ["", f"    def __init__({signature}) -> None:"]
            lines += ["        super().__init__()"] if forward is not None else []
            ending = initialisation(self.source.graph) if self.definition.kind == "network" else []
            lines += [f"        {line}" for line in merged((*lets, *body, *ending))]
        if forward is not None:
            variables, statements, result = forward
            arguments = ", ".join(["self", *(f"{name}: Tensor" for name in variables)])
            lines += ["", f"    def forward({arguments}) -> {result}:"]
            lines += [f"        {statement}" for statement in statements]
        return lines

    def _lets(self) -> list[str]:
        used = self._used()
        return [f"{name} = {text}" for name, text in self.values.names.lets.items() if name in used]

    def _used(self) -> set[str]:
        """Return the names that the constructor reads, itself or through a local name."""
        used = names_read(self.modules.body.lines)
        lets = self.values.names.lets
        for name in reversed(lets):
            if name in used:
                used |= names_in(lets[name])
        return used


def _call(item: Any, attribute: str) -> tuple[str, str, tuple[str, ...]]:
    """Return the source that calls a submodule, how tightly it binds, and the names of its results, if several."""
    if isinstance(item, Node):
        code = code_of(item)
        text = code.call(attribute) if isinstance(code, TorchModule) else f"{attribute}({{all}})"
        return text, "atom", item.op.results(item.input_types)
    return f"{attribute}({{all}})", "atom", tuple(item.outputs) if len(item.outputs) > 1 else ()


def docstring(description: str) -> list[str]:
    """Return a description as the lines of a class's docstring; it is only text, whatever it says."""
    if not description:
        return []
    safe = printable(" ".join(description.split()), 400).replace("\\", "\\\\").replace('"', '\\"')
    sentence = safe if safe.endswith((".", "!", "?")) else f"{safe}."
    lines = [f'"""{sentence}"""']
    if len(lines[0]) > LINE_LENGTH - 4:
        lines = [*textwrap.wrap(f'"""{sentence}', LINE_LENGTH - 4, break_on_hyphens=False), '"""']
    return [f"    {line}" for line in lines]


def _has_several_results(place: _Place) -> bool:
    item = place.present[0].item
    return isinstance(item, Scope) and len(item.outputs) > 1


def _is_random(item: Node | Scope[Any] | None) -> bool:
    """Tell whether something in an item draws random numbers in training."""
    if isinstance(item, Node):
        return item.op.is_random
    return item is not None and any(_is_random(child.item) for child in item.children)


def _hint(template: NodeTemplate) -> str:
    """Return what is put before the names of arguments that a node needs."""
    return f"layer{template.name}" if template.name.isdecimal() else as_identifier(template.name)
