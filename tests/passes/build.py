"""Small graphs made by hand, without specs, and the same computed by PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from archspec.ir.graph import Child, Graph, Node, Output, Scope, Value
from archspec.ir.op import Arity, Op
from archspec.ir.records import TorchExpression
from archspec.ir.tensor import TensorType
from archspec.ir.window import AxisMap, Blocks, Nothing, Resample, Whole
from archspec.ops.convolution import Conv
from archspec.source.span import Span

if TYPE_CHECKING:
    from archspec.ir.records import TorchCode
    from archspec.ir.tensor import Shape

HERE = Span("net.yaml", 1, 1, 1, 1)


class Plain(Op):
    """What the ops here share: PyTorch would make new memory."""

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchCode:
        del inputs
        return TorchExpression("torch.clone({0})")


class Moved(Plain):
    """Any op that is known by its windows alone: one axis map per spatial axis."""

    op: ClassVar[str] = "moved"

    maps: tuple[Any, ...]

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        del inputs, index
        return self.maps

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        sizes = [_size(axis, size) for axis, size in zip(self.maps, inputs[0].spatial, strict=True)]
        return (inputs[0].with_spatial(*sizes),)


def _size(axis: AxisMap, size: int) -> int:
    if isinstance(axis, Resample):
        return axis.target
    if isinstance(axis, Blocks):
        return size
    return 1 if isinstance(axis, Whole | Nothing) else axis.output(size)


class Same(Plain):
    """Point by point, of any number of inputs; sizes of 1 are stretched."""

    op: ClassVar[str] = "same"
    arity: ClassVar[Arity] = Arity(1, None)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        longest = max(inputs, key=lambda tensor: tensor.rank)
        return (TensorType(tuple(map(max, zip(*(t.shape for t in inputs if t.rank == longest.rank), strict=True)))),)


class Mixed(Plain):
    """Keeps its shape and reads each axis as a whole: group norm, attention."""

    op: ClassVar[str] = "mixed"

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Whole(),) * len(inputs[index].spatial)


class Reduced(Plain):
    """Reads each axis as a whole and gives another size: an uneven adaptive pooling."""

    op: ClassVar[str] = "reduced"

    sizes: tuple[int, ...]

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        return (Whole(),) * len(inputs[index].spatial)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        return (inputs[0].with_spatial(*self.sizes),)


class Reshaped(Plain):
    """Gives any shape."""

    op: ClassVar[str] = "reshaped"

    shape: tuple[int, ...]

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        return (inputs[0].with_shape(*self.shape),)


class Parted(Plain):
    """Splits the channels into two results."""

    op: ClassVar[str] = "parted"

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        half = inputs[0].channels // 2
        return (inputs[0].with_channels(half), inputs[0].with_channels(inputs[0].channels - half))

    def results(self, inputs: tuple[TensorType, ...]) -> tuple[str, ...]:
        del inputs
        return ("0", "1")


def conv(kernel_size: int | list[int], **params: object) -> Conv:
    """Return a convolution to 8 channels."""
    return Conv.model_validate({"out_channels": 8, "kernel_size": kernel_size, **params})


class Builder:
    """Makes a graph, node by node; a node without `inputs` reads the one before it."""

    def __init__(self, **inputs: Shape) -> None:
        self.inputs = {name: TensorType(tuple(shape)) for name, shape in inputs.items()}
        self.nodes: dict[str, Node] = {}
        self.last = Value(next(iter(inputs)))

    def add(self, path: str, op: Op, *inputs: str | Value) -> str:
        read = inputs or (() if op.arity.most == 0 else (self.last,))
        values = tuple(Value(each) if isinstance(each, str) else each for each in read)
        types = tuple(map(self.type_of, values))
        self.nodes[path] = Node(path, op, values, types, op.infer(types), HERE)
        self.last = Value(path)
        return path

    def type_of(self, value: Value) -> TensorType:
        if value.node in self.inputs:
            return self.inputs[value.node]
        return self.nodes[value.node].output_types[value.index]

    def graph(self, *outputs: Output) -> Graph:
        """Return the graph; the last node is its output unless others are given."""
        chosen = outputs or (Output("output", self.last),)
        return Graph("net", self.inputs, dict(self.nodes), chosen, self._scope("", list(self.nodes.values())))

    def _scope(self, path: str, nodes: list[Node]) -> Scope[Any]:
        """Return the tree of blocks that dotted paths imply: each prefix is the use of a block of its last name."""
        level = path.count(".") + 1 if path else 0
        children: dict[str, list[Node]] = {}
        for node in nodes:
            children.setdefault(node.path.split(".")[level], []).append(node)
        items: list[Child[Any]] = []
        for name, members in children.items():
            inner = f"{path}.{name}" if path else name
            leaf = len(members) == 1 and members[0].path == inner
            items.append(Child(None, members[0] if leaf else self._scope(inner, members), {}, {}))
        block = path.rpartition(".")[2].rstrip("0123456789") or None
        return Scope(
            path=path,
            kind="block" if path else "network",
            template=None,
            block=block,
            env={},
            inputs={},
            input_types={},
            children=tuple(items),
            outputs={"": Value(nodes[-1].path)} if nodes else {},
        )
