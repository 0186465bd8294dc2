"""The truth about receptive fields of whole networks: the support of the gradient of single units.

A network is run backwards, node by node, through PyTorch's own ops with one channel, weights of 1, and non-linearities
taken as linear, so that nothing masks a dependence. Of each gradient only the support is kept, so nothing underflows
either, however deep the network is. What reads a map as a whole is cut, as the convention says, and reported.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from archspec.ir.graph import Value
from archspec.ir.records import TorchExpression, TorchFunction
from tests.ops.torch_reference import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.ir.graph import Graph, Node
    from archspec.ir.tensor import Shape, TensorType

Span = tuple[int, int]
Unit = tuple[int, ...]

# Point by point, or along the channels only.
POINT_BY_POINT = {
    *("relu", "relu6", "leaky_relu", "silu", "gelu", "sigmoid", "tanh", "hardswish", "hardsigmoid", "rescale"),
    *("dropout", "drop_path", "identity", "batch_norm", "channel_shuffle", "local_response_norm", "layer_norm"),
    *("linear", "chunk", "split", "index_select", "slice"),
}
JOINS = {"add", "sub", "mul", "max"}
GLOBAL = {"global_avg_pool", "global_max_pool", "mean", "window_partition", "window_reverse"}
# The statistics of a map are global, beside the path of each unit to itself.
NORMS_OF_MAPS = {"group_norm", "instance_norm"}
MOVING = {
    *("conv", "conv_transpose", "max_pool", "avg_pool", "blur_pool", "pad", "upsample", "resize_like", "crop_like"),
    *("adaptive_avg_pool", "adaptive_max_pool", "window_attention", "patch_merging"),
}
# Far below all weights of these ops, and far above what rounding makes of zero.
THRESHOLD = 1e-5


class Supports:
    """The supports of the gradients of some units of a network, all found in one pass from its end to its inputs.

    Attributes:
        spans: for each unit the hull of the input elements that it depends on along local paths; None if on none.
        is_global: for each unit, whether some path leads through what reads a map as a whole.
    """

    def __init__(self, graph: Graph, units: Sequence[tuple[str, Unit]]) -> None:
        (name,) = graph.inputs
        self._units = units
        self._channels = {Value(name): 0}
        self._gradients: dict[Value, Tensor] = {}
        self._known: dict[Any, tuple[list[Tensor], Tensor]] = {}
        self.is_global = [False] * len(units)
        for node in graph.nodes.values():
            self._find_channels(node)
        for node in list(graph.nodes.values())[::-1]:
            self._start(node)
            self._visit(node)
        seen = self._gradients[Value(name)]
        self.spans = [_hull(seen[index, 0]) for index in range(len(units))]

    def _find_channels(self, node: Node) -> None:
        """Remember which axis of a node's results is that of the channels; without one, they are no maps."""
        maps = (
            value
            for value, tensor in zip(node.inputs, node.input_types, strict=True)
            if tensor.rank == node.output.rank
        )
        before = next((self._channels[value] for value in maps if value in self._channels), None)
        if before is None:
            return
        moves = node.op.moves(node.input_types)
        for index in range(len(node.output_types)):
            self._channels[Value(node.path, index)] = before if moves is None else moves.index(before)

    def _start(self, node: Node) -> None:
        for index, (path, unit) in enumerate(self._units):
            if path == node.path:
                seed = torch.zeros(len(self._units), *self._thin(Value(path), node.output))
                place = list(unit)
                place.insert(self._channels[Value(path)], 0)
                seed[(index, *place)] = 1
                self._add(Value(path), seed)

    def _visit(self, node: Node) -> None:
        values = [Value(node.path, index) for index in range(len(node.output_types))]
        gradients = [self._gradients.pop(value) for value in values if value in self._gradients]
        if not gradients:
            return
        gradient, kind = torch.stack(gradients).amax(0), node.op.op
        if kind in POINT_BY_POINT:
            assert gradient.shape[1:] == self._thin(node.inputs[0], node.input_types[0]), node
            self._add(node.inputs[0], gradient)
        elif kind in JOINS:
            self._join(node, gradient)
        elif kind == "permute":
            moves = node.op.moves(node.input_types)
            assert moves is not None
            back = (0, *(moves.index(axis) + 1 for axis in range(len(moves))))
            self._add(node.inputs[0], gradient.permute(back))
        elif kind in GLOBAL or (kind.startswith("adaptive") and not _divides(node)):
            self._flag(gradient)
        elif kind in NORMS_OF_MAPS:
            self._flag(gradient)
            self._add(node.inputs[0], gradient)
        elif kind == "concat" and node.op.axis % node.output.rank == self._channels[values[0]]:  # type: ignore[attr-defined]
            for value in node.inputs:
                self._add(value, gradient)
        else:
            assert kind in MOVING | {"concat"}, f"how {kind} carries gradients is not known here"
            self._through(node, gradient)

    def _join(self, node: Node, gradient: Tensor) -> None:
        for value, tensor in zip(node.inputs, node.input_types, strict=True):
            if value in self._channels and self._thin(value, tensor) == gradient.shape[1:]:
                self._add(value, gradient)
            elif value in self._channels:  # a gate: the same for all units
                self._flag(gradient)

    def _through(self, node: Node, gradient: Tensor) -> None:
        """Carry a gradient through the op itself, as PyTorch has it."""
        thin = tuple(
            tensor.with_shape(*self._thin(value, tensor))
            for value, tensor in zip(node.inputs, node.input_types, strict=True)
        )
        key = (id(node.op), thin)
        if key not in self._known:
            inputs = [torch.zeros(len(self._units), *tensor.shape, requires_grad=True) for tensor in thin]
            self._known[key] = inputs, _linear(node, thin)(*inputs)
        inputs, result = self._known[key]
        wanted = gradient.expand(result.shape)
        found = torch.autograd.grad(result, inputs, wanted, retain_graph=True, materialize_grads=True)
        for value, each in zip(node.inputs, found, strict=True):
            self._add(value, (each.abs() > THRESHOLD).float())

    def _thin(self, value: Value, tensor: TensorType) -> Shape:
        """Return the shape of a value with one channel."""
        channels = self._channels[value]
        return tuple(1 if axis == channels else size for axis, size in enumerate(tensor.shape))

    def _add(self, value: Value, gradient: Tensor) -> None:
        known = self._gradients.get(value)
        self._gradients[value] = gradient if known is None else torch.maximum(known, gradient)

    def _flag(self, gradient: Tensor) -> None:
        for index, reached in enumerate(gradient.flatten(1).amax(1).tolist()):
            self.is_global[index] |= reached > 0


def _hull(seen: Tensor) -> tuple[Span, ...] | None:
    places = seen.nonzero()
    if not len(places):
        return None
    return tuple((int(low), int(high)) for low, high in zip(places.amin(0), places.amax(0), strict=True))


def _divides(node: Node) -> bool:
    """Return whether an adaptive pooling is a regular one."""
    sizes = zip(node.input_types[0].spatial, node.output.spatial, strict=True)
    return all(before % after == 0 and (after > 1 or before == 1) for before, after in sizes)


def _linear(node: Node, thin: tuple[TensorType, ...]) -> nn.Module:
    """Return a node's op for one channel, with all weights 1."""
    one = {"out_channels": 1, "groups": 1, "num_heads": 1}
    kept = {name: value for name, value in one.items() if name in type(node.op).model_fields}
    code = node.op.model_copy(update=kept).torch(thin)
    if node.op.op == "max_pool":  # averaging reads the same, and forgets nothing
        assert isinstance(code, TorchFunction)
        assert all(arg.value in (1, (1, 1)) for arg in code.args if arg.name == "dilation")
        args = tuple(arg for arg in code.args if arg.name != "dilation")
        code = replace(code, call=code.call.replace("max_pool", "avg_pool"), args=args)
        if len(thin[0].spatial) == 3:
            return _padded_first(code)
    module = Reference(code).eval()
    for name, tensor in module.named_parameters():
        nn.init.constant_(tensor, float(name.endswith("weight")))
    if node.op.op == "patch_merging":
        assert module.inner is not None
        module.inner.norm = nn.Identity()  # which mixes channels only
    return module


def _padded_first(code: TorchFunction) -> nn.Module:
    """Return an average pooling that pads by itself: in three axes, PyTorch's asks for the kernel to fit unpadded."""
    given = {arg.name: arg.value for arg in code.args}
    assert not given.get("ceil_mode")
    padding = given["padding"] if isinstance(given["padding"], tuple) else (given["padding"],) * 3
    sides = [side for each in reversed(padding) for side in (each, each)]
    return Reference(
        TorchExpression(f"{code.call}(F.pad({{0}}, {sides}), {given['kernel_size']}, {given['stride']})")
    ).eval()
