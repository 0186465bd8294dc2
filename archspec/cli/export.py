"""`archspec export`: a network with trained weights as ONNX, verified."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.options import format_option, spec_options
from archspec.cli.session import announce
from archspec.cli.specs import load_spec

if TYPE_CHECKING:
    from torch import nn

    from archspec.api import Architecture
    from archspec.backends.onnx.export import ExportReport

# Without weights, the same spec still gives the same file.
_SEED = 0


@click.command()
@spec_options
@click.option(
    "--weights",
    "weights_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Trained weights: .safetensors, .pth, .pt, .ckpt or .npz.  [default: fresh, untrained ones]",
)
@click.option(
    "-o", "--out", "path", type=click.Path(path_type=Path), metavar="FILE", help="The file.  [default: NAME.onnx]"
)
@click.option("--fold/--no-fold", default=True, show_default=True, help="Fold batch norms into convolutions.")
@format_option("text", "json")
def export(  # noqa: PLR0913  (one parameter per option)
    *,
    spec: str,
    variant: str | None,
    params: dict[str, Any],
    inputs: dict[str, tuple[int | str, ...]],
    quiet: bool,
    weights_path: Path | None,
    path: Path | None,
    fold: bool,
    form: str,
) -> None:
    """Write SPEC's network as ONNX, and prove that it computes the same as PyTorch.

    The file is run in onnxruntime at two batch sizes before it is kept. Nothing in a file of weights is executed.

    \b
    Examples:
      archspec export specs/resnet34.yaml --weights resnet34.pth -o resnet34.onnx
      archspec export specs/families/resnet.yaml --variant resnet50 --set classes=102 --weights best.safetensors
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    architecture = load_spec(spec, variant, params, inputs)
    module = _module(architecture, weights_path)
    report = architecture.export_onnx(path or Path(f"{architecture.name}.onnx"), module, fold=fold)
    if form == "json":
        click.echo(json.dumps({"archspec": 1, **asdict(report), "path": str(report.path)}, indent=2))
    elif not quiet:
        click.echo(_describe(report))


def _module(architecture: Architecture, weights_path: Path | None) -> nn.Module:
    """Return the network with its weights."""
    import torch

    from archspec.backends.onnx.weights import load_weights

    torch.manual_seed(_SEED)
    if weights_path is None:
        announce("no --weights: the model is untrained")
        return architecture.module()
    # Before the module is made: a file that does not fit is then refused at once.
    weights = load_weights(weights_path, architecture.graph)
    module = architecture.module()
    module.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return module


def _describe(report: ExportReport) -> str:
    batches = " and ".join(str(batch) for batch in report.batches)
    return (
        f"wrote {report.path}: {report.nodes} nodes, {report.size_bytes / 1e6:.1f} MB\n"
        f"largest difference from PyTorch: {report.largest_difference:.2g}, where outputs reach {report.scale:.2g} "
        f"(batches of {batches})"
    )
