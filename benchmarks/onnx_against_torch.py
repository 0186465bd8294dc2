"""Writing ResNet-50 as ONNX: from the IR against `torch.onnx.export`, inside one process, without verification."""

from __future__ import annotations

import statistics
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch

import archspec
from archspec.backends.onnx.build import build, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = Path(__file__).parents[1] / "specs" / "resnet50.yaml"


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(runs: int = 3) -> None:
    """Print both times and their ratio."""
    arch = archspec.load(SPEC)
    model = arch.module().eval()
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    image = torch.randn(1, 3, 224, 224)
    batch = ({0: torch.export.Dim("batch")},)

    def ours() -> object:
        return to_bytes(build(arch.graph, weights, metadata=arch.metadata()))

    def theirs() -> object:
        return torch.onnx.export(model, (image,), dynamo=True, dynamic_shapes=batch, verbose=False)

    warnings.simplefilter("ignore")
    pairs = [(timed(ours), timed(theirs)) for _ in range(runs + 1)][1:]
    first, second = zip(*pairs, strict=True)
    ratios = [b / a for a, b in pairs]
    print(f"archspec {statistics.median(first):.2f} s, torch.onnx {statistics.median(second):.2f} s")
    print(f"ratio {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")


if __name__ == "__main__":
    main()
