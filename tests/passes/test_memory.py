from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archspec.ir.graph import Graph, Output, Value
from archspec.ir.window import Whole, Window
from archspec.passes.memory import memory
from tests.passes.build import Builder, Moved, Parted, Same

FLOAT = 4


def test_a_chain_holds_two_maps_at_a_time() -> None:
    net = Builder(image=(3, 8, 8))
    for step in range(4):
        net.add(f"n{step}", Same())
    found = memory(net.graph())
    assert found.activation_bytes == 4 * 192 * FLOAT
    assert found.peak_bytes == 2 * 192 * FLOAT
    assert found.peak_node == "n0"


def test_a_skipped_value_stays_alive() -> None:
    net = Builder(image=(3, 8, 8))
    net.add("a", Same())
    net.add("b", Same())
    net.add("c", Same())
    net.add("add", Same(), "c", "a")
    found = memory(net.graph())
    assert found.peak_bytes == 3 * 192 * FLOAT
    assert found.peak_node == "c"


def test_heads_of_training_take_no_part_in_inference() -> None:
    net = Builder(image=(3, 8, 8))
    net.add("body", Same())
    net.add("aux", Same())
    net.add("aux2", Same())
    net.add("pool", Moved(maps=(Whole(), Whole())), "body")
    heads = (Output("out", Value("pool")), Output("aux", Value("aux2"), training_only=True))
    found = memory(net.graph(*heads))
    assert found.peak_bytes == 2 * 192 * FLOAT
    assert found.activation_bytes == (3 * 192 + 3) * FLOAT


def test_no_nodes_need_no_more_than_the_input() -> None:
    found = memory(Builder(image=(3, 8, 8)).graph())
    assert (found.activation_bytes, found.peak_bytes, found.peak_node) == (0, 192 * FLOAT, "")


def _simulate(graph: Graph) -> int:
    """Return the peak by looking, at every node, at all values and who reads them from there on."""
    order = list(graph.nodes.values())
    kept = {output.value for output in graph.outputs}
    values = [Value(name) for name in graph.inputs]
    peak = sum(graph.type_of(value).size_bytes for value in values)
    for now, node in enumerate(order):
        values += [Value(node.path, index) for index in range(len(node.output_types))]
        readers = {value for later in order[now:] for value in later.inputs}
        unread_inputs = {Value(name) for name in graph.inputs if not graph.consumers[name]}
        own = {value for value in values if value.node == node.path}
        alive = {value for value in values if value in readers | kept | own | unread_inputs}
        peak = max(peak, sum(graph.type_of(value).size_bytes for value in alive))
    return peak


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    net = Builder(a=(4, 12), b=(2, 12))
    values = [Value("a"), Value("b")]
    for step in range(draw(st.integers(1, 12))):
        value = draw(st.sampled_from(values))
        kind = draw(st.sampled_from(["split", "grow", "shrink", "join"]))
        path = f"n{step}"
        if kind == "join":
            partners = [other for other in values if net.type_of(other) == net.type_of(value)]
            net.add(path, Same(), *draw(st.lists(st.sampled_from(partners), min_size=1, max_size=3)))
        elif kind == "split" and net.type_of(value).channels > 1:
            net.add(path, Parted(), value)
        else:
            pad = draw(st.integers(1, 4)) * (1 if kind == "grow" else 0)
            net.add(path, Moved(maps=(Window(low=pad),)), value)
        values += [Value(path, index) for index in range(len(net.nodes[path].output_types))]
    outputs = draw(st.lists(st.sampled_from(values[2:]), min_size=1, max_size=3, unique=True))
    return net.graph(*(Output(f"out{index}", value) for index, value in enumerate(outputs)))


@given(graphs())
def test_the_peak_is_that_of_a_simulation(graph: Graph) -> None:
    assert memory(graph).peak_bytes == _simulate(graph)
