"""What is being written: where in a spec the cursor stands, also while the text around it is not finished.

A placeholder is put at the cursor, and open brackets of the line are closed; the first of some such texts that is YAML
tells what stands around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.lsp.text import Text
from archspec.source.span import SourceFile
from archspec.source.tree import Mapping, Scalar, Sequence
from archspec.spec.loader import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.lsp.marks import Keys
    from archspec.source.tree import Tree

PLACEHOLDER = "cursor_7f3a"
_WORD = re.compile(r"[$\w./:-]*\Z")
_OPENING = {"{": "}", "[": "]"}

# What stands where: the kind of a value, by the kind of the mapping around it and its key ("*": any other).
_INSIDE: dict[str, dict[str, str]] = {
    "spec": {
        "params": "params",
        "let": "names",
        "inputs": "inputs",
        "import": "file",
        "extends": "file",
        "variant": "variant",
        "blocks": "blocks",
        "graph": "graph",
        "outputs": "outputs",
        "variants": "variants",
        "init": "init",
        "preprocess": "preprocess",
    },
    "params": {"*": "parameter"},
    "parameter": {"type": "type", "default": "word"},
    "names": {"*": "expression"},
    "inputs": {"*": "input"},
    "input": {"shape": "expression", "dtype": "dtype"},
    "blocks": {"*": "block"},
    "block": {
        "params": "params",
        "let": "names",
        "graph": "graph",
        "outputs": "outputs",
        "spec": "file",
    },
    "graph": {"*": "node"},
    "edits": {"replace": "replaced", "insert_before": "inserted", "insert_after": "inserted", "remove": "references"},
    "replaced": {"*": "node"},
    "inserted": {"*": "graph"},
    "node": {
        "op": "op",
        "from": "references",
        "else": "references",
        "share": "references",
        "when": "expression",
        "repeat": "repeat",
        "connect": "connect",
        "graph": "graph",
        "outputs": "outputs",
        "inputs": "nothing",
        "*": "argument",
    },
    "repeat": {"name": "nothing", "index": "nothing", "as": "nothing", "*": "expression"},
    "outputs": {"*": "output"},
    "output": {"from": "references", "when": "training"},
    "variants": {"*": "settings"},
    "settings": {"*": "setting"},
    "init": {"*": "tensors"},
    "tensors": {"*": "initialiser"},
    "initialiser": {"*": "nothing"},
    "preprocess": {"*": "expression"},
}

_MAPPINGS = frozenset(_INSIDE) - {"outputs", "repeat", "initialiser", "inserted"}


@dataclass(frozen=True, slots=True)
class Context:
    """Where the cursor stands.

    Attributes:
        kind: the kind of the mapping that a key is written of, or of the value that is written.
        is_key: whether it is a key.
        keys: what leads to that mapping or value.
        tree: the spec with the placeholder in it.
        text: the text of that.
        present: the keys that the mapping has already.
        start: where the word begins that is being written.
    """

    kind: str
    is_key: bool
    keys: Keys
    tree: Mapping
    text: Text
    present: frozenset[str]
    start: int


def context_at(text: str, offset: int) -> Context | None:
    """Return what is being written at a place; None where that cannot be told."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    word = _WORD.search(line)
    start = offset - (len(word[0]) if word else 0)
    alone = not line[: len(line) - (offset - start)].strip()
    for candidate in _candidates(text, start, offset):
        tree = read_tree(SourceFile("<edited>", candidate))[0]
        if isinstance(tree, Mapping):
            found = _find(tree, "spec", (), isinstance(tree.get("extends"), Scalar))
            if found is not None:
                kind, is_key, keys, present = found
                if not is_key and alone and kind in _MAPPINGS:
                    continue  # a word on a line of its own is the key of a mapping that is to come
                return Context(kind, is_key, keys, tree, Text(candidate), present, start)
    return None


def _candidates(text: str, start: int, offset: int) -> Iterator[str]:
    """Yield texts with a placeholder for the word that is being written, the likeliest first."""
    before, after = text[:start], text[offset:]
    rest = re.match(r"[\w./]*", after)
    after = after[rest.end() :] if rest else after
    line_start = before.rfind("\n") + 1
    line_end = len(after.split("\n", 1)[0])
    closing = "".join(reversed(list(_open_brackets(before[line_start:]))))
    for written in (PLACEHOLDER, f"{PLACEHOLDER}: 0"):
        yield before + written + after
        yield before + written + closing + after[line_end:]
        yield before + written + closing + after


def _open_brackets(line: str) -> Iterator[str]:
    opened: list[str] = []
    for character in re.sub(r'"[^"]*"|\'[^\']*\'|#.*', "", line):
        if character in _OPENING:
            opened.append(_OPENING[character])
        elif opened and character == opened[-1]:
            opened.pop()
    yield from opened


def _find(
    tree: Tree,
    kind: str,
    keys: Keys,
    extends: bool,  # noqa: FBT001
) -> tuple[str, bool, Keys, frozenset[str]] | None:
    """Return where the placeholder is: the kind of what is there, whether it is a key, and what leads to it."""
    if isinstance(tree, Scalar):
        return (kind, False, keys, frozenset()) if PLACEHOLDER in tree.text else None
    if isinstance(tree, Sequence):
        inner = "node" if kind == "graph" else kind  # a list in place of a node is a graph of nodes
        found = (_find(item, inner, (*keys, str(index)), extends) for index, item in enumerate(tree.items))
        return next((each for each in found if each is not None), None)
    for entry in tree.entries:
        if PLACEHOLDER in entry.key.text:
            present = frozenset(other.key.text for other in tree.entries if other is not entry)
            return kind, True, keys, present
        inside = _INSIDE.get(kind, {})
        inner = inside.get(entry.key.text, inside.get("*", "nothing"))
        if kind == "spec" and entry.key.text == "graph" and extends:
            inner = "edits"
        found = _find(entry.value, inner, (*keys, entry.key.text), extends)
        if found is not None:
            return found
    return None
