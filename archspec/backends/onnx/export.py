"""A trained module becomes an ONNX file, which is there only if it is right."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.backends.onnx.build import build, to_bytes, weights_size_bytes
from archspec.backends.onnx.reference import torch_reference
from archspec.backends.onnx.verify import verify
from archspec.backends.onnx.weights import require_finite, require_fit
from archspec.source.atomic import WriteError, claim, write_files

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    import onnx_ir
    from torch import nn

    from archspec.backends.onnx.program import Array
    from archspec.backends.onnx.verify import Verification
    from archspec.ir.graph import Graph

# A protobuf message ends at 2 GiB. What is not weights (nodes, metadata) has the rest.
LARGEST_INLINE_BYTES = 2**31 - 2**26

_STAGING_PREFIX = ".archspec-export-"


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written, and how well it agrees with PyTorch.

    Attributes:
        path: the ONNX file.
        nodes: how many ONNX nodes it has.
        size_bytes: its size, that of the data file of a large model included.
        largest_difference: the largest difference of the worst output from PyTorch's.
        scale: the largest value of that output.
        batches: the batch sizes that were compared.
    """

    path: Path
    nodes: int
    size_bytes: int
    largest_difference: float
    scale: float
    batches: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProvenModel:
    """The content of an ONNX file that has been verified."""

    data: bytes
    nodes: int
    verification: Verification


def export(
    graph: Graph,
    module: nn.Module,
    path: Path,
    *,
    metadata: Mapping[str, str],
    fold: bool = True,
    batches: Sequence[int] = (1, 3),
) -> ExportReport:
    """Write a module as an ONNX file, once it is proven to compute the same.

    A model of more than 2 GB keeps its weights beside it, in `path.data`. The old file stays if anything fails.

    Raises:
        ProblemError: the module is not that of the graph, has weights that are not finite, or the model is not right.
        FolderBusyError: another process writes into the folder.
        OSError: the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    with claim(target.parent):
        model = _model(graph, module, metadata, fold=fold)
        if weights_size_bytes(model) > LARGEST_INLINE_BYTES:
            size, proof = _write_large(model, target, graph, module, batches)
        else:
            data = to_bytes(model)
            size, proof = len(data), verify(data, graph, torch_reference(module, graph), batches=batches)
            write_files({target: data})
    nodes = model.graph.num_nodes()
    return ExportReport(path, nodes, size, proof.largest_difference, proof.scale, tuple(batches))


def prove(
    graph: Graph,
    module: nn.Module,
    *,
    metadata: Mapping[str, str],
    fold: bool = True,
    batches: Sequence[int] = (1, 3),
) -> ProvenModel:
    """Return the content of the file that `export` would write, for a caller that writes several files at once.

    Raises:
        ProblemError: as `export`.
        ValueError: the model is larger than 2 GB, so that it has no content without a file beside it.
    """
    model = _model(graph, module, metadata, fold=fold)
    if weights_size_bytes(model) > LARGEST_INLINE_BYTES:
        raise ValueError("a model of more than 2 GB has to be exported into a file")
    data = to_bytes(model)
    proof = verify(data, graph, torch_reference(module, graph), batches=batches)
    return ProvenModel(data, model.graph.num_nodes(), proof)


def _model(graph: Graph, module: nn.Module, metadata: Mapping[str, str], *, fold: bool) -> onnx_ir.Model:
    weights = state_arrays(graph, module)
    require_finite(weights, "the module")
    return build(graph, weights, metadata=metadata, fold=fold)


def state_arrays(graph: Graph, module: nn.Module) -> dict[str, Array]:
    """Return the module's `state_dict` as arrays, which share its memory on a CPU.

    Raises:
        ProblemError: names, shapes or dtypes are not those of the graph.
    """
    state = module.state_dict()
    described = {name: (tuple(item.shape), str(item.dtype).removeprefix("torch.")) for name, item in state.items()}
    require_fit(graph, described, "the module")
    return {name: tensor.detach().cpu().numpy() for name, tensor in state.items()}


def _write_large(
    model: onnx_ir.Model, target: Path, graph: Graph, module: nn.Module, batches: Sequence[int]
) -> tuple[int, Verification]:
    """Write a model and its data, and prove what was written before it takes the place of the old files.

    The data file comes into place first. Only a process that is killed between the two renames leaves a model with
    the data of another.
    """
    import onnx_ir

    with _staging(target) as folder:
        staged, data = folder / target.name, folder / f"{target.name}.data"
        onnx_ir.save(model, staged, external_data=data.name)
        proof = verify(staged, graph, torch_reference(module, graph), batches=batches)
        size = staged.stat().st_size + data.stat().st_size
        for file in (data, staged):
            _flush(file)
            file.replace(target.parent / file.name)
        return size, proof


@contextmanager
def _staging(target: Path) -> Generator[Path]:
    """Give a folder beside the target; those of killed processes go, since the caller has claimed the parent."""
    for stale in target.parent.glob(f"{_STAGING_PREFIX}*"):
        shutil.rmtree(stale, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(prefix=_STAGING_PREFIX, dir=target.parent) as staging:
            yield Path(staging)
    except OSError as error:  # the user knows the target, not what is staged
        raise WriteError(error, target) from error


def _flush(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
