from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from archspec.ir.graph import Value
from archspec.ir.window import Resample, TransposedWindow, Whole, Window
from archspec.ops.join import Add, Concat
from archspec.passes.receptive_field import ReceptiveField, receptive_fields
from tests.compiling import compiled, spec
from tests.passes.build import Builder, Mixed, Moved, Parted, Reduced, Reshaped, Same

if TYPE_CHECKING:
    from collections.abc import Mapping


def api_fields(text: str) -> Mapping[str, ReceptiveField]:
    graph, _, found = compiled(text)
    assert graph is not None
    assert not found
    return receptive_fields(graph)


GLOBAL_POOL = Moved(maps=(Whole(), Whole()))


def square(kernel: int, stride: int = 1, low: int = 0) -> Moved:
    return Moved(maps=(Window(kernel, stride, low=low, high=low),) * 2)


def figures(field: ReceptiveField) -> tuple[int, int | float, int]:
    """Return size, stride and start of a field that is the same along all axes."""
    ((size, stride, start),) = set(zip(field.size, field.stride, field.start, strict=True))
    return size, stride, start


def stem() -> Builder:
    net = Builder(image=(3, 64, 64))
    net.add("conv", square(7, 2, 3))
    return net


def test_axes_are_separate() -> None:
    net = Builder(image=(3, 32, 32))
    net.add("conv", Moved(maps=(Window(1), Window(7, 2, low=3, high=3))))
    field = receptive_fields(net.graph())["conv"]
    assert (field.size, field.stride, field.start) == ((1, 7), (1, 2), (0, -3))
    assert field.region((4, 5)) == ((4, 4), (7, 13))


def test_a_residual_join_takes_the_hull_and_keeps_the_smallest_path() -> None:
    net = stem()
    net.add("a", square(3, 1, 1))
    net.add("b", square(3, 1, 1))
    net.add("add", Same(), "b", "conv")
    field = receptive_fields(net.graph())["add"]
    assert figures(field) == (15, 2, -7)
    assert field.smallest == (7, 7)
    assert field.aligned
    assert field.exact
    assert not field.global_


def test_paths_that_disagree_in_centre_are_reported_from_there_on() -> None:
    net = stem()
    net.add("left", Moved(maps=(Window(3, low=2),) * 2))
    net.add("right", Moved(maps=(Window(3, high=2),) * 2), "conv")
    net.add("add", Same(), "left", "right")
    net.add("relu", Same())
    fields = receptive_fields(net.graph())
    assert fields["add"].size == (15, 15)
    assert [fields[path].aligned for path in ("left", "right", "add", "relu")] == [True, True, False, False]


def test_a_global_pooling_sets_the_flag_and_keeps_the_field() -> None:
    net = stem()
    net.add("pool", GLOBAL_POOL)
    net.add("flatten", Reshaped(shape=(3,)))
    net.add("linear", Same())
    for path, field in receptive_fields(net.graph()).items():
        assert figures(field) == (7, 2, -3)
        assert field.global_ == (path != "conv")


def test_a_gate_sets_the_flag_and_keeps_the_local_field() -> None:
    net = stem()
    net.add("pool", GLOBAL_POOL)
    net.add("squeeze", Same())
    net.add("mul", Same(), "conv", "squeeze")
    net.add("next", square(3, 1, 1))
    fields = receptive_fields(net.graph())
    assert figures(fields["mul"]) == (7, 2, -3)
    assert fields["mul"].local
    assert figures(fields["next"]) == (11, 2, -5)
    assert fields["next"].global_
    assert fields["next"].aligned


def test_a_gate_made_of_a_vector_is_no_local_path() -> None:
    net = stem()
    net.add("pool", GLOBAL_POOL)
    net.add("flatten", Reshaped(shape=(3,)))
    net.add("unflatten", Reshaped(shape=(3, 1, 1)))
    net.add("mul", Same(), "conv", "unflatten")
    field = receptive_fields(net.graph())["mul"]
    assert figures(field) == (7, 2, -3)
    assert field.global_


def test_a_gate_that_strides_instead_of_pooling_is_no_local_path() -> None:
    net = Builder(image=(3, 8, 8))
    net.add("conv", square(3, 1, 1))
    net.add("gate", square(8), "image")
    net.add("mul", Same(), "conv", "gate")
    field = receptive_fields(net.graph())["mul"]
    assert figures(field) == (3, 1, -1)
    assert field.global_
    assert field.local


def test_a_pooled_branch_that_is_stretched_again_does_not_count() -> None:
    net = stem()
    net.add("pool", GLOBAL_POOL)
    net.add("up", Moved(maps=(Resample(1, 32, 1),) * 2))
    net.add("concat", Same(), "conv", "up")
    field = receptive_fields(net.graph())["concat"]
    assert figures(field) == (7, 2, -3)
    assert field.global_
    assert field.aligned


def test_without_a_local_path_windows_change_nothing() -> None:
    net = stem()
    net.add("uneven", Reduced(sizes=(9, 9)))
    net.add("conv2", square(3, 2, 1))
    net.add("flatten", Reshaped(shape=(75,)))
    for path in ("uneven", "conv2", "flatten"):
        field = receptive_fields(net.graph())[path]
        assert figures(field) == (7, 2, -3)
        assert field.global_


def test_a_norm_over_the_map_keeps_its_local_path() -> None:
    net = stem()
    net.add("norm", Mixed())
    net.add("conv2", square(3, 1, 1))
    net.add("add", Same(), "conv2", "conv")
    field = receptive_fields(net.graph())["add"]
    assert figures(field) == (11, 2, -5)
    assert field.global_


def test_a_flattened_map_sees_what_its_units_see() -> None:
    net = Builder(image=(3, 28, 28))
    net.add("conv", square(5))
    net.add("pool", square(2, 2))
    net.add("flatten", Reshaped(shape=(3 * 12 * 12,)))
    net.add("linear", Same())
    fields = receptive_fields(net.graph())
    assert figures(fields["pool"]) == (6, 2, 0)
    assert figures(fields["linear"]) == (6 + 11 * 2, 2, 0) == (28, 2, 0)
    assert not fields["linear"].global_


def test_a_vector_reshaped_into_a_map_does_not_move() -> None:
    net = Builder(image=(3, 8, 8))
    net.add("flatten", Reshaped(shape=(192,)))
    net.add("map", Reshaped(shape=(12, 4, 4)))
    net.add("up", Moved(maps=(TransposedWindow(2, 2),) * 2))
    assert figures(receptive_fields(net.graph())["up"]) == (8, 0, 0)


CONVNEXT = """
    stem: {op: conv, out_channels: 8, kernel_size: 4, stride: 4}
    wide: {op: conv, out_channels: 8, kernel_size: [7, 5], padding: [3, 2], groups: 8}
"""
LAST = """
    to_last: {op: permute, axes: [1, 2, 0]}
    norm: layer_norm
    fc: {op: linear, out_features: 8}
    act: gelu
    to_first: {op: permute, axes: [2, 0, 1]}
"""


def test_axes_are_followed_where_they_are_moved() -> None:
    plain, last = (
        api_fields(spec(graph + "    add: {op: add, from: [stem, " + end + "]}", inputs="{x: [3, 64, 48]}"))
        for graph, end in ((CONVNEXT, "wide"), (CONVNEXT + LAST, "to_first"))
    )
    assert last["add"] == plain["add"]
    assert last["fc"].size == plain["wide"].size == (28, 20)
    assert last["fc"].order == (0, 1)
    assert not last["add"].global_


def test_an_op_that_mixes_a_moved_axis_is_global() -> None:
    graph = "a: {op: permute, axes: [1, 2, 0]}\nb: {op: conv, out_channels: 4, kernel_size: 1}"
    field = api_fields(spec(graph, inputs="{x: [3, 8, 8]}"))["b"]
    assert field.global_


def test_a_u_net_is_aligned() -> None:
    net = Builder(image=(3, 32, 32))
    net.add("down", square(3, 1, 1))
    net.add("pool", square(2, 2))
    net.add("bottom", square(3, 1, 1))
    net.add("up", Moved(maps=(TransposedWindow(2, 2),) * 2))
    net.add("concat", Same(), "up", "down")
    field = receptive_fields(net.graph())["concat"]
    assert figures(field) == (8, 1, -3)
    assert field.smallest == (3, 3)
    assert field.aligned
    assert field.region((1, 1)) == ((-3, 4), (-3, 4))


def test_of_several_inputs_the_first_with_spatial_axes_counts() -> None:
    net = Builder(label=(10,), left=(3, 8, 8), right=(3, 8, 8))
    net.add("embed", Same(), "label")
    net.add("a", square(3, 1, 1), "left")
    net.add("b", square(5, 1, 2), "right")
    net.add("join", Same(), "b", "a", "embed")
    fields = receptive_fields(net.graph())
    assert {path: field.source for path, field in fields.items()} == {
        "embed": "label",
        "a": "left",
        "b": "right",
        "join": "left",
    }
    assert fields["embed"].size == ()
    assert fields["join"].size == (3, 3)


def test_all_results_of_a_node_see_the_same() -> None:
    net = stem()
    net.add("split", Parted())
    net.add("second", square(3), Value("split", 1))
    assert figures(receptive_fields(net.graph())["second"]) == (11, 2, -3)


def test_joins_around_holes_are_bounds_in_two_axes() -> None:
    net = Builder(image=(1, 8, 8))
    net.add("down", Moved(maps=(Window(1, 1), Window(1, 2))))
    net.add("up", Moved(maps=(TransposedWindow(1), TransposedWindow(1, 2, output_padding=1))))
    net.add("add", Same(), "up", "image")
    fields = receptive_fields(net.graph())
    assert fields["up"].exact
    assert not fields["add"].exact


def test_a_field_beyond_all_inputs_stops_growing() -> None:
    net = Builder(signal=(1, 1))
    for step in range(200):
        net.add(f"n{step}", Moved(maps=(Window(3, 2, low=1, high=1),)))
    field = receptive_fields(net.graph())["n199"]
    assert field.size[0] < 2**54
    assert field.global_
    assert not field.exact


def test_what_depends_on_no_input_has_no_field() -> None:
    net = Builder(image=(3, 8, 8))
    graph = net.graph()
    assert receptive_fields(graph) == {}


def _chain(length: int) -> float:
    net = Builder(signal=(1, 64))
    conv = Moved(maps=(Window(3, low=1, high=1),))
    for step in range(length):
        net.add(f"n{step}", conv)
    graph = net.graph()
    start = time.process_time()
    field = receptive_fields(graph)[f"n{length - 1}"]
    assert (field.size, field.start) == ((2 * length + 1,), (-length,))
    return time.process_time() - start


@pytest.mark.slow
def test_a_chain_of_100_000_nodes_takes_linear_time() -> None:
    short = _chain(10_000)
    assert _chain(100_000) < 30 * max(short, 0.05)


def test_a_dense_block_takes_time_linear_in_edges() -> None:
    net = Builder(image=(1, 16, 16))
    net.add("n0", square(3, 1, 1))
    layers = ["n0"]
    for step in range(1, 300):
        net.add(f"concat{step}", Same(), *layers)
        layers.append(net.add(f"n{step}", square(3, 1, 1)))
    start = time.process_time()
    field = receptive_fields(net.graph())["n299"]
    assert time.process_time() - start < 10  # measured: below 1
    assert figures(field) == (601, 1, -300)
    assert field.smallest == (5, 5)


PARTS = """
    a: {op: split, split_size: [3, 5], axis: 1}
    low: {op: conv, from: a.0, out_channels: 2, kernel_size: 3, padding: 1}
    high: {op: conv, from: a.1, out_channels: 2, kernel_size: 3, padding: 1}
    back: {op: concat, from: [low, high], axis: 1}
    odd: {op: index_select, from: back, index: [1, 3, 5, 7], axis: -1}
    any: {op: index_select, from: back, index: [5, 0, 1], axis: -1}
"""


def test_parts_along_an_axis_of_space_are_crops() -> None:
    fields = api_fields(spec(PARTS, inputs="{x: [3, 8, 8]}"))
    assert (fields["a"].size, fields["a"].start) == ((1, 1), (0, 0))
    assert (fields["low"].size, fields["low"].start) == ((3, 3), (-1, -1))
    assert (fields["high"].size, fields["high"].start) == ((3, 3), (2, -1))
    # Side by side again, the units of both parts are where they were.
    assert (fields["back"].size, fields["back"].start) == ((3, 3), (-1, -1))
    assert (fields["odd"].size, fields["odd"].stride, fields["odd"].start) == ((3, 3), (1, 2), (-1, 0))
    assert [fields[path].global_ for path in ("back", "odd", "any")] == [False, False, True]


WINDOWS = """
    patches: {op: conv, out_channels: 8, kernel_size: 4, stride: 4}
    last: {op: permute, axes: [1, 2, 0]}
    attention: {op: window_attention, num_heads: 2, window_size: 3}
    shifted: {op: window_attention, num_heads: 2, window_size: 3, shift_size: 1}
"""


def test_attention_within_windows_is_local() -> None:
    fields = api_fields(spec(WINDOWS, inputs="{x: [3, 48, 24]}"))
    assert fields["attention"].size == (12, 12)
    assert [fields["attention"].region((unit, 0))[0] for unit in (2, 3)] == [(0, 11), (12, 23)]
    # Blocks begin at 1 now: unit 0 is in a block with -2 and -1, unit 1 with 2 and 3.
    assert [fields["shifted"].region((unit, 0))[0] for unit in (0, 1, 4)] == [(-12, 11), (0, 23), (12, 35)]
    assert fields["shifted"].exact
    assert not fields["shifted"].global_


def test_a_join_of_many_inputs_takes_time_linear_in_them() -> None:
    net = Builder(image=(1, 8, 8))
    for index in range(4000):
        net.add(f"n{index}", square(3, 1, 1), "image")
    inputs = tuple(f"n{index}" for index in range(4000))
    net.add("concat", Concat(axis=1), *inputs)
    net.add("add", Add(), *inputs)
    started = time.process_time()
    fields = receptive_fields(net.graph())
    assert time.process_time() - started < 4  # quadratic, it would take minutes
    assert fields["add"].size == fields["n0"].size == (3, 3)


def test_maps_side_by_side_are_a_bound() -> None:
    net = Builder(image=(1, 8, 8))
    net.add("conv", square(3, 1, 1))
    net.add("concat", Concat(axis=1), "image", "conv")
    field = receptive_fields(net.graph())["concat"]
    assert not field.exact
    # Unit 8 is the first of the second map.
    assert field.region((8, 0)) == ((-1, 8), (-1, 1))
