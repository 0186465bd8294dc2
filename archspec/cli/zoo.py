"""`archspec zoo`: the networks that come with archspec."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from archspec.cli.options import format_option

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ZooEntry:
    """One spec; `params` and `macs` are those of its default variant."""

    name: str
    path: str
    description: str
    variants: tuple[str, ...]
    inputs: dict[str, tuple[int, ...]]
    params: int
    macs: int


@click.command()
@click.argument("name", required=False)
@format_option("text", "json")
def zoo(*, name: str | None, form: str) -> None:
    """List the networks that come with archspec; with NAME, print the text of one's spec.

    \b
    Examples:
      archspec zoo
      archspec zoo resnet34
      archspec zoo families/resnet > my_resnet.yaml
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    paths = _paths()
    if name is not None:
        click.echo(_find(name, paths).read_text(encoding="utf-8"), nl=False)
        return
    entries = [_entry(spec, path) for spec, path in paths.items()]
    if form == "json":
        click.echo(json.dumps({"archspec": 1, "specs": [asdict(entry) for entry in entries]}, indent=2))
    else:
        click.echo("\n".join(_table(entries)))


def _paths() -> dict[str, Path]:
    """Return the zoo's specs by name, resnet18 before resnet101; the families that they are made from come last."""
    from archspec.spec.loader import zoo_root

    root = zoo_root()
    paths = {path.relative_to(root).with_suffix("").as_posix(): path for path in root.rglob("*.yaml")}
    return {name: paths[name] for name in sorted(paths, key=_order)}


def _order(name: str) -> tuple[int, list[tuple[int, str]]]:
    parts = re.findall(r"\d+|\D+", name)
    return name.count("/"), [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _find(name: str, paths: dict[str, Path]) -> Path:
    from archspec.diagnostics.text import did_you_mean, printable

    wanted = name.removesuffix(".yaml")
    found = paths.get(wanted) or paths.get(f"families/{wanted}")
    if found is None:
        remedy = did_you_mean(wanted, paths) or "`archspec zoo` lists them"
        raise click.UsageError(f"there is no network '{printable(name)}' in the zoo; {remedy}")
    return found


def _entry(name: str, path: Path) -> ZooEntry:
    from archspec.api import load
    from archspec.passes.cost import costs, total

    architecture = load(path)
    spec = architecture.spec
    totals = total(costs(architecture.graph).values())
    return ZooEntry(
        name=name,
        path=f"{name}.yaml",
        description=spec.description or "",
        variants=tuple(spec.variants) if spec.variant is None else (),  # else it is one of them
        inputs=architecture.inputs,
        params=totals.params,
        macs=totals.macs,
    )


def _table(entries: list[ZooEntry]) -> list[str]:
    from archspec.cli.table import aligned

    titles = ("network", "input", "params", "MACs", "variants")
    rows = [
        (
            entry.name,
            ", ".join("x".join(map(str, shape)) for shape in entry.inputs.values()),
            f"{entry.params:,}",
            f"{entry.macs:,}",
            ", ".join(entry.variants) or "-",
        )
        for entry in entries
    ]
    return aligned(titles, rows, right=frozenset({2, 3}))
