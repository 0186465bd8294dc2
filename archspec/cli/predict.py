"""`archspec predict`: the most probable classes, by an ONNX model."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archspec.cli.options import format_option

if TYPE_CHECKING:
    from archspec.runtime.predict import Prediction


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("inputs", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="IMAGE...")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="How many classes to print.")
@format_option("text", "json")
def predict(*, model: Path, inputs: tuple[Path, ...], top: int, form: str) -> None:
    """Print the most probable classes of each IMAGE (an image file, or a float array as .npy).

    \b
    Examples:
      archspec predict residual_mnist.onnx digit.png --top 3
      archspec predict resnet34.onnx photo1.jpg photo2.jpg --format json
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.runtime.predict import predict as run

    predictions = run(model, list(inputs), top)
    if form == "json":
        document = {"archspec": 1, "predictions": [asdict(prediction) for prediction in predictions]}
        click.echo(json.dumps(document, indent=2))
        return
    for prediction in predictions:
        click.echo(_describe(prediction))


def _describe(prediction: Prediction) -> str:
    place = prediction.path if prediction.index is None else f"{prediction.path}[{prediction.index}]"
    rows = [f"  {candidate.probability:7.2%}  {candidate.label}" for candidate in prediction.candidates]
    return "\n".join([place, *rows])
