"""Ops of one's own: classes that a spec names by import path (AS31x), and what backends cannot do with them (AS52x)."""

from __future__ import annotations

from typing import Any, ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import printable

_LONGEST = 200


@problem_class(frozen=True, kw_only=True)
class ImportNotAllowed(Problem):
    """An op is named by an import path, and nothing allows imports.

    `package.module:Class` names a PyTorch module of one's own. To use it, archspec must import it, and importing runs
    code. A spec alone never makes that happen: commands need `--allow-imports`, `archspec.load` needs
    `allow_imports=True`.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {attention: {op: mypackage.layers:CBAM, channels: 3}}

    Good:
        $ archspec check example.yaml --allow-imports
    """

    code: ClassVar[str] = "AS311"
    slug: ClassVar[str] = "import-not-allowed"

    name: str

    def message(self) -> str:
        module = self.name.partition(":")[0]
        return (
            f"{printable(self.name)!r} is a class in Python; to use it, {printable(module)} must be imported, "
            "which runs its code"
        )

    def help(self) -> str:
        return self.suggestion or "if you trust that code, allow it: --allow-imports, or load(..., allow_imports=True)"


@problem_class(frozen=True, kw_only=True)
class CannotImport(Problem):
    """A class that a spec names by import path cannot be had, or is none that an op can be made of.

    What stands before the colon is a module that Python can import: that of an installed package, or one in the
    current directory. What stands behind it is a subclass of `torch.nn.Module`, whose parameters a spec can give:
    numbers, text, true or false, and lists of these.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {act: {op: collections:OrderedDict}}

    Good:
        $ archspec check example.yaml --allow-imports
    """

    code: ClassVar[str] = "AS312"
    slug: ClassVar[str] = "cannot-import"
    example_args: ClassVar[dict[str, Any]] = {"allow_imports": True}

    name: str
    reason: str

    def message(self) -> str:
        return f"{printable(self.name)!r} cannot be used as an op: {printable(self.reason, _LONGEST)}"

    def help(self) -> str:
        return self.suggestion or "an op of one's own is a subclass of torch.nn.Module, as package.module:Class"


@problem_class(frozen=True, kw_only=True)
class ModuleFails(Problem):
    """A module of one's own does not work as it is used here.

    Its constructor refuses its arguments, its forward cannot run on inputs of these shapes, or gives something else
    than tensors with a batch axis. Forward is tried on PyTorch's meta device, where tensors have shapes and no values;
    a module that needs values there can declare its shapes with `@archspec.op(shape=...)`.

    Bad:
        archspec: 1
        name: example
        inputs: {x: [3, 8, 8]}
        graph: {fc: {op: torch.nn:Linear, in_features: 5, out_features: 2}}

    Good:
        $ archspec check example.yaml --allow-imports
    """

    code: ClassVar[str] = "AS313"
    slug: ClassVar[str] = "module-fails"
    example_args: ClassVar[dict[str, Any]] = {"allow_imports": True}

    op: str
    doing: str
    reason: str

    def message(self) -> str:
        return f"{self.doing} of {printable(self.op)} fails: {printable(self.reason, _LONGEST)}"

    def help(self) -> str | None:
        return self.suggestion or "the message is that of the module, or of PyTorch; the class is at fault, or its use"


@problem_class(frozen=True, kw_only=True)
class NoOnnxForm(Problem):
    """A network with modules of one's own cannot be exported as ONNX.

    Of such a module archspec knows what goes in and what comes out, not what it computes.

    Bad:
        $ archspec export example.yaml --allow-imports -o example.onnx

    Good:
        $ archspec build example.yaml --allow-imports --emit torch,summary
    """

    code: ClassVar[str] = "AS521"
    slug: ClassVar[str] = "no-onnx-form"

    op: str

    def message(self) -> str:
        return f"{printable(self.op)} has no ONNX form: archspec does not know what it computes"

    def help(self) -> str:
        return "nothing was written; --emit torch,summary writes the rest, and torch.onnx.export can export the module"


@problem_class(frozen=True, kw_only=True)
class ImportedNameTaken(Problem):
    """Generated source cannot import a class, since something else there has its name.

    That is another imported class, the network, or a parameter of the spec.

    Bad:
        $ archspec build cbam.yaml --allow-imports      # name: CBAM, op: mypackage.layers:CBAM

    Good:
        $ archspec build network.yaml --allow-imports   # name: network, op: mypackage.layers:CBAM
    """

    code: ClassVar[str] = "AS522"
    slug: ClassVar[str] = "imported-name-taken"

    op: str
    name: str

    def message(self) -> str:
        return f"generated source cannot import {printable(self.op)}: it uses the name {printable(self.name)} already"

    def help(self) -> str:
        return "give one of the two another name"


PROBLEMS: tuple[type[Problem], ...] = (ImportNotAllowed, CannotImport, ModuleFails, NoOnnxForm, ImportedNameTaken)
