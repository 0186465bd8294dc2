"""Weights from files: every tensor is compared with the network before any is read, and none is read alone."""

from __future__ import annotations

import stat
import warnings
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from archspec.diagnostics.catalog.backend import WeightsDoNotFit, WeightsNotFinite, WeightsNotReadable
from archspec.diagnostics.catalog.usage import CannotRead
from archspec.diagnostics.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from archspec.backends.onnx.program import Array
    from archspec.ir.graph import Graph
    from archspec.ir.tensor import Shape

    Described = tuple[Shape, str]

# Of old checkpoints: PyTorch's own load_state_dict puts in a zero where this counter is missing.
_COUNTER = "num_batches_tracked"
_COUNTER_START = np.zeros((), np.int64)

_SAFETENSORS_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "U8": "uint8",
    "BOOL": "bool",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """The tensors of an open file: their shapes and dtypes, and how to read one."""

    described: Mapping[str, Described]
    read: Callable[[str], Array]


def load_weights(path: Path, graph: Graph) -> dict[str, Array]:
    """Return the weights of a network, in the order of its `state_dict`.

    Args:
        path: a `.safetensors`, `.pth`, `.pt`, `.ckpt` or `.npz` file. Nothing in it is executed.
        graph: the network that they must fit.

    Raises:
        ProblemError: the file cannot be read, is damaged, or does not fit; or a weight is not finite.
    """
    _require_regular(path)
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        kinds = ", ".join(_OPENERS)
        raise ProblemError(WeightsNotReadable(file=str(path), reason=f"its name ends in none of {kinds}"))
    with _wrapped(path), opener(path) as stored:
        require_fit(graph, stored.described, str(path))
        weights = {name: stored.read(name) if name in stored.described else _COUNTER_START for name in described(graph)}
    require_finite(weights, str(path))
    return weights


def described(graph: Graph) -> dict[str, Described]:
    """Return the shape and the dtype of each tensor of the network's `state_dict`, in its order."""
    return {
        node.key_of(spec.name): (spec.shape, spec.dtype) for node in graph.nodes.values() for spec in node.parameters()
    }


def require_fit(graph: Graph, found: Mapping[str, Described], source: str) -> None:
    """Compare names, shapes and dtypes with those of the network.

    Raises:
        ProblemError: they differ; it lists all differences. `source` says whose tensors they are.
    """
    wanted = described(graph)
    missing = tuple(name for name in wanted if name not in found and name.rpartition(".")[2] != _COUNTER)
    unexpected = tuple(name for name in found if name not in wanted)
    different = tuple(
        (name, _show(found[name]), _show(tensor))
        for name, tensor in wanted.items()
        if name in found and (tuple(found[name][0]), found[name][1]) != tensor
    )
    if missing or unexpected or different:
        raise ProblemError(WeightsDoNotFit(source=source, missing=missing, unexpected=unexpected, different=different))


def require_finite(weights: Mapping[str, Array], source: str) -> None:
    """Look for NaN and infinity.

    Raises:
        ProblemError: there are some.
    """
    names = tuple(
        name
        for name, array in weights.items()
        if np.issubdtype(array.dtype, np.inexact) and not np.isfinite(cast("Any", array)).all()
    )
    if names:
        raise ProblemError(WeightsNotFinite(source=source, names=names))


def _show(tensor: Described) -> str:
    shape, dtype = tensor
    return f"{'x'.join(str(size) for size in shape) or 'a scalar'} {dtype}"


def _require_regular(path: Path) -> None:
    """Refuse what is no file before opening it: a FIFO would wait for ever."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ProblemError(CannotRead(file=str(path), reason=reason)) from None
    if not stat.S_ISREG(mode):
        raise ProblemError(CannotRead(file=str(path), reason="not a regular file"))


@contextmanager
def _wrapped(path: Path) -> Generator[None]:
    """Turn whatever a damaged file makes the libraries raise into a problem.

    That is pickle.UnpicklingError, RuntimeError, EOFError, KeyError, UnicodeDecodeError, BadZipFile, SafetensorError,
    and more: they have no base class in common but Exception.
    """
    try:
        yield
    except ProblemError:
        raise
    except PermissionError as error:
        raise ProblemError(CannotRead(file=str(path), reason=error.strerror or str(error))) from None
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ProblemError(WeightsNotReadable(file=str(path), reason=reason)) from error


# ------------------------------------------------------------------------------------------------- safetensors


@contextmanager
def _open_safetensors(path: Path) -> Generator[Stored]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
        yield Stored(
            {name: (tuple(part.get_shape()), _dtype(part.get_dtype())) for name, part in slices.items()},
            file.get_tensor,
        )


def _dtype(name: str) -> str:
    return _SAFETENSORS_DTYPES.get(name, name)


# ------------------------------------------------------------------------------------------------- PyTorch


@contextmanager
def _open_torch(path: Path) -> Generator[Stored]:
    """Open what `torch.save` wrote. `weights_only` stands between us and any code in it."""
    import pickle

    import torch

    _refuse_bomb(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own, on the storages of old files
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # torch's own message advises to load it without this protection.
        reason = "it is no checkpoint, or holds more than tensors and plain data, which was not run"
        raise ProblemError(WeightsNotReadable(file=str(path), reason=reason)) from error
    tensors = _state_dict(path, content)
    yield Stored(
        {name: (tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")) for name, tensor in tensors.items()},
        lambda name: tensors[name].detach().contiguous().numpy(),
    )


def _refuse_bomb(path: Path) -> None:
    """Refuse an archive that would unpack to more than it is: torch stores, it never compresses."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > path.stat().st_size:
        raise ProblemError(WeightsNotReadable(file=str(path), reason=f"it would unpack to {unpacked:,} bytes"))


def _state_dict(path: Path, content: object) -> dict[str, Any]:
    """Return the tensors of a checkpoint, which may stand under `state_dict` beside other things."""
    import torch

    found: Any = content
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        found = content["state_dict"]
    if not isinstance(found, dict):
        raise ProblemError(WeightsNotReadable(file=str(path), reason=f"it holds a {type(found).__name__}"))
    others = [str(name) for name, value in found.items() if not (isinstance(name, str) and torch.is_tensor(value))]
    if others:
        reason = f"beside tensors it holds {', '.join(others[:4])}; a state_dict alone, or one called state_dict, fits"
        raise ProblemError(WeightsNotReadable(file=str(path), reason=reason))
    return cast("dict[str, Any]", dict(found))


# ------------------------------------------------------------------------------------------------- NumPy


@contextmanager
def _open_numpy(path: Path) -> Generator[Stored]:
    """Open what `numpy.savez` wrote; the headers are read first, since members may be compressed a thousandfold."""
    with zipfile.ZipFile(path) as archive:
        names = {entry.removesuffix(".npy"): entry for entry in archive.namelist()}
        yield Stored(
            {name: _header(archive, entry) for name, entry in names.items()},
            lambda name: _member(archive, names[name]),
        )


def _header(archive: zipfile.ZipFile, entry: str) -> Described:
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    return (shape, dtype.name)


def _member(archive: zipfile.ZipFile, entry: str) -> Array:
    with archive.open(entry) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


_OPENERS = {
    ".safetensors": _open_safetensors,
    ".pth": _open_torch,
    ".pt": _open_torch,
    ".ckpt": _open_torch,
    ".npz": _open_numpy,
}
