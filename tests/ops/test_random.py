"""Random parameters of the ops with windows, in one to three dimensions: PyTorch, ONNX and the op's rules agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archspec.diagnostics.problem import ProblemError
from archspec.ir.tensor import TensorType
from archspec.ops.convolution import Conv
from archspec.ops.convolution_transposed import ConvTranspose
from archspec.ops.pool import AvgPool, MaxPool
from archspec.ops.pool_adaptive import AdaptiveAvgPool, AdaptiveMaxPool
from archspec.ops.resize import Upsample
from tests.ops.test_onnx import check
from tests.ops.torch_reference import random_inputs, reference

if TYPE_CHECKING:
    from archspec.ir.op import Op

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

checked = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def maps(draw: st.DrawFn, channels: int = 4) -> TensorType:
    rank = draw(st.integers(1, 3))
    return TensorType((channels, *draw(st.lists(st.integers(1, 9), min_size=rank, max_size=rank))))


def each_axis(tensor: TensorType, least: int, most: int) -> st.SearchStrategy[Any]:
    axes = len(tensor.spatial)
    numbers = st.integers(least, most)
    return numbers | st.lists(numbers, min_size=axes, max_size=axes)


def pads(tensor: TensorType, *words: str) -> st.SearchStrategy[Any]:
    axes = len(tensor.spatial)
    pair = st.lists(st.integers(0, 3), min_size=2, max_size=2)
    return each_axis(tensor, 0, 3) | st.sampled_from(words) | st.lists(pair, min_size=axes, max_size=axes)


def agree(op: Op, tensor: TensorType) -> None:
    """Check that the shape is PyTorch's, and that onnxruntime computes the same; or that PyTorch refuses as well."""
    try:
        (result,) = op.infer((tensor,))
    except ProblemError as fault:
        if isinstance(getattr(op, "padding", 0), list) or str(fault).startswith(("AS211", "AS212")):
            return  # too much padding would be done beforehand, without a limit; PyTorch gives some empty outputs
        with pytest.raises((RuntimeError, ValueError)):
            reference(op, (tensor,))(*random_inputs((tensor,)))
        return
    assert reference(op, (tensor,))(*random_inputs((tensor,))).shape == (2, *result.shape)
    check(op, (tensor,), (2,))


@checked
@given(st.data())
def test_conv(data: st.DataObject) -> None:
    tensor = data.draw(maps())
    params = {
        "out_channels": data.draw(st.sampled_from([2, 4])),
        "kernel_size": data.draw(each_axis(tensor, 1, 4)),
        "stride": data.draw(each_axis(tensor, 1, 3)),
        "padding": data.draw(pads(tensor, "same", "valid", "full")),
        "dilation": data.draw(each_axis(tensor, 1, 2)),
        "groups": data.draw(st.sampled_from([1, 2])),
        "bias": data.draw(st.booleans()),
    }
    agree(Conv.model_validate(params), tensor)


@checked
@given(st.data())
def test_conv_transpose(data: st.DataObject) -> None:
    tensor = data.draw(maps())
    params = {
        "out_channels": data.draw(st.sampled_from([2, 4])),
        "kernel_size": data.draw(each_axis(tensor, 1, 4)),
        "stride": data.draw(each_axis(tensor, 1, 3)),
        "padding": data.draw(each_axis(tensor, 0, 3)),
        "output_padding": data.draw(each_axis(tensor, 0, 2)),
        "dilation": data.draw(each_axis(tensor, 1, 3)),
        "groups": data.draw(st.sampled_from([1, 2])),
        "bias": data.draw(st.booleans()),
    }
    agree(ConvTranspose.model_validate(params), tensor)


@checked
@given(st.data())
def test_max_pool(data: st.DataObject) -> None:
    tensor = data.draw(maps())
    params = {
        "kernel_size": data.draw(each_axis(tensor, 1, 4)),
        "stride": data.draw(st.none() | each_axis(tensor, 1, 4)),
        "padding": data.draw(pads(tensor, "same", "valid")),
        "dilation": data.draw(each_axis(tensor, 1, 2)),
        "ceil_mode": data.draw(st.booleans()),
    }
    agree(MaxPool.model_validate(params), tensor)


@checked
@given(st.data())
def test_avg_pool(data: st.DataObject) -> None:
    tensor = data.draw(maps())
    params = {
        "kernel_size": data.draw(each_axis(tensor, 1, 4)),
        "stride": data.draw(st.none() | each_axis(tensor, 1, 4)),
        "padding": data.draw(pads(tensor, "same", "valid")),
        "ceil_mode": data.draw(st.booleans()),
        "count_include_pad": data.draw(st.booleans()),
    }
    agree(AvgPool.model_validate(params), tensor)


@checked
@pytest.mark.parametrize("kind", [AdaptiveAvgPool, AdaptiveMaxPool])
@given(st.data())
def test_adaptive_pools(kind: type[Op], data: st.DataObject) -> None:
    tensor = data.draw(maps())
    agree(kind.model_validate({"output_size": data.draw(each_axis(tensor, 1, 5))}), tensor)


@checked
@given(st.data())
def test_upsample(data: st.DataObject) -> None:
    tensor = data.draw(maps())
    factors = st.sampled_from([0.5, 0.7, 1, 1.3, 1.5, 2, 2.3, 3, 7])
    params: dict[str, Any] = (
        {"size": data.draw(each_axis(tensor, 1, 20))}
        if data.draw(st.booleans())
        else {"scale_factor": data.draw(factors)}
    )
    smooth = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[len(tensor.spatial)]
    params["mode"] = data.draw(st.sampled_from(["nearest", *smooth]))
    if params["mode"] != "nearest":
        params["align_corners"] = data.draw(st.booleans())
    agree(Upsample.model_validate(params), tensor)


def test_nearest_takes_the_elements_that_pytorch_takes() -> None:
    for size, target in ((14, 2), (26, 4), (21, 39), (35, 10)):
        tensor = TensorType((1, size))
        op = Upsample.model_validate({"size": target})
        check(op, (tensor,))
