"""The command line: one thin file per command, imported when it is run."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import click

from archspec.cli.lazy import Entry, LazyGroup

if TYPE_CHECKING:
    from archspec.cli.session import Session

# Imports and graphs leave hardly any garbage; to look for it as often as Python does takes some 5 % of a command.
_COLLECTIONS = (300_000, 20, 100)

COMMANDS = {
    "check": Entry("archspec.cli.check", "Report every problem in specs."),
    "fix": Entry("archspec.cli.fix", "Mend what has a cure that was tried."),
    "shapes": Entry("archspec.cli.shapes", "Print shapes, params, MACs and receptive fields."),
    "field": Entry("archspec.cli.field", "Print what the units of a node see of the input."),
    "scan": Entry("archspec.cli.scan", "Print the costs of many variants; find those within a budget."),
    "build": Entry("archspec.cli.build", "Write PyTorch source, ONNX and a summary."),
    "export": Entry("archspec.cli.export", "Write ONNX with trained weights."),
    "diff": Entry("archspec.cli.diff", "Print what differs between two networks."),
    "expand": Entry("archspec.cli.expand", "Print a spec with nothing left to resolve."),
    "train": Entry("archspec.cli.train", "Train a network by a recipe."),
    "predict": Entry("archspec.cli.predict", "Print the most probable classes."),
    "init": Entry("archspec.cli.init", "Start a spec from a network of the zoo."),
    "zoo": Entry("archspec.cli.zoo", "List the networks that come with archspec."),
    "ops": Entry("archspec.cli.ops", "List the ops, or describe one."),
    "schema": Entry("archspec.cli.schema", "Print the JSON schema of specs, for editors."),
    "lsp": Entry("archspec.cli.lsp", "Serve the language to an editor."),
    "explain": Entry("archspec.cli.explain", "Explain a problem, with an example."),
}


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"archspec {version('archspec')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_obj
def cli(session: Session, *, debug: bool) -> None:
    """Compile YAML specs of neural networks to checked, readable PyTorch and proven ONNX.

    \b
    Examples:
      archspec check specs/                            every problem in every spec
      archspec shapes specs/resnet34.yaml              the table of its layers
      archspec build specs/resnet34.yaml -o build      resnet34.py, .onnx, .json
      archspec explain AS204                           what a problem means

    \b
    Exit codes: 0 good, 1 problems found, 2 wrong usage, 3 cannot read or write, 4 busy,
    70 a bug in archspec, 130 interrupted, 143 terminated.

    \b
    Shell completion: eval "$(_ARCHSPEC_COMPLETE=bash_source archspec)", or zsh_source, fish_source.
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    session.debug = debug


def main() -> None:
    """Run the command line."""
    gc.set_threshold(*_COLLECTIONS)
    cli(prog_name="archspec")
