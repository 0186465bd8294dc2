"""Values as Python expressions.

What an expression in the spec gave is a number at every place where it was evaluated. Here it becomes source again: the
spec's own expression, or what can be inferred (`in_channels`). A candidate is used only if it gives the right number at
every one of those places, so what cannot be expressed ends as a literal or as one more argument of the constructor.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import ChainMap
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.problem import ProblemError
from archspec.elaborate.environment import NO_WORDS, ShapeView, Words, expression_of
from archspec.source.span import Span
from archspec.source.tree import Mapping, Scalar, Sequence, Tree
from archspec.spec.expressions import UNKNOWN, evaluate, parse_expression, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Mapping as AbstractMapping

    from archspec.ir.graph import Scope
    from archspec.spec.expressions import Expression
    from archspec.spec.template import Repeat

_NOWHERE = Span("", 1, 1, 1, 1)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MISSING = object()


@dataclass(slots=True)
class CtorParam:
    """An argument of a constructor.

    Attributes:
        name: its name.
        annotation: its type.
        values: its value in each expansion of the class, by the scope's id.
        default: its default as source; None if it is required.
        rank: where it stands: inferred sizes come first, then what the block declares.
        source: the block's parameter that it is, or None if it is inferred.
        size_of: the block's input whose channels it is, or None.
        captured: the name around an inline group that it is, or None.
    """

    name: str
    annotation: str
    values: AbstractMapping[int, Any]
    default: str | None = None
    default_value: Any = _MISSING
    rank: int = 1
    source: str | None = None
    size_of: str | None = None
    captured: str | None = None

    @property
    def signature(self) -> str:
        """How it stands in the constructor's signature."""
        return f"{self.name}: {self.annotation}" + (f" = {self.default}" if self.default is not None else "")


class ClassName(str):
    """The name of a module class, as a value: its source is itself."""

    __slots__ = ()


def literal(value: Any) -> str:
    """Return a value as Python source."""
    if isinstance(value, ClassName):
        return str(value)
    if isinstance(value, list | tuple):
        inside = ", ".join(literal(item) for item in value)
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, float) and value != value:  # noqa: PLR0124  (nan)
        return 'float("nan")'
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    return repr(value)


def tensor_text(args: AbstractMapping[str, str], *, batch: bool) -> str:
    """Return source that makes a parameter, from the source of its `size` and of its `fill_value`, if it has one.

    `batch` puts an axis of size 1 before the others.
    """
    size, fill = args["size"], args.get("fill_value")
    if isinstance(ast.parse(size, mode="eval").body, ast.Tuple):
        sizes = size.strip()[1:-1].rstrip(",")
        sizes = f"1, {sizes}" if batch else sizes
    else:
        sizes = f"1, *{size}" if batch else f"*{size}"
    if fill in (None, "1.0"):
        return f"nn.Parameter(torch.{'zeros' if fill is None else 'ones'}({sizes}))"
    comma = "," if "," not in sizes else ""
    return f"nn.Parameter(torch.full(({sizes}{comma}), {fill}))"


def annotation_of(values: Iterable[Any]) -> str:
    """Return the type of some values as an annotation: tuples that all have one length are typed item by item."""
    found = list(values)
    tuples = [value for value in found if isinstance(value, tuple)]
    kinds = {_annotation_of_one(value) for value in found if not isinstance(value, tuple)}
    if len({len(value) for value in tuples}) == 1 and tuples[0]:
        kinds.add(f"tuple[{', '.join(annotation_of(column) for column in zip(*tuples, strict=True))}]")
    else:
        kinds.update(f"tuple[{annotation_of(value) or 'int'}, ...]" for value in tuples)
    return " | ".join(sorted(kinds))


def _annotation_of_one(value: Any) -> str:
    return "type[nn.Module]" if isinstance(value, ClassName) else type(value).__name__


def frozen(value: Any) -> Any:
    """Return a value with tuples for lists: what arguments of generated constructors are."""
    return tuple(frozen(item) for item in value) if isinstance(value, list | tuple) else value


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are the same argument: (3, 3) is 3, but True is not 1."""
    left, right = _normal(left), _normal(right)
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _normal(value: Any) -> Any:
    if isinstance(value, list | tuple):
        items = tuple(_normal(item) for item in value)
        return items[0] if items and all(item == items[0] for item in items) else items
    return value


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tuple[bool, Any]:
    """Return a literal's value (True, value) or an expression (False, expression)."""
    try:
        return True, ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False, parse_expression(_as_in_spec(text), _NOWHERE)


def _as_in_spec(text: str) -> str:
    """Return source as an expression of the language: `ceil` for `math.ceil`, lists for tuples."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return text
    return ast.unparse(_AsInSpec().visit(tree))


class _AsInSpec(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "math":
            return ast.Name(node.attr, ast.Load())
        return self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        return ast.List(node.elts, ast.Load())


def evaluated(text: str, env: AbstractMapping[str, Any]) -> Any:
    """Return the value of candidate source, or UNKNOWN if it has none here."""
    if text.isidentifier() and text not in ("True", "False", "None"):
        return env.get(text, UNKNOWN)
    try:
        known, value = _parsed(text)
        return value if known else evaluate(value, env)
    except ProblemError:
        return UNKNOWN


def names_in(text: str) -> frozenset[str]:
    """Return the identifiers in some source."""
    return frozenset(_NAME.findall(text))


def free_names(code: str) -> frozenset[str]:
    """Return the names that some code reads and that no loop in it binds."""
    try:
        tree = ast.parse(textwrap.dedent(code))
    except SyntaxError:  # not a whole statement: all its names may be free
        return names_in(code)
    return frozenset(_free(tree))


def _free(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id}
    loops = [node] if isinstance(node, ast.For) else getattr(node, "generators", [])
    bound = {name.id for loop in loops for name in ast.walk(loop.target) if isinstance(name, ast.Name)}
    # What a loop goes through is read before the loop binds its names.
    outside = [name for loop in loops for name in _free(loop.iter)]
    inside = {name for child in ast.iter_child_nodes(node) for name in _free(child)}
    return (inside - bound) | set(outside)


def names_read(lines: Iterable[str]) -> set[str]:
    """Return the names that some statements read; keywords of calls are no names."""
    tree = ast.parse("\n".join(lines))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def rendered(tree: Tree, rename: Callable[[str], str | None], words: Words = NO_WORDS) -> str | None:
    """Return a value of the spec as source, or None if it has none. Lists become tuples."""
    if isinstance(tree, Mapping):
        return None
    if isinstance(tree, Sequence):
        parts = [rendered(item, rename, words) for item in tree.items]
        known = [part for part in parts if part is not None]
        if len(known) != len(parts):
            return None
        return f"({', '.join(known)}{',' if len(known) == 1 else ''})"
    return _rendered_scalar(tree, rename, words)


def _rendered_scalar(tree: Scalar, rename: Callable[[str], str | None], words: Words) -> str | None:
    try:
        expression: Expression | None = expression_of(tree, words)
    except ProblemError:
        return None
    return literal(tree.value) if expression is None else render(expression, rename)


def substituted(text: str, values: AbstractMapping[str, str]) -> str | None:
    """Return source with names replaced by other source; None if a name has no replacement."""
    tree = ast.parse(text, mode="eval")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    if not (names - calls) <= set(values):
        return None
    replaced = _Substitution(values).visit(tree)
    return ast.unparse(replaced)


class _Substitution(ast.NodeTransformer):
    def __init__(self, values: AbstractMapping[str, str]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        text = self.values.get(node.id)
        return node if text is None else ast.parse(text, mode="eval").body


def folded(text: str) -> str:
    """Return source with the factors of a product multiplied: `2 * (c * 4)` is `c * 8`."""
    tree = _Folding().visit(ast.parse(text, mode="eval"))
    return ast.unparse(tree)


class _Folding(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.BinOp(ast.Constant(int(left)), ast.Mult(), ast.BinOp(inner, ast.Mult(), ast.Constant(int(right)))):
                return ast.BinOp(inner, ast.Mult(), ast.Constant(left * right))
            case _:
                return node


@dataclass(slots=True)
class Loop:
    """A loop being written: its index and the names of its values."""

    index: str
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, repeat: Repeat) -> Loop:
        """Return the loop that a `repeat` is."""
        return cls(repeat.index, repeat.names if repeat.each is not None else ())


@dataclass(slots=True)
class Namespace:
    """The names that a constructor's code may use, and their values in each expansion of its class.

    Attributes:
        scopes: the expansions.
        params: the arguments of the constructor found so far.
        lets: the local names defined so far, each with its source.
        held: the values of those that the spec does not have, in each expansion.
        lists: those of them that are lists of numbers and depend on no argument. A number from one that is the same
            everywhere is better written as it is.
        loops: the loops around the code being written, outermost first.
        words: the module classes that names of ops stand for.
    """

    scopes: list[Scope[Any]]
    params: dict[str, CtorParam] = field(default_factory=dict[str, CtorParam])
    lets: dict[str, str] = field(default_factory=dict[str, str])
    held: dict[str, dict[int, Any]] = field(default_factory=dict[str, "dict[int, Any]"])
    lists: set[str] = field(default_factory=set[str])
    loops: list[Loop] = field(default_factory=list[Loop])
    taken: set[str] = field(default_factory=set[str])
    words: dict[str, ClassName] = field(default_factory=dict[str, ClassName])

    def values(self, owner: Scope[Any], env: AbstractMapping[str, Any]) -> AbstractMapping[str, Any]:
        """Return what the names stand for at one site."""
        known: dict[str, Any] = {name: param.values.get(id(owner), UNKNOWN) for name, param in self.params.items()}
        known |= {name: owner.env.get(name, UNKNOWN) for name in self.lets}
        known |= {name: values[id(owner)] for name, values in self.held.items()}
        looped = {name: env.get(name, UNKNOWN) for loop in self.loops for name in (loop.index, *loop.names)}
        return ChainMap({name: self.as_class(value) for name, value in looped.items()}, known)

    def as_class(self, value: Any) -> Any:
        """Return the class that the name of an op stands for; in a list, for each name in it."""
        if isinstance(value, list | tuple):
            return type(value)(self.as_class(item) for item in value)
        return self.words.get(value, value) if isinstance(value, str) else value

    @property
    def telling(self) -> set[str]:
        """The names that say more than the number that they stand for."""
        return {*self.params, *self.lets} - self.lists

    def fresh(self, wanted: str) -> str:
        """Return a name that nothing here has yet."""
        name, number = wanted, 2
        while name in self.params or name in self.lets or name in self.taken:
            name, number = f"{wanted}_{number}", number + 1
        self.taken.add(name)
        return name


def first_holding(candidates: Iterable[str], values: list[Any], envs: list[AbstractMapping[str, Any]]) -> str | None:
    """Return the first candidate that gives the right value at every site."""
    for text in candidates:
        if all(same(evaluated(text, env), value) for value, env in zip(values, envs, strict=True)):
            return text
    return None


def size_of(view: Any, attribute: str) -> Any:
    """Return an attribute of a shape, or UNKNOWN."""
    if not isinstance(view, ShapeView):
        return UNKNOWN
    try:
        return view.attribute(attribute)
    except KeyError:
        return UNKNOWN
