"""Images and arrays from files, as a network's input."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from archspec.diagnostics.catalog.runtime import ExampleNotReadable
from archspec.diagnostics.catalog.usage import CannotRead
from archspec.diagnostics.problem import ProblemError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from archspec.diagnostics.problem import Problem
    from archspec.runtime.preprocess import Preprocess

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read_image(path: Path, channels: int, size: tuple[int, int] | None, preprocess: Preprocess) -> NDArray[np.float32]:
    """Read an image as (channels, height, width).

    Args:
        path: any format that Pillow reads.
        channels: 1 makes it grey, 3 takes transparency away, 4 keeps it.
        size: the height and width to resize it to; None leaves it as it is.
        preprocess: the mean and standard deviation, of pixels scaled to 0..1.

    Raises:
        ProblemError: it cannot be read, is no image, or a damaged one, or one of unreasonably many pixels.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of an image that is suspiciously large, and refuses one of twice that size.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                pixels = _pixels(image, channels, size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ProblemError(_problem(path, error)) from None
    scaled = np.moveaxis(pixels, -1, 0)
    normalised = (scaled - preprocess.mean_per_channel(channels)) / preprocess.std_per_channel(channels)
    return normalised.astype(np.float32)


def read_array(path: Path) -> NDArray[np.float32]:
    """Read a float array from an .npy file.

    Raises:
        ProblemError: it cannot be read, is damaged, holds no floats, or some that are not finite.
    """
    try:
        # Mapped: numpy then compares the header with the file's size before it allocates anything.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ProblemError(_problem(path, error)) from None
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.floating):
        found = array.dtype if isinstance(array, np.ndarray) else "an archive"
        raise ProblemError(ExampleNotReadable(path=str(path), reason=f"it holds {found}, not an array of floats"))
    if not array.size:
        raise ProblemError(ExampleNotReadable(path=str(path), reason="it is empty"))
    floats = np.asarray(array, dtype=np.float32)
    if not np.isfinite(floats).all():
        raise ProblemError(ExampleNotReadable(path=str(path), reason="it holds numbers that are not finite"))
    return floats


def _pixels(image: Image.Image, channels: int, size: tuple[int, int] | None) -> NDArray[np.float32]:
    """Return the pixels, scaled to 0..1, of shape (height, width, channels)."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I"):
        # 16-bit grey; Pillow's own conversion clips it at 255 instead of scaling.
        turned = Image.fromarray(np.clip(np.asarray(turned) // 256, 0, 255).astype(np.uint8))
    converted = turned.convert(_MODES[channels])
    if size is not None and converted.size != (size[1], size[0]):
        converted = converted.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    pixels = np.asarray(converted, dtype=np.float32).reshape(converted.height, converted.width, channels)
    return (pixels / 255).astype(np.float32)


def _problem(path: Path, error: Exception) -> Problem:
    """Tell a file that cannot be read from one whose content is wrong. Pillow raises OSError for both."""
    if isinstance(error, OSError) and error.strerror:
        return CannotRead(file=str(path), reason=error.strerror.lower())
    if isinstance(error, Image.UnidentifiedImageError):
        return ExampleNotReadable(path=str(path), reason="it is no image of a known format")
    return ExampleNotReadable(path=str(path), reason=str(error).split("\n", 1)[0] or type(error).__name__)
