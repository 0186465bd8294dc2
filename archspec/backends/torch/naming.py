"""What the names of a spec are called in a constructor: arguments, local names, sizes of inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    size_of,
)
from archspec.elaborate.environment import ANY_WORD, NO_WORDS, ShapeView
from archspec.spec.expressions import UNKNOWN
from archspec.spec.names import HELPERS
from archspec.spec.parameters import alternatives, takes_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.backends.torch.definitions import Definition
    from archspec.spec.template import Parameter

# What generated source calls things; no argument or local may hide them.
TAKEN = frozenset({"self", "torch", "nn", "F", "Tensor", "x", "make_divisible"}) | HELPERS


class Naming:
    """The names in one definition's constructor. What the spec names gets a name there when it is first asked for.

    Attributes:
        names: the arguments, local names and loops so far.
        symbols: candidates for the channels of each node's first result.
        groups: the same for what enters the groups around what is being written, the innermost last.
    """

    def __init__(self, definition: Definition, kept: frozenset[str], words: dict[str, ClassName]) -> None:
        """Name what is in `definition`; `kept` are the parameters of a network that stay arguments."""
        self.definition = definition
        self.kept = kept
        self.scopes = definition.scopes
        self.names = Namespace(self.scopes, taken=set(TAKEN) | self._declared_names(), words=words)
        self.symbols: dict[str, list[str]] = {}
        self.groups: list[list[str]] = []

    def _declared_names(self) -> set[str]:
        template = self.definition.template
        if self.definition.kind == "group":
            return set()
        return {parameter.name for parameter in template.params} | {let.name for let in template.lets}

    def parameter(self, name: str) -> Parameter | None:
        """Return what the definition declares of a parameter."""
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
        declared = self.parameter(name)
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


def features_first(texts: Iterable[str]) -> list[str]:
    """Return candidates for the size of a last axis, those that are made of such a size first."""
    return sorted(texts, key=lambda text: "features" not in text)


def _size(texts: Iterable[str], attribute: str) -> str | None:
    """Return the first candidate for an attribute of a shape; None if it is neither its channels nor its features."""
    if attribute not in ("channels", "features"):
        return None
    return next(iter(features_first(texts) if attribute == "features" else texts), None)
