"""AS5xx: the backends. Networks that cannot be expressed, weights that do not fit, models that compute otherwise."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import closest, printable

# More names than these make a message longer, and not clearer.
_SHOWN = 4
_LONGEST = 160


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(printable(name, _LONGEST) for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown}, ..."


def _whole(path: str) -> str:
    return printable(path, len(path))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@problem_class(frozen=True, kw_only=True)
class WeightsDoNotFit(Problem):
    """The weights are those of another network.

    Every tensor of the network must be there, with its name, its shape and its dtype, and no other. `archspec shapes`
    lists what the network has.

    Bad:
        $ archspec export specs/resnet34.yaml --weights resnet18.safetensors -o resnet34.onnx

    Good:
        $ archspec export specs/resnet34.yaml --weights resnet34.safetensors -o resnet34.onnx
    """

    code: ClassVar[str] = "AS510"
    slug: ClassVar[str] = "weights-do-not-fit"

    source: str
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    # Name, what it is, what the network has.
    different: tuple[tuple[str, str, str], ...] = ()

    def message(self) -> str:
        faults: list[str] = []
        if self.missing:
            faults.append(f"{_count(len(self.missing), 'tensor')} missing ({_some(self.missing)})")
        if self.unexpected:
            faults.append(f"{len(self.unexpected)} unknown ({_some(self.unexpected)})")
        if self.different:
            pairs = tuple(f"{name} is {found}, not {wanted}" for name, found, wanted in self.different)
            faults.append(f"{len(self.different)} different ({_some(pairs)})")
        return f"{_whole(self.source)} does not fit the network: {'; '.join(faults)}"

    def help(self) -> str | None:
        return self._prefixed() or self._misspelt() or self.suggestion

    def _prefixed(self) -> str | None:
        """Find a wrapper around the network, whose attribute stands before every name."""
        for name in self.missing[:1]:
            prefixes = {other.removesuffix(name) for other in self.unexpected if other.endswith(f".{name}")}
            for prefix in sorted(prefixes):
                if set(self.missing) <= {other.removeprefix(prefix) for other in self.unexpected}:
                    return f"the names begin with {printable(prefix)!r}: save the state_dict of the network itself"
        return None

    def _misspelt(self) -> str | None:
        for name in self.missing[:_SHOWN]:
            if meant := closest(name, self.unexpected):
                return f"is {printable(meant)} meant to be {name}?"
        return None


@problem_class(frozen=True, kw_only=True)
class WeightsNotFinite(Problem):
    """Weights are infinite or not a number, so that the network's outputs would be, too.

    That is what remains of a training that diverged.

    Bad:
        $ archspec export specs/resnet34.yaml --weights diverged.safetensors -o resnet34.onnx

    Good:
        $ archspec export specs/resnet34.yaml --weights best.safetensors -o resnet34.onnx
    """

    code: ClassVar[str] = "AS511"
    slug: ClassVar[str] = "weights-not-finite"

    source: str
    names: tuple[str, ...]

    def message(self) -> str:
        where = f"{_count(len(self.names), 'tensor')} ({_some(self.names)})"
        return f"{_whole(self.source)} has NaN or infinity in {where}"

    def help(self) -> str | None:
        return "take the weights of an earlier epoch"


@problem_class(frozen=True, kw_only=True)
class WeightsNotReadable(Problem):
    """A file of weights is damaged, or is something else.

    Weights are read from `.safetensors`, from `.pth`, `.pt` and `.ckpt` as far as they hold tensors and plain data,
    and from `.npz`. A pickle that would run code is refused, not run.

    Bad:
        $ archspec export specs/resnet34.yaml --weights README.md -o resnet34.onnx

    Good:
        $ archspec export specs/resnet34.yaml --weights resnet34.pth -o resnet34.onnx
    """

    code: ClassVar[str] = "AS512"
    slug: ClassVar[str] = "weights-not-readable"

    file: str
    reason: str

    def message(self) -> str:
        return f"{_whole(self.file)} has no weights that can be read: {printable(self.reason, _LONGEST)}"

    def help(self) -> str | None:
        return self.suggestion or "give the file as it was saved: .safetensors, .pth, .pt, .ckpt or .npz"


@problem_class(frozen=True, kw_only=True)
class OnnxDiffers(Problem):
    """The ONNX model does not compute what PyTorch computes.

    Each export is run in onnxruntime and compared with PyTorch before it is kept. A difference that is larger than
    rounding can explain is a fault of archspec or of onnxruntime, unless the network itself is unstable.

    Bad:
        $ archspec export specs/unstable.yaml -o unstable.onnx

    Good:
        $ archspec export specs/resnet34.yaml -o resnet34.onnx
    """

    code: ClassVar[str] = "AS513"
    slug: ClassVar[str] = "onnx-differs"

    output: str
    batch: int
    difference: float
    scale: float
    tolerance: float

    def message(self) -> str:
        return (
            f"output {self.output} differs from PyTorch's by {self.difference:.2g} for a batch of {self.batch}, "
            f"where values reach {self.scale:.2g} ({self.tolerance:g} of that is allowed)"
        )

    def help(self) -> str | None:
        return "nothing was written; if --no-fold cures it, the variance of a batch norm is close to zero"


@problem_class(frozen=True, kw_only=True)
class OnnxNotFinite(Problem):
    """An output is infinite or not a number for random inputs.

    Bad:
        $ archspec export specs/resnet34.yaml --weights exploding.safetensors -o resnet34.onnx

    Good:
        $ archspec export specs/resnet34.yaml --weights resnet34.safetensors -o resnet34.onnx
    """

    code: ClassVar[str] = "AS514"
    slug: ClassVar[str] = "onnx-not-finite"

    output: str
    batch: int
    runner: str

    def message(self) -> str:
        return f"output {self.output} has NaN or infinity in {self.runner} for a batch of {self.batch}"

    def help(self) -> str | None:
        return "nothing was written; look at the weights, and at operations that divide or take a logarithm"


@problem_class(frozen=True, kw_only=True)
class OnnxRefused(Problem):
    """onnx.checker or onnxruntime does not accept the model, so it is of no use to anybody.

    Bad:
        $ archspec export specs/refused.yaml -o refused.onnx

    Good:
        $ archspec export specs/resnet34.yaml -o resnet34.onnx
    """

    code: ClassVar[str] = "AS515"
    slug: ClassVar[str] = "onnx-refused"

    by: str
    reason: str

    def message(self) -> str:
        return f"{self.by} refuses the model: {printable(self.reason, _LONGEST)}"

    def help(self) -> str | None:
        return "nothing was written; this is a fault of archspec, please report it with the spec"


PROBLEMS: tuple[type[Problem], ...] = (
    WeightsDoNotFit,
    WeightsNotFinite,
    WeightsNotReadable,
    OnnxDiffers,
    OnnxNotFinite,
    OnnxRefused,
)
