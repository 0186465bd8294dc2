"""The receptive fields of every network of the zoo against the support of gradients, on every axis.

Along one axis after the other, the input is made so long that the field of a unit in the middle lies inside it; along
the others it stays small, so that fields are clipped there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from archspec import api
from archspec.passes.receptive_field import ReceptiveField, receptive_fields
from archspec.passes.summary import last_map
from archspec.spec.files import zoo_root
from tests.passes.support import Supports
from tests.zoo.references import INPUTS, SMALL, SPECS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archspec.ir.graph import Graph

Span = tuple[int, int]
Unit = tuple[int, ...]

# Inputs grow by this much at once, so that what divided them before (strides, windows of 7) still does.
STEP = 64 * 7
INNER_NODES = 3


@pytest.mark.parametrize("name", SPECS)
def test_fields_are_the_support_of_the_gradient(name: str) -> None:
    torch.set_num_threads(1)
    path = zoo_root() / f"{name}.yaml"
    declared = next(iter(api.load(path).inputs.values()))
    for axis in range(1, len(declared)):
        graph, fields, last = _long(name, declared, axis)
        units = [(node, _middle(graph, fields[node], node)) for node in _chosen(graph, fields, last)]
        units += [(last, unit) for unit in _other_units(graph, fields[last], last)]
        _compare(graph, fields, units, axis)


def _long(name: str, declared: tuple[int, ...], axis: int) -> tuple[Graph, Mapping[str, ReceptiveField], str]:
    """Return the network for an input that is long along an axis, its fields, and its last map."""
    shape = list(INPUTS.get(name, (declared[0], *(min(size, SMALL) for size in declared[1:]))))
    shape[axis] = declared[axis]
    try:
        graph = _graph(name, shape)
    except api.SpecError:  # it takes no small images
        shape = list(declared)
        graph = _graph(name, shape)
    while True:
        fields = receptive_fields(graph)
        last = _local_maps(graph, fields)[-1]
        region = fields[last].region(_middle(graph, fields[last], last))[axis - 1]
        assert region is not None
        if region[0] >= 0 and region[1] < shape[axis]:
            return graph, fields, last
        room = max(-region[0], region[1] + 1 - shape[axis])
        shape[axis] += -(-2 * room // STEP) * STEP
        graph = _graph(name, shape)


def _graph(name: str, shape: list[int]) -> Graph:
    return api.load(zoo_root() / f"{name}.yaml", inputs={"": tuple(shape)}).graph


def _local_maps(graph: Graph, fields: Mapping[str, ReceptiveField]) -> list[str]:
    """Return the nodes up to the last map whose units have places in the input, and local paths to it."""
    nodes = list(fields)
    upto = nodes[: nodes.index(last_map(graph, fields)) + 1]
    return [
        path
        for path in upto
        if (field := fields[path]).local
        and field.mapped
        and field.axes
        and len(graph.nodes[path].output.shape) == len(field.axes) + 1
    ]


def _chosen(graph: Graph, fields: Mapping[str, ReceptiveField], last: str) -> list[str]:
    """Return the last map and some nodes before it, at equal distances."""
    nodes = _local_maps(graph, fields)
    return [last, *(nodes[len(nodes) * part // (INNER_NODES + 1)] for part in range(1, INNER_NODES + 1))]


def _sizes(graph: Graph, field: ReceptiveField, path: str) -> Unit:
    return tuple(graph.nodes[path].output.shape[place] for place in field.places)


def _middle(graph: Graph, field: ReceptiveField, path: str) -> Unit:
    return tuple(size // 2 for size in _sizes(graph, field, path))


def _other_units(graph: Graph, field: ReceptiveField, path: str) -> list[Unit]:
    """Return the first unit, and one off the diagonal."""
    sizes = _sizes(graph, field, path)
    return [(0,) * len(sizes), tuple(size * (index + 1) // (len(sizes) + 2) for index, size in enumerate(sizes))]


def _compare(graph: Graph, fields: Mapping[str, ReceptiveField], units: list[tuple[str, Unit]], axis: int) -> None:
    supports = Supports(graph, units)
    (image,) = graph.inputs.values()
    for (path, unit), truth, is_global in zip(units, supports.spans, supports.is_global, strict=True):
        field = fields[path]
        region = field.region(unit)
        what = f"{path}{unit}: {region} of {image}, truly {truth}"
        assert is_global == field.global_, what
        assert truth is not None, what
        for span, seen, size in zip(region, truth, image.spatial, strict=True):
            assert span is not None, what
            _agree(span, seen, size, what, exact=field.exact)
        if field.exact and unit == _middle(graph, field, path):
            assert truth[axis - 1] == region[axis - 1], what  # whole, so that the size itself is seen


def _agree(span: Span, seen: Span, size: int, what: str, *, exact: bool) -> None:
    """Check what is seen along an axis: the ends of the field that lie in the input, and nothing beyond them."""
    assert span[0] <= seen[0] <= seen[1] <= span[1], what
    assert not exact or seen[0] == max(span[0], 0), what
    # Where a stride does not divide a map, elements at its far border may be read by nothing.
    assert not exact or seen[1] == span[1] or span[1] >= size > seen[1], what
