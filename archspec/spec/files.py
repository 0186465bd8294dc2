"""The files that a spec names: beside it, within its root, or in the zoo."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.diagnostics.catalog import yaml as yaml_problems
from archspec.diagnostics.catalog.spec_files import CannotReadSpec, ExtendsLoop, OutsideRoot
from archspec.diagnostics.problem import Note
from archspec.diagnostics.text import did_you_mean
from archspec.source.fault import YamlFault
from archspec.source.span import SourceFile
from archspec.source.yaml import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archspec.diagnostics.problem import Problem
    from archspec.source.span import Span

LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a spec stands: its folder, the root that it may not leave, and the files that led to it.

    `texts` are read in place of what is in files, by their real paths.
    """

    folder: Path
    root: Path
    chain: tuple[tuple[Path, str], ...] = ()
    texts: Mapping[Path, str] = field(default_factory=dict["Path", str])


def root_of(folder: Path) -> Path:
    """Return the spec root of a folder: the nearest folder called `specs` around it, else the folder itself."""
    return next((parent for parent in (folder, *folder.parents) if parent.name == "specs"), folder)


def zoo_root() -> Path:
    """Return the folder of the specs that come with archspec: in the installed package, else in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_zoo" / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


def opened(
    text: str, span: Span, origin: Origin, report: Callable[[Problem], None]
) -> tuple[SourceFile, Origin] | None:
    """Return a file that a spec names, and where it stands; None after reporting that it cannot be read."""
    path = _locate(text, span, origin, report)
    if path is None:
        return None
    in_root = path.is_relative_to(origin.root)
    shown = str(Path(origin.chain[-1][1]).parent / text) if in_root else f"zoo/{text}"
    chain = (*origin.chain, (path, shown))
    circular = path in [seen for seen, _ in origin.chain]
    if circular or len(chain) > LONGEST_CHAIN:
        report(ExtendsLoop(span=span, chain=tuple(name for _, name in chain), circular=circular))
        return None
    if path.is_dir():
        report(CannotReadSpec(span=span, file=text, reason="it is a folder, not a file"))
        return None
    try:
        source = SourceFile(shown, origin.texts[path], path) if path in origin.texts else read(path, shown)
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        report(CannotReadSpec(span=span, file=text, reason=reason, suggestion=_similar(text, origin)))
        return None
    except YamlFault as fault:
        report(dataclasses.replace(yaml_problems.from_fault(fault), notes=(Note("named here", span),)))
        return None
    root = origin.root if in_root else zoo_root().resolve()
    return source, dataclasses.replace(origin, folder=path.parent, root=root, chain=chain)


def _similar(text: str, origin: Origin) -> str | None:
    """Return which file was probably meant by one that is not there: beside the spec, or in the zoo."""
    zoo = zoo_root()
    with suppress(OSError, ValueError):
        for folder in (origin.folder, zoo):
            found = [
                path.relative_to(folder).as_posix() for glob in ("*.yaml", "*/*.yaml") for path in folder.glob(glob)
            ]
            same = [name for name in sorted(found) if Path(name).name in (Path(text).name, f"{Path(text).name}.yaml")]
            if hint := (f"did you mean '{same[0]}'?" if same else did_you_mean(text, sorted(found))):
                return hint
    return None


def _locate(text: str, span: Span, origin: Origin, report: Callable[[Problem], None]) -> Path | None:
    """Return the real path of a file that a spec names: beside the spec, else in the zoo."""
    zoo = zoo_root().resolve()
    outside = text.startswith(("/", "~")) or any(character in text for character in ":\\\0")
    try:
        beside = (origin.folder / text).resolve()
        in_zoo = (zoo / text).resolve()
        if not outside and beside.is_relative_to(origin.root):
            return in_zoo if not beside.exists() and in_zoo.is_relative_to(zoo) and in_zoo.exists() else beside
    except (OSError, RuntimeError, ValueError) as error:  # a name that is too long, links in a circle, a NUL
        reason = (getattr(error, "strerror", None) or "there is no such file").lower()
        report(CannotReadSpec(span=span, file=text, reason=reason))
        return None
    report(OutsideRoot(span=span, file=text))
    return None
