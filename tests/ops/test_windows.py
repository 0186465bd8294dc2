"""The windows of an op against the truth: which outputs change when one coordinate of the input does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from archspec.ir.window import Blocks, Nothing, Resample, TransposedWindow, Whole, Window
from tests.ops.table import Case, each_valid
from tests.ops.torch_reference import as_tuple, reference

if TYPE_CHECKING:
    from archspec.ir.window import AxisMap

# Ops whose windows say "the whole axis" though they read less: what they read follows no window.
COARSE = {
    *("adaptive_avg_pool", "adaptive_max_pool", "reshape", "flatten", "permute", "mean"),
    *("embedding", "scaled_dot_product_attention", "index_select"),
    *("relative_attention", "window_partition", "window_reverse"),
}


@each_valid
def test_there_is_a_window_for_each_spatial_axis_of_the_result(case: Case) -> None:
    for index in range(len(case.inputs)):
        assert len(case.op.windows(case.inputs, index)) == len(case.op.infer(case.inputs)[0].spatial)


@each_valid
def test_windows_tell_what_is_read(case: Case) -> None:
    for index, tensor in enumerate(case.inputs):
        windows = case.op.windows(case.inputs, index)
        fills = getattr(case.op, "padding_mode", getattr(case.op, "mode", "constant"))
        for axis, window in enumerate(windows):
            if isinstance(window, Whole) and case.op.op in COARSE:
                continue
            read = _observed(case, index, axis)
            _compare(window, read, tensor.spatial[axis], borders_read=fills in ("reflect", "replicate", "circular"))


@each_valid
def test_the_first_axis_reads_what_is_said_of_it(case: Case) -> None:
    for index, tensor in enumerate(case.inputs):
        window = case.op.first_axis(case.inputs, index)
        if isinstance(window, Window | Blocks) and tensor.dtype == "float32":
            _compare(window, _observed(case, index, -1), tensor.shape[0], borders_read=False)


def _observed(case: Case, index: int, axis: int) -> list[set[int]]:
    """Return, for each position of the result on an axis, the positions of the input that it depends on."""
    module = reference(case.op, case.inputs).double()
    generator = torch.Generator().manual_seed(2)
    inputs = [0.1 + torch.rand(1, *tensor.shape, generator=generator, dtype=torch.float64) for tensor in case.inputs]
    inputs = [
        tensor if "float" in given.dtype else torch.zeros_like(tensor, dtype=torch.int64)
        for tensor, given in zip(inputs, case.inputs, strict=True)
    ]
    usual = as_tuple(module(*inputs))[0]
    place = axis + 2
    read: list[set[int]] = [set() for _ in range(usual.shape[place])]
    for position in range(inputs[index].shape[place]):
        changed = [tensor.clone() for tensor in inputs]
        part = changed[index].select(place, position)
        part += 1 if part.dtype == torch.int64 else 50 + 50 * torch.rand(part.shape, generator=generator).double()
        difference = (as_tuple(module(*changed))[0] - usual).abs()
        others = [other for other in range(difference.dim()) if other != place]
        for output, most in enumerate(difference.amax(dim=others).tolist()):
            if most > 1e-9:
                read[output].add(position)
    return read


def _compare(window: AxisMap, read: list[set[int]], size: int, *, borders_read: bool) -> None:
    for output, found in enumerate(read):
        expected = _expected(window, output, size)
        inside = {position for position in expected if 0 <= position < size}
        if isinstance(window, Resample):
            clamped = {min(size - 1, max(0, position)) for position in expected}
            assert found
            assert found <= clamped
        elif (borders_read or isinstance(window, Blocks)) and inside != expected:
            # Shifted blocks are rolled around the border, where a mask of -100 only nearly hides what is not adjacent.
            assert inside <= found
        else:
            assert found == inside


def _expected(window: AxisMap, output: int, size: int) -> set[int]:
    match window:
        case Window():
            first = output * window.stride - window.low
            return {first + tap * window.dilation for tap in range(window.kernel)}
        case TransposedWindow():
            writes: dict[int, set[int]] = {
                unit: {unit * window.stride - window.low + tap * window.dilation for tap in range(window.kernel)}
                for unit in range(size)
            }
            return {unit for unit, outputs in writes.items() if output in outputs}
        case Resample():
            return _interpolated(window, output)
        case Blocks():
            first = (output - window.shift) // window.size * window.size + window.shift
            return set(range(first, first + window.size))
        case Nothing():
            return set()
        case Whole():
            return set(range(size))


def _interpolated(window: Resample, output: int) -> set[int]:
    if not window.reach:
        return {math.floor(output * window.source / window.target)}
    if window.align_corners:
        place: Any = output * (window.source - 1) / max(1, window.target - 1)
    else:
        place = (output + 0.5) * window.source / window.target - 0.5
    # Rounding may put a position that is a whole number on either side of it.
    return set(range(math.floor(place - 1e-9) - window.reach + 1, math.floor(place + 1e-9) + window.reach + 1))
