"""What is written differently because onnxruntime would get it wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from archspec.backends.onnx.program import Program

_PAD_INPUTS = 4  # data, pads, value, axes


def guard_pads(program: Program) -> Program:
    """Name the axes of each `Pad` that a `MaxPool` reads.

    onnxruntime fuses such a pair (Pad_Fusion), which is wrong where the map is negative: the zeros of the padding
    become minus infinity. It leaves a `Pad` alone that has the optional input `axes`. Seen in 1.31.
    """
    producers = program.producers()
    pooled = {producers.get(step.inputs[0]) for step in program.steps if step.op_type == "MaxPool"}
    steps = list(program.steps)
    tensors = dict(program.tensors)
    for position in sorted(position for position in pooled if position is not None):
        step = steps[position]
        if step.op_type == "Pad" and len(step.inputs) < _PAD_INPUTS:
            data, pads, *value = step.inputs
            axes = f"{step.name}/axes"
            tensors[axes] = np.arange(program.tensors[pads].size // 2, dtype=np.int64)
            steps[position] = replace(step, inputs=(data, pads, *(value or [""]), axes))
    return replace(program, steps=tuple(steps), tensors=tensors)
