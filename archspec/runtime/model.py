"""An ONNX classifier in onnxruntime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from archspec.diagnostics.catalog.runtime import ModelNotReadable, NotAClassifier
from archspec.diagnostics.catalog.usage import CannotRead
from archspec.diagnostics.problem import ProblemError
from archspec.runtime.preprocess import METADATA_KEY, Preprocess

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_FLOATS: dict[str, type[np.floating[Any]]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}
# An image has channels, height and width.
_IMAGE_RANK = 3
_ONLY_ERRORS_THAT_END_THE_PROCESS = 4


@dataclass(frozen=True)
class Model:
    """A loaded classifier.

    Attributes:
        path: where it came from.
        shape: of one example; None stands for any size.
        batch_size: None if it is free.
        preprocess: what its metadata says.
    """

    path: Path
    shape: tuple[int | None, ...]
    batch_size: int | None
    preprocess: Preprocess
    _session: onnxruntime.InferenceSession

    @classmethod
    def load(cls, path: Path) -> Model:
        """Load an ONNX file.

        Raises:
            ProblemError: it cannot be read, is damaged or no classifier.
        """
        session = _open(path)
        inputs = session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in _FLOATS:
            kinds = ", ".join(f"{value.name} {value.type}" for value in inputs) or "nothing"
            raise ProblemError(NotAClassifier(path=str(path), reason=f"it takes {kinds}, not one float tensor"))
        if not inputs[0].shape:
            raise ProblemError(NotAClassifier(path=str(path), reason="its input has no batch axis"))
        batch, *shape = [size if isinstance(size, int) and size > 0 else None for size in inputs[0].shape]
        return cls(path, tuple(shape), batch, _metadata(path, session), session)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the outputs, (N, classes), of a batch (N, ...).

        Raises:
            ProblemError: they have another shape, or the model fails.
        """
        source = self._session.get_inputs()[0]
        try:
            output = self._session.run(None, {source.name: batch.astype(_FLOATS[source.type])})[0]
        except Exception as error:  # onnxruntime raises several classes of its own
            raise ProblemError(NotAClassifier(path=str(self.path), reason=_first_line(error))) from error
        if not isinstance(output, np.ndarray) or output.ndim != 2 or len(output) != len(batch):  # noqa: PLR2004
            reason = f"its output is {getattr(output, 'shape', 'no tensor')}, not (batch, classes)"
            raise ProblemError(NotAClassifier(path=str(self.path), reason=reason))
        return output

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Return whether an example of this shape fits."""
        return len(shape) == len(self.shape) and all(
            wanted in (None, size) for wanted, size in zip(self.shape, shape, strict=True)
        )

    def describe_shape(self) -> str:
        """Return the shape of an example in words."""
        return "x".join("?" if size is None else str(size) for size in self.shape) or "single numbers"

    def image_channels(self) -> int:
        """Return how many channels images must have.

        Raises:
            ProblemError: the model takes no images.
        """
        channels = self.shape[0] if len(self.shape) == _IMAGE_RANK else None
        if channels not in (1, 3, 4):
            reason = f"it takes {self.describe_shape()}, which is no image of 1, 3 or 4 channels"
        elif not self.preprocess.fits(channels):
            reason = f"its metadata {METADATA_KEY} is not for images of {channels} channels"
        else:
            return channels
        raise ProblemError(NotAClassifier(path=str(self.path), reason=reason))

    def image_size(self) -> tuple[int, int] | None:
        """Return the height and width of images, or None if any will do."""
        height, width = self.shape[1:]
        stated = self.preprocess.height_and_width()
        if height is not None and width is not None:
            return (height, width)
        return stated

    def label(self, index: int) -> str:
        """Return the name of a class; its number, if it has none."""
        labels = self.preprocess.labels or []
        return labels[index] if index < len(labels) else str(index)


def _open(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ONLY_ERRORS_THAT_END_THE_PROCESS
    try:
        path.open("rb").close()
    except OSError as error:  # onnxruntime's own message has the absolute path in it
        raise ProblemError(CannotRead(file=str(path), reason=(error.strerror or str(error)).lower())) from None
    try:
        # Pad_Fusion turns a zero pad before a max pool into padding that the pool ignores: wrong on negative inputs.
        return onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"], disabled_optimizers=["Pad_Fusion"]
        )
    except Exception as error:  # onnxruntime raises several classes of its own
        raise ProblemError(ModelNotReadable(path=str(path), reason=_first_line(error))) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _metadata(path: Path, session: onnxruntime.InferenceSession) -> Preprocess:
    try:
        return Preprocess.from_metadata(session.get_modelmeta().custom_metadata_map)
    except ValueError as error:
        reason = f"its metadata {METADATA_KEY} is damaged ({error})"
        raise ProblemError(ModelNotReadable(path=str(path), reason=reason)) from None
