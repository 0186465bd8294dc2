"""Texts with a mark for the cursor."""

from __future__ import annotations

from pathlib import Path

from archspec.lsp.compilation import Compilation, compiled

SPECS = Path(__file__).parents[2] / "specs"
CURSOR = "‸"

HEAD = "archspec: 1\nname: net\nparams: {classes: 10}\ninputs: {image: [3, 32, 32]}\n"

SPEC = f"""{HEAD}
blocks:
  unit:
    description: A convolution and what follows.
    params: {{channels: int, stride: 1, act: {{type: op, default: relu, choices: [relu, silu]}}}}
    let: {{wide: channels * 2}}
    graph:
      conv: {{op: conv, out_channels: wide, kernel_size: 3, stride: stride, padding: 1}}
      act: $act
      skip:
        from: input
        when: stride == 1
        graph:
          - {{op: conv, out_channels: channels * 2, kernel_size: 1}}
          - batch_norm
graph:
  stem: {{op: conv, out_channels: 16, kernel_size: 3}}
  unit1: {{op: unit, channels: stem.channels, repeat: 2}}
  unit2: {{op: unit, channels: 32, stride: 2}}
  add: {{op: add, from: [unit2, unit2]}}
  pool: global_avg_pool
  flatten: flatten
  fc: {{op: linear, out_features: classes}}
variants:
  small: {{classes: 2}}
"""


def split(text: str) -> tuple[str, int]:
    """Return a text without its cursor, and where that stood."""
    return text.replace(CURSOR, ""), text.index(CURSOR)


def at(words: str, text: str = SPEC, occurrence: int = 1) -> int:
    """Return where words with a cursor in them stand in a text."""
    plain, inside = split(words)
    place = -1
    for _ in range(occurrence):
        place = text.index(plain, place + 1)
    return place + inside


def compile_here(text: str, place: Path | None = None, texts: dict[Path, str] | None = None) -> Compilation:
    return compiled(text, place, texts or {})
