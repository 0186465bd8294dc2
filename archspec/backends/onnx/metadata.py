"""What a model says of itself."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGE_VERSION = "1"


def describe(name: str, text: str, preprocess: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the metadata of an ONNX model.

    Args:
        name: the spec's name.
        text: the spec, from which the network can be built again.
        preprocess: how inputs are prepared, and the names of the classes.

    >>> sorted(describe("tiny", "archspec: 1", {"mean": 0.5}))
    ['archspec.language', 'archspec.name', 'archspec.preprocess', 'archspec.sha256', 'archspec.spec']
    """
    metadata = {
        "archspec.language": LANGUAGE_VERSION,
        "archspec.name": name,
        "archspec.sha256": hashlib.sha256(text.encode()).hexdigest(),
        "archspec.spec": text,
    }
    if preprocess:
        metadata["archspec.preprocess"] = json.dumps(preprocess, ensure_ascii=False, allow_nan=False)
    return metadata
