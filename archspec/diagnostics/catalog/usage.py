"""AS8xx: what goes wrong around the work itself: files and folders that cannot be read or written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archspec.diagnostics.problem import Problem
from archspec.diagnostics.text import printable


@dataclass(frozen=True, kw_only=True)
class CannotRead(Problem):
    """A file named on the command line cannot be read.

    Bad:
        $ archspec train specs/residual_mnist.yaml --recipe no_such_recipe.yaml

    Good:
        $ archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml
    """

    code: ClassVar[str] = "AS801"
    slug: ClassVar[str] = "cannot-read"
    exit_code: ClassVar[int] = 3

    file: str
    reason: str

    def message(self) -> str:
        return f"cannot read {printable(self.file, len(self.file))}: {printable(self.reason)}"

    def help(self) -> str | None:
        return self.suggestion or "check the path"


@dataclass(frozen=True, kw_only=True)
class CannotWrite(Problem):
    """A file or folder cannot be written: it is read-only, the disk is full, or a folder has the name of the file.

    Files are written whole or not at all, so what was there before is unchanged.

    Bad:
        $ archspec build specs/resnet34.yaml -o /proc/resnet34

    Good:
        $ archspec build specs/resnet34.yaml -o build
    """

    code: ClassVar[str] = "AS802"
    slug: ClassVar[str] = "cannot-write"
    exit_code: ClassVar[int] = 3

    file: str
    reason: str

    def message(self) -> str:
        return f"cannot write {printable(self.file, len(self.file))}: {printable(self.reason)}"

    def help(self) -> str | None:
        return "nothing was changed; choose another place with -o"


@dataclass(frozen=True, kw_only=True)
class FolderBusy(Problem):
    """Another archspec is writing into the folder.

    Two builds at once would mix their files. The lock is given back when the other process ends, however it ends.

    Bad:
        $ archspec build specs/resnet34.yaml -o build & archspec build specs/resnet50.yaml -o build

    Good:
        $ archspec build specs/resnet34.yaml -o build && archspec build specs/resnet50.yaml -o build
    """

    code: ClassVar[str] = "AS803"
    slug: ClassVar[str] = "folder-busy"
    exit_code: ClassVar[int] = 4

    folder: str

    def message(self) -> str:
        return f"another archspec is writing into {printable(self.folder, len(self.folder))}"

    def help(self) -> str | None:
        return "wait for it to end, or choose another folder with -o"


@dataclass(frozen=True, kw_only=True)
class NoSpecsFound(Problem):
    """A folder or pattern that was to be checked has no specs in it.

    In a folder, the `.yaml` and `.yml` files with a key `archspec` at the left margin are specs.

    Bad:
        $ archspec check docs

    Good:
        $ archspec check specs
    """

    code: ClassVar[str] = "AS804"
    slug: ClassVar[str] = "no-specs-found"
    exit_code: ClassVar[int] = 2

    place: str

    def message(self) -> str:
        return f"there are no specs in {printable(self.place, len(self.place))}"

    def help(self) -> str | None:
        return "a spec is a .yaml file with the key archspec"


PROBLEMS: tuple[type[Problem], ...] = (
    CannotRead,
    CannotWrite,
    FolderBusy,
    NoSpecsFound,
)
