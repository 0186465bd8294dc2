from __future__ import annotations

import pytest

from tests.passes.lints.linting import of

SLUG = "needless-bottleneck"


def _chain(*layers: str) -> str:
    return "\n".join(f"n{number}: {layer}" for number, layer in enumerate(layers))


def _conv(channels: int, kernel: int = 1) -> str:
    return f"{{op: conv, out_channels: {channels}, kernel_size: {kernel}}}"


def _linear(features: int) -> str:
    return f"{{op: linear, out_features: {features}}}"


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((_conv(64), "relu", _conv(8), "relu", _conv(64), "relu", _conv(5)), [(3, "n2")]),
        ((_conv(64), "relu", _conv(16), "batch_norm", "relu", _conv(64), "relu", _conv(5)), [(3, "n2")]),
        # Not 4 times narrower, or not widened again.
        ((_conv(64), "relu", _conv(32), "relu", _conv(64), "relu", _conv(5)), []),
        ((_conv(64), "relu", _conv(8), "relu", _conv(16), "relu", _conv(5)), []),
        # A linear bottleneck.
        ((_conv(64), "relu", _conv(8), "batch_norm", _conv(64), "relu", _conv(5)), []),
        # An embedding, whose width the classes have nothing to do with.
        ((_conv(64), "relu", "global_avg_pool", "flatten", _linear(8), "relu", _linear(100)), []),
        # The stem: three channels are all that there is.
        ((_conv(64), "relu", _conv(64), "relu", _conv(5)), []),
        # An autoencoder.
        ((_conv(64), "relu", _conv(8), "relu", _conv(64), "relu", _conv(3)), []),
    ],
)
def test_one_after_the_other(layers: tuple[str, ...], expected: list[tuple[int, str]]) -> None:
    assert of(SLUG, _chain(*layers)) == expected


@pytest.mark.parametrize(
    "past",
    ["sum: {op: add, from: [wide, expand]}", "sum: {op: concat, from: [relu, expand]}"],
)
def test_something_that_leads_past_it(past: str) -> None:
    graph = f"""
        wide: {_conv(64)}
        relu: relu
        narrow: {_conv(8)}
        act: relu
        expand: {_conv(64)}
        {past}
        last: {_conv(5)}
    """
    assert of(SLUG, graph) == []


def test_a_branch_is_no_bottleneck_and_a_module_of_two_branches_behind_one_is() -> None:
    graph = f"""
        wide: {_conv(64)}
        relu: relu
        squeeze: {_conv(8)}
        act: relu
        left: {_conv(32)}
        right: {{op: conv, from: act, out_channels: 32, kernel_size: 3, padding: 1}}
        fire: {{op: concat, from: [left, right]}}
        last: {_conv(5)}
    """
    assert of(SLUG, graph) == [(3, "squeeze")]
    assert of(SLUG, graph.replace("[left, right]", "[left, right, relu]")) == []


def test_parameters_do_not_lead_past_it() -> None:
    graph = f"""
        scale: {{op: parameter, shape: [64, 1, 1]}}
        wide: {{op: conv, from: input, out_channels: 64, kernel_size: 1}}
        narrow: {_conv(8)}
        act: relu
        expand: {_conv(64)}
        mul: {{op: mul, from: [expand, scale]}}
        last: {_conv(5)}
    """
    assert of(SLUG, graph) == [(3, "narrow")]
