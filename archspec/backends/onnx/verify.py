"""Proof that an ONNX model computes what PyTorch computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from archspec.backends.onnx.lower import exported_nodes, exported_outputs
from archspec.diagnostics.catalog.backend import OnnxDiffers, OnnxNotFinite, OnnxRefused
from archspec.diagnostics.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import onnxruntime

    from archspec.backends.onnx.program import Array
    from archspec.backends.onnx.reference import Reference
    from archspec.ir.graph import Graph
    from archspec.ir.tensor import TensorType

TOLERANCE = 1e-4
"""The largest difference that is allowed, as a part of the output's largest value.

PyTorch's and onnxruntime's own rounding errors are some 3e-6 of it.
"""

_FATAL_ONLY = 4  # onnxruntime's log level; what fails comes as an exception, too


@dataclass(frozen=True, slots=True)
class Comparison:
    """One output for one batch: the largest difference from the reference, and the reference's largest value."""

    output: str
    batch: int
    difference: float
    scale: float

    @property
    def relative(self) -> float:
        """The difference as a part of the scale."""
        return self.difference / self.scale if self.scale else self.difference


@dataclass(frozen=True, slots=True)
class Verification:
    """That a model agrees with its reference, and how well."""

    comparisons: tuple[Comparison, ...]

    @property
    def worst(self) -> Comparison:
        """The comparison whose difference is the largest for its scale."""
        return max(self.comparisons, key=lambda found: found.relative)

    @property
    def largest_difference(self) -> float:
        """The largest absolute difference of the worst output."""
        return self.worst.difference

    @property
    def scale(self) -> float:
        """The largest absolute value of the worst output."""
        return self.worst.scale


def verify(
    model: Path | bytes, graph: Graph, reference: Reference, *, batches: Sequence[int] = (1, 3), seed: int = 0
) -> Verification:
    """Check a model, run it in onnxruntime with random inputs, and compare its outputs with the reference's.

    Args:
        model: the file, or its content.
        graph: the network that it was made of.
        reference: what computes the same outputs in another way, such as `torch_reference(module, graph)`.
        batches: the batch sizes to run with.
        seed: of the random inputs.

    Raises:
        ProblemError: the model is invalid, does not load, gives NaN or infinity, or differs by more than `TOLERANCE`.
    """
    _check(model, graph)
    session = _load(model)
    random = np.random.default_rng(seed)
    found: list[Comparison] = []
    for batch in batches:
        inputs = {name: _sample(tensor, batch, random) for name, tensor in graph.inputs.items()}
        outputs = _run(session, inputs)
        wanted = reference(inputs)
        names = [output.name for output in exported_outputs(graph)]
        found += [_compare(name, batch, output, wanted[name]) for name, output in zip(names, outputs, strict=True)]
    return Verification(tuple(found))


def _check(model: Path | bytes, graph: Graph) -> None:
    import onnx.checker

    subject = model if isinstance(model, bytes) else str(model)
    try:
        onnx.checker.check_model(subject, full_check=not _pools_with_ceil(graph))
    except Exception as error:  # ValidationError and InferenceError have no base in common
        raise ProblemError(OnnxRefused(by="onnx.checker", reason=_first_line(error))) from error


def _pools_with_ceil(graph: Graph) -> bool:
    """Tell whether the checker's shape inference may be wrong: it rejects ceil-mode pools that run as they should."""
    records = (record for node in exported_nodes(graph) for record in node.op.onnx(node.input_types))
    return any(record.attributes.get("ceil_mode") for record in records)


def _load(model: Path | bytes) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL_ONLY
    subject = model if isinstance(model, bytes) else str(model)
    try:
        return onnxruntime.InferenceSession(subject, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no base of their own
        raise ProblemError(OnnxRefused(by="onnxruntime", reason=_first_line(error))) from error


def _run(session: onnxruntime.InferenceSession, inputs: Mapping[str, Array]) -> list[Array]:
    try:
        return cast("list[Array]", session.run(None, dict(inputs)))
    except Exception as error:  # as above
        raise ProblemError(OnnxRefused(by="onnxruntime", reason=_first_line(error))) from error


def _sample(tensor: TensorType, batch: int, random: np.random.Generator) -> Array:
    """Return normally distributed numbers; zeros and ones where whole numbers are wanted, which are valid indices."""
    shape = (batch, *tensor.shape)
    dtype: np.dtype[Any] = np.dtype(tensor.dtype)
    if np.issubdtype(dtype, np.floating):
        return random.standard_normal(shape).astype(dtype)
    return random.integers(0, 2, shape).astype(dtype)


def _compare(name: str, batch: int, output: Array, wanted: Array) -> Comparison:
    if output.shape != wanted.shape:
        shapes = f"output {name} is {output.shape}, and {wanted.shape} in PyTorch"
        raise ProblemError(OnnxRefused(by="the comparison with PyTorch", reason=shapes))
    for runner, array in (("PyTorch", wanted), ("onnxruntime", output)):
        if not np.isfinite(cast("Any", array)).all():
            raise ProblemError(OnnxNotFinite(output=name, batch=batch, runner=runner))
    exact = wanted.astype(np.float64)
    difference = float(np.abs(output.astype(np.float64) - exact).max(initial=0.0))
    scale = float(np.abs(exact).max(initial=0.0))
    if difference > TOLERANCE * scale:
        fault = OnnxDiffers(output=name, batch=batch, difference=difference, scale=scale, tolerance=TOLERANCE)
        raise ProblemError(fault)
    return Comparison(name, batch, difference, scale)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
