"""`archspec shapes` of ResNet-152 against torchinfo's summary of torchvision's, as whole processes."""

from __future__ import annotations

import sys
from pathlib import Path

from paired import compare

SPEC = Path(__file__).parents[1] / "specs" / "resnet152.yaml"
TORCHINFO = (
    "import torchinfo, torchvision; "
    "torchinfo.summary(torchvision.models.resnet152(), (1, 3, 224, 224), depth=9, "
    "col_names=('output_size', 'num_params', 'mult_adds'))"
)

if __name__ == "__main__":
    compare([sys.executable, "-m", "archspec", "shapes", str(SPEC)], [sys.executable, "-c", TORCHINFO])
