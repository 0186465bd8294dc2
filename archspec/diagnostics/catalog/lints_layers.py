"""AS7xx: lints of single layers. A lint warns of what is allowed and most likely not meant."""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, Severity, problem_class
from archspec.diagnostics.text import printable


@problem_class(frozen=True, kw_only=True)
class BiasBeforeNorm(Problem):
    """A layer has a bias that the norm behind it takes away.

    Batch norm and instance norm subtract the mean of each channel, and with it whatever was added to the channel (Ioffe
    and Szegedy, 2015, arXiv:1502.03167, section 3.2). The bias gets no gradient, costs memory, and suggests an effect
    that it does not have. The lint holds where the result goes to such norms only, also through pools and joins.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 3, padding: 1}
          norm: batch_norm
          relu: relu

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
          norm: batch_norm
          relu: relu
    """

    code: ClassVar[str] = "AS701"
    slug: ClassVar[str] = "bias-before-norm"
    severity: ClassVar[Severity] = "warning"

    op: str
    norm: str
    norm_path: str

    def message(self) -> str:
        return (
            f"the bias of this {self.op} has no effect: {self.norm} ({printable(self.norm_path)}) takes it away again"
        )

    def help(self) -> str:
        return "give it bias: false"


@problem_class(frozen=True, kw_only=True)
class BorderLost(Problem):
    """A convolution or pool leaves out pixels at the far border, since the number of its windows is rounded down.

    What stands there takes no part in the result, and the map is no longer centred on the input. Pixels of the padding
    do not count, nor those that lie in a gap as there is one between any two windows (`kernel_size: 1, stride: 2`). The
    size that counts is the one that the network is made for.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 15, 15]}
        graph:
          pool: {op: max_pool, kernel_size: 2}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 15, 15]}
        graph:
          pool: {op: max_pool, kernel_size: 2, ceil_mode: true}
    """

    code: ClassVar[str] = "AS706"
    slug: ClassVar[str] = "border-lost"
    severity: ClassVar[Severity] = "warning"

    op: str
    axes: tuple[tuple[str, int, int], ...]
    """For each axis that loses something: its name, how many elements it loses, and its size."""

    def message(self) -> str:
        lost = " and ".join(f"the last {count} of {size} in {name}" for name, count, size in self.axes)
        return f"this {self.op} does not read {lost}"

    def help(self) -> str:
        return f"{self.suggestion or 'change the stride or the padding'}; or choose an input size that divides evenly"


@problem_class(frozen=True, kw_only=True)
class EvenKernelSamePadding(Problem):
    """An even kernel with `padding: same` moves the map by half a pixel.

    An even window has no middle, so one side gets more padding than the other. The maps before and behind it no longer
    lie on one another, and half a pixel per layer adds up. Only windows of stride 1 count: with a stride, an even
    window can be padded evenly.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 4, padding: same}

    Good:
        archspec: 1
        name: example
        inputs: {image: [3, 32, 32]}
        graph:
          conv: {op: conv, out_channels: 16, kernel_size: 5, padding: same}
    """

    code: ClassVar[str] = "AS707"
    slug: ClassVar[str] = "even-kernel-same-padding"
    severity: ClassVar[Severity] = "warning"

    op: str
    kernel: int
    pads: tuple[int, int]

    def message(self) -> str:
        low, high = self.pads
        return (
            f"this {self.op} with a kernel of {self.kernel} is padded by {low} before and {high} behind,"
            " which moves its map by half a pixel"
        )

    def help(self) -> str:
        return f"take an odd kernel: kernel_size: {self.kernel - 1} or {self.kernel + 1}"


@problem_class(frozen=True, kw_only=True)
class SoftmaxBeforeLoss(Problem):
    """The network ends in a softmax, and cross entropy applies one itself.

    `torch.nn.CrossEntropyLoss`, and with it `archspec train`, expects logits. A softmax of a softmax is nearly flat:
    its gradients are small, and no probability comes near 1. `log_softmax` does no harm, since applying it twice
    changes nothing. A network that is meant to give probabilities says so.

    Bad:
        archspec: 1
        name: example
        inputs: {features: [64]}
        graph:
          fc: {op: linear, out_features: 10}
          softmax: softmax

    Good:
        archspec: 1
        name: example
        inputs: {features: [64]}
        graph:
          fc: {op: linear, out_features: 10}
    """

    code: ClassVar[str] = "AS711"
    slug: ClassVar[str] = "softmax-before-loss"
    severity: ClassVar[Severity] = "warning"

    op: str
    output: str

    def message(self) -> str:
        return f"the result {printable(self.output)!r} comes from {self.op}, which cross entropy applies once more"

    def help(self) -> str:
        return "leave it out and train on logits; or state that it is meant: preprocess: {probabilities: true}"


@problem_class(frozen=True, kw_only=True)
class NormOfOneElement(Problem):
    """A batch norm has one number of each sample and channel: its map has a single position.

    Mean and variance then come from as many numbers as there are samples in the batch. They are noise in small batches,
    and for a batch of one PyTorch refuses to train. Vectors, which have no positions, do not count: where there was
    never a map, the batch is all that there is.

    Bad:
        archspec: 1
        name: example
        inputs: {image: [8, 16, 16]}
        graph:
          pool: global_avg_pool
          conv: {op: conv, out_channels: 4, kernel_size: 1, bias: false}
          norm: batch_norm
          relu: relu
          gate: {op: conv, out_channels: 8, kernel_size: 1}
          mul: {op: mul, from: [input, gate]}

    Good:
        archspec: 1
        name: example
        inputs: {image: [8, 16, 16]}
        graph:
          pool: global_avg_pool
          conv: {op: conv, out_channels: 4, kernel_size: 1}
          relu: relu
          gate: {op: conv, out_channels: 8, kernel_size: 1}
          mul: {op: mul, from: [input, gate]}
    """

    code: ClassVar[str] = "AS716"
    slug: ClassVar[str] = "norm-of-one-element"
    severity: ClassVar[Severity] = "warning"

    sizes: tuple[int, ...]

    def message(self) -> str:
        sizes = "x".join(map(str, self.sizes))
        return f"this batch_norm is of a map of {sizes}: one number of each sample, so a batch of one cannot be trained"

    def help(self) -> str:
        return "norm the map before it is pooled; or leave the norm out and give the layer before it a bias"


PROBLEMS: tuple[type[Problem], ...] = (
    BiasBeforeNorm,
    BorderLost,
    EvenKernelSamePadding,
    SoftmaxBeforeLoss,
    NormOfOneElement,
)
