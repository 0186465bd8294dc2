"""`archspec train`: train a classifier by a recipe."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.options import allow_imports_option, quiet_option, set_option, spec_argument, variant_option
from archspec.cli.session import current
from archspec.cli.specs import load_spec

if TYPE_CHECKING:
    from archspec.api import Architecture
    from archspec.runtime.preprocess import Preprocess
    from archspec.runtime.recipe import Recipe
    from archspec.runtime.training import TrainingResult


@click.command()
@spec_argument
@click.option(
    "--recipe",
    "recipe_path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="How to train: data, epochs, optimizer, ...",
)
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write into.  [default: runs/NAME]",
)
@variant_option
@set_option
@allow_imports_option
@click.option("--epochs", type=click.IntRange(min=1), metavar="N", help="Train so long, whatever the recipe says.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Use this seed, whatever the recipe says.")
@quiet_option
def train(  # noqa: PLR0913  (one parameter per option)
    *,
    spec: str,
    recipe_path: Path,
    folder: Path | None,
    variant: str | None,
    params: dict[str, Any],
    epochs: int | None,
    seed: int | None,
    quiet: bool,
) -> None:
    """Train SPEC's network as a recipe says, and test the weights of its best epoch.

    Writes weights.safetensors, curves.csv and result.json. Ctrl-C keeps the best weights so far.

    \b
    Examples:
      archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml
      archspec train specs/inception_mnist.yaml --recipe recipes/mnist.yaml -o runs/short --epochs 2
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.runtime.recipe import read_recipe

    changes = {name: value for name, value in (("epochs", epochs), ("seed", seed)) if value is not None}
    recipe = read_recipe(recipe_path).model_copy(update=changes)
    architecture = load_spec(spec, variant, params)
    inputs = _open_inputs(architecture, recipe)
    if inputs:
        architecture = load_spec(spec, variant, params, inputs)
    out = folder or Path("runs") / architecture.name
    result = _train(architecture, recipe, out, progress=not quiet)
    if not quiet:
        _report(result, out)
        click.echo(f"next: {_export_command(spec, variant, params, inputs, out, architecture.name)}")


def _open_inputs(architecture: Architecture, recipe: Recipe) -> dict[str, tuple[int | str, ...]]:
    """Return the shape of the data for a network that leaves sizes open, which is made at it."""
    if not architecture.graph.symbols or len(architecture.inputs) != 1:
        return {}
    from archspec.runtime.mnist import load_mnist

    return {"": load_mnist(recipe.data.root).shape}


def _train(architecture: Architecture, recipe: Recipe, out: Path, *, progress: bool) -> TrainingResult:
    import torch

    from archspec.runtime.training import train as run

    preprocess = _preprocess(architecture)
    torch.manual_seed(recipe.seed)  # the first weights come from the seed too
    network = architecture.module()
    return run(network, recipe, out, inputs=architecture.inputs, preprocess=preprocess, progress=progress)


def _preprocess(architecture: Architecture) -> Preprocess:
    from archspec.runtime.preprocess import Preprocess

    try:
        return Preprocess.from_metadata(architecture.metadata())
    except ValueError as error:
        raise click.UsageError(f"the spec's preprocess cannot be used: {error}") from None


def _report(result: TrainingResult, out: Path) -> None:
    click.echo(f"test accuracy {result.test_accuracy:.2%} ({result.test_correct:,} of {result.test_examples:,})")
    click.echo(
        f"best epoch {result.best_epoch} of {result.epochs} (validation accuracy {result.validation_accuracy:.2%})"
    )
    click.echo(f"wrote weights.safetensors, curves.csv and result.json into {out}")


def _export_command(
    spec: str,
    variant: str | None,
    params: dict[str, Any],
    inputs: dict[str, tuple[int | str, ...]],
    out: Path,
    name: str,
) -> str:
    """Return the command that exports these weights, to be pasted into a shell."""
    settings = [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in params.items()]
    words = ["archspec", "export", spec]
    words += ["--variant", variant] if variant else []
    words += ["--allow-imports"] if current().allow_imports else []
    words += [word for setting in settings for word in ("--set", setting)]
    words += [word for shape in inputs.values() for word in ("--input", "x".join(map(str, shape)))]
    return shlex.join([*words, "--weights", str(out / "weights.safetensors"), "-o", f"{name}.onnx"])
