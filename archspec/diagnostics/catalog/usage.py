"""AS8xx: what goes wrong around the work itself: files and folders that cannot be read or written."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import did_you_mean, printable, shortened


@problem_class(frozen=True, kw_only=True)
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


@problem_class(frozen=True, kw_only=True)
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


@problem_class(frozen=True, kw_only=True)
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


@problem_class(frozen=True, kw_only=True)
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


@problem_class(frozen=True, kw_only=True)
class NoSuchNode(Problem):
    """A node that was asked for is not in the network.

    Nodes are named by their full paths, as `archspec shapes` prints them. The path of a block means its result.

    Bad:
        $ archspec field specs/resnet18.yaml layer5

    Good:
        $ archspec field specs/resnet18.yaml layer4.1.conv2
    """

    code: ClassVar[str] = "AS805"
    slug: ClassVar[str] = "no-such-node"

    name: str
    known: tuple[str, ...]
    what: str = "node"

    def message(self) -> str:
        return f"there is no {printable(self.what)} {printable(self.name)!r}"

    def help(self) -> str | None:
        tops = tuple(dict.fromkeys(name.partition(".")[0] for name in self.known))
        close = did_you_mean(self.name, self._likely())
        return close or f"what there is: {', '.join(map(printable, shortened(tops)))}"

    def _likely(self) -> tuple[str, ...]:
        """Return the names to look for similar ones in: those in the innermost part of the path that there is."""
        around = self.name.rpartition(".")[0]
        while around and around not in self.known:
            around = around.rpartition(".")[0]
        level = around.count(".") + 1 if around else 0
        inside = (name for name in self.known if not around or name.startswith(f"{around}."))
        near = tuple(name for name in inside if name.count(".") == level)
        return near if did_you_mean(self.name, near) else self.known


@problem_class(frozen=True, kw_only=True)
class UnitOutOfRange(Problem):
    """A unit that was asked for is not in the map that a node gives.

    Units are counted from 0, one number for each spatial axis of the input. Behind `flatten` there are none to choose
    among: all see the same.

    Bad:
        $ archspec field specs/resnet18.yaml layer4 --unit 9,3

    Good:
        $ archspec field specs/resnet18.yaml layer4 --unit 6,3
    """

    code: ClassVar[str] = "AS806"
    slug: ClassVar[str] = "unit-out-of-range"

    unit: tuple[int, ...]
    units: tuple[int, ...]
    axes: tuple[str, ...]

    def message(self) -> str:
        wanted = ",".join(map(str, self.unit))
        if not self.units:
            return f"there is no unit {wanted}: this is no map, and all its elements see the same"
        return f"there is no unit {wanted} in a map of {' x '.join(map(str, self.units))} units"

    def help(self) -> str | None:
        if not self.units:
            return "leave out --unit"
        ranges = (f"0 to {size - 1} ({axis})" for axis, size in zip(self.axes, self.units, strict=True))
        return f"give {' and '.join(ranges)}, with commas between"


PROBLEMS: tuple[type[Problem], ...] = (
    CannotRead,
    CannotWrite,
    FolderBusy,
    NoSpecsFound,
    NoSuchNode,
    UnitOutOfRange,
)
