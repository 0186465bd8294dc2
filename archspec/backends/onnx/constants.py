"""What an op computes from its weights alone is computed here, once.

A matrix that is stored transposed is then a plain weight: quantizers look for those, and nothing is left to do when
the model is loaded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.backends.onnx.program import Array, Program, Step

# Beyond this, what `Expand` repeats is left to be repeated when the model runs.
_LARGEST_EXPANSION = 1 << 16


def fold_constants(program: Program) -> Program:
    """Replace the steps that only read weights and constants by what they give, under the name of their result."""
    tensors = dict(program.tensors)
    steps: list[Step] = []
    for step in program.steps:
        result = _compute(step, tensors) if set(step.outputs).isdisjoint(program.outputs) else None
        if result is None:
            steps.append(step)
        else:
            tensors[step.outputs[0]] = result
    return replace(program, steps=tuple(steps), tensors=tensors).without_unread()


def _compute(step: Step, tensors: dict[str, Array]) -> Array | None:
    compute = _COMPUTED.get(step.op_type)
    if compute is None or not all(name in tensors for name in step.inputs):
        return None
    return compute(step, *(tensors[name] for name in step.inputs))


def _expand(_step: Step, array: Array, shape: Array) -> Array | None:
    sizes = np.broadcast_shapes(array.shape, tuple(shape.tolist()))
    return np.broadcast_to(array, sizes) if np.prod(sizes) <= _LARGEST_EXPANSION else None


def _transpose(step: Step, array: Array) -> Array:
    return np.transpose(array, step.attributes.get("perm"))


def _unsqueeze(_step: Step, array: Array, axes: Array) -> Array:
    return np.expand_dims(array, tuple(axes.tolist()))


_COMPUTED: dict[str, Callable[..., Array | None]] = {
    "Expand": _expand,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
