"""Random specs that are right: mappings, lists, groups, blocks, repeats, conditions, several inputs and outputs.

All tensors have 4 channels of 6 x 6, so that everything fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from archspec.source.writing import block, flow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archspec.source.writing import Document

OPS = ("relu", "tanh", "sigmoid", "{op: conv, out_channels: 4, kernel_size: 3, padding: n * 0 + 1}", "$act")
COUNTS = ("0", "1", "3", "n", "{each: [7, 8], as: [value]}", "[2, {count: n, index: j}]")
NAMED = "{count: n, name: 'copy{i + 1}'}"


@st.composite
def specs(draw: st.DrawFn) -> str:
    """Draw a spec."""
    drawer = _Drawer(draw, {})
    inputs = draw(st.sampled_from([["x"], ["x", "y"]]))
    document: dict[str, Document] = {
        "archspec": "1",
        "name": "drawn",
        "params": flow({"n": draw(st.integers(0, 3)), "act": "relu"}),
        "inputs": flow({name: [4, 6, 6] for name in inputs}),
    }
    blocks: dict[str, Document] = {}
    for index in range(draw(st.integers(0, 2))):
        name, several = f"block{index}", draw(st.booleans())
        blocks[name] = drawer.definition(several=several)
        drawer.blocks[name] = 2 if several else 1
    if blocks:
        document["blocks"] = blocks
    names = [*inputs, *(["input"] if len(inputs) == 1 else [])]
    document["graph"] = drawer.graph(names, depth=2)
    if isinstance(document["graph"], dict) and draw(st.booleans()):
        results = draw(st.lists(st.sampled_from([*inputs, *document["graph"]]), min_size=1, max_size=3, unique=True))
        document["outputs"] = flow({f"out{index}": name for index, name in enumerate(results)})
    return "".join(f"{line}\n" for line in block(document))


@dataclass
class _Drawer:
    draw: st.DrawFn
    blocks: dict[str, int]  # how many inputs each takes

    def definition(self, *, several: bool) -> Document:
        inputs = ["first", "second"] if several else ["input"]
        head: dict[str, Document] = {"params": "{n: 1, act: tanh}"}
        if several:
            head["inputs"] = flow(inputs)
        return {**head, "graph": self.graph(inputs, depth=1)}

    def graph(self, names: Sequence[str], depth: int) -> Document:
        """Draw a graph whose first node is always there."""
        if self.draw(st.booleans()):
            others = [self.node(names, depth, COUNTS) for _ in range(self.draw(st.integers(0, 3)))]
            return ["identity", *others]
        names = [*names, "start"]
        nodes: dict[str, Document] = {"start": "identity"}
        for index in range(self.draw(st.integers(0, 4))):
            nodes[f"n{index}"] = self.node(names, depth, (*COUNTS, NAMED))
            names.append(f"n{index}")
        return nodes

    def node(self, names: Sequence[str], depth: int, counts: Sequence[str]) -> Document:
        sources = self.draw(st.lists(st.sampled_from(names), max_size=3))
        keys: dict[str, Document] = {}
        if sources:
            keys["from"] = sources[0] if len(sources) == 1 else flow(sources)
        if self.draw(st.booleans()):
            keys["repeat"] = self.draw(st.sampled_from(counts))
        if self.draw(st.booleans()):
            keys["when"] = self.draw(st.sampled_from(self.conditions(names)))
            keys |= {"else": sources[-1]} if len(sources) > 1 else {}
        return self.several(keys, len(sources), depth) if len(sources) > 1 else self.single(keys, depth)

    def conditions(self, names: Sequence[str]) -> Sequence[str]:
        return ["true", "false", "n > 1", f"{names[0]}.channels == 4 and n != 2"]

    def single(self, keys: Mapping[str, Document], depth: int) -> Document:
        """Draw a node with one input."""
        choices: list[Mapping[str, Document]] = [{"op": op} if op[0] != "{" else _read(op) for op in OPS]
        choices += [{"op": name, "n": str(depth)} for name, inputs in self.blocks.items() if inputs == 1]
        if depth and self.draw(st.booleans()):
            return {**keys, "graph": self.graph(["input"], depth - 1)}
        return {**self.draw(st.sampled_from(choices)), **keys}

    def several(self, keys: Mapping[str, Document], count: int, depth: int) -> Document:
        """Draw a node with several inputs."""
        blocks = [name for name, inputs in self.blocks.items() if inputs == count]
        if depth and self.draw(st.booleans()):
            inputs = [f"i{index}" for index in range(count)]
            return {**keys, "inputs": flow(inputs), "graph": self.graph(inputs, depth - 1)}
        return {"op": self.draw(st.sampled_from(["add", "mul", *blocks])), **keys}


def _read(text: str) -> Mapping[str, Document]:
    return dict(part.split(": ") for part in text.strip("{}").split(", "))
