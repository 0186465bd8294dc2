"""`archspec init`: a new spec from a network of the zoo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archspec.cli.options import quiet_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archspec.diagnostics.problem import Problem

_SCHEMA = "archspec.schema.json"


@click.command()
@click.argument("network", metavar="NETWORK")
@click.option(
    "-o", "--out", "path", type=click.Path(path_type=Path), help="The file to write.  [default: NETWORK.yaml]"
)
@click.option("--name", help="What the new network is called.  [default: the file's name]")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@quiet_option
def init(*, network: str, path: Path | None, name: str | None, force: bool, quiet: bool) -> None:
    """Start a spec of your own from NETWORK of the zoo, which `archspec zoo` lists.

    The new spec stands on its own: it is the text of the network's family, comments included, with the values of this
    network as defaults. Its first line names the JSON schema, by which editors complete and check it; the schema is
    written beside the spec, unless there is one.

    \b
    Examples:
      archspec init resnet18
      archspec init resnet50 -o my_resnet.yaml
      archspec init vgg -o nets/mine.yaml --name my_vgg
    """  # noqa: D301  (\b is click's mark for a paragraph that is not to be wrapped)
    from archspec.cli.zoo import require_spec, without_schema_line
    from archspec.ops.schema import SCHEMA_LINE, schema_text
    from archspec.source.atomic import write_files

    found = require_spec(network)
    if found.parent.name == "blocks":
        raise click.UsageError(
            f"{found.stem} is a file of blocks, and no network; `import: blocks/{found.name}` uses it"
        )
    target = Path(f"{found.stem}.yaml") if path is None else path / f"{found.stem}.yaml" if path.is_dir() else path
    named = _name(target, name)
    if target.exists() and not force:
        raise click.UsageError(f"{target} exists; --force replaces it")
    text = without_schema_line(_text(found, named))
    schema = _schema_around(target)
    head = f"{SCHEMA_LINE}{os.path.relpath(schema, target.absolute().parent).replace(os.sep, '/')}\n"
    head += f"# Started from {found.stem}, of the networks that come with archspec.\n"
    files = {target: f"{head}{text}".encode()}
    if not schema.exists():
        files[schema] = schema_text().encode()
    write_files(files)
    if not quiet:
        click.echo(f"wrote {target}: {named}, from {found.stem}; next: archspec shapes {target}")


def _schema_around(target: Path) -> Path:
    """Return the JSON schema for a spec: that of the project that it is in, else one beside it."""
    folder = target.absolute().parent
    found = (parent / "docs" / "reference" / _SCHEMA for parent in (folder, *folder.parents))
    return next((path for path in found if path.is_file()), folder / _SCHEMA)


def _name(target: Path, name: str | None) -> str:
    """Return what the network is to be called.

    Raises:
        click.UsageError: it cannot be called so.
    """
    from archspec.diagnostics.text import printable
    from archspec.spec.names import fault_of_identifier

    wanted = target.stem if name is None else name
    fault = fault_of_identifier(wanted)
    if fault is not None:
        remedy = "" if name is not None else "; give the network another with --name"
        raise click.UsageError(f"{printable(wanted)!r} cannot be the name of a network: {fault}{remedy}")
    return wanted


def _text(found: Path, name: str) -> str:
    """Return the text of the new spec: the first of the candidates that gives the same network."""
    from archspec.api import load
    from archspec.spec.files import zoo_root
    from archspec.spec.loader import read_source
    from archspec.spec.standalone import renamed, standalone, with_imports

    original = load(found)
    source = read_source(found, found.name)

    def candidates() -> Iterator[str]:
        if "extends:" in source.text:
            for family in sorted((zoo_root() / "families").glob("*.yaml")):
                if f"families/{family.name}" in source.text:
                    text = standalone(source, read_source(family, f"families/{family.name}"), name)
                    yield from () if text is None else (with_imports(text, family), text)
        yield with_imports(renamed(source, name), found)
        yield renamed(source, name)

    wanted = _resolved(original.text, found, original.name)
    text = next((text for text in candidates() if _resolved(text, found, name) == wanted), renamed(source, name))
    return _tidied(text, found)


def _tidied(text: str, place: Path) -> str:
    """Return a text that stands in a place without blocks of other variants, and with what lints it has to allow."""
    from archspec.diagnostics.catalog.lints_unused import UnusedBlock
    from archspec.spec.standalone import with_allowed, without_blocks

    text = with_allowed(text, ())
    unused = [problem.name for problem in _lints(text, place) if isinstance(problem, UnusedBlock)]
    text = without_blocks(text, unused) if unused else text
    return with_allowed(text, tuple(dict.fromkeys(problem.slug for problem in _lints(text, place))))


def _lints(text: str, place: Path) -> tuple[Problem, ...]:
    from archspec.api import compile_text
    from archspec.elaborate.network import Choice
    from archspec.source.span import SourceFile

    found = compile_text(SourceFile(place.name, text, place), Choice()).findings()
    return tuple(problem for problem in found if problem.severity == "warning")


def _resolved(text: str, place: Path, name: str) -> str | None:
    """Return the resolved spec of a text that stands in a place, but for its name; None if there is a fault in it."""
    from archspec.diagnostics.problem import Collector
    from archspec.elaborate.network import elaborate
    from archspec.elaborate.printer import print_spec
    from archspec.source.span import SourceFile
    from archspec.spec.loader import load_template

    collector = Collector()
    template = load_template(SourceFile(place.name, text), place, collector)
    if template is None:
        return None
    graph = elaborate(template, collector)
    return None if collector.problems else print_spec(graph, template).replace(f"\nname: {name}\n", "\nname: _\n", 1)
