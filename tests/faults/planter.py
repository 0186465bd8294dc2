"""Plants one mistake at a time into the text of a spec, and knows what must be said of it."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from archspec.diagnostics.text import edit_distance
from archspec.ops.catalog import BY_NAME
from archspec.source.editing import Edit, Lines, edited
from archspec.source.span import SourceFile, Span
from archspec.source.tree import Entry, Mapping, Scalar, Sequence
from archspec.source.yaml import parse
from archspec.spec.models import NodeLevel, SpecLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Sequence as TSequence
    from random import Random

    from archspec.source.tree import Tree

T = TypeVar("T")

_NODE_KEYS = NodeLevel.known()
_WORD = re.compile(r"[A-Za-z_]\w*")
_FUNCTIONS = ("min", "max", "abs", "round", "floor", "ceil", "sqrt", "log2", "sum", "len", "range", "make_divisible")
_ATTRIBUTES = ("channels", "features", "height", "width", "rank")


@dataclass(frozen=True)
class Planted:
    """A spec with one mistake.

    Attributes:
        kind: the kind of mistake.
        source: the spec with it.
        lines: the lines on which it may be reported.
        codes: what it may be reported as.
        cured_by_a_token: whether changing one token back cures it.
        elsewhere: it comes to light elsewhere, at a join; then a note or the fix names the line.
    """

    kind: str
    source: SourceFile
    lines: tuple[int, ...]
    codes: frozenset[str]
    cured_by_a_token: bool = True
    elsewhere: bool = False


@dataclass(frozen=True)
class _Node:
    """A node of a graph: how it is named, its value, and the graph that it stands in."""

    name: Span
    value: Tree
    graph: Mapping | Sequence
    position: int
    in_block: str | None

    @property
    def op(self) -> Scalar | None:
        if isinstance(self.value, Scalar):
            return self.value
        op = self.value.get("op") if isinstance(self.value, Mapping) else None
        return op if isinstance(op, Scalar) else None

    def arguments(self) -> list[Entry]:
        entries = self.value.entries if isinstance(self.value, Mapping) else ()
        return [entry for entry in entries if entry.key.text not in _NODE_KEYS]


@dataclass
class Ground:
    """A spec without mistakes, taken apart."""

    source: SourceFile
    tree: Mapping = field(init=False)

    def __post_init__(self) -> None:
        """Read the tree."""
        tree = parse(self.source)
        assert isinstance(tree, Mapping)
        self.tree = tree

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.source.text)

    @cached_property
    def nodes(self) -> list[_Node]:
        found: list[_Node] = []
        graph = self.tree.get("graph")
        if graph is not None and self.tree.get("extends") is None:
            found += _nodes(graph, None)
        blocks = self.tree.get("blocks")
        for entry in blocks.entries if isinstance(blocks, Mapping) else ():
            inner = entry.value.get("graph") if isinstance(entry.value, Mapping) else None
            found += [] if inner is None else _nodes(inner, entry.key.text)
        return found

    @cached_property
    def blocks(self) -> tuple[str, ...]:
        blocks = self.tree.get("blocks")
        return blocks.keys() if isinstance(blocks, Mapping) else ()

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the file, and of the language: none of them may come out of a misspelling."""
        return frozenset(_WORD.findall(self.source.text)) | {*BY_NAME, *_NODE_KEYS, *SpecLevel.known()}

    def text(self, span: Span) -> str:
        return self.lines.of(span)

    def with_text(self, span: Span, text: str) -> SourceFile:
        return edited(self.source, [Edit(span, text)])


def _nodes(graph: Tree, block: str | None) -> Iterator[_Node]:
    if isinstance(graph, Mapping):
        parts = [(entry.key.span, entry.value) for entry in graph.entries]
    elif isinstance(graph, Sequence):
        parts = [(item.span, item) for item in graph.items]
    else:
        return
    for position, (name, value) in enumerate(parts):
        yield _Node(name, value, graph, position, block)
        inner = value if isinstance(value, Sequence) else value.get("graph") if isinstance(value, Mapping) else None
        if inner is not None:
            yield from _nodes(inner, block)


# ----------------------------------------------------------------------------------------------------- helpers

_Made: TypeAlias = "tuple[Span, str] | None"
_Plant: TypeAlias = "Callable[[Ground, Random], Planted | None]"
KINDS: dict[str, _Plant] = {}


def kind(
    codes: str, *, token: bool = True, elsewhere: bool = False
) -> Callable[[Callable[[Ground, Random], _Made]], _Plant]:
    """Make a kind of fault of a function that chooses a place and what is written there."""

    def decorate(make: Callable[[Ground, Random], _Made]) -> _Plant:
        name = make.__name__

        def plant(ground: Ground, rng: Random) -> Planted | None:
            made = make(ground, rng)
            if made is None:
                return None
            span, text = made
            lines = tuple(range(span.line, span.line + text.count("\n") + 1)) if text.count("\n") else (span.line,)
            return Planted(name, ground.with_text(span, text), lines, frozenset(codes.split()), token, elsewhere)

        KINDS[name] = plant
        return plant

    return decorate


def _pick(rng: Random, items: TSequence[T]) -> T | None:
    return rng.choice(items) if items else None


def _typo(ground: Ground, rng: Random, word: str) -> str | None:
    """Return a word with one slip of the fingers; None if it is too short, or becomes another word."""
    if len(word) < 4:
        return None
    for _ in range(8):
        place = rng.randrange(1, len(word) - 1)
        made = rng.choice(
            (
                word[:place] + word[place + 1 :],
                word[:place] + word[place] + word[place:],
                word[:place] + word[place + 1] + word[place] + word[place + 2 :],
                word[:place] + rng.choice("aeiourstln") + word[place + 1 :],
            )
        )
        nearer = any(edit_distance(made, other) <= edit_distance(made, word) for other in ground.words - {word})
        if made != word and made not in ground.words and not nearer:
            return made
    return None


def _scalars(ground: Ground, key: str) -> list[Scalar]:
    """Return the values of a key in the nodes, lists taken apart."""
    found: list[Scalar] = []
    for node in ground.nodes:
        value = node.value.get(key) if isinstance(node.value, Mapping) else None
        items = value.items if isinstance(value, Sequence) else (value,)
        found += [item for item in items if isinstance(item, Scalar)]
    return found


def _arguments(ground: Ground, *names: str, ops: tuple[str, ...] | None = None) -> list[Entry]:
    """Return the arguments of ops of the catalog, of some names if they are given."""
    nodes = [node for node in ground.nodes if node.op is not None and node.op.text in BY_NAME]
    nodes = [node for node in nodes if node.op is not None and node.op.text not in ground.blocks]
    chosen = [node for node in nodes if ops is None or (node.op is not None and node.op.text in ops)]
    return [entry for node in chosen for entry in node.arguments() if not names or entry.key.text in names]


def _integers(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if isinstance(entry.value, Scalar) and type(entry.value.value) is int]


def _expressions(ground: Ground) -> list[Scalar]:
    """Return the expressions among the arguments, conditions and counts."""
    found = [entry.value for entry in _arguments(ground)]
    found += [*_scalars(ground, "when"), *_scalars(ground, "repeat")]
    words = {"same", "valid", "full"}
    scalars = [tree for tree in found if isinstance(tree, Scalar) and isinstance(tree.value, str)]
    return [tree for tree in scalars if tree.text not in words and tree.span.line == tree.span.end_line]


def _word_in(ground: Ground, rng: Random, tree: Scalar, fits: Callable[[str, str], bool]) -> _Made:
    """Misspell one word of an expression that fits; told what stands before it and behind it."""
    written = ground.text(tree.span)
    found = [m for m in _WORD.finditer(written) if fits(written[: m.start()][-1:], m[0] + written[m.end() :][:1])]
    if not found:
        return None
    match = rng.choice(found)
    typo = _typo(ground, rng, match[0])
    return None if typo is None else (tree.span, written[: match.start()] + typo + written[match.end() :])


def _line_of(ground: Ground, number: int) -> str:
    return ground.source.lines()[number - 1]


def _in_flow(ground: Ground, tree: Tree) -> bool:
    return ground.text(tree.span)[:1] in ("{", "[")


# ----------------------------------------------------------------------------------------------------- names


@kind("AS301")
def misspelt_op(ground: Ground, rng: Random) -> _Made:
    ops = [node.op for node in ground.nodes if node.op is not None and _WORD.fullmatch(node.op.text)]
    op = _pick(rng, ops)
    typo = None if op is None else _typo(ground, rng, op.text)
    return None if op is None or typo is None else (op.span, typo)


_FOREIGN_OPS = {
    "conv": ("Conv2d", "nn.Conv2d", "convolution", "Conv"),
    "batch_norm": ("BatchNorm2d", "bn", "nn.BatchNorm2d"),
    "relu": ("ReLU", "nn.ReLU"),
    "max_pool": ("MaxPool2d", "MaxPooling2D", "maxpool"),
    "avg_pool": ("AvgPool2d", "AveragePooling2D"),
    "linear": ("Linear", "Dense", "fc"),
    "concat": ("cat", "Concatenate"),
    "global_avg_pool": ("GlobalAveragePooling2D", "gap"),
    "flatten": ("Flatten", "nn.Flatten"),
    "silu": ("SiLU", "swish"),
    "conv_transpose": ("ConvTranspose2d", "deconv"),
    "layer_norm": ("LayerNorm", "nn.LayerNorm"),
}


@kind("AS301")
def op_of_another_library(ground: Ground, rng: Random) -> _Made:
    ops = [node.op for node in ground.nodes if node.op is not None and node.op.text in _FOREIGN_OPS]
    op = _pick(rng, [op for op in ops if op.text not in ground.blocks])
    if op is None:
        return None
    name = rng.choice(_FOREIGN_OPS[op.text])
    return None if name in ground.words else (op.span, name)


@kind("AS302 AS101")
def misspelt_parameter(ground: Ground, rng: Random) -> _Made:
    entries = [entry for node in ground.nodes for entry in node.arguments()]
    entry = _pick(rng, entries)
    typo = None if entry is None else _typo(ground, rng, entry.key.text)
    return None if entry is None or typo is None else (entry.key.span, typo)


_FOREIGN_PARAMETERS = {
    "out_channels": ("filters", "channels", "planes", "num_filters"),
    "kernel_size": ("kernel", "k", "ksize"),
    "out_features": ("units", "features"),
    "stride": ("strides", "s"),
    "padding": ("pads", "pad"),
    "bias": ("use_bias",),
    "p": ("rate", "prob"),
}


@kind("AS302")
def parameter_of_another_library(ground: Ground, rng: Random) -> _Made:
    entry = _pick(
        rng, _arguments(ground, *_FOREIGN_PARAMETERS, ops=("conv", "linear", "max_pool", "avg_pool", "dropout"))
    )
    return None if entry is None else (entry.key.span, rng.choice(_FOREIGN_PARAMETERS[entry.key.text]))


@kind("AS302", token=False)
def inferred_parameter(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _arguments(ground, "out_channels", ops=("conv",)))
    if entry is None or not _on_one_line_in_flow(ground, entry):
        return None
    return entry.key.span, "in_channels: 3, out_channels"


def _on_one_line_in_flow(ground: Ground, entry: Entry) -> bool:
    line = _line_of(ground, entry.key.span.line)
    return "{" in line[: entry.key.span.column]


@kind("AS401")
def misspelt_reference(ground: Ground, rng: Random) -> _Made:
    ref = _pick(rng, [item for item in _scalars(ground, "from") if _WORD.fullmatch(item.text)])
    typo = None if ref is None else _typo(ground, rng, ref.text)
    return None if ref is None or typo is None else (ref.span, typo)


@kind("AS127")
def misspelt_name_in_expression(ground: Ground, rng: Random) -> _Made:
    tree = _pick(rng, _expressions(ground))
    return None if tree is None else _word_in(ground, rng, tree, _is_name)


def _is_name(before: str, word: str) -> bool:
    """Tell whether a word, with the character behind it, is the name of a value."""
    return before != "." and word[-1] not in "(." and not keyword.iskeyword(_WORD.findall(word)[0])


@kind("AS128")
def misspelt_attribute(ground: Ground, rng: Random) -> _Made:
    trees = [tree for tree in _expressions(ground) if re.search(r"\.[a-z]", tree.text)]
    tree = _pick(rng, trees)
    return None if tree is None else _word_in(ground, rng, tree, lambda before, _word: before == ".")


@kind("AS125")
def misspelt_function(ground: Ground, rng: Random) -> _Made:
    trees = [tree for tree in _expressions(ground) if "make_divisible(" in tree.text or "(" in tree.text]
    tree = _pick(rng, trees)
    return None if tree is None else _word_in(ground, rng, tree, lambda _before, word: word.endswith("("))


@kind("AS101 AS302 AS102")
def misspelt_node_key(ground: Ground, rng: Random) -> _Made:
    keys = [
        entry.key
        for node in ground.nodes
        if isinstance(node.value, Mapping)
        for entry in node.value.entries
        if entry.key.text in _NODE_KEYS and len(entry.key.text) > 3
    ]
    key = _pick(rng, keys)
    typo = None if key is None else _typo(ground, rng, key.text)
    return None if key is None or typo is None else (key.span, typo)


@kind("AS101")
def misspelt_top_key(ground: Ground, rng: Random) -> _Made:
    key = _pick(rng, [entry.key for entry in ground.tree.entries if entry.key.text != "archspec"])
    typo = None if key is None else _typo(ground, rng, key.text)
    return None if key is None or typo is None else (key.span, typo)


@kind("AS101")
def misspelt_block_key(ground: Ground, rng: Random) -> _Made:
    blocks = ground.tree.get("blocks")
    entries = [
        e
        for b in (blocks.entries if isinstance(blocks, Mapping) else ())
        if isinstance(b.value, Mapping)
        for e in b.value.entries
    ]
    key = _pick(rng, [entry.key for entry in entries])
    typo = None if key is None else _typo(ground, rng, key.text)
    return None if key is None or typo is None else (key.span, typo)


@kind("AS108")
def misspelt_variant(ground: Ground, rng: Random) -> _Made:
    tree = ground.tree.get("variant")
    typo = _typo(ground, rng, tree.text) if isinstance(tree, Scalar) else None
    return None if tree is None or typo is None else (tree.span, typo)


@kind("AS109")
def misspelt_parameter_in_variant(ground: Ground, rng: Random) -> _Made:
    variants = ground.tree.get("variants")
    entries = [
        e
        for v in (variants.entries if isinstance(variants, Mapping) else ())
        if isinstance(v.value, Mapping)
        for e in v.value.entries
    ]
    entry = _pick(rng, entries)
    typo = None if entry is None else _typo(ground, rng, entry.key.text)
    return None if entry is None or typo is None else (entry.key.span, typo)


@kind("AS401 AS404")
def unknown_output(ground: Ground, rng: Random) -> _Made:
    outputs = ground.tree.get("outputs")
    values = [entry.value for entry in outputs.entries] if isinstance(outputs, Mapping) else []
    tree = _pick(rng, [value for value in values if isinstance(value, Scalar)])
    return None if tree is None else (tree.span, f"{tree.text}x")


@kind("AS402")
def forward_reference(ground: Ground, rng: Random) -> _Made:
    refs = [
        (item, node)
        for node in ground.nodes
        for item in _refs(node)
        if isinstance(node.graph, Mapping) and node.position + 1 < len(node.graph.entries)
    ]
    if not refs:
        return None
    ref, node = rng.choice(refs)
    assert isinstance(node.graph, Mapping)
    later = rng.choice(node.graph.entries[node.position + 1 :])
    return (ref.span, later.key.text) if _WORD.fullmatch(later.key.text) else None


def _refs(node: _Node) -> list[Scalar]:
    source = node.value.get("from") if isinstance(node.value, Mapping) else None
    items = source.items if isinstance(source, Sequence) else (source,)
    return [item for item in items if isinstance(item, Scalar)]


@kind("AS402")
def reference_to_itself(ground: Ground, rng: Random) -> _Made:
    refs = [(item, node) for node in ground.nodes for item in _refs(node) if isinstance(node.graph, Mapping)]
    if not refs:
        return None
    ref, node = rng.choice(refs)
    return ref.span, ground.text(node.name)


@kind("AS404")
def result_that_is_not_there(ground: Ground, rng: Random) -> _Made:
    ref = _pick(rng, [item for item in _scalars(ground, "from") if re.fullmatch(r"\w+\.\d", item.text)])
    return None if ref is None else (ref.span, ref.text[:-1] + "7")


@kind("AS104", token=False)
def name_of_a_python_word(ground: Ground, rng: Random) -> _Made:
    words = {word for item in (*_scalars(ground, "from"), *_expressions(ground)) for word in _WORD.findall(item.text)}
    outputs = ground.tree.get("outputs")
    used = words | set(_WORD.findall(ground.text(outputs.span))) if outputs is not None else words
    nodes = [node for node in ground.nodes if isinstance(node.graph, Mapping) and ground.text(node.name) not in used]
    node = _pick(rng, [node for node in nodes if node.position])
    return None if node is None else (node.name, rng.choice(("class", "forward", "training", "import", "in")))


@kind("AS110")
def missing_file(ground: Ground, rng: Random) -> _Made:
    del rng
    tree = ground.tree.get("extends")
    return (tree.span, tree.text.replace(".yaml", "s.yaml")) if isinstance(tree, Scalar) else None


# ----------------------------------------------------------------------------------------------------- values


@kind("AS303", token=False)
def missing_parameter(ground: Ground, rng: Random) -> _Made:
    entries = _arguments(ground, "out_channels", "kernel_size", "out_features", ops=("conv", "linear", "max_pool"))
    entry = _pick(rng, [entry for entry in entries if _on_one_line_in_flow(ground, entry)])
    if entry is None:
        return None
    end = entry.value.span
    rest = _line_of(ground, end.line)[end.end_column - 1 :]
    gap = re.match(r",\s*", rest)
    if gap is None:
        return None
    start = entry.key.span
    return Span(start.path, start.line, start.column, end.end_line, end.end_column + gap.end()), ""


@kind("AS304 AS127")
def text_for_a_number(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "kernel_size", "stride", "padding", "out_channels")))
    return None if entry is None else (entry.value.span, rng.choice(("big", "wrong", "auto")))


@kind("AS304")
def number_too_small(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "kernel_size", "stride", "out_channels", "groups", "padding")))
    return None if entry is None else (entry.value.span, f"-{entry.value.text}" if entry.value.text != "0" else "-1")  # type: ignore[union-attr]


@kind("AS304")
def zero(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "kernel_size", "stride", "out_channels", "groups")))
    return None if entry is None else (entry.value.span, "0")


@kind("AS304")
def fraction_for_an_integer(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "kernel_size", "stride", "out_channels")))
    return None if entry is None else (entry.value.span, f"{entry.value.text}.5")  # type: ignore[union-attr]


@kind("AS304")
def truth_for_a_number(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "kernel_size", "stride", "out_channels")))
    return None if entry is None else (entry.value.span, rng.choice(("true", "false")))


@kind("AS304 AS127")
def yes_and_no(ground: Ground, rng: Random) -> _Made:
    entries = [e for e in _arguments(ground) if isinstance(e.value, Scalar) and isinstance(e.value.value, bool)]
    entry = _pick(rng, entries)
    if entry is None or not isinstance(entry.value, Scalar):
        return None
    return entry.value.span, rng.choice(("yes", "on", "Yes") if entry.value.value else ("no", "off", "No"))


@kind("AS304")
def probability_above_one(ground: Ground, rng: Random) -> _Made:
    entries = [e for e in _arguments(ground, "p") if isinstance(e.value, Scalar) and isinstance(e.value.value, float)]
    entry = _pick(rng, entries)
    return None if entry is None else (entry.value.span, "1.5")


@kind("AS302", token=False)
def parameter_of_another_op(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _arguments(ground, "out_channels", ops=("conv",)))
    if entry is None or not _on_one_line_in_flow(ground, entry):
        return None
    return entry.key.span, f"{rng.choice(('momentum', 'negative_slope', 'num_heads'))}: 1, out_channels"


@kind("AS307 AS304 AS127")
def repeat_that_is_no_count(ground: Ground, rng: Random) -> _Made:
    tree = _pick(rng, [item for item in _scalars(ground, "repeat") if item.span.line == item.span.end_line])
    return None if tree is None else (tree.span, rng.choice(("2.5", "-1", "true")))


@kind("AS308", token=False)
def condition_that_is_no_truth(ground: Ground, rng: Random) -> _Made:
    tree = _pick(rng, _scalars(ground, "when"))
    return None if tree is None else (tree.span, rng.choice(("3", "1 + 1")))


@kind("AS133")
def index_out_of_range(ground: Ground, rng: Random) -> _Made:
    tree = _pick(rng, [t for t in _expressions(ground) if re.search(r"\w\[\d\]", t.text)])
    if tree is None:
        return None
    return tree.span, re.sub(r"\[\d\]", "[9]", ground.text(tree.span), count=1)


@kind("AS122")
def half_an_expression(ground: Ground, rng: Random) -> _Made:
    tree = _pick(rng, [t for t in _expressions(ground) if not t.quoted and " " in t.text])
    return None if tree is None else (tree.span, f"{ground.text(tree.span)} +")


@kind("AS122")
def operators_of_c(ground: Ground, rng: Random) -> _Made:
    tree = _pick(rng, [t for t in _expressions(ground) if re.search(r" (or|and) ", t.text)])
    if tree is None:
        return None
    return tree.span, ground.text(tree.span).replace(" or ", " || ").replace(" and ", " && ")


@kind("AS105")
def wrong_version(ground: Ground, rng: Random) -> _Made:
    tree = ground.tree.get("archspec")
    return None if tree is None else (tree.span, rng.choice(("2", "1.0.0", "one")))


@kind("AS103", token=False)
def input_without_a_name(ground: Ground, rng: Random) -> _Made:
    del rng
    tree = ground.tree.get("inputs")
    return None if tree is None or not _in_flow(ground, tree) else (tree.span, "[3, 32, 32]")


@kind("AS103", token=False)
def empty_from(ground: Ground, rng: Random) -> _Made:
    sources = [node.value.get("from") for node in ground.nodes if isinstance(node.value, Mapping)]
    tree = _pick(rng, [tree for tree in sources if isinstance(tree, Sequence)])
    return None if tree is None else (tree.span, "[]")


# ----------------------------------------------------------------------------------------------------- shapes


@kind("AS202 AS204 AS205 AS211", elsewhere=True)
def kernel_too_large(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "kernel_size", ops=("conv", "max_pool", "avg_pool"))))
    return None if entry is None else (entry.value.span, rng.choice(("301", "555")))


@kind("AS205 AS203 AS204 AS213 AS212 AS201", elsewhere=True)
def other_channels(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "out_channels")))
    if entry is None or not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, int):
        return None
    return entry.value.span, str(entry.value.value + rng.choice((1, -1, 3, 8)))


@kind("AS204 AS205 AS202 AS211 AS210 AS212", elsewhere=True)
def other_padding(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "padding")))
    if entry is None or not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, int):
        return None
    return entry.value.span, str(rng.choice([n for n in (0, 1, 2, 3) if n != entry.value.value]))


@kind("AS204 AS205 AS202 AS211 AS210 AS212", elsewhere=True)
def other_stride(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "stride", "scale_factor")))
    if entry is None or not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, int):
        return None
    return entry.value.span, str(rng.choice([n for n in (1, 2, 3) if n != entry.value.value]))


@kind("AS204 AS205 AS202 AS211 AS210 AS212", elsewhere=True)
def other_kernel(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "kernel_size")))
    if entry is None or not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, int):
        return None
    return entry.value.span, str(rng.choice([n for n in (1, 2, 3, 5, 7) if n != entry.value.value]))


@kind("AS204 AS205 AS202 AS211", token=False, elsewhere=True)
def padding_forgotten(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, [e for e in _arguments(ground, "padding") if _on_one_line_in_flow(ground, e)])
    if entry is None:
        return None
    line, start = _line_of(ground, entry.key.span.line), entry.key.span
    before = re.search(r",\s*$", line[: start.column - 1])
    end = entry.value.span
    return (
        (Span(start.path, start.line, start.column - len(before[0]), end.line, end.end_column), "") if before else None
    )


@kind("AS203 AS214", elsewhere=True)
def groups_that_do_not_divide(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "groups", "num_groups")))
    return None if entry is None else (entry.value.span, rng.choice(("7", "11", "5")))


@kind("AS208 AS204 AS205 AS404", elsewhere=True)
def parts_that_do_not_add_up(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground, "split_size")))
    return None if entry is None else (entry.value.span, rng.choice(("[5, 4]", "[3, 3]")))


@kind("AS404 AS204 AS205", elsewhere=True)
def another_input_of_a_join(ground: Ground, rng: Random) -> _Made:
    joins = [
        n for n in ground.nodes if n.op is not None and n.op.text in ("add", "concat") and isinstance(n.graph, Mapping)
    ]
    node = _pick(rng, [n for n in joins if len(_refs(n)) == 2 and n.name.line == n.value.span.end_line])
    if node is None or not isinstance(node.graph, Mapping):
        return None
    ref = rng.choice(_refs(node))
    earlier = [
        e.key.text for e in node.graph.entries[: node.position] if e.key.text not in {r.text for r in _refs(node)}
    ]
    return (ref.span, rng.choice(earlier)) if earlier else None


# ----------------------------------------------------------------------------------------------------- structure


@kind("AS403", token=False, elsewhere=True)
def one_input_for_a_join(ground: Ground, rng: Random) -> _Made:
    joins = [node for node in ground.nodes if node.op is not None and node.op.text in ("add", "concat")]
    node = _pick(rng, [node for node in joins if len(_refs(node)) == 2])
    if node is None or not isinstance(node.value, Mapping):
        return None
    source = node.value.get("from")
    return None if source is None else (source.span, _refs(node)[0].text)


@kind("AS403")
def two_inputs_for_a_layer(ground: Ground, rng: Random) -> _Made:
    layers = [n for n in ground.nodes if n.op is not None and n.op.text in ("conv", "max_pool", "avg_pool", "upsample")]
    node = _pick(rng, [node for node in layers if len(_refs(node)) == 1])
    if node is None:
        return None
    (ref,) = _refs(node)
    return ref.span, f"[{ref.text}, {ref.text}]"


@kind("AS305", token=False)
def block_in_itself(ground: Ground, rng: Random) -> _Made:
    nodes = [node for node in ground.nodes if node.in_block and isinstance(node.value, Scalar)]
    node = _pick(rng, nodes)
    if node is None or node.in_block is None:
        return None
    blocks = ground.tree.get("blocks")
    block = blocks.get(node.in_block) if isinstance(blocks, Mapping) else None
    params = block.get("params") if isinstance(block, Mapping) else None
    required = (
        []
        if not isinstance(params, Mapping)
        else [
            e.key.text
            for e in params.entries
            if isinstance(e.value, Scalar) and e.value.text in ("int", "float", "op", "str", "bool")
        ]
    )
    given = "".join(f", {name}: {name}" for name in required)
    return node.value.span, f"{{op: {node.in_block}{given}}}"


@kind("AS025", token=False)
def parameter_twice(ground: Ground, rng: Random) -> _Made:
    entry = _pick(
        rng, [e for e in _arguments(ground) if _on_one_line_in_flow(ground, e) and isinstance(e.value, Scalar)]
    )
    if entry is None:
        return None
    text = f"{entry.key.text}: {ground.text(entry.value.span)}"
    return Span(
        entry.key.span.path,
        entry.key.span.line,
        entry.key.span.column,
        entry.value.span.end_line,
        entry.value.span.end_column,
    ), f"{text}, {text}"


@kind("AS025")
def node_twice(ground: Ground, rng: Random) -> _Made:
    nodes = [node for node in ground.nodes if isinstance(node.graph, Mapping) and node.position]
    node = _pick(rng, nodes)
    if node is None or not isinstance(node.graph, Mapping):
        return None
    return node.name, node.graph.entries[rng.randrange(node.position)].key.text


@kind("AS102 AS101", token=False)
def neither_op_nor_graph(ground: Ground, rng: Random) -> _Made:
    nodes = [n for n in ground.nodes if isinstance(n.value, Mapping) and _in_flow(ground, n.value) and n.arguments()]
    node = _pick(rng, nodes)
    if node is None or not isinstance(node.value, Mapping) or (entry := node.value.entry("op")) is None:
        return None
    rest = _line_of(ground, entry.value.span.line)[entry.value.span.end_column - 1 :]
    gap = re.match(r",\s*", rest)
    start, end = entry.key.span, entry.value.span
    return (Span(start.path, start.line, start.column, end.line, end.end_column + gap.end()), "") if gap else None


@kind("AS102", token=False)
def version_missing(ground: Ground, rng: Random) -> _Made:
    del rng
    entry = ground.tree.entry("archspec")
    if entry is None:
        return None
    return Span(ground.source.path, entry.key.span.line, 1, entry.key.span.line + 1, 1), ""


# ----------------------------------------------------------------------------------------------------- YAML


def _flow_lines(ground: Ground) -> list[int]:
    """Return the lines that hold one node in braces."""
    nodes = [n.value for n in ground.nodes if isinstance(n.value, Mapping) and _in_flow(ground, n.value)]
    return [tree.span.line for tree in nodes if tree.span.line == tree.span.end_line]


def _at(ground: Ground, number: int, column: int, width: int = 1) -> Span:
    return Span(ground.source.path, number, column, number, column + width)


@kind("AS012 AS013")
def brace_not_closed(ground: Ground, rng: Random) -> _Made:
    numbers = [n for n in _flow_lines(ground) if _line_of(ground, n).rstrip().endswith("}")]
    number = rng.choice(numbers) if numbers else None
    return None if number is None else (_at(ground, number, len(_line_of(ground, number).rstrip())), "")


@kind("AS013 AS012")
def bracket_not_closed(ground: Ground, rng: Random) -> _Made:
    numbers = [n for n in _flow_lines(ground) if re.search(r"from: \[[^\]]*\]", _line_of(ground, n))]
    number = rng.choice(numbers) if numbers else None
    if number is None:
        return None
    match = re.search(r"from: \[[^\]]*\]", _line_of(ground, number))
    assert match is not None
    return _at(ground, number, match.end()), ""


@kind("AS013 AS012 AS019 AS020 AS016 AS018")
def brace_too_many(ground: Ground, rng: Random) -> _Made:
    numbers = [n for n in _flow_lines(ground) if _line_of(ground, n).rstrip().endswith("}")]
    number = rng.choice(numbers) if numbers else None
    if number is None:
        return None
    return _at(ground, number, len(_line_of(ground, number).rstrip()) + 1, 0), "}"


@kind("AS013 AS010 AS016 AS020 AS102 AS101 AS103 AS302", token=True)
def comma_forgotten(ground: Ground, rng: Random) -> _Made:
    numbers = [n for n in _flow_lines(ground) if ", " in _line_of(ground, n)]
    number = rng.choice(numbers) if numbers else None
    if number is None:
        return None
    line = _line_of(ground, number)
    code = line.split(" #")[0]
    commas = [m.start() for m in re.finditer(r",(?= \w+: )", code)]
    return (_at(ground, number, rng.choice(commas) + 1), "") if commas else None


@kind("AS011 AS019 AS016")
def tab_for_spaces(ground: Ground, rng: Random) -> _Made:
    spans = [n.name for n in ground.nodes if isinstance(n.graph, Mapping) and not _in_flow(ground, n.graph)]
    span = _pick(rng, [s for s in spans if not _line_of(ground, s.line)[: s.column - 1].strip()])
    return (
        None
        if span is None
        else (Span(span.path, span.line, 1, span.line, span.column), "\t" * ((span.column - 1) // 2))
    )


@kind("AS014 AS013 AS012 AS019 AS016")
def quote_not_closed(ground: Ground, rng: Random) -> _Made:
    trees = [t for t in _expressions(ground) if t.quoted and ground.text(t.span)[-1] == '"']
    tree = _pick(rng, trees)
    return None if tree is None else (tree.span, ground.text(tree.span)[:-1])


@kind("AS010")
def brackets_without_quotes(ground: Ground, rng: Random) -> _Made:
    trees = [t for t in _expressions(ground) if t.quoted and re.fullmatch(r"\w+\[\d\]", t.text)]
    tree = _pick(rng, trees)
    if tree is None or "{" not in _line_of(ground, tree.span.line)[: tree.span.column]:
        return None
    return tree.span, tree.text


@kind("AS010 AS027 AS122 AS127 AS013")
def signs_of_other_languages(ground: Ground, rng: Random) -> _Made:
    trees = [t for t in _expressions(ground) if not t.quoted and _WORD.fullmatch(t.text)]
    tree = _pick(rng, trees)
    return None if tree is None else (tree.span, rng.choice(("@{}", "${{{}}}", "*{}", "%{}", "`{}`")).format(tree.text))


@kind("AS017 AS101 AS102 AS103 AS013 AS019 AS016")
def colon_forgotten(ground: Ground, rng: Random) -> _Made:
    nodes = [n for n in ground.nodes if isinstance(n.graph, Mapping) and not _in_flow(ground, n.graph)]
    node = _pick(rng, [n for n in nodes if n.value.span.line == n.name.line])
    if node is None:
        return None
    return _at(ground, node.name.line, node.name.end_column), ""


@kind("AS016 AS101 AS102 AS103 AS017 AS013 AS019 AS301")
def space_behind_colon_forgotten(ground: Ground, rng: Random) -> _Made:
    nodes = [n for n in ground.nodes if isinstance(n.graph, Mapping) and not _in_flow(ground, n.graph)]
    node = _pick(rng, [n for n in nodes if n.value.span.line == n.name.line])
    if node is None:
        return None
    return _at(ground, node.name.line, node.name.end_column + 1), ""


def _indented(ground: Ground, rng: Random, change: int) -> _Made:
    spans = [
        n.name for n in ground.nodes if isinstance(n.graph, Mapping) and not _in_flow(ground, n.graph) and n.position
    ]
    nodes = [s for s in spans if not _line_of(ground, s.line)[: s.column - 1].strip()]
    span = _pick(rng, nodes)
    return (
        None
        if span is None
        else (Span(span.path, span.line, 1, span.line, span.column), " " * (span.column - 1 + change))
    )


@kind("AS019 AS016 AS018 AS020 AS013 AS017")
def a_space_too_many(ground: Ground, rng: Random) -> _Made:
    return _indented(ground, rng, 1)


@kind("AS019 AS016 AS018 AS020 AS013 AS017")
def a_space_too_few(ground: Ground, rng: Random) -> _Made:
    return _indented(ground, rng, -1)


@kind("AS023")
def tag_of_another_yaml(ground: Ground, rng: Random) -> _Made:
    entry = _pick(rng, _integers(_arguments(ground)))
    return None if entry is None else (entry.value.span, f"!!int {ground.text(entry.value.span)}")


@kind("AS015")
def backslash_in_quotes(ground: Ground, rng: Random) -> _Made:
    del rng
    tree = ground.tree.get("description")
    if not isinstance(tree, Scalar) or tree.span.line != tree.span.end_line or '"' in tree.text:
        return None
    return tree.span, f'"{tree.text} \\d"'


@kind("AS016 AS103")
def colon_in_text(ground: Ground, rng: Random) -> _Made:
    del rng
    tree = ground.tree.get("description")
    if not isinstance(tree, Scalar) or tree.quoted or tree.span.line != tree.span.end_line:
        return None
    return tree.span, f"Note: {tree.text}"
