"""repeat and when: which copies there are, what they are called, what they read."""

from __future__ import annotations

import pytest

from tests.compiling import Fault, faults, graph_of, nodes, problems, spec


def test_copies_are_chained_in_a_scope_of_their_own() -> None:
    assert nodes(spec("a: {op: relu, repeat: 3}\nb: tanh")) == [
        "a.0 = relu(x): 3x8x8",
        "a.1 = relu(a.0): 3x8x8",
        "a.2 = relu(a.1): 3x8x8",
        "b = tanh(a.2): 3x8x8",
    ]


def test_copies_see_their_index() -> None:
    text = spec(
        "a: {op: conv, out_channels: 4 * (n + 1), kernel_size: 3 if n == 0 else 1, repeat: {count: 2, index: n}}"
    )
    assert nodes(text) == [
        "a.0 = conv(x, out_channels=4, kernel_size=3): 4x6x6",
        "a.1 = conv(a.0, out_channels=8, kernel_size=1): 8x6x6",
    ]


def test_copies_over_values() -> None:
    text = spec("a: {op: conv, out_channels: c, kernel_size: k, repeat: {each: [[4, 3], [6, 1]], as: [c, k]}}")
    assert nodes(text)[1] == "a.1 = conv(a.0, out_channels=6, kernel_size=1): 6x6x6"
    single = spec("a: {op: conv, out_channels: c + i, kernel_size: 1, repeat: {each: widths, as: c}}")
    single = single.replace("graph:", "params: {widths: [4, 6]}\ngraph:")
    assert nodes(single)[1] == "a.1 = conv(a.0, out_channels=7, kernel_size=1): 7x8x8"


def test_copies_can_have_names() -> None:
    text = spec('a: {op: relu, repeat: {count: 2, name: "layer{i + 1}"}}')
    assert nodes(text) == ["a.layer1 = relu(x): 3x8x8", "a.layer2 = relu(a.layer1): 3x8x8"]
    assert nodes(text.replace("layer{i + 1}", "{i + 1}"))[0] == "a.1 = relu(x): 3x8x8"


def test_copies_in_a_list_take_its_numbers() -> None:
    text = spec("- tanh\n- {op: relu, repeat: 2}\n- {graph: {a: relu}, repeat: 2}\n- tanh")
    assert nodes(text) == [
        "0 = tanh(x): 3x8x8",
        "1 = relu(0): 3x8x8",
        "2 = relu(1): 3x8x8",
        "3.a = relu(2): 3x8x8",
        "4.a = relu(3.a): 3x8x8",
        "5 = tanh(4.a): 3x8x8",
    ]


def test_list_groups_are_put_into_the_list() -> None:
    text = spec(
        """
        - tanh
        - repeat: 2
          graph:
            - relu
            - {op: add, from: [input, 0], when: i == 1, else: 0}
        - tanh
        """
    )
    # `input` is what the copy reads; numbers are those of the list.
    assert nodes(text) == [
        "0 = tanh(x): 3x8x8",
        "1 = relu(0): 3x8x8",
        "2 = relu(0): 3x8x8",
        "3 = add(0, 0): 3x8x8",
        "4 = tanh(3): 3x8x8",
    ]


@pytest.mark.parametrize(
    "written", ["{op: swap, from: [a, x], repeat: COUNT}", "{op: $act, from: [a, x], repeat: COUNT}"]
)
@pytest.mark.parametrize(("count", "reads"), [("0", "a"), ("1", "x"), ("2", "a"), ("[{count: 2}, {count: 0}]", "a")])
def test_copies_with_several_results_pass_on_as_many_inputs_where_there_are_none(
    written: str, count: str, reads: str
) -> None:
    head = "params: {act: {type: op, default: swap}}\nblocks: {swap: {inputs: [m, n], graph: {o: {op: relu, from: n}}, "
    head += "outputs: {first: n, second: m}}}"
    text = spec(f"a: tanh\ns: {written.replace('COUNT', count)}\nb: {{op: sigmoid, from: s.first}}", head=head)
    assert nodes(text)[-1] == f"b = sigmoid({reads}): 3x8x8"


def test_copies_of_a_group_with_several_results_in_a_list() -> None:
    group = "{from: [0, 1], inputs: [m, n], graph: {o: {op: relu, from: n}}, outputs: {p: o, q: m}, repeat: 0}"
    text = spec(f"a:\n- tanh\n- relu\n- {group}\n- {{op: sigmoid, from: 1}}")
    assert nodes(text)[-1] == "a.2 = sigmoid(a.1): 3x8x8"
    assert faults(text.replace(", from: 1}", "}")) == [Fault("AS404", 9, 10, "a.2")]


def test_loops_nest() -> None:
    body = "op: conv, out_channels: c, kernel_size: 1"
    text = spec(f"a: {{{body}, repeat: [{{each: [4, 6], as: c}}, {{count: 2, index: j}}]}}\nb: relu")
    assert [line.split(" =")[0] for line in nodes(text)] == ["a.0.0", "a.0.1", "a.1.0", "a.1.1", "b"]
    listed = spec(f"- {{{body}, repeat: [{{each: [4, 6], as: c}}, {{count: i + 1, index: j}}]}}")
    assert [line.split(":")[0] for line in nodes(listed)] == [
        "0 = conv(x, out_channels=4, kernel_size=1)",
        "1 = conv(0, out_channels=6, kernel_size=1)",
        "2 = conv(1, out_channels=6, kernel_size=1)",
    ]


def test_other_inputs_are_the_same_for_every_copy() -> None:
    text = spec("a: relu\nb: tanh\nc: {op: add, from: [b, a], repeat: 2}")
    assert nodes(text)[2:] == ["c.0 = add(b, a): 3x8x8", "c.1 = add(c.0, a): 3x8x8"]


def test_several_results_are_read_by_the_next_copy_in_order() -> None:
    text = spec(
        """
        a: relu
        b: tanh
        c:
          repeat: 2
          from: [a, b, x]
          graph:
            p: {op: add, from: [a, x]}
            q: {op: mul, from: [b, p]}
          outputs: {first: q, second: p}
        d: {op: sub, from: [c.second, c.first]}
        """
    )
    assert [line.partition(":")[0] for line in nodes(text)[2:]] == [
        "c.0.p = add(a, x)",
        "c.0.q = mul(b, c.0.p)",
        "c.1.p = add(c.0.q, x)",
        "c.1.q = mul(c.0.p, c.1.p)",
        "d = sub(c.1.p, c.1.q)",
    ]


def test_more_results_than_the_next_copy_reads_are_refused() -> None:
    (problem,) = problems(spec("a: {op: split, split_size: [1, 2], repeat: 2}\nb: {op: relu, from: a.0}"))
    assert (problem.code, problem.node) == ("AS307", "a")
    assert "each copy gives 2 results (0, 1), but the next one reads one value" in problem.message()


def test_no_copies_pass_what_comes_in() -> None:
    assert nodes(spec("a: relu\nb: {op: tanh, repeat: 0}\nc: {op: add, from: [a, b]}"))[1] == "c = add(a, a): 3x8x8"
    assert nodes(spec("- relu\n- {op: tanh, repeat: 0}\n- tanh"))[1] == "1 = tanh(0): 3x8x8"


def test_when_leaves_a_node_out() -> None:
    mapping = spec("a: relu\nb: {op: tanh, when: input.channels > 3}\nc: {op: add, from: [a, b]}")
    assert nodes(mapping) == ["a = relu(x): 3x8x8", "c = add(a, a): 3x8x8"]
    listed = spec("- {op: relu, when: false}\n- tanh\n- {op: relu, repeat: 3, when: i != 1}\n- tanh")
    assert [line.split(" =")[0] for line in nodes(listed)] == ["0", "1", "2", "3"]


def test_else_says_which_input_passes() -> None:
    text = spec("a: relu\nb: tanh\nc: {op: add, from: [a, b], when: WHEN, else: b}\nd: relu")
    assert nodes(text.replace("WHEN", "true"))[2:] == ["c = add(a, b): 3x8x8", "d = relu(c): 3x8x8"]
    assert nodes(text.replace("WHEN", "false"))[2:] == ["d = relu(b): 3x8x8"]


def test_a_network_of_nothing_is_refused() -> None:
    (problem,) = problems(spec("a: {op: relu, when: false}"))
    assert (problem.code, problem.message()) == (
        "AS106",
        "the graph of the spec has no nodes: all of them are left out",
    )


def test_the_tree_of_copies() -> None:
    graph = graph_of(spec("a: {op: relu, repeat: [{count: 2, index: j}, 2]}"))
    assert [(scope.path, scope.kind) for scope in graph.root.walk()] == [
        ("", "network"),
        ("a", "repeat"),
        ("a.0", "repeat"),
        ("a.1", "repeat"),
    ]
    inner = list(graph.root.walk())[3]
    assert [(child.env["j"], child.env["i"]) for child in inner.children] == [(1, 0), (1, 1)]


@pytest.mark.parametrize(
    ("repeat", "fault"),
    [
        ("-1", Fault("AS307", 5, 25, "a")),
        ("2.5", Fault("AS307", 5, 25, "a")),
        ("true", Fault("AS307", 5, 25, "a")),
        ("null", Fault("AS103", 5, 25, "a")),
        ("{}", Fault("AS307", 5, 25, "a")),
        ("[]", Fault("AS307", 5, 25, "a")),
        ("[[1]]", Fault("AS103", 5, 26, "a")),
        ("{count: 2, each: [1]}", Fault("AS307", 5, 25, "a")),
        ("{count: 2, as: c}", Fault("AS307", 5, 25, "a")),
        ("{cout: 2}", Fault("AS101", 5, 26, "a")),
        ("{count: 2, idx: j}", Fault("AS101", 5, 36, "a")),
        ("{count: 2, index: class}", Fault("AS104", 5, 43, "a")),
        ("{count: 2, index: [i]}", Fault("AS103", 5, 43, "a")),
        ("{count: 2, name: [i]}", Fault("AS103", 5, 42, "a")),
        ('{count: 2, name: "a b"}', Fault("AS307", 5, 42, "a")),
        ('{count: 2, name: "a{j}"}', Fault("AS127", 5, 42, "a")),
        ('{count: 2, name: "same"}', Fault("AS406", 5, 3, "a.same")),
        ("{each: 3}", Fault("AS307", 5, 32, "a")),
        ("{each: [[1, 2], [3]], as: [p, q]}", Fault("AS307", 5, 32, "a")),
        ("{each: [[1, 2]], as: [p, p]}", Fault("AS406", 5, 50, "a")),
        ("n", Fault("AS127", 5, 25, "a")),
        ("1000000000", Fault("AS306", 5, 25, "a")),
        ("[1000000000, 0]", Fault("AS306", 5, 26, "a")),
    ],
)
def test_faults_of_loops(repeat: str, fault: Fault) -> None:
    assert faults(spec(f"a: {{op: relu, repeat: {repeat}}}\nb: {{op: tanh, from: x}}")) == [fault]


def test_copies_in_a_list_have_no_names() -> None:
    assert faults(spec('- {op: relu, repeat: {count: 2, name: "a{i}"}}')) == [Fault("AS307", 5, 41, "0")]


def test_what_is_not_expanded_is_checked_all_the_same() -> None:
    text = spec(
        """
        a: {op: convv, when: false}
        b: {op: relu, slope: 1, repeat: 0}
        c: {when: input.channels > 3, graph: {d: {op: max_pool}, e: {op: add, from: [input, dd]}}}
        f: {op: max_pool, kernel_size: input.channels - 3, when: input.channels > 3}
        g: {op: conv, out_channels: 0, kernel_size: 1, when: false}
        """
    )
    assert faults(text) == [
        Fault("AS301", 5, 11, "a"),
        Fault("AS302", 6, 17, "b"),
        Fault("AS303", 7, 49, "c.d"),
        Fault("AS401", 7, 87, "c.e"),
        Fault("AS304", 9, 31, "g"),
    ]


def test_a_fault_in_the_body_is_reported_once() -> None:
    (problem,) = problems(spec("a: {graph: {b: {op: max_pool, kernel_size: 3}}, repeat: 5}"))
    assert problem.node == "a.1.b"
    assert [note.message for note in problem.notes] == ["in copy 2 of a"]
    assert problem.code.startswith("AS2")
