"""The time of all analyses over the size of the network: chains of layers, and densely connected ones.

Prints a table and writes `scaling.svg` beside this file. The analyses are linear if the time per node and edge does not
grow with the network.
"""

from __future__ import annotations

import gc
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.diagnostics.problem import Collector
from archspec.elaborate.network import elaborate
from archspec.passes.pipeline import analyse
from archspec.source.span import SourceFile
from archspec.spec.loader import load_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archspec.ir.graph import Graph

CHAIN = """\
archspec: 1
name: chain
inputs: {image: [1, 224, 224]}
graph:
  layers: {op: conv, out_channels: 1, kernel_size: 3, padding: 1, repeat: COUNT}
"""
DENSE = """\
archspec: 1
name: dense
inputs: {image: [1, 56, 56]}
blocks:
  layer:
    graph:
      conv: {op: conv, out_channels: 1, kernel_size: 3, padding: 1}
graph:
  layers: {op: layer, connect: dense, repeat: COUNT}
"""
NETWORKS = (
    ("chain", CHAIN, (1_000, 3_000, 10_000, 30_000, 100_000), "#1f6feb"),
    ("dense block", DENSE, (100, 200, 300, 500, 700, 1_000), "#d1571b"),
)
RUNS = 3
PLOT = Path(__file__).with_suffix(".svg")


@dataclass(frozen=True)
class Point:
    """One network: its layers, nodes and edges, and the seconds that all analyses of it took at best."""

    layers: int
    nodes: int
    edges: int
    seconds: float

    @property
    def items(self) -> int:
        """Nodes and edges."""
        return self.nodes + self.edges


def network(text: str, layers: int) -> Graph:
    """Return the graph of a spec in which COUNT stands for the number of layers."""
    collector = Collector()
    template = load_template(SourceFile("spec.yaml", text.replace("COUNT", str(layers))), None, collector)
    assert template is not None
    graph = elaborate(template, collector)
    assert not collector
    return graph


def measure(text: str, layers: int) -> Point:
    """Return the size of a network and the time that its analyses take."""
    graph = network(text, layers)
    times: list[float] = []
    for _ in range(RUNS):
        gc.collect()
        started = time.process_time()
        analyse(graph)
        times.append(time.process_time() - started)
    edges = sum(len(node.inputs) for node in graph.nodes.values())
    return Point(layers, len(graph.nodes), edges, min(times))


# ------------------------------------------------------------------------------------------------- the plot

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 400, 70, 50, 20, 20


def plot(curves: Sequence[tuple[str, str, Sequence[Point]]]) -> str:
    """Return an SVG: seconds over nodes and edges, both logarithmic, and a line of slope 1 through the last point."""
    points = [point for _, _, each in curves for point in each]
    columns = _decades(point.items for point in points)
    rows = _decades(point.seconds for point in points)

    def place(items: float, seconds: float) -> tuple[float, float]:
        across = (math.log10(items) - columns[0]) / (columns[-1] - columns[0])
        up = (math.log10(seconds) - rows[0]) / (rows[-1] - rows[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP)

    view = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for power in columns:
        x, y = place(10**power, 10 ** rows[0])
        parts.append(_line((x, y), (x, TOP), "#dddddd") + _text(x, y + 18, f"{10**power:,}"))
    for power in rows:
        x, y = place(10 ** columns[0], 10**power)
        parts.append(_line((x, y), (WIDTH - RIGHT, y), "#dddddd") + _text(x - 8, y + 4, f"{10**power:g} s", "end"))
    parts.append(_text(WIDTH / 2, HEIGHT - 10, "nodes and edges"))
    for index, (name, color, each) in enumerate(curves):
        last, first = each[-1], each[0]
        line = place(first.items, last.seconds * first.items / last.items), place(last.items, last.seconds)
        parts.append(_line(*line, "#888888", dashed=True))
        spots = [place(point.items, point.seconds) for point in each]
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"/>' for x, y in spots]
        parts.append(_text(LEFT + 16, TOP + 20 + 18 * index, name, "start", color))
    parts.append(_text(LEFT + 16, TOP + 20 + 18 * len(curves), "dashed: in proportion", "start", "#888888"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _decades(values: Iterable[float]) -> list[int]:
    logs = [math.log10(value) for value in values]
    return list(range(math.floor(min(logs)), math.ceil(max(logs)) + 1))


def _line(start: tuple[float, float], end: tuple[float, float], color: str, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"{dashes}/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", color: str = "#333333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{text}</text>'


def main() -> None:
    """Measure, print the table, and write the plot."""
    curves: list[tuple[str, str, list[Point]]] = []
    print(f"{'':12}{'layers':>9}{'nodes':>9}{'edges':>9}{'seconds':>10}{'us per node and edge':>22}")
    for name, text, sizes, color in NETWORKS:
        points: list[Point] = []
        for layers in sizes:
            point = measure(text, layers)
            points.append(point)
            each = 1e6 * point.seconds / point.items
            print(
                f"{name:12}{point.layers:>9,}{point.nodes:>9,}{point.edges:>9,}{point.seconds:>10.3f}{each:>22.1f}",
                flush=True,
            )
        curves.append((name, color, points))
    PLOT.write_text(plot(curves), encoding="utf-8")
    print(f"wrote {PLOT.name}")


if __name__ == "__main__":
    main()
