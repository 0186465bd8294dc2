"""Values that pydantic refuses before an op sees any input."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from archspec.ops.catalog import BY_NAME

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("conv", {"kernel_size": 3}),
    ("conv", {"out_channels": 0, "kernel_size": 3}),
    ("conv", {"out_channels": 4, "kernel_size": 2.5}),
    ("conv", {"out_channels": 4, "kernel_size": True}),
    ("conv", {"out_channels": 4, "kernel_size": "3"}),
    ("conv", {"out_channels": 4, "kernel_size": 3, "padding": -1}),
    ("conv", {"out_channels": 4, "kernel_size": 3, "padding": [[1], [1]]}),
    ("conv", {"out_channels": 4, "kernel_size": 3, "padding": [[1, 1, 1], [1, 1]]}),
    ("conv", {"out_channels": 4, "kernel_size": 3, "kernel": 3}),
    ("conv_transpose", {"out_channels": 4, "kernel_size": 3, "padding": "same", "output_padding": 1}),
    ("batch_norm", {"eps": -1e-5}),
    ("batch_norm", {"momentum": 2}),
    ("max_pool", {"kernel_size": 2, "padding": "full"}),
    ("dropout", {"p": 1.5}),
    ("celu", {"alpha": 0}),
    ("hardtanh", {"min_val": 1, "max_val": 1}),
    ("softplus", {"beta": 0}),
    ("gelu", {"approximate": "fast"}),
    ("reshape", {"shape": []}),
    ("reshape", {"shape": [-1, -1]}),
    ("reshape", {"shape": [0, 3]}),
    ("split", {"split_size": []}),
    ("upsample", {}),
    ("upsample", {"size": 3, "scale_factor": 2}),
    ("upsample", {"scale_factor": 2, "align_corners": True}),
    ("upsample", {"scale_factor": float("nan"), "mode": "bilinear"}),
    ("layer_norm", {"axes": 2, "channels_first": True}),
    ("resize_like", {"align_corners": True}),
    ("embedding", {"num_embeddings": 3, "embedding_dim": 2, "padding_idx": 3}),
    ("rrelu", {"lower": 0.5, "upper": 0.25}),
    ("multi_head_attention", {"num_heads": 0}),
    ("pad", {"padding": -1, "mode": "reflect"}),
    ("pad", {"padding": 1, "mode": "reflect", "value": 1}),
    ("pad", {"padding": [[1]]}),
    ("slice", {"step": 0}),
]


@pytest.mark.parametrize(("name", "params"), REFUSED, ids=str)
def test_values_out_of_range_are_refused(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BY_NAME[name].model_validate(params)


def test_whole_floats_are_integers() -> None:
    assert BY_NAME["linear"].model_validate({"out_features": 5.0}).model_dump()["out_features"] == 5
