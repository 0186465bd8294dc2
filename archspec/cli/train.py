"""`archspec train`: train a classifier by a recipe."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--recipe", required=True, type=click.Path(path_type=Path), help="How to train: a YAML file.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write into. [default: runs/NAME]"
)
@click.option("--variant", help="The variant of the spec.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Set a parameter of the spec.")
@click.option("--epochs", type=click.IntRange(min=1), help="Train for so many epochs, whatever the recipe says.")
@click.option("--seed", type=click.IntRange(min=0), help="Use this seed, whatever the recipe says.")
@click.option("--quiet", is_flag=True, help="Show no progress, print nothing.")
def train(  # noqa: PLR0913  (one parameter per option)
    *,
    spec: Path,
    recipe: Path,
    out: Path | None,
    variant: str | None,
    settings: tuple[str, ...],
    epochs: int | None,
    seed: int | None,
    quiet: bool,
) -> None:
    """Train SPEC's network and keep the weights of the best epoch.

    Writes weights.safetensors, curves.csv and result.json.

    \b
    Example:
      archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml -o runs/residual
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.runtime.recipe import read_recipe

    changes = {"epochs": epochs, "seed": seed}
    chosen = read_recipe(recipe).model_copy(update={name: n for name, n in changes.items() if n is not None})

    # The recipe is read first: it is quick to refuse, and torch is slow to load.
    import torch

    from archspec import api
    from archspec.runtime.training import train as run

    architecture = api.load(spec, variant=variant, **_parse(settings))
    folder = out or Path("runs") / architecture.name
    torch.manual_seed(chosen.seed)  # the first weights come from the seed too
    result = run(architecture.module(), chosen, folder, inputs=architecture.inputs, progress=not quiet)
    if quiet:
        return
    click.echo(f"test accuracy {result.test_accuracy:.2%} ({result.test_correct:,} of {result.test_examples:,})")
    click.echo(f"best epoch {result.best_epoch} of {result.epochs}, validation {result.validation_accuracy:.2%}")
    click.echo(f"wrote {folder}/weights.safetensors, curves.csv, result.json")
    chosen_variant = f" --variant {variant}" if variant else ""
    chosen_settings = "".join(f" --set {setting}" for setting in settings)
    click.echo(
        f"next: archspec export {spec}{chosen_variant}{chosen_settings} "
        f"--weights {folder}/weights.safetensors -o {architecture.name}.onnx"
    )
