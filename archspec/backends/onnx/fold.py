"""Batch norms become part of the convolution (or `linear`) before them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from archspec.backends.onnx.program import Array, Program, Step

_LINEAR = frozenset({"Conv", "ConvTranspose", "Gemm"})

_DEFAULT_EPSILON = 1e-5  # of ONNX's BatchNormalization


def fold_batch_norms(program: Program) -> Program:
    """Fold each batch norm that alone reads a convolution or a `linear` into the weights and the bias of that one.

    The arithmetic is done in float64 and rounded once. The convolution keeps its name; its result takes the batch
    norm's.
    """
    steps: list[Step | None] = list(program.steps)
    tensors = dict(program.tensors)
    producers, uses = program.producers(), program.uses()
    for position, step in enumerate(program.steps):
        source = producers.get(step.inputs[0]) if step.inputs else None
        linear = None if source is None else steps[source]
        if source is None or linear is None or not _foldable(linear, step, tensors):
            continue
        if any(uses[name] > 1 for name in (*linear.outputs, *linear.inputs[1:])):
            continue
        folded, changed = _fold(linear, step, tensors)
        steps[source], steps[position] = folded, None
        producers[step.outputs[0]] = source
        tensors |= changed
    kept = tuple(step for step in steps if step is not None)
    return replace(program, steps=kept, tensors=tensors).without_unread()


def _foldable(linear: Step, norm: Step, tensors: Mapping[str, Array]) -> bool:
    return (
        linear.op_type in _LINEAR
        and norm.op_type == "BatchNormalization"
        and all(name in tensors for name in (*linear.inputs[1:], *norm.inputs[1:]))
        and linear.attributes.get("alpha", 1) == linear.attributes.get("beta", 1) == 1
    )


def _fold(linear: Step, norm: Step, tensors: Mapping[str, Array]) -> tuple[Step, dict[str, Array]]:
    """Return `linear` with the norm in it, and its new weight and bias."""
    gamma, beta, mean, variance = (tensors[name].astype(np.float64) for name in norm.inputs[1:])
    factor = gamma / np.sqrt(variance + norm.attributes.get("epsilon", _DEFAULT_EPSILON))
    weight = tensors[linear.inputs[1]]
    has_bias = len(linear.inputs) > 2  # noqa: PLR2004  (data, weight, bias)
    bias = tensors[linear.inputs[2]].astype(np.float64) if has_bias else 0.0
    bias_name = linear.inputs[2] if has_bias else f"{linear.name}.bias"
    changed: dict[str, Array] = {
        linear.inputs[1]: (weight * _along_outputs(linear, weight, factor)).astype(weight.dtype),
        bias_name: ((bias - mean) * factor + beta).astype(weight.dtype),
    }
    return replace(linear, inputs=(*linear.inputs[:2], bias_name), outputs=norm.outputs), changed


def _along_outputs(linear: Step, weight: Array, factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one factor per output channel in a shape that multiplies the weight."""
    if linear.op_type == "ConvTranspose":
        # in x out / groups x kernel: the channels of one group stand along the second axis, its inputs along the first.
        groups = int(linear.attributes.get("group", 1))
        rows = np.repeat(factor.reshape(groups, -1), weight.shape[0] // groups, axis=0)
        return rows.reshape(*weight.shape[:2], *(1,) * (weight.ndim - 2))
    if linear.op_type == "Gemm" and not linear.attributes.get("transB", 0):
        return factor
    return factor.reshape(-1, *(1,) * (weight.ndim - 1))
