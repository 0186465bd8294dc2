"""`archspec build`: PyTorch source, ONNX and a summary of a spec."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archspec.cli.options import format_option, spec_options
from archspec.cli.report import unsilenced
from archspec.cli.session import current
from archspec.cli.specs import load_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.api import Architecture
    from archspec.diagnostics.machine import Json

# A build gives the same bytes each time, so its weights start from the same numbers.
_SEED = 0


@dataclass(frozen=True, slots=True)
class Product:
    """The content of one file, and a remark on it."""

    data: bytes
    remark: str = ""


def _parse_emit(_ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(kind.strip() for kind in value.split(",") if kind.strip()))
    unknown = [kind for kind in chosen if kind not in _PRODUCERS]
    if unknown or not chosen:
        raise click.BadParameter(f"choose among {', '.join(_PRODUCERS)}, with commas between", param=param)
    return chosen


@click.command()
@spec_options
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("build"),
    show_default=True,
    metavar="DIR",
    help="Folder to write into.",
)
@click.option(
    "--emit",
    default="torch,onnx,summary",
    show_default=True,
    metavar="KINDS",
    callback=_parse_emit,
    help="What to write: NAME.py, NAME.onnx (this one needs torch), NAME.json.",
)
@format_option("text", "json")
def build(  # noqa: PLR0913  (one parameter per option)
    *,
    spec: str,
    variant: str | None,
    params: dict[str, Any],
    inputs: dict[str, tuple[int | str, ...]],
    quiet: bool,
    folder: Path,
    emit: tuple[str, ...],
    form: str,
) -> None:
    """Compile SPEC: write its PyTorch source, ONNX and summary into a folder, and print the table of its layers.

    All files are written, or none. The same spec gives the same bytes.

    \b
    Examples:
      archspec build specs/resnet34.yaml
      archspec build specs/resnet34.yaml -o out --emit torch
      archspec build specs/families/resnet.yaml --variant resnet50 --set classes=102
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.source.atomic import claim, write_files

    architecture = load_spec(spec, variant, params, inputs)
    with claim(folder):
        products = {folder / f"{architecture.name}{_SUFFIXES[kind]}": _PRODUCERS[kind](architecture) for kind in emit}
        write_files({path: product.data for path, product in products.items()})
    # Printed last: a reader that goes away (`| head`) does not undo the work.
    if form == "json":
        click.echo(json.dumps({**_document(architecture), "written": _records(products)}, indent=2))
    elif not quiet:
        _print_table(architecture)
        for path, product in products.items():
            click.echo(f"wrote {path}{product.remark}")


def _torch(architecture: Architecture) -> Product:
    return Product(architecture.source().encode())


def _onnx(architecture: Architecture) -> Product:
    import torch

    from archspec.backends.onnx.export import LARGEST_INLINE_BYTES, prove

    if architecture.analysis.totals.weight_bytes > LARGEST_INLINE_BYTES:
        remedy = "build with --emit torch,summary and write the model with `archspec export`"
        raise click.UsageError(f"the weights take more than 2 GB, which one ONNX file cannot hold; {remedy}")
    torch.manual_seed(_SEED)
    proven = prove(architecture.graph, architecture.module(), metadata=architecture.metadata())
    found = proven.verification
    difference = f"differs from PyTorch by at most {found.largest_difference:.2g} at a scale of {found.scale:.2g}"
    return Product(proven.data, f" (untrained; {difference})")


def _summary(architecture: Architecture) -> Product:
    return Product(f"{json.dumps(_document(architecture), indent=2)}\n".encode())


_PRODUCERS: dict[str, Callable[[Architecture], Product]] = {"torch": _torch, "onnx": _onnx, "summary": _summary}
_SUFFIXES = {"torch": ".py", "onnx": ".onnx", "summary": ".json"}


def _document(architecture: Architecture) -> dict[str, Json]:
    from archspec.passes.report import document

    made = document(architecture.graph, architecture.analysis, unsilenced(architecture.problems, current()))
    assert isinstance(made, dict)
    return made


def _records(products: dict[Path, Product]) -> list[Json]:
    return [{"path": str(path), "bytes": len(product.data)} for path, product in products.items()]


def _print_table(architecture: Architecture) -> None:
    from archspec.passes.render import render_text

    click.echo(render_text(architecture.graph, architecture.analysis))
