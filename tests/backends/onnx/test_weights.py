from __future__ import annotations

import os
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import safetensors.numpy
import torch

from archspec.backends.onnx.weights import described, load_weights
from archspec.diagnostics.problem import ProblemError
from tests.backends.onnx.builder import random_weights, residual

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from archspec.diagnostics.problem import Problem

GRAPH = residual()

Arrays = dict[str, "NDArray[Any]"]


def tensors(arrays: Arrays) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.asarray(array)) for name, array in arrays.items()}


def save_safetensors(path: Path, arrays: Arrays) -> None:
    safetensors.numpy.save_file(arrays, path)


def save_torch(path: Path, arrays: Arrays) -> None:
    torch.save(tensors(arrays), path)


def save_legacy(path: Path, arrays: Arrays) -> None:
    torch.save(tensors(arrays), path, _use_new_zipfile_serialization=False)


def save_numpy(path: Path, arrays: Arrays) -> None:
    np.savez_compressed(path, **arrays)  # pyright: ignore[reportArgumentType]  # the names are the tensors' own


FORMATS: dict[str, tuple[str, Callable[[Path, Arrays], None]]] = {
    "safetensors": ("w.safetensors", save_safetensors),
    "torch": ("w.pth", save_torch),
    "old torch": ("w.pt", save_legacy),
    "numpy": ("w.npz", save_numpy),
}


@pytest.fixture(params=FORMATS)
def save(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Arrays], Path]:
    name, write = FORMATS[request.param]

    def run(arrays: Arrays) -> Path:
        write(tmp_path / name, arrays)
        return tmp_path / name

    return run


def refusal(path: Path) -> Problem:
    with pytest.raises(ProblemError) as error:
        load_weights(path, GRAPH)
    (problem,) = error.value.problems
    return problem


def test_all_tensors_come_back_in_the_order_of_the_network(save: Callable[[Arrays], Path]) -> None:
    weights = random_weights(GRAPH)
    found = load_weights(save(dict(reversed(weights.items()))), GRAPH)
    assert list(found) == list(described(GRAPH))
    assert all(
        np.array_equal(found[name], array) and found[name].dtype == array.dtype for name, array in weights.items()
    )


def test_missing_unknown_and_different_tensors_are_listed_together(save: Callable[[Arrays], Path]) -> None:
    weights = random_weights(GRAPH)
    weights["fc.wieght"] = weights.pop("fc.weight")
    weights["conv1.weight"] = weights["conv1.weight"][:, :1].copy()
    weights["fc.bias"] = weights["fc.bias"].astype(np.float64)
    problem = refusal(save(weights))
    assert problem.slug == "weights-do-not-fit"
    assert "1 tensor missing (fc.weight)" in problem.message()
    assert "1 unknown (fc.wieght)" in problem.message()
    assert "conv1.weight is 8x1x3x3 float32, not 8x3x3x3 float32" in problem.message()
    assert "fc.bias is 5 float64, not 5 float32" in problem.message()
    assert problem.help() == "is fc.wieght meant to be fc.weight?"


def test_a_wrapper_around_the_network_is_recognised(save: Callable[[Arrays], Path]) -> None:
    problem = refusal(save({f"module.{name}": array for name, array in random_weights(GRAPH).items()}))
    assert problem.help() == "the names begin with 'module.': save the state_dict of the network itself"


def test_counters_may_be_missing_as_in_old_checkpoints(save: Callable[[Arrays], Path]) -> None:
    weights = {name: array for name, array in random_weights(GRAPH).items() if "num_batches" not in name}
    found = load_weights(save(weights), GRAPH)
    assert list(found) == list(described(GRAPH))
    assert found["bn1.num_batches_tracked"] == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(save: Callable[[Arrays], Path], value: float) -> None:
    weights = random_weights(GRAPH)
    weights["fc.bias"][1] = value
    problem = refusal(save(weights))
    assert problem.slug == "weights-not-finite"
    assert "fc.bias" in problem.message()


def test_truncated_files(save: Callable[[Arrays], Path]) -> None:
    path = save(random_weights(GRAPH))
    content = path.read_bytes()
    for size in (0, 1, 7, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        assert refusal(path).slug == "weights-not-readable"


@pytest.mark.parametrize("name", [name for name, _ in FORMATS.values()])
@pytest.mark.parametrize("content", [b"archspec: 1\n", b"\x80\x02}q\x00.", b"\xff" * 1000, b"PK\x03\x04" + b"\0" * 60])
def test_files_of_another_kind(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal(path).slug in ("weights-not-readable", "weights-do-not-fit")


def test_a_state_dict_beside_other_things(tmp_path: Path) -> None:
    weights = random_weights(GRAPH)
    torch.save({"epoch": 3, "state_dict": tensors(weights)}, tmp_path / "w.ckpt")
    assert list(load_weights(tmp_path / "w.ckpt", GRAPH)) == list(weights)


def test_a_checkpoint_under_another_name_says_what_was_found(tmp_path: Path) -> None:
    torch.save({"epoch": 3, "model": tensors(random_weights(GRAPH))}, tmp_path / "w.pth")
    assert "epoch, model" in refusal(tmp_path / "w.pth").message()


class Poison:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.target),))


@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_pickle_is_not_run(tmp_path: Path, *, legacy: bool) -> None:
    target, path = tmp_path / "was_here", tmp_path / "w.pth"
    content = {**tensors(random_weights(GRAPH)), "extra": Poison(target)}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    problem = refusal(path)
    assert not target.exists()
    assert "not run" in problem.message()
    assert "weights_only" not in problem.message()


def test_code_in_a_plain_pickle_or_array_is_not_run(tmp_path: Path) -> None:
    target = tmp_path / "was_here"
    (tmp_path / "w.pth").write_bytes(pickle.dumps(Poison(target)))
    np.savez(tmp_path / "w.npz", **{"fc.weight": np.array([Poison(target)], dtype=object)})  # pyright: ignore[reportArgumentType]
    assert refusal(tmp_path / "w.pth").slug == "weights-not-readable"
    assert refusal(tmp_path / "w.npz").slug == "weights-do-not-fit"
    assert not target.exists()


def test_an_object_array_of_the_right_name_and_shape_is_not_read(tmp_path: Path) -> None:
    weights = random_weights(GRAPH)
    weights["fc.bias"] = weights["fc.bias"].astype(object)
    np.savez(tmp_path / "w.npz", **weights)  # pyright: ignore[reportArgumentType]
    assert refusal(tmp_path / "w.npz").slug == "weights-do-not-fit"


def test_tensors_that_pretend_to_be_large_are_not_filled(tmp_path: Path) -> None:
    weights = tensors(random_weights(GRAPH))
    weights["fc.weight"] = torch.zeros(1).expand(1 << 40)
    torch.save(weights, tmp_path / "w.pth")
    assert refusal(tmp_path / "w.pth").slug == "weights-do-not-fit"


def test_archives_that_unpack_to_more_than_they_are(tmp_path: Path) -> None:
    torch.save(tensors(random_weights(GRAPH)), tmp_path / "plain.pth")
    with (
        zipfile.ZipFile(tmp_path / "plain.pth") as plain,
        zipfile.ZipFile(tmp_path / "w.pth", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in plain.infolist():
            bomb.writestr(entry.filename, plain.read(entry))
        bomb.writestr("archive/data/999", b"\0" * 10_000_000)
    assert "unpack" in refusal(tmp_path / "w.pth").message()


def test_tensors_without_plain_content(tmp_path: Path) -> None:
    weights = tensors(random_weights(GRAPH))
    weights["fc.weight"] = torch.empty_like(weights["fc.weight"], device="meta")
    torch.save(weights, tmp_path / "w.pth")
    assert refusal(tmp_path / "w.pth").slug == "weights-not-readable"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.pth").slug == "cannot-read"
    (tmp_path / "folder.pth").mkdir()
    assert refusal(tmp_path / "folder.pth").slug == "cannot-read"
    os.mkfifo(tmp_path / "pipe.pth")
    assert refusal(tmp_path / "pipe.pth").slug == "cannot-read"
    (tmp_path / "weights.h5").write_bytes(b"")
    assert ".safetensors" in refusal(tmp_path / "weights.h5").message()
