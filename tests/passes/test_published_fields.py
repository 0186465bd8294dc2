"""The published receptive fields: Araujo, Norris and Sim (Distill, 2019), and the tables of its companion library."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.ir.graph import Value
from archspec.ir.window import Window, same_padding
from archspec.passes.receptive_field import ReceptiveField, receptive_fields
from tests.passes.build import Builder, Moved, Same

SPECS = Path(__file__).parents[2] / "specs"

Pair = tuple[int, int]
Figures = tuple[int, int, int]


def figures(field: ReceptiveField) -> Figures:
    """Return size, stride and start of a field that is the same along both axes."""
    ((size, stride, start),) = set(zip(field.size, field.stride, field.start, strict=True))
    assert isinstance(stride, int)
    assert field.exact
    return size, stride, start


class Net(Builder):
    """A network of windows, with nodes named by number."""

    def window(self, kernel: int | Pair, stride: int = 1, padding: int | str = "same", source: str = "") -> str:
        """Add a convolution or a pool; "same" is TensorFlow's SAME padding."""
        kernels = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        sizes = self.type_of(self.value(source)).spatial
        axes: list[Window] = []
        for size, each in zip(sizes, kernels, strict=True):
            low, high = (padding, padding) if isinstance(padding, int) else same_padding(size, each, stride, 1)
            axes.append(Window(each, stride, low=low, high=high))
        return self.add(str(len(self.nodes)), Moved(maps=tuple(axes)), self.value(source))

    def chain(self, *kernels: int | Pair, source: str) -> str:
        """Add several windows of stride 1, SAME, in a row."""
        for kernel in kernels:
            source = self.window(kernel, source=source)
        return source

    def value(self, source: str) -> Value:
        return Value(source) if source else self.last

    def join(self, *sources: str) -> str:
        return self.add(str(len(self.nodes)), Same(), *sources)

    def last_field(self) -> ReceptiveField:
        return receptive_fields(self.graph())[self.last.node]


def test_alexnet() -> None:
    net = Net(image=(3, 224, 224))
    net.window(11, 4, 2)
    net.window(3, 2, 0)
    net.window(5, 1, 2)
    net.window(3, 2, 0)
    for _ in range(3):
        net.window(3, 1, 1)
    net.window(3, 2, 0)
    assert figures(net.last_field()) == (195, 32, -66)


def test_mobilenet_v1() -> None:
    net = Net(image=(3, 224, 224))
    for stride in (2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1):
        net.window(3, stride)
        net.window(1)
    assert figures(net.last_field()) == (315, 32, -126)


def test_resnet_50_with_the_stride_in_the_last_unit_of_a_block() -> None:
    net = Net(image=(3, 224, 224))
    net.window(7, 2, 3)
    net.window(3, 2)
    for units, last_stride in ((3, 2), (4, 2), (6, 2), (3, 1)):
        for unit in range(units):
            stride = last_stride if unit == units - 1 else 1
            shortcut = net.window(1, stride, 0, source=(block := net.last.node))
            net.join(net.window(1, source=net.window(3, stride, 1, source=net.window(1, source=block))), shortcut)
    assert figures(net.last_field()) == (483, 32, -239)


def test_densenet_121() -> None:
    net = Net(image=(3, 224, 224))
    net.window(7, 2, 3)
    net.window(3, 2, 1)
    for layers in (6, 12, 24, 16):
        results = [net.last.node]
        for _ in range(layers):
            net.join(*results)
            net.window(1)
            results.append(net.window(3))
        net.join(*results)
        if layers != 16:
            net.window(1)
            net.window(2, 2, 0)
    field = net.last_field()
    assert figures(field) == (2071, 32, -1021)
    assert field.aligned


def test_inception_v3() -> None:
    net = Net(image=(3, 299, 299))
    for kernel, stride, padding in ((3, 2, 0), (3, 1, 0), (3, 1, 1), (3, 2, 0), (1, 1, 0), (3, 1, 0), (3, 2, 0)):
        net.window(kernel, stride, padding)
    for _ in range(3):
        _branches(net, ((1,), (1, 5), (1, 3, 3), (3, 1)))
    _reduction(net, ((), (1, 3)))
    for _ in range(4):
        _branches(net, ((1,), (1, (1, 7), (7, 1)), (1, (7, 1), (1, 7), (7, 1), (1, 7)), (3, 1)))
    _reduction(net, ((1,), (1, (1, 7), (7, 1))))
    for _ in range(2):
        _branches(net, ((1,), (1, (1, 3)), (1, (3, 1)), (1, 3, (1, 3)), (1, 3, (3, 1)), (3, 1)))
    field = net.last_field()
    assert figures(field) == (1311, 32, -618)
    assert field.aligned


def _branches(net: Net, branches: tuple[tuple[int | Pair, ...], ...]) -> None:
    source = net.last.node
    net.join(*[net.chain(*kernels, source=source) for kernels in branches])


def _reduction(net: Net, branches: tuple[tuple[int | Pair, ...], ...]) -> None:
    """Add branches that end in a 3x3 of stride 2 without padding, beside such a pool."""
    source = net.last.node
    net.join(*[net.window(3, 2, 0, source=net.chain(*kernels, source=source)) for kernels in (*branches, ())])


@pytest.mark.parametrize(
    ("spec", "path", "expected"),
    [
        ("resnet18", "layer4.1", (435, 32, -217)),
        ("resnet50", "layer1.2", (35, 4, -17)),
        ("resnet50", "layer2.3", (91, 8, -45)),
        ("resnet50", "layer3.5", (267, 16, -133)),
        ("resnet50", "layer4.2", (427, 32, -213)),
        ("vgg16", "features.30", (212, 32, -90)),
    ],
)
def test_the_zoo(spec: str, path: str, expected: Figures) -> None:
    from archspec import api

    field = api.load(SPECS / f"{spec}.yaml")[path].receptive_field
    assert figures(field) == expected
    assert field.aligned
    assert not field.global_
