"""Prediction of classes with an ONNX model, through onnxruntime, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archspec.diagnostics.catalog.runtime import ExampleDoesNotFitModel
from archspec.diagnostics.problem import ProblemError
from archspec.runtime.examples import read_array, read_image
from archspec.runtime.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

# How many arrays go through the model at once, where its batch is free.
_BATCH_SIZE = 64
# How far from one a row of probabilities may sum up to, in 16-bit floats too.
_SUM_TOLERANCE = 2e-3


@dataclass(frozen=True)
class Candidate:
    """A class, its name (its number, if the model has no labels) and its probability."""

    index: int
    label: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The most probable classes of one example, the best first.

    Attributes:
        path: the file, as it was given.
        index: the example's place in the file, for a file that holds a batch.
        candidates: as many as were asked for.
    """

    path: str
    index: int | None
    candidates: tuple[Candidate, ...]


def predict(model: Path, inputs: list[Path], top: int = 5) -> list[Prediction]:
    """Predict the classes of images and arrays.

    Images are brought to the model's channels and size, and normalised as the model's metadata says; without metadata
    their pixels are scaled to 0..1. Float arrays in .npy files, (C, H, W) or (N, C, H, W), are taken as they are.

    Args:
        model: an ONNX file.
        inputs: image or .npy files.
        top: how many classes to return for each example.

    Raises:
        ProblemError: the model is missing, damaged or no classifier, or files are missing, damaged or do not fit it.
            All the files' problems are reported together, and nothing is predicted.
    """
    loaded = Model.load(model)
    examples = _read_all(loaded, inputs)
    return [prediction for path, array in examples for prediction in _predict_file(loaded, path, array, top)]


def _read_all(model: Model, inputs: list[Path]) -> list[tuple[Path, NDArray[np.float32]]]:
    """Read every file before the first prediction: a typing mistake should not cost the others' time."""
    examples: list[tuple[Path, NDArray[np.float32]]] = []
    errors: list[ProblemError] = []
    for path in inputs:
        try:
            examples.append((path, _read(model, path)))
        except ProblemError as error:
            errors.append(error)
    if errors:
        raise ProblemError(*[problem for error in errors for problem in error.problems])
    return examples


def _read(model: Model, path: Path) -> NDArray[np.float32]:
    """Read a file as an array that fits the model: one example, or a batch of them."""
    if path.suffix.lower() != ".npy":
        return read_image(path, model.image_channels(), model.image_size(), model.preprocess)
    array = read_array(path)
    if model.takes(array.shape) or (array.ndim == len(model.shape) + 1 and model.takes(array.shape[1:])):
        return array
    raise ProblemError(ExampleDoesNotFitModel(path=str(path), shape=array.shape, wanted=model.describe_shape()))


def _predict_file(model: Model, path: Path, array: NDArray[np.float32], top: int) -> Iterator[Prediction]:
    is_batch = array.ndim == len(model.shape) + 1
    batch = array if is_batch else array[None]
    for number, row in enumerate(_probabilities(model, batch)):
        yield Prediction(str(path), number if is_batch else None, _best(model, row, top))


def _probabilities(model: Model, batch: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    size = _BATCH_SIZE if model.batch_size is None else model.batch_size
    for start in range(0, len(batch), size):
        part = batch[start : start + size]
        missing = 0 if model.batch_size is None else size - len(part)
        # A model with a fixed batch gets the last example again, as often as it takes to fill it.
        filled = np.concatenate([part, np.repeat(part[-1:], missing, axis=0)]) if missing else part
        yield from _normalise(model, model.run(filled))[: len(part)]


def _normalise(model: Model, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the outputs as probabilities: as they are if they are some, else their softmax."""
    rows = outputs.astype(np.float64)
    sum_to_one = bool((rows >= 0).all() and np.allclose(rows.sum(axis=1), 1, atol=_SUM_TOLERANCE))
    stated = model.preprocess.probabilities
    if sum_to_one if stated is None else stated:
        return rows
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _best(model: Model, row: NDArray[np.float64], top: int) -> tuple[Candidate, ...]:
    # A stable sort, so that equal probabilities come in the order of the classes.
    order = np.argsort(-row, kind="stable")[:top]
    return tuple(Candidate(int(index), model.label(int(index)), float(row[index])) for index in order)
